"""People who left: whom to contact next, what they need, where they were sent, how it ended."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date
from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm.exc import StaleDataError

from console.base import NAV, Elsewhere, NavItem, Seat, current, door, look, needs, page, say, tell
from console.terms import TERM_ROLES
from console.words import obstacle_words
from models import FollowUpCase, Referral
from services.procedure import Hindered
from services.terms import followups
from services.terms.followups import KINDS, MAY_FOLLOW, NEEDS, RESULTS, Contacted, Sent

NAV.append(NavItem("console.follow_ups", "followup.nav", TERM_ROLES, order=43, group="at_work"))


@door.get("/follow-ups")
@needs(*TERM_ROLES)
def follow_ups() -> str:
    """The open cases by their next contact; with `closed`, those that have a result."""
    seat = current()
    is_open = request.args.get("closed") is None
    rows = followups.cases(seat.session, seat.region, is_open=is_open)
    if rows:
        look("follow_ups", seat.region.code, rows=len(rows))
    return page("follow_ups.html", rows=rows, is_open=is_open)


def _found(key: uuid.UUID) -> FollowUpCase:
    seat = current()
    case = seat.session.get(FollowUpCase, key)
    if case is None or not case.region.path.startswith(seat.region.path):
        raise Elsewhere("follow_up", key)
    return case


@door.get("/follow-ups/<uuid:key>")
@needs(*TERM_ROLES)
def follow_up(key: uuid.UUID) -> str:
    """One person's case."""
    return _screen(_found(key))


def _screen(case: FollowUpCase, words: tuple[str, ...] = ()) -> str:
    seat = current()
    look("follow_up", case.id)
    return page(
        "follow_up.html",
        case=case,
        contacts=followups.contacts(seat.session, case),
        referrals=followups.referrals(seat.session, case),
        words=words,
        typed=request.form,
        may=seat.role in MAY_FOLLOW and case.closed_at is None,
        needs=NEEDS,
        results=RESULTS,
        kinds=KINDS,
    )


def _do(
    key: uuid.UUID, done: str, verb: Callable[[Seat, FollowUpCase], Any]
) -> ResponseReturnValue:
    seat, case = current(), _found(key)
    try:
        with seat.session.begin_nested():
            verb(seat, case)
    except Hindered as hindered:
        return _screen(case, tuple(map(obstacle_words, hindered.obstacles))), 409
    except StaleDataError:
        return _screen(case, (say("console.moved_on"),)), 409
    tell(done)
    return redirect(url_for("console.follow_up", key=key))


def _text(name: str) -> str:
    return request.form.get(name, "").strip()[:255]


@door.post("/follow-ups/<uuid:key>/contact")
@needs(*MAY_FOLLOW)
def follow_up_contact(key: uuid.UUID) -> ResponseReturnValue:
    """Write down a visit or a call."""
    how = "visit" if _text("how") == "visit" else "phone"
    said = Contacted(how, _text("reached") == "yes", _text("need") or None, _text("remark"))
    return _do(
        key,
        "follow_up_console.contacted",
        lambda seat, case: followups.contact(seat.session, case, said, seat.acting, seat.now),
    )


@door.post("/follow-ups/<uuid:key>/referral")
@needs(*MAY_FOLLOW)
def follow_up_refer(key: uuid.UUID) -> ResponseReturnValue:
    """Send somebody on; to civil affairs with their consent."""

    def refer(seat: Seat, case: FollowUpCase) -> None:
        consented_on: date | None = seat.today if _text("consented") else None
        sent = Sent(_text("kind"), _text("place"), consented_on)
        followups.refer(seat.session, case, sent, seat.acting, seat.now)

    return _do(key, "follow_up_console.referred", refer)


@door.post("/follow-ups/<uuid:key>/referral/<int:number>")
@needs(*MAY_FOLLOW)
def follow_up_outcome(key: uuid.UUID, number: int) -> ResponseReturnValue:
    """What became of a referral."""

    def keep(seat: Seat, case: FollowUpCase) -> None:
        made = seat.session.get(Referral, number)
        if made is None or made.case_id != case.id:
            raise Elsewhere("referral", number)
        followups.record_outcome(seat.session, made, _text("outcome"), seat.acting, seat.now)

    return _do(key, "follow_up_console.outcome_kept", keep)


@door.post("/follow-ups/<uuid:key>/close")
@needs(*MAY_FOLLOW)
def follow_up_close(key: uuid.UUID) -> ResponseReturnValue:
    """Close a case with its result."""
    return _do(
        key,
        "follow_up_console.closed",
        lambda seat, case: followups.close(
            seat.session, case, _text("result"), seat.acting, seat.now
        ),
    )
