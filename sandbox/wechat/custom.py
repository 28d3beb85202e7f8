"""Customer-service messages: free content, but only after an act of the user."""

from typing import Any

from flask import Blueprint

from sandbox import replies
from sandbox.wechat.answers import UNKNOWN_OPENID, Desk, RefusedError, agree, body
from sandbox.windows import OUT_OF_WINDOW

TOO_LONG = 45002
BAD_MEDIA_ID = 40007
BAD_TYPE = 40008
TEXT_BYTES = 2048
KINDS = frozenset(
    {"text", "image", "voice", "video", "music", "news", "mpnews", "msgmenu", "miniprogrampage"}
)


def add_endpoints(door: Blueprint, desk: Desk) -> None:
    """message/custom/send and typing."""

    @door.post("/cgi-bin/message/custom/send")
    def custom_send() -> dict[str, Any]:
        return _send(desk, body())

    @door.post("/cgi-bin/message/custom/typing")
    def custom_typing() -> dict[str, Any]:
        return agree()


def _send(desk: Desk, asked: dict[str, Any]) -> dict[str, Any]:
    world = desk.world
    follower = world.directory.known(asked.get("touser"))
    if follower is None:
        raise RefusedError(UNKNOWN_OPENID)
    _check_content(desk, asked)
    if not follower.following:
        raise RefusedError(OUT_OF_WINDOW)
    refusal = world.windows.spend(follower.openid, world.clock.now())
    if refusal:
        raise RefusedError(refusal)
    kind, text, detail = replies.customer_service(asked)
    world.ledger.write(
        lane="wechat",
        writer="service",
        who=follower.openid,
        kind=kind,
        text=text,
        channel="custom",
        **detail,
    )
    return agree()


def _check_content(desk: Desk, asked: dict[str, Any]) -> None:
    kind = str(asked.get("msgtype", ""))
    content = asked.get(kind)
    if kind not in KINDS or not isinstance(content, dict):
        raise RefusedError(BAD_TYPE, "invalid message type")
    if kind == "text" and not 0 < len(str(content.get("content", "")).encode()) <= TEXT_BYTES:
        raise RefusedError(TOO_LONG)
    if kind in ("image", "voice") and not desk.world.media.get(
        str(content.get("media_id", "")), desk.world.clock.now()
    ):
        raise RefusedError(BAD_MEDIA_ID)
