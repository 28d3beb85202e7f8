"""What went wrong, in words; what was typed is shown to copy, and nothing else was changed."""

from __future__ import annotations

import uuid

import structlog
from flask import Flask, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException, NotFound, RequestEntityTooLarge

from console.base import Elsewhere, Seat, door, keep, page, say, settle, tell
from console.guard import FOUND_OUT, NotYourRole, RoleEnded, SignInFirst
from console.words import obstacle_words
from models.read_only import WroteWhileReading
from services.procedure import Hindered

log = structlog.get_logger()

NEVER_SHOWN = frozenset({"csrf_token", "version", "password", "old", "new", "again", "code"})
SHORT = 8
"""What is shorter is quicker typed than copied (numbers of rows, marks of checkboxes)."""


def kept() -> list[str]:
    """The words that were typed into the form that could not be used."""
    try:
        typed = request.form.items(multi=True)
        return [text for name, text in typed if name not in NEVER_SHOWN and len(text) >= SHORT]
    except RequestEntityTooLarge:
        return []


def trouble(key: str, status: int, **slots: object) -> ResponseReturnValue:
    """A page with one sentence, after everything of this request was rolled back."""
    return page("trouble.html", words=say(key, **slots), kept=kept(), code=status), status


def _roll_back() -> Seat | None:
    seat: Seat | None = g.get("seat")
    if seat is not None:
        seat.session.rollback()
        seat.to_keep.clear()
    return seat


def _write(act: str, kind: str, key: str) -> None:
    """Somebody tried what is not theirs: keep it, though nothing else of the request is kept."""
    seat: Seat | None = g.get("seat")
    if seat is None or seat.grant is None:
        return
    keep(act, (kind, key), why=request.endpoint, role=seat.role)
    settle(seat)


@door.errorhandler(SignInFirst)
def sign_in_first(error: SignInFirst) -> ResponseReturnValue:
    if request.method == "GET":
        if error.ended:
            tell("console.signed_out_by_time", level="warning")
        return redirect(url_for("console.sign_in", next=request.full_path.rstrip("?")))
    return trouble("console.sign_in_again", 401)


@door.errorhandler(NotYourRole)
def not_your_role(_error: NotYourRole) -> ResponseReturnValue:
    _roll_back()
    _write("console.refused", "page", str(request.endpoint))
    return trouble("console.not_your_role", 403)


@door.errorhandler(RoleEnded)
def role_ended(_error: RoleEnded) -> ResponseReturnValue:
    return trouble("console.role_ended", 403)


@door.errorhandler(Elsewhere)
def elsewhere(error: Elsewhere) -> ResponseReturnValue:
    _roll_back()
    _write("console.refused", error.kind, error.key[:64])
    return trouble("console.not_found", 404)


@door.errorhandler(CSRFError)
def form_too_old(_error: CSRFError) -> ResponseReturnValue:
    _roll_back()
    return trouble("console.form_too_old", 419)


@door.errorhandler(RequestEntityTooLarge)
def too_large(_error: RequestEntityTooLarge) -> ResponseReturnValue:
    _roll_back()
    return trouble("console.too_large", 413)


@door.errorhandler(StaleDataError)
def moved_on(_error: StaleDataError) -> ResponseReturnValue:
    _roll_back()
    return trouble("console.moved_on", 409)


@door.errorhandler(OperationalError)
def busy(error: OperationalError) -> ResponseReturnValue:
    """Somebody else held a lock for too long, or the database is away."""
    _roll_back()
    log.warning("console.database_busy", endpoint=request.endpoint, exc_info=error)
    return trouble("console.busy", 503)


@door.errorhandler(Hindered)
def hindered(error: Hindered) -> ResponseReturnValue:
    _roll_back()
    words = [obstacle_words(obstacle) for obstacle in error.obstacles]
    return page("trouble.html", words=say("console.hindered"), reasons=words, kept=kept(),
                code=409), 409  # fmt: skip


@door.errorhandler(HTTPException)
def refused(error: HTTPException) -> ResponseReturnValue:
    _roll_back()
    code = error.code or 500
    if code < 400:  # a redirect
        return error.get_response()
    key = "console.not_found" if code == 404 else "console.bad_request"
    return trouble(key, code)


@door.errorhandler(WroteWhileReading)
def wrote_after_all(error: WroteWhileReading) -> ResponseReturnValue:
    """A page that was thought to only read: asked for once more, it may write."""
    _roll_back()
    log.error("console.wrote_while_reading", endpoint=request.endpoint, exc_info=error)
    FOUND_OUT.add(str(request.endpoint))
    return redirect(request.full_path.rstrip("?"))


@door.errorhandler(Exception)
def our_fault(error: Exception) -> ResponseReturnValue:
    """Our own mistake: an id that the log knows, nothing of the data."""
    _roll_back()
    number = uuid.uuid4().hex[:8]
    log.error("console.failed", number=number, endpoint=request.endpoint, exc_info=error)
    return trouble("console.our_fault", 500, number=number)


def no_such_page(app: Flask) -> None:
    """Addresses under /console/ that no page has."""

    @app.errorhandler(NotFound)
    def missing(error: NotFound) -> ResponseReturnValue:
        if request.path.startswith("/console"):
            return trouble("console.not_found", 404)
        return error.get_response()
