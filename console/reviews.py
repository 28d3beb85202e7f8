"""The village's democratic reviews: plan, print, enter from the sheet, close."""

from __future__ import annotations

import uuid
from datetime import date

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import attributes
from werkzeug.wrappers import Response

from console.base import NAV, Elsewhere, NavItem, current, door, look, needs, page, say, tell
from console.changes import is_stale, tell_what_changed, tell_why_not
from console.files import docx, shown, upload
from console.typed import typed
from console.words import obstacle_words
from console.worklist import CASE_ROLES
from models import Application, Attachment, AttendeeRole, Region, Review
from services import documents, review_checks, review_photos, reviews
from services.acting import covers
from services.procedure import Hindered
from services.reviews import KEEPERS, Sheet, Vote

MOST_NAMES = 60
BLANK_NAMES = 6
LEAST_NAMES = 10

NAV.append(NavItem("console.review_list", "review.nav", CASE_ROLES, order=30, group="hiring"))


@door.get("/reviews")
@needs(*CASE_ROLES)
def review_list() -> str:
    """The meetings of this place, and who waits for one."""
    return _list_page({})


def _list_page(was: dict[str, object]) -> str:
    seat = current()
    waiting = reviews.waiting(seat.session, seat.region) if seat.role in KEEPERS else ()
    if waiting:
        look("reviews", seat.region.code, rows=len(waiting))
    return page(
        "reviews.html",
        waiting=waiting,
        meetings=reviews.of_place(seat.session, seat.region),
        typed=was,
        keeps=seat.role in KEEPERS,
    )


@door.post("/reviews")
@needs(*KEEPERS)
def review_plan() -> ResponseReturnValue:
    """Plan a meeting for the chosen cases."""
    seat, form = current(), request.form
    chosen = keys(form.getlist("case"))
    try:
        held_on = date.fromisoformat(form.get("held_on", ""))
        review = reviews.plan(
            seat.session,
            _village(chosen),
            held_on=held_on,
            place=typed("place", 64),
            chosen=chosen,
            acting=seat.acting,
            now=seat.now,
        )
    except ValueError:
        tell("review.no_day", level="danger")
        return _list_page({**form, "case": set(form.getlist("case"))}), 409
    except Hindered as hindered:
        tell_why_not(hindered)
        return _list_page({**form, "case": set(form.getlist("case"))}), 409
    tell("done.planned")
    return redirect(url_for("console.review", key=review.id))


def _village(chosen: set[uuid.UUID]) -> Region:
    """The village of the first chosen case: a meeting is one village's."""
    seat = current()
    case = seat.session.get(Application, next(iter(chosen))) if chosen else None
    return case.village if case and covers(seat.region, case.village) else seat.region


def keys(texts: list[str]) -> set[uuid.UUID]:
    """Row keys from a form; what is none is left out."""
    found = set()
    for text in texts:
        try:
            found.add(uuid.UUID(text))
        except ValueError:
            continue
    return found


def _found(key: uuid.UUID) -> Review:
    seat = current()
    review = reviews.load(seat.session, key)
    if review is None or not covers(seat.region, review.village):
        raise Elsewhere("review", key)
    return review


@door.get("/reviews/<uuid:key>")
@needs(*CASE_ROLES)
def review(key: uuid.UUID) -> str:
    """One meeting: its sheet to fill in, or what came of it."""
    return _screen(_found(key), None)


def _screen(meeting: Review, was: Sheet | None) -> str:
    seat = current()
    seat.session.flush()
    look("review", meeting.id, rows=len(meeting.results))
    people = was.attendees if was else [(one.name, one.role) for one in meeting.attendees]
    open_here = meeting.closed_at is None and seat.role in KEEPERS
    missing = review_checks.unfinished(seat.session, meeting, seat.now) if open_here else ()
    return page(
        "review.html",
        meeting=meeting,
        people=list(people),
        rows=max(LEAST_NAMES, len(people) + BLANK_NAMES),
        votes={vote.application_id: vote for vote in was.votes} if was else {},
        typed=was,
        roles=list(AttendeeRole),
        missing=missing,
        quorum=reviews.quorum(seat.today),
        recused=review_checks.recused_of,
        photo=seat.session.get(Attachment, meeting.photo_id) if meeting.photo_id else None,
        fills_in=open_here,
    )


