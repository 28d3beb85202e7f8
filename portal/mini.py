"""The mini-program's door: JSON for its front end, and the address of its message push.

    POST   /mini/login     {"code": …} of wx.login → {"session": …}, for `Authorization: Bearer …`
    GET    /mini/me        joined or not, and the templates that may be ticked
    POST   /mini/code      six digits, which the person sends from the service account's chat
    POST   /mini/consents  what wx.requestSubscribeMessage answered; `Idempotency-Key` names it
    DELETE /mini/binding   the mini-program is nobody's again
    /mini/push             what the platform reports (platform.md 1.6): see `portal.push`

Whatever is refused is answered `{"error": word, "say": a sentence for the person}`. Nothing that a
person sent is logged. Where no mini-program is configured there is no such page: 404.
"""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog
from flask import Blueprint, Response, jsonify, request
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker
from werkzeug.exceptions import HTTPException

from channels.wechat.mini import LoginRefused, MiniProgram
from models import Contact
from portal.brake import Brake
from portal.passes import SECONDS, Passes
from services import mini_program
from services.clock import Clock
from services.mini_program import Answer
from wording import Book

log = structlog.get_logger()

BODY_LIMIT_BYTES = 8 * 1024
LOGINS_A_MINUTE = 300
"""By address: a whole carrier's customers may stand behind one."""
ASKS_A_MINUTE = 30
"""By person."""
LOGINS_AT_ONCE = 8
"""Each holds a thread while the platform is asked."""
MOST_TEMPLATES = 20
ONCE = re.compile(r"[A-Za-z0-9_-]{8,64}")
STATUS = {
    "bad_request": 400,
    "too_large": 413,
    "bad_code": 400,
    "log_in_again": 401,
    "risky": 403,
    "too_often": 429,
    "unavailable": 503,
    "busy": 503,
    "no_key": 400,
    "unknown_template": 400,
    "unknown_answer": 400,
}
"""Why something is refused → the HTTP status; the sentence is `mini.error_<why>`."""


class Refused(Exception):
    """The front end is told why, by a word of `STATUS`."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)


@dataclass(frozen=True)
class Portal:
    """What the door needs; made once by the front door."""

    sessions: sessionmaker[Session]
    clock: Clock
    book: Book
    program: MiniProgram
    passes: Passes
    logins: Brake = field(default_factory=lambda: Brake(LOGINS_A_MINUTE))
    asks: Brake = field(default_factory=lambda: Brake(ASKS_A_MINUTE))
    lines: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(LOGINS_AT_ONCE))


def mini_door(portal: Portal) -> Blueprint:
    """Everything below /mini but the push."""
    door = Blueprint("mini", __name__, url_prefix="/mini")
    _add_login(door, portal)
    _add_binding(door, portal)
    _add_consents(door, portal)
    _add_manners(door, portal)
    return door


def _add_login(door: Blueprint, portal: Portal) -> None:
    @door.post("/login")
    def log_in() -> Response:
        if not portal.logins.allows(request.remote_addr or ""):
            raise Refused("too_often")
        code = _body().get("code")
        if not isinstance(code, str):
            raise Refused("bad_request")
        openid = _ask_platform(portal, code)
        with portal.sessions.begin() as session:
            contact = mini_program.contact_of(session, openid)
            told = _standing(session, contact)
        return jsonify(session=portal.passes.write(contact.id), expires_in=SECONDS, **told)

    @door.get("/me")
    def me() -> Response:
        with portal.sessions.begin() as session:
            return jsonify(_standing(session, _who(portal, session)))


def _add_binding(door: Blueprint, portal: Portal) -> None:
    @door.post("/code")
    def offer_code() -> Response:
        with portal.sessions.begin() as session:
            contact, now = _who(portal, session), portal.clock.now(session)
            code = mini_program.offer_code(session, contact, now)
        minutes = round((code.expires_at - now).total_seconds() / 60)
        say = portal.book.text("mini.send_code", code=code.digits, minutes=minutes)
        return jsonify(code=code.digits, expires_in=minutes * 60, say=say)

    @door.delete("/binding")
    def leave() -> Response:
        with portal.sessions.begin() as session:
            contact, now = _who(portal, session), portal.clock.now(session)
            if contact.person_id is not None:
                mini_program.unpair(session, contact.person_id, now)
            return jsonify(_standing(session, contact))


def _add_consents(door: Blueprint, portal: Portal) -> None:
    @door.post("/consents")
    def take_answers() -> Response:
        once = request.headers.get("Idempotency-Key", "")
        with portal.sessions.begin() as session:
            contact, now = _who(portal, session), portal.clock.now(session)
            if not ONCE.fullmatch(once):
                raise Refused("no_key")
            answers = _answers()
            is_new = mini_program.take_answers(session, contact, answers, once, now)
            return jsonify(repeated=not is_new, **_standing(session, contact))


def _add_manners(door: Blueprint, portal: Portal) -> None:
    @door.before_request
    def bound_the_body() -> None:
        request.max_content_length = BODY_LIMIT_BYTES

    @door.after_request
    def keep_nothing(response: Response) -> Response:
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    @door.errorhandler(Refused)
    def refuse(refused: Refused) -> tuple[Response, int]:
        log.info("mini.refused", why=refused.why)
        say = portal.book.text(f"mini.error_{refused.why}")
        return jsonify(error=refused.why, say=say), STATUS[refused.why]

    @door.errorhandler(HTTPException)
    def refuse_request(error: HTTPException) -> tuple[Response, int]:
        return refuse(Refused("too_large" if error.code == 413 else "bad_request"))

    @door.errorhandler(OperationalError)
    def wait(_error: OperationalError) -> tuple[Response, int]:
        log.warning("mini.database_busy", exc_info=True)
        return refuse(Refused("busy"))


def _ask_platform(portal: Portal, code: str) -> str:
    """The openid behind a log-in code. No transaction is open meanwhile."""
    if not portal.lines.acquire(blocking=False):
        raise Refused("busy")
    try:
        return portal.program.log_in(code)
    except LoginRefused as refused:
        raise Refused(refused.why) from None
    finally:
        portal.lines.release()


def _who(portal: Portal, session: Session) -> Contact:
    """Whose session the request carries. Raises `Refused`."""
    key: uuid.UUID | None = portal.passes.read(request.headers.get("Authorization", ""))
    contact = session.get(Contact, key) if key is not None else None
    if contact is None:
        raise Refused("log_in_again")
    if not portal.asks.allows(contact.id.hex):
        raise Refused("too_often")
    return contact


def _standing(session: Session, contact: Contact) -> dict[str, Any]:
    """What the page shows: whether somebody is joined, and what may be ticked. No name."""
    known = mini_program.templates(session, contact)
    return {"joined": contact.person_id is not None, "templates": [vars(one) for one in known]}


def _body() -> dict[str, Any]:
    found = request.get_json(force=True, silent=False)
    if not isinstance(found, dict):
        raise Refused("bad_request")
    return found


def _answers() -> Mapping[str, Answer]:
    """The answer as the platform gave it to the page; its errMsg says nothing of a template."""
    said = {name: answer for name, answer in _body().items() if name != "errMsg"}
    if not 0 < len(said) <= MOST_TEMPLATES:
        raise Refused("bad_request")
    if set(said) - mini_program.known_templates():
        raise Refused("unknown_template")
    try:
        return {name: Answer(answer) for name, answer in said.items()}
    except ValueError:
        raise Refused("unknown_answer") from None
