"""The webhooks over HTTP: WeChat's, the SMS providers', and the health check. Thin.

Once a WeChat signature holds, the answer is always 200: an error status would show the resident
"this account cannot serve you" and make the platform post again (platform.md 1.3).
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import parse_qsl

import structlog
from flask import Blueprint, Flask, Response, abort, jsonify, request
from sqlalchemy import text
from werkzeug.exceptions import HTTPException
from werkzeug.wsgi import get_input_stream

from bot.inbox import Inbox
from bot.reports import answer
from channels.wechat.envelope import MAX_BODY, Refused, WechatDoor
from models import reading
from services.clock import move_clock

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

log = structlog.get_logger()

MESSAGES = "/wechat"
"""Where the platform posts."""

OURS_TO_MEND = frozenset({"undecipherable", "wrong_app", "wrong_account"})
"""Refusals behind a signature that holds: the account's settings and ours do not agree."""


Answer: TypeAlias = tuple[str, str, bytes]
"""Status, content type, body."""
ACKNOWLEDGED: Answer = ("200 OK", "text/plain; charset=utf-8", b"success")
TURNED_AWAY: Answer = ("403 Forbidden", "text/plain; charset=utf-8", b"")
XML = "application/xml; charset=utf-8"


def mount_wechat(app: Flask, inbox: Inbox, door: WechatDoor) -> None:
    """`/wechat`: GET verifies the address, POST takes a message (platform.md 1.1-1.3). The messages
    are taken in front of Flask's own machinery, by its documented way for middleware (ADR 20)."""

    def verify() -> str:
        try:
            return door.verify_url(request.args, now=time.time())
        except Refused as refused:
            log.warning("wechat.refused", why=str(refused))
            abort(403)

    app.add_url_rule(MESSAGES, "wechat", verify, methods=["GET"])
    app.wsgi_app = _Messages(app.wsgi_app, inbox, door)  # type: ignore[method-assign]


@dataclass(frozen=True)
class _Messages:
    """WSGI: takes what is posted to `/wechat`; everything else is the application's behind it."""

    behind: WSGIApplication
    inbox: Inbox
    door: WechatDoor

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"] != MESSAGES or environ["REQUEST_METHOD"] != "POST":
            return self.behind(environ, start_response)
        try:
            body = get_input_stream(environ, max_content_length=MAX_BODY).read()
        except HTTPException as refused:  # too large, or cut off on its way
            return refused(environ, start_response)
        query = dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True))
        status, kind, said = self._take(query, body)
        start_response(status, [("Content-Type", kind), ("Content-Length", str(len(said)))])
        return [said]

    def _take(self, query: Mapping[str, str], body: bytes) -> Answer:
        try:
            letter = self.door.open(query, body, now=time.time())
        except Refused as refused:
            return _turn_away(refused)
        if letter.inbound is None:
            log.warning("wechat.not_understood", flaw=letter.flaw)
            return ACKNOWLEDGED
        said = answer(self.inbox, letter.inbound)
        return "200 OK", XML, letter.reply(said, now=time.time())


def _turn_away(refused: Refused) -> Answer:
    """403 to strangers and replays. What is truly the platform's and cannot be used here is
    acknowledged: our settings are wrong, and an error status would only bring it back twice."""
    if refused.why in OURS_TO_MEND:
        log.error("wechat.misconfigured", why=refused.why)
        return ACKNOWLEDGED
    log.warning("wechat.refused", why=refused.why)
    return TURNED_AWAY


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
