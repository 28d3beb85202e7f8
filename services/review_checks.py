"""What a review's sheet must show before it counts: quorum, votes, recusals, photo (R-3.4c, F-08).

The names at the meeting are compared with the applicants' own and with those of the staff who
declared them as relatives; what an applicant declared in words, a person must look at.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import AttendeeRole, KinshipDeclaration, Review, ReviewResult, Staff, StaffKin
from rules import parameters
from services.clock import business_date
from services.guards import Obstacle

if TYPE_CHECKING:
    from services.reviews import Vote

NO_VOTE = frozenset({AttendeeRole.TOWN_OBSERVER})


def impossible(
    review: Review, attendees: Sequence[tuple[str, AttendeeRole]], votes: Sequence[Vote]
) -> tuple[Obstacle, ...]:
    """What cannot even be written down."""
    found = [
        Obstacle("review.named_twice", {"name": name})
        for name, times in Counter(name for name, _ in attendees).items()
        if times > 1
    ]
    on_sheet = {result.application_id for result in review.results}
    if any(vote.application_id not in on_sheet for vote in votes):
        found.append(Obstacle("review.choose_people"))
    if any(min(vote.votes_for, vote.votes_against, vote.abstained) < 0 for vote in votes):
        found.append(Obstacle("review.below_zero"))
    return tuple(found)


def unfinished(session: Session, review: Review, now: datetime) -> tuple[Obstacle, ...]:
    """Everything that is still in the way of closing a meeting; nothing when it may be."""
    return tuple(_of_meeting(review, now)) + tuple(
        obstacle for result in review.results for obstacle in _of_result(session, review, result)
    )


def _of_meeting(review: Review, now: datetime) -> Iterator[Obstacle]:
    today = business_date(now)
    if review.held_on > today:
        yield Obstacle("review.not_held_yet", {"held_on": review.held_on.isoformat()})
    if not review.place:
        yield Obstacle("review.no_place")
    least = int(parameters.in_force("review.quorum", today).value)
    if voters(review) < least:
        yield Obstacle("review.no_quorum", {"least": least, "present": voters(review)})
    if review.photo_id is None:
        yield Obstacle("review.no_photo")


def voters(review: Review) -> int:
    """How many at the meeting have a vote: all but those whom the town sent to look on."""
    return sum(attendee.role not in NO_VOTE for attendee in review.attendees)


def recused_of(result: ReviewResult) -> tuple[str, ...]:
    """The names of those who stepped out."""
    return tuple(name for name in result.recused.split("\n") if name)


def _of_result(session: Session, review: Review, result: ReviewResult) -> Iterator[Obstacle]:
    person = result.application.person
    votes = result.votes_for + result.votes_against + result.abstained
    recused = recused_of(result)
    roles = {attendee.name: attendee.role for attendee in review.attendees}
    submitted_on = business_date(result.application.submitted_at)
    if review.held_on < submitted_on:  # a meeting made up afterwards (F-14)
        day = submitted_on.isoformat()
        yield Obstacle("review.before_application", {"name": person.name, "submitted_on": day})
    if not votes:
        yield Obstacle("review.no_votes", {"name": person.name})
    for absent in (name for name in recused if name not in roles):
        yield Obstacle("review.recused_not_there", {"name": person.name, "absent": absent})
    may_vote = voters(review) - sum(roles.get(name) not in {None, *NO_VOTE} for name in recused)
    if votes > may_vote:
        slots = {"name": person.name, "votes": votes, "voters": may_vote}
        yield Obstacle("review.too_many_votes", slots)
    for kin in sorted(_must_step_out(session, result) & set(roles) - set(recused)):
        yield Obstacle("review.must_step_out", {"name": person.name, "kin": kin})
    if _declared_kin(session, result) and not recused and not result.kin_absent:
        yield Obstacle("review.kin_declared", {"name": person.name})


def _must_step_out(session: Session, result: ReviewResult) -> set[str]:
    """The applicant, and the staff who declared the applicant as a relative."""
    person = result.application.person
    relatives = session.scalars(
        select(Staff.name)
        .join(StaffKin, StaffKin.staff_id == Staff.id)
        .where(StaffKin.person_id == person.id)
    )
    return {person.name, *relatives}


def _declared_kin(session: Session, result: ReviewResult) -> bool:
    declared = select(KinshipDeclaration.id).where(
        KinshipDeclaration.application_id == result.application_id,
        KinshipDeclaration.has_relative,
    )
    return session.scalars(declared.limit(1)).first() is not None
