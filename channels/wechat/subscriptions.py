"""Messages that a person's own tick pays for: one consent, one message (platform.md 2).

None of them has an idempotency key: after `OutcomeUnknown` only the platform's report, or nothing,
says what became of it. Refusal 43101: there is no consent, whatever we had counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from channels.wechat.cards import make_data
from channels.wechat.errors import Unsendable
from channels.wechat.line import Line

ONE_TIME_TITLE, ONE_TIME_CONTENT = 15, 200
MOST_SCENE = 10_000


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

    def send_one_time(
        self,
        openid: str,
        template_id: str,
        *,
        scene: int,
        title: str,
        content: str,
        url: str | None = None,
    ) -> None:
        """The one message of a one-time subscription: 200 characters of our own. `scene` is the
        number (0 to 10,000) under which the person confirmed. No report follows."""
        if not 0 <= scene <= MOST_SCENE:
            raise Unsendable(f"a scene is a number up to {MOST_SCENE}")
        if not 0 < len(title) <= ONE_TIME_TITLE:
            raise Unsendable(f"a title has 1 to {ONE_TIME_TITLE} characters")
        if not 0 < len(content) <= ONE_TIME_CONTENT:
            raise Unsendable(f"the content has 1 to {ONE_TIME_CONTENT} characters")
        message: dict[str, Any] = {
            "touser": openid,
            "template_id": template_id,
            "scene": str(scene),
            "title": title,
            "data": {"content": {"value": content}},
        }
        if url:
            message["url"] = url
        self._line.post("cgi-bin/message/template/subscribe", message)

    def _number(self, path: str, message: Mapping[str, Any]) -> str | None:
        number = self._line.post(path, message).get("msgid")
        return str(number) if number else None