@door.post("/reviews/<uuid:key>")
@needs(*KEEPERS)
def review_enter(key: uuid.UUID) -> ResponseReturnValue:
    """Keep what the sheet says; with the other button, close the meeting."""
    seat, meeting = current(), _found(key)
    sheet = _sheet(meeting)
    if is_stale(meeting.version):
        tell_what_changed("review", meeting.id)
        return _screen(meeting, sheet if meeting.closed_at is None else None), 409
    try:
        reviews.enter(seat.session, meeting, sheet, seat.acting, seat.now)
        attributes.flag_modified(meeting, "place")  # the next page must not be older than its parts
        if (photo := upload("photo")) is not None:
            review_photos.add(seat.session, meeting, photo, seat.acting, seat.now)
        seat.session.flush()
        if request.form.get("do") == "close":
            _close(meeting)
    except Hindered as hindered:
        tell_why_not(hindered)
        return _screen(meeting, sheet), 409
    tell("done.closed" if meeting.closed_at else "done.saved")
    return redirect(url_for("console.review", key=meeting.id))


def _close(meeting: Review) -> None:
    seat = current()
    for row in reviews.close(seat.session, meeting, seat.acting, seat.now):
        for obstacle in row.obstacles:
            why = obstacle_words(obstacle)
            name = row.application.person.name
            tell("review.row_not_done", level="warning", name=name, why=why)


def _sheet(meeting: Review) -> Sheet:
    form = request.form
    names = [name.replace("\x00", "").strip()[:64] for name in form.getlist("attendee")]
    roles = form.getlist("role")
    people = tuple(
        (name, AttendeeRole(role))
        for name, role in zip(names[:MOST_NAMES], roles, strict=False)
        if name and role in set(AttendeeRole)
    )
    return Sheet(
        held_on=_day(form.get("held_on", "")) or meeting.held_on,
        place=typed("place", 64),
        attendees=people,
        votes=tuple(_vote(result.application_id) for result in meeting.results),
    )


def _vote(key: uuid.UUID) -> Vote:
    names = typed(f"recused-{key}").replace("，", "、").replace(",", "、").split("、")
    return Vote(
        application_id=key,
        votes_for=_number(f"for-{key}"),
        votes_against=_number(f"against-{key}"),
        abstained=_number(f"abstained-{key}"),
        recused=tuple(dict.fromkeys(name.strip() for name in names if name.strip())),
        kin_absent=f"kin_absent-{key}" in request.form,
        remark=typed(f"remark-{key}"),
    )


def _number(name: str) -> int:
    text = typed(name)
    return int(text) if text.isdecimal() and len(text) < 5 else (-1 if text else 0)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


@door.get("/reviews/<uuid:key>/sheet.docx")
@needs(*CASE_ROLES)
def review_sheet(key: uuid.UUID) -> Response:
    """The sheet to print for the meeting: filled in as far as it is known."""
    meeting = _found(key)
    look("review", meeting.id, document="review_sheet")
    content = documents.render("review_sheet", _context(meeting))
    return docx(content, f"review-{meeting.held_on:%Y%m%d}.docx")


def _context(meeting: Review) -> dict[str, object]:
    known = [
        {"name": one.name, "role": say(f"review.role_{one.role}")} for one in meeting.attendees
    ]
    people = known or [{"name": "", "role": ""}] * 15
    is_entered = bool(known)
    return {
        "village": meeting.village.name,
        "held_on": meeting.held_on,
        "place": meeting.place,
        "quorum": reviews.quorum(current().today),
        "applicants": [
            {
                "order": order,
                "name": result.application.person.name,
                "tail": result.application.number[-4:],
                "post": result.application.post.name if result.application.post else "",
                "votes_for": result.votes_for if is_entered else "",
                "votes_against": result.votes_against if is_entered else "",
                "abstained": result.abstained if is_entered else "",
                "recused": "、".join(review_checks.recused_of(result)),
            }
            for order, result in enumerate(meeting.results, start=1)
        ],
        "attendees": [{"order": order, **one} for order, one in enumerate(people, start=1)],
    }


@door.get("/reviews/<uuid:key>/photo")
@needs(*CASE_ROLES)
def review_photo(key: uuid.UUID) -> Response:
    """The photo of the signed sheet."""
    meeting = _found(key)
    photo = current().session.get(Attachment, meeting.photo_id) if meeting.photo_id else None
    if photo is None:
        raise Elsewhere("attachment", key)
    look("attachment", photo.id, review=str(meeting.id))
    return shown(photo)
