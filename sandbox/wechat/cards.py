"""Messages made from templates: template messages, and subscriptions that spend a consent."""

import time
from typing import Any

from flask import Blueprint

from sandbox import replies
from sandbox.mini import MINI
from sandbox.people import Follower
from sandbox.wechat.answers import UNKNOWN_OPENID, Desk, RefusedError, agree, body

NOT_FOLLOWING = 43004
NO_CONSENT = 43101
BAD_TEMPLATE = 40037
BAD_FIELD = 47003
IDEMPOTENT_SECONDS = 600
MOST_REMEMBERED = 20_000
# The room in each kind of field, by the field's name without its number; all others have 20.
FIELD_ROOM = {"phrase": 5, "name": 10, "phone_number": 17, "character_string": 32, "number": 32}
USUAL_ROOM = 20


def add_endpoints(door: Blueprint, desk: Desk) -> None:
    """message/template/send, message/subscribe/bizsend and send."""
    sent: dict[tuple[str, str], tuple[int, float]] = {}

    @door.post("/cgi-bin/message/template/send")
    def template_send() -> dict[str, Any]:
        return _send_template(desk, body(), sent)

    @door.post("/cgi-bin/message/subscribe/bizsend")
    def subscription_send() -> dict[str, Any]:
        return _send_subscription(desk, body(), mini=False)

    @door.post("/cgi-bin/message/subscribe/send")
    def mini_subscription_send() -> dict[str, Any]:
        return _send_subscription(desk, body(), mini=True)


def _receiver(desk: Desk, asked: dict[str, Any]) -> Follower:
    follower = desk.world.directory.known(asked.get("touser"))
    if follower is None:
        raise RefusedError(UNKNOWN_OPENID)
    return follower


def _check_fields(asked: dict[str, Any]) -> dict[str, Any]:
    if not asked.get("template_id"):
        raise RefusedError(BAD_TEMPLATE, "invalid template_id")
    data = asked.get("data")
    if not isinstance(data, dict) or not data:
        raise RefusedError(BAD_FIELD, "data is empty")
    for row in replies.template_card(data):
        room = FIELD_ROOM.get(row["name"].rstrip("0123456789"), USUAL_ROOM)
        value = row["value"]
        if not 0 < len(value) <= room or "\n" in value:
            raise RefusedError(BAD_FIELD, f"data.{row['name']}.value invalid")
    return data


def _show(desk: Desk, openid: str, channel: str, asked: dict[str, Any], number: int) -> None:
    rows = replies.template_card(asked["data"])
    template_id = str(asked["template_id"])
    title = desk.world.wechat_templates.text(template_id)
    desk.world.ledger.write(
        lane="wechat",
        writer="service",
        who=openid,
        kind="card",
        text="\n".join([*([title] if title else []), *(row["value"] for row in rows)]),
        channel=channel,
        template_id=template_id,
        title=title or "服务通知",
        rows=rows,
        url=str(asked.get("url") or asked.get("page") or ""),
        message_id=str(number),
    )


def _send_template(
    desk: Desk, asked: dict[str, Any], sent: dict[tuple[str, str], tuple[int, float]]
) -> dict[str, Any]:
    follower = _receiver(desk, asked)
    if not follower.following:
        raise RefusedError(NOT_FOLLOWING)
    _check_fields(asked)
    key = (follower.openid, str(asked.get("client_msg_id") or ""))
    former = sent.get(key)
    if former and time.time() - former[1] < IDEMPOTENT_SECONDS:
        return agree(msgid=former[0])
    number = desk.world.next_number()
    if key[1]:
        sent[key] = (number, time.time())
        if len(sent) > MOST_REMEMBERED:
            sent.pop(next(iter(sent)))
    _show(desk, follower.openid, "template", asked, number)
    event = {"Event": "TEMPLATESENDJOBFINISH", "MsgID": number, "Status": "success"}
    desk.phones.report(follower.openid, event, {"Status": "failed:user block"})
    return agree(msgid=number)


def _send_subscription(desk: Desk, asked: dict[str, Any], *, mini: bool) -> dict[str, Any]:
    named = str(asked.get("touser", ""))
    if mini and not named.startswith(MINI):  # the service account's openid is nobody's here
        raise RefusedError(UNKNOWN_OPENID)
    openid = _receiver(
        desk, {**asked, "touser": named.removeprefix(MINI) if mini else named}
    ).openid
    _check_fields(asked)
    template_id = str(asked["template_id"])
    if not desk.world.windows.spend_consent(named, template_id):
        raise RefusedError(NO_CONSENT)
    number = desk.world.next_number()
    _show(desk, openid, "mini" if mini else "subscribe", asked, number)
    row = {"TemplateId": template_id, "MsgID": number, "ErrorCode": 0, "ErrorStatus": "success"}
    event = {"Event": "subscribe_msg_sent_event", "SubscribeMsgSentEvent": {"List": row}}
    bad = {**row, "ErrorCode": 43101, "ErrorStatus": "user refuse"}
    failed = {"SubscribeMsgSentEvent": {"List": bad}}
    desk.phones.report(named, event, failed, mini=mini)
    return agree(msgid=number) if mini else agree()
