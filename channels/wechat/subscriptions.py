"""Messages that a person's own tick pays for: one consent, one message (platform.md 2).

None of them has an idempotency key: after `OutcomeUnknown` only the platform's report, or nothing,
says what became of it. Refusal 43101: there is no consent, whatever we had counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from channels.wechat.cards import make_data
from channels.wechat.line import Line


class Subscriptions:
    """Sends subscription messages of one account. Safe to share between threads."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def send(
        self, openid: str, template_id: str, *, fields: Mapping[str, str], page: str | None = None
    ) -> str | None:
        """A service account's subscription message; the receiver need not follow. Returns the
        number that subscribe_msg_sent_event will name, where the platform tells it."""
        message = {"touser": openid, "template_id": template_id, "data": make_data(fields)}
        if page:
            message["page"] = page
        return self._number("cgi-bin/message/subscribe/bizsend", message)

    def send_mini(
        self,
        openid: str,
        template_id: str,
        *,
        fields: Mapping[str, str],
        page: str | None = None,
        state: str = "formal",
    ) -> str | None:
        """A mini-program's subscription message: `openid` is the mini-program's, and so must be the
        line's account. `state`: formal, trial or developer, the release that a tap opens."""
        message: dict[str, Any] = {
            "touser": openid,
            "template_id": template_id,
            "miniprogram_state": state,
            "lang": "zh_CN",
            "data": make_data(fields),
        }
        if page:
            message["page"] = page
        return self._number("cgi-bin/message/subscribe/send", message)

    def _number(self, path: str, message: Mapping[str, Any]) -> str | None:
        number = self._line.post(path, message).get("msgid")
        return str(number) if number else None
