"""What the service asks of WeChat's server API, in the service's own words.

Paths and payloads are wechatpy's knowledge. How a request travels is `line`'s: wechatpy's own way
retries without end, waits without end and shows secrets (platform.md 6). The errors are drawn in
`channels.wechat.errors`; every method raises them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from wechatpy import WeChatClient

from channels.wechat.cards import make_data
from channels.wechat.errors import Action, BadAnswer
from channels.wechat.line import Line
from channels.wechat.media import Media, fetch_media

MAX_SCENE = 64
MAX_QR_SECONDS = 2_592_000
PLATFORM_HOST = "api.weixin.qq.com"
PICTURE_ORIGIN = "https://mp.weixin.qq.com"


@dataclass(frozen=True)
class Qr:
    """A code that carries a scene: `url` is what it says, `image_url` a ready-made picture."""

    ticket: str
    url: str
    image_url: str


class WechatApi:
    """One account's server API. Safe to share between threads."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._library = _Library(line)

    def send_text(self, openid: str, text: str) -> None:
        """A customer-service message: only after an act of the resident, at most 2,048 bytes.

        The platform has no idempotency key for it: `OutcomeUnknown` must not be repeated.
        """
        self._library.message.send_text(openid, text)

    def send_template(
        self,
        openid: str,
        template_id: str,
        *,
        fields: Mapping[str, str],
        client_msg_id: str,
        url: str | None = None,
    ) -> str:
        """A template message; returns the id that TEMPLATESENDJOBFINISH will name.

        The same openid and `client_msg_id` is sent once within ten minutes, however often it is
        asked for. Values are cut to the room of their field, or refused: `cards.fit_field`.
        """
        message = {
            "touser": openid,
            "template_id": template_id,
            "client_msg_id": client_msg_id,
            "data": make_data(fields),
            **({"url": url} if url else {}),
        }
        answer = self._library.post("message/template/send", data=message)
        return str(answer.get("msgid", ""))

    def publish_menu(self, menu: Mapping[str, Any]) -> None:
        """Replaces the menu below the chat. The phones show it within five minutes."""
        self._library.menu.create(dict(menu))

    def delete_menu(self) -> None:
        """Takes the menu away."""
        self._library.menu.delete()

    def create_qr(self, scene: str, *, permanent: bool, seconds: int = MAX_QR_SECONDS) -> Qr:
        """A code whose scan brings an event with `scene` (1-64 characters).

        Permanent codes are limited to 100,000 for ever; others live `seconds`, at most 30 days.
        """
        if not 0 < len(scene) <= MAX_SCENE:
            raise ValueError("a scene has 1 to 64 characters")
        asked: dict[str, Any] = {"action_info": {"scene": {"scene_str": scene}}}
        if permanent:
            asked["action_name"] = "QR_LIMIT_STR_SCENE"
        else:
            asked |= {"action_name": "QR_STR_SCENE", "expire_seconds": min(seconds, MAX_QR_SECONDS)}
        answer = self._library.qrcode.create(asked)
        ticket = _needed(answer, "ticket")
        return Qr(ticket, _needed(answer, "url"), self._picture_url(ticket))

    def fetch_media(self, media_id: str) -> Media:
        """The picture or PDF that a resident sent. See `channels.wechat.media.fetch_media`."""
        return fetch_media(self._line, media_id)

    def code_to_openid(self, code: str) -> str:
        """Who opened our page from WeChat. A code works once, for five minutes.

        Raises `BadAnswer` with action `RECIPIENT` for a snapshot page: its openid is nobody's.
        """
        credentials = self._line.credentials
        asked = {
            "appid": credentials.app_id,
            "secret": credentials.app_secret,
            "code": code,
            "grant_type": "authorization_code",
        }
        answer = self._line.ask("GET", "sns/oauth2/access_token", params=asked)
        if answer.get("is_snapshotuser"):
            raise BadAnswer(Action.RECIPIENT, "a snapshot page's virtual account")
        return _needed(answer, "openid")

    def _picture_url(self, ticket: str) -> str:
        origin = self._line.origin
        if urlsplit(origin).hostname == PLATFORM_HOST:
            origin = PICTURE_ORIGIN
        return f"{origin}/cgi-bin/showqrcode?ticket={quote(ticket, safe='')}"


def _needed(answer: Mapping[str, Any], name: str) -> str:
    value = answer.get(name)
    if not isinstance(value, str) or not value:
        raise BadAnswer(Action.TRANSIENT, f"the answer holds no {name}")
    return value


class _Library(WeChatClient):  # type: ignore[misc]  # wechatpy has no types
    """wechatpy's paths and payloads over our line: its own transport is never reached."""

    def __init__(self, line: Line) -> None:
        # Without a secret and without retries: what it does not have it cannot spill.
        super().__init__(line.credentials.app_id, "", auto_retry=False)
        self._line = line

    def _request(
        self,
        method: str,
        url_or_endpoint: str,
        *,
        params: Mapping[str, Any] | None = None,
        data: Any = None,
        api_base_url: str | None = None,
        result_processor: Callable[[Any], Any] | None = None,
    ) -> Any:
        path = urlsplit(f"{api_base_url or self.API_BASE_URL}{url_or_endpoint}").path
        answer = self._line.with_token(
            lambda token: self._line.ask(
                method.upper(), path, params={**(params or {}), "access_token": token}, body=data
            )
        )
        return result_processor(answer) if result_processor else answer

    def fetch_access_token(self) -> None:
        raise NotImplementedError("the line has the token")
