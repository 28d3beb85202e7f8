"""What staff do about a term: propose, decide, report, suspend, correct."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date
from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm.exc import StaleDataError

from console.base import Elsewhere, Seat, current, door, needs, say, tell
from console.changes import is_stale
from console.files import upload
from console.terms import TERM_ROLES, found, screen
from console.words import obstacle_words
from models import Engagement, Extension, Role
from models.procedure import TOWN_CLERK, VILLAGE
from models.term_steps import MAY_PAUSE, PROPOSERS, ExitCause, PauseCause, TermState
from services.guards import Obstacle
from services.procedure import Hindered
from services.terms import (
    corrections,
    exits,
    extensions,
    new_agreements,
    pauses,
    settling,
    term_pages,
)
from services.terms.corrections import MAY_CORRECT, Support
from services.terms.exits import Leaving
from services.terms.new_agreements import MAY_SIGN
from services.terms.officers import TOWN

MAY_STEP = TERM_ROLES - {Role.SUPERVISION, Role.ADMINISTRATOR}


class _NoDay(ValueError):
    """A date field was left empty or holds no date."""


def _do(code: str, done: str, verb: Callable[[Seat, Engagement], Any]) -> ResponseReturnValue:
    """Do one thing; whatever hinders it is said with what was typed still there."""
    seat, engagement = current(), found(code)
    try:
        with seat.session.begin_nested():
            verb(seat, engagement)
    except Hindered as hindered:
        return screen(engagement, tuple(map(obstacle_words, hindered.obstacles))), 409
    except StaleDataError:
        return screen(engagement, (say("console.moved_on"),)), 409
    except _NoDay:
        return screen(engagement, (say("onboarding.no_day"),)), 422
    tell(done)
    return redirect(url_for("console.term", code=engagement.worker_code))


def _day(name: str) -> date:
    try:
        return date.fromisoformat(request.form.get(name, ""))
    except ValueError:
        raise _NoDay from None


def _words() -> str:
    return request.form.get("words", "").strip()[:255]


def _cause(kind: type[ExitCause] | type[PauseCause]) -> Any:
    said = request.form.get("cause", "")
    if said not in set(kind):
        raise Hindered("cause", (Obstacle("term.no_such_cause"),))
    return kind(said)


@door.post("/terms/<code>/<matter>/<uuid:key>/<act>")
@needs(*MAY_STEP)
def term_step(code: str, matter: str, key: uuid.UUID, act: str) -> ResponseReturnValue:
    """Take one step of an extension, an exit or a suspension."""
    seat, engagement = current(), found(code)
    subject = term_pages.find_subject(seat.session, engagement, matter, key)
    if subject is None:
        raise Elsewhere(matter, key)
    if is_stale(subject.version):
        return screen(engagement, (say("console.moved_on"),)), 409

    def step(seat: Seat, _engagement: Engagement) -> None:
        if isinstance(subject, Extension) and act == "oppose":
            extensions.oppose(seat.session, subject, _words(), seat.acting, seat.now)
            return
        if isinstance(subject, Extension) and act == "propose":
            _propose(seat, engagement)
            return
        settling.take(seat.session, subject, act, seat.acting, seat.now, _words())

    return _do(code, "term_console.done", step)


@door.post("/terms/<code>/extension")
@needs(*PROPOSERS)
def term_extend(code: str) -> ResponseReturnValue:
    """Propose a new last day."""
    return _do(code, "term_console.proposed", _propose)


def _propose(seat: Seat, engagement: Engagement) -> None:
    extensions.propose(
        seat.session, engagement, to_on=_day("to_on"), reason=_words(), acting=seat.acting,
        now=seat.now,
    )  # fmt: skip


@door.post("/terms/<code>/new-end")
@needs(*TOWN)
def term_new_end(code: str) -> ResponseReturnValue:
    """The town sets the day up to which an extension shall go."""

    def set_it(seat: Seat, engagement: Engagement) -> None:
        wished = settling.open_extension(seat.session, engagement)
        if wished is None or wished.state != TermState.AT_TOWN:
            raise Hindered("new_end", (Obstacle("obstacle.state_moved_on"),))
        extensions.set_new_end(seat.session, wished, _day("to_on"), seat.acting, seat.now)

    return _do(code, "term_console.new_end", set_it)


@door.post("/terms/<code>/exit")
@needs(*(VILLAGE | TOWN_CLERK))
def term_exit(code: str) -> ResponseReturnValue:
    """A village reports that somebody has left; a town lays an exit before the district."""

    def open_it(seat: Seat, engagement: Engagement) -> None:
        what = Leaving(_cause(ExitCause), _day("last_on"), _words())
        verb = exits.report if seat.role in VILLAGE else exits.propose
        verb(seat.session, engagement, what, seat.acting, seat.now)

    return _do(code, "term_console.exit_opened", open_it)


@door.post("/terms/<code>/resignation")
@needs(*(VILLAGE | TOWN_CLERK))
def term_resignation(code: str) -> ResponseReturnValue:
    """Pass on a resignation, with the paper that the worker signed."""
    return _do(
        code,
        "term_console.relayed",
        lambda seat, engagement: exits.relay_resignation(
            seat.session, engagement, _day("last_on"), upload("paper"), seat.acting, seat.now
        ),
    )


@door.post("/terms/<code>/agreement")
@needs(*MAY_SIGN)
def term_agreement_signed(code: str) -> ResponseReturnValue:
    """The signed copy of an extension's agreement comes back."""
    return _do(
        code,
        "term_console.agreement_signed",
        lambda seat, engagement: new_agreements.sign(
            seat.session, engagement, signed_on=_day("signed_on"), upload=upload("copy"),
            acting=seat.acting, now=seat.now,
        ),
    )  # fmt: skip


@door.post("/terms/<code>/pause")
@needs(*MAY_PAUSE)
def term_pause(code: str) -> ResponseReturnValue:
    """Suspend somebody."""
    return _do(
        code,
        "term_console.paused",
        lambda seat, engagement: pauses.begin(
            seat.session,
            engagement,
            cause=_cause(PauseCause),
            from_on=_day("from_on"),
            words=_words(),
            acting=seat.acting,
            now=seat.now,
        ),
    )


@door.post("/terms/<code>/support")
@needs(*MAY_CORRECT)
def term_support(code: str) -> ResponseReturnValue:
    """Keep a record of what somebody drew elsewhere."""
    return _do(
        code,
        "term_console.support_kept",
        lambda seat, engagement: corrections.record_support(
            seat.session,
            engagement,
            Support(
                request.form.get("kind", ""), _day("since_on"), _day("until_on"),
                request.form.get("source", ""),
            ),
            seat.acting,
            seat.now,
        ),
    )  # fmt: skip


@door.post("/terms/<code>/category")
@needs(*MAY_CORRECT)
def term_category(code: str) -> ResponseReturnValue:
    """Correct how an urban woman retires."""
    return _do(
        code,
        "term_console.category_set",
        lambda seat, engagement: corrections.set_category(
            seat.session, engagement, request.form.get("category", ""), seat.acting, seat.now
        ),
    )
