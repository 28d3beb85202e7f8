"""The village's democratic review (R-3.4c): planned, printed, held, entered, closed.

Entering may be repeated until the meeting is closed; closing checks everything at once and takes
every case one step on, each for itself: one that is hindered hinders no other.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from models import (
    Application,
    ApplicationStatus,
    AttendeeRole,
    Region,
    Review,
    ReviewAttendee,
    ReviewResult,
    Role,
    new_id,
)
from rules import parameters
from services import procedure, review_checks
from services.acting import Acting, covers
from services.clock import business_date
from services.guards import Obstacle
from services.procedure import Hindered, Why
from services.trail import note

KEEPERS = frozenset({Role.VILLAGE_CLERK, Role.VILLAGE_HEAD})
FAILED_REASON = "review_against"
"""The reason code of wording/zh/reasons.yaml that every lost vote carries."""


@dataclass(frozen=True)
class Vote:
    """What the sheet says of one applicant. `recused` are names of people at the meeting."""

    application_id: uuid.UUID
    votes_for: int
    votes_against: int
    abstained: int
    recused: tuple[str, ...] = ()
    kin_absent: bool = False
    remark: str = ""


@dataclass(frozen=True)
class Sheet:
    """What is entered of a meeting. `attendees`: name and role, each name once."""

    held_on: date
    place: str
    attendees: tuple[tuple[str, AttendeeRole], ...]
    votes: tuple[Vote, ...]


@dataclass(frozen=True)
class RowResult:
    """What became of one case when the meeting was closed; no obstacles: it went on."""

    application: Application
    passed: bool
    obstacles: tuple[Obstacle, ...] = ()


def waiting(session: Session, village: Region) -> Sequence[Application]:
    """The cases of a village that wait for a review and are on no meeting that is still open."""
    planned = (
        select(ReviewResult.id)
        .join(Review)
        .where(ReviewResult.application_id == Application.id, Review.closed_at.is_(None))
    )
    return session.scalars(
        select(Application)
        .join(Region, Application.village_id == Region.id)
        .where(
            Region.path.startswith(village.path),
            Application.status == ApplicationStatus.VILLAGE_REVIEW,
            ~planned.exists(),
        )
        .options(joinedload(Application.person), joinedload(Application.post))
        .order_by(Application.number)
    ).all()


def plan(  # noqa: PLR0913 - where, when, whom, who
    session: Session,
    village: Region,
    *,
    held_on: date,
    place: str,
    chosen: Collection[uuid.UUID],
    acting: Acting,
    now: datetime,
) -> Review:
    """A meeting of a village with the chosen cases on its sheet."""
    may_keep(acting, village)
    cases = [case for case in waiting(session, village) if case.id in chosen]
    if not cases or len(cases) != len(set(chosen)):
        raise Hindered("plan_review", (Obstacle("review.choose_people"),))
    if not place.strip():
        raise Hindered("plan_review", (Obstacle("review.no_place"),))
    assert acting.staff is not None
    review = Review(
        id=new_id(),
        village=village,
        held_on=held_on,
        place=place.strip(),
        recorded_by_id=acting.staff.id,
        created_at=now,
    )
    review.results = [
        ReviewResult(application_id=case.id, votes_for=0, votes_against=0, abstained=0)
        for case in cases
    ]
    session.add(review)
    session.flush()
    _write(session, "review.planned", review, acting, now, cases=len(cases))
    return review


def enter(
    session: Session, review: Review, sheet: Sheet, acting: Acting, now: datetime
) -> tuple[Obstacle, ...]:
    """Write down what the sheet says; gives what is still in the way of closing the meeting.

    `Hindered` when it is closed, or when the sheet names a person twice or a case that was not on
    it: the tables cannot hold that."""
    may_keep(acting, review.village)
    still_open(review)
    if impossible := review_checks.impossible(review, sheet.attendees, sheet.votes):
        raise Hindered("enter_review", impossible)
    before = _tally(review)
    review.held_on, review.place = sheet.held_on, sheet.place.strip()
    review.attendees.clear()
    session.flush()
    review.attendees += [ReviewAttendee(name=name, role=role) for name, role in sheet.attendees]
    votes = {vote.application_id: vote for vote in sheet.votes}
    for result in review.results:
        if (vote := votes.get(result.application_id)) is not None:
            _set(result, vote)
    session.flush()
    present = [name for name, _ in sheet.attendees]
    after = _tally(review)
    _write(
        session, "review.entered", review, acting, now, before=before, after=after, present=present
    )
    return review_checks.unfinished(session, review, now)


def close(session: Session, review: Review, acting: Acting, now: datetime) -> tuple[RowResult, ...]:
    """Close the meeting: nothing in it changes any more, and each case goes on by its vote.

    `Hindered` with everything that is not right yet; the meeting stays open then."""
    may_keep(acting, review.village)
    still_open(review)
    if unfinished := review_checks.unfinished(session, review, now):
        raise Hindered("close_review", unfinished)
    review.closed_at = now
    session.flush()
    _write(session, "review.closed", review, acting, now, results=_tally(review))
    return tuple(_go_on(session, result, acting, now) for result in review.results)


def _go_on(session: Session, result: ReviewResult, acting: Acting, now: datetime) -> RowResult:
    passed = result.votes_for > result.votes_against + result.abstained
    act, why = ("pass_review", Why()) if passed else ("fail_review", Why(FAILED_REASON))
    try:
        with session.begin_nested():
            procedure.take(session, result.application, act, acting, now, why)
    except Hindered as hindered:
        return RowResult(result.application, passed, hindered.obstacles)
    return RowResult(result.application, passed)


def of_place(session: Session, place: Region, *, most: int = 50) -> Sequence[Review]:
    """The meetings of a place and of all under it: the open ones first, then the newest."""
    return session.scalars(
        select(Review)
        .join(Region, Review.village_id == Region.id)
        .where(Region.path.startswith(place.path))
        .options(joinedload(Review.village), selectinload(Review.results))
        .order_by(Review.closed_at.is_not(None), Review.created_at.desc())
        .limit(most)
    ).all()


def load(session: Session, key: uuid.UUID) -> Review | None:
    """One meeting with everything that its page shows."""
    case = selectinload(Review.results).joinedload(ReviewResult.application)
    return session.get(
        Review,
        key,
        options=(
            joinedload(Review.village),
            selectinload(Review.attendees),
            case.joinedload(Application.person),
            case.joinedload(Application.post),
        ),
    )


def of_case(session: Session, application: Application) -> tuple[Review, ReviewResult] | None:
    """The newest meeting that voted on a case, and the vote; an open one does not count."""
    row = session.execute(
        select(Review, ReviewResult)
        .join(ReviewResult, ReviewResult.review_id == Review.id)
        .where(ReviewResult.application_id == application.id, Review.closed_at.is_not(None))
        .order_by(ReviewResult.id.desc())
        .limit(1)
    ).first()
    return None if row is None else (row[0], row[1])


def quorum(day: date) -> int:
    """How many people with a vote a meeting needs (assumed: the plan is silent)."""
    return int(parameters.in_force("review.quorum", day).value)


def may_keep(acting: Acting, village: Region) -> None:
    """`Hindered` for whoever keeps no reviews of that village."""
    if acting.role not in KEEPERS or acting.staff is None:
        raise Hindered("review", (Obstacle("obstacle.not_your_role"),))
    if not covers(acting.region, village):
        raise Hindered("review", (Obstacle("obstacle.not_your_place"),))


def still_open(review: Review) -> None:
    """`Hindered` once the meeting is closed."""
    if review.closed_at is not None:
        closed = {"closed_on": business_date(review.closed_at).isoformat()}
        raise Hindered("review", (Obstacle("review.closed_already", closed),))


def _set(result: ReviewResult, vote: Vote) -> None:
    result.votes_for, result.votes_against = vote.votes_for, vote.votes_against
    result.abstained, result.kin_absent = vote.abstained, vote.kin_absent
    result.recused, result.remark = "\n".join(vote.recused)[:255], vote.remark[:255]


def _tally(review: Review) -> list[list[int]]:
    return [[row.votes_for, row.votes_against, row.abstained] for row in review.results]


def _write(
    session: Session, act: str, review: Review, acting: Acting, now: datetime, **facts: Any
) -> None:
    note(session, act, actor=acting.name, at=now, subject=("review", review.id), **facts)
