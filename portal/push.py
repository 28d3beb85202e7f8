"""The mini-program's message push: signed and sealed like the service account's, with secrets of
its own (platform.md 1.6). Here the platform reports what became of a subscription message, and who
took back a tick in the settings of WeChat.

Ticks themselves are told by the page (`portal.mini`): counted twice they would not be worth one
message. Words that somebody writes below the mini-program reach nobody here: its page has no button
for them. All is acknowledged once the signature holds.
"""

from __future__ import annotations

import time
from dataclasses import replace

import structlog
from flask import Blueprint, Response, abort, request
from sqlalchemy.exc import SQLAlchemyError

from channels.inbound import Inbound
from channels.wechat.envelope import Refused, WechatDoor
from portal.mini import Portal
from services import mini_program, wechat_reports

log = structlog.get_logger()

SUCCESS = b"success"


def push_door(portal: Portal, envelope: WechatDoor) -> Blueprint:
    """GET verifies the address, POST takes an event. 403 to strangers."""
    door = Blueprint("mini_push", __name__)

    @door.get("/mini/push")
    def verify() -> str:
        try:
            return envelope.verify_url(request.args, now=time.time())
        except Refused as refused:
            log.warning("mini.push_refused", why=refused.why)
            abort(403)

    @door.post("/mini/push")
    def receive() -> Response:
        try:
            letter = envelope.open(request.args, request.get_data(cache=False), now=time.time())
        except Refused as refused:
            log.warning("mini.push_refused", why=refused.why)
            return Response(SUCCESS) if refused.signature_held else Response(status=403)
        if letter.inbound is None:
            log.warning("mini.push_not_understood", flaw=letter.flaw)
        else:
            _take(portal, replace(letter.inbound, channel=mini_program.CHANNEL))
        return Response(SUCCESS, mimetype="text/plain")

    return door


def _take(portal: Portal, letter: Inbound) -> None:
    try:
        with portal.sessions.begin() as session:
            now = portal.clock.now(session)
            if letter.event in wechat_reports.REPORTS:
                wechat_reports.take(session, letter, now)
            else:
                mini_program.note_event(session, letter, now)
    except SQLAlchemyError:  # acknowledged all the same: an error status would help nobody
        log.exception("mini.report_lost", key=letter.dedupe_key)
