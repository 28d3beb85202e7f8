"""Mass messages: to all, to a tag, to a list; four a month for each follower."""

from typing import Any

from flask import Blueprint

from sandbox import replies
from sandbox.people import Follower
from sandbox.wechat.answers import Desk, RefusedError, agree, body

ALREADY_SENT = 45065
KEY_TOO_LONG = 45067
BAD_LIST_SIZE = 40032
BAD_TYPE = 40008
NOBODY = 40130
KINDS = frozenset({"text", "image", "voice", "mpnews", "mpvideo", "wxcard", "images"})


def add_endpoints(door: Blueprint, desk: Desk) -> None:
    """message/mass/sendall, message/mass/send and message/mass/get."""
    sent: dict[str, int] = {}

    @door.post("/cgi-bin/message/mass/sendall")
    def mass_to_tag() -> dict[str, Any]:
        asked = body()
        wanted = asked.get("filter", {})
        tag = None if wanted.get("is_to_all") else int(wanted.get("tag_id", 0))
        return _send(desk, asked, desk.world.directory.following(tag=tag), sent)

    @door.post("/cgi-bin/message/mass/send")
    def mass_to_list() -> dict[str, Any]:
        asked = body()
        openids = asked.get("touser")
        if not isinstance(openids, list) or not 2 <= len(openids) <= 10_000:
            raise RefusedError(BAD_LIST_SIZE)
        known = [desk.world.directory.known(openid) for openid in openids]
        receivers = [one for one in known if one is not None and one.following]
        return _send(desk, asked, receivers, sent)

    @door.post("/cgi-bin/message/mass/get")
    def mass_status() -> dict[str, Any]:
        job = str(body().get("msg_id", ""))
        known = job in {str(number) for number in sent.values()}
        return {"msg_id": job, "msg_status": "SEND_SUCCESS" if known else "SEND_FAIL"}


def _send(
    desk: Desk, asked: dict[str, Any], receivers: list[Follower], sent: dict[str, int]
) -> dict[str, Any]:
    key = str(asked.get("clientmsgid") or "")
    if len(key.encode()) > 64:
        raise RefusedError(KEY_TOO_LONG, "clientmsgid size out of limit")
    if key in sent:
        raise RefusedError(ALREADY_SENT, msg_id=sent[key])
    if asked.get("msgtype") not in KINDS:
        raise RefusedError(BAD_TYPE, "invalid message type")
    if not receivers:
        raise RefusedError(NOBODY, "invalid openid list size, at least two openid")
    job = desk.world.next_number()
    if key:
        sent[key] = job
    reached = [one for one in receivers if _show(desk, one, asked, job)]
    event = {
        "Event": "MASSSENDJOBFINISH",
        "MsgID": job,
        "Status": "send success",
        "TotalCount": len(receivers),
        "FilterCount": len(reached),
        "SentCount": len(reached),
        "ErrorCount": 0,
    }
    desk.phones.report(receivers[0].openid, event, {"Status": "send fail"})
    return agree(msg_id=job, msg_data_id=job + 1)


def _show(desk: Desk, follower: Follower, asked: dict[str, Any], job: int) -> bool:
    if not desk.world.windows.spend_mass(follower.openid, desk.world.clock.now()):
        return False
    kind, text, detail = replies.customer_service(asked)
    if kind == "mpnews":
        news = desk.world.media.get(str(detail["media_id"]), desk.world.clock.now())
        text = news.content.decode() if news else text
    desk.world.ledger.write(
        lane="wechat",
        writer="service",
        who=follower.openid,
        kind=kind,
        text=text,
        channel="mass",
        message_id=str(job),
        **detail,
    )
    return True
