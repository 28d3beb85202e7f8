"""The webhooks over HTTP: WeChat's, the SMS providers', and the health check. Thin.

Once a WeChat signature holds, the answer is always 200: an error status would show the resident
"this account cannot serve you" and make the platform post again (platform.md 1.3).
"""

from __future__ import annotations

import time
from datetime import datetime

import structlog
from flask import Blueprint, Response, abort, jsonify, request
from sqlalchemy import text

from bot.inbox import Inbox
from bot.reports import answer
from channels.wechat.envelope import Refused, WechatDoor
from models import reading
from services.clock import move_clock

log = structlog.get_logger()

OURS_TO_MEND = frozenset({"undecipherable", "wrong_app", "wrong_account"})
"""Refusals behind a signature that holds: the account's settings and ours do not agree."""


def wechat_door(inbox: Inbox, door: WechatDoor) -> Blueprint:
    """GET verifies the address, POST takes a message (platform.md 1.1-1.3)."""
    blueprint = Blueprint("wechat", __name__)

    @blueprint.get("/wechat")
    def verify() -> str:
        try:
            return door.verify_url(request.args, now=time.time())
        except Refused as refused:
            log.warning("wechat.refused", why=str(refused))
            abort(403)

    @blueprint.post("/wechat")
    def receive() -> Response:
        try:
            letter = door.open(request.args, request.get_data(cache=False), now=time.time())
        except Refused as refused:
            return _turn_away(refused)
        if letter.inbound is None:
            log.warning("wechat.not_understood", flaw=letter.flaw)
            return Response(b"success", mimetype="text/plain")
        reply = letter.reply(answer(inbox, letter.inbound), now=time.time())
        return Response(reply, content_type="application/xml; charset=utf-8")

    return blueprint


def _turn_away(refused: Refused) -> Response:
    """403 to strangers and replays. What is truly the platform's and cannot be used here is
    acknowledged: our settings are wrong, and an error status would only bring it back twice."""
    if refused.why in OURS_TO_MEND:
        log.error("wechat.misconfigured", why=refused.why)
        return Response(b"success", mimetype="text/plain")
    log.warning("wechat.refused", why=refused.why)
    return Response(status=403)


def health(inbox: Inbox) -> Blueprint:
    """`/healthz`: 200 when the database answers."""
    blueprint = Blueprint("health", __name__)

    @blueprint.get("/healthz")
    def healthz() -> Response:
        with reading(inbox.sessions) as session:
            session.execute(text("SELECT 1"))
        return jsonify(status="ok")

    return blueprint


def time_machine(inbox: Inbox) -> Blueprint:
    """`/sandbox/clock`: only mounted in sandbox mode; moves the business clock."""
    blueprint = Blueprint("sandbox_clock", __name__)

    @blueprint.get("/sandbox/clock")
    def tell() -> Response:
        with reading(inbox.sessions) as session:
            return jsonify(now=inbox.clock.now(session).isoformat())

    @blueprint.post("/sandbox/clock")
    def move() -> tuple[Response, int]:
        body = request.get_json(silent=True)
        try:
            to = datetime.fromisoformat(str(body["now"])) if isinstance(body, dict) else None
        except (KeyError, ValueError):
            to = None
        if to is None or to.tzinfo is None:
            return jsonify(error='send {"now": "2022-04-06T09:00:00+08:00"}'), 400
        with inbox.sessions.begin() as session:
            move_clock(session, to)
        return jsonify(now=to.isoformat()), 200

    return blueprint
