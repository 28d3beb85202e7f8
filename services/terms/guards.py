"""The guards of `models.term_steps.TERM_STEPS`, each by its name. A guard gives the obstacles that
it sees, none when it holds; it writes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Attachment, Engagement, EngagementPause, EngagementStatus, Exit, Extension, Post
from models.term_steps import ExitCause, TermState
from rules import parameters, term
from rules.errors import InvalidQuestion
from services.clock import business_date
from services.guards import Obstacle
from services.terms import reckoning

Subject = Extension | Exit | EngagementPause


@dataclass(frozen=True)
class TermScene:
    """What a guard looks at. `only_looking`: for a page; no row is locked."""

    session: Session
    subject: Any
    now: datetime
    only_looking: bool = False

    @property
    def engagement(self) -> Engagement:
        found: Engagement = self.subject.engagement
        return found

    @property
    def today(self) -> date:
        return business_date(self.now)


Guard = Callable[[TermScene], tuple[Obstacle, ...]]
GUARDS: dict[str, Guard] = {}


def guard(function: Guard) -> Guard:
    """Register a guard under its function's name."""
    GUARDS[function.__name__] = function
    return function


@dataclass(frozen=True)
class Limit:
    """How far a term may be extended: to `latest_on`; or why not at all. `certain`: a source stands
    behind the limit; else staff are told that it is an assumption."""

    latest_on: date | None
    obstacle: Obstacle | None = None
    certain: bool = True


def limit_of(session: Session, engagement: Engagement, today: date) -> Limit:
    """Rural: so many months from the present end (R-3.3f); urban: to the retirement date where less
    than five years were missing at first approval (R-3.3g)."""
    if engagement.starts_on is None or engagement.ends_on is None:
        return Limit(None, Obstacle("term.not_begun"))
    if engagement.track == "rural":
        assumed = parameters.in_force_or_first("term.rural_ext_max_months", engagement.ends_on)
        latest_on = term.rural_extension_limit(engagement.ends_on)
        return Limit(latest_on, certain=assumed.is_certain)
    return _urban_limit(session, engagement, engagement.starts_on, today)


def _urban_limit(session: Session, engagement: Engagement, starts_on: date, today: date) -> Limit:
    if engagement.person.sex == "female" and engagement.retire_category is None:
        return Limit(None, Obstacle("term.no_category"))  # never inferred: years hang on it
    try:
        found = reckoning.reckon(session, engagement, starts_on, today)
    except InvalidQuestion:  # retired before the first day: the category was corrected
        return Limit(None, Obstacle("term.urban_at_retirement"))
    if found.may_extend_to is None:
        return Limit(None, Obstacle("term.urban_not_near"))
    if engagement.ends_on and found.may_extend_to <= engagement.ends_on:
        return Limit(None, Obstacle("term.urban_at_retirement"))
    return Limit(found.may_extend_to)


@guard
def has_new_end(scene: TermScene) -> tuple[Obstacle, ...]:
    return () if scene.subject.to_on else (Obstacle("term.no_new_end"),)


@guard
def within_limit(scene: TermScene) -> tuple[Obstacle, ...]:
    limit = limit_of(scene.session, scene.engagement, scene.today)
    if limit.obstacle is not None:
        return (limit.obstacle,)
    to_on, ends_on = scene.subject.to_on, scene.engagement.ends_on
    if to_on is None:
        return ()
    if ends_on is not None and to_on <= ends_on:
        return (Obstacle("term.not_longer", {"ends_on": ends_on.isoformat()}),)
    if limit.latest_on is not None and to_on > limit.latest_on:
        return (Obstacle("term.too_long", {"latest_on": limit.latest_on.isoformat()}),)
    return ()


def used_up(session: Session, engagement: Engagement, today: date) -> Obstacle | None:
    """Why a rural term may not be extended once more: so many times at most (R-3.3f). An urban one
    goes to one date anyway."""
    if engagement.track != "rural":
        return None
    most = parameters.in_force_or_first("term.rural_ext_times", today).value
    granted = session.scalar(
        select(func.count()).where(
            Extension.engagement_id == engagement.id, Extension.state == TermState.GRANTED
        )
    )
    return None if (granted or 0) < most else Obstacle("term.too_often", {"times": most})


@guard
def not_too_often(scene: TermScene) -> tuple[Obstacle, ...]:
    why = used_up(scene.session, scene.engagement, scene.today)
    return () if why is None else (why,)


@guard
def has_signed_paper(scene: TermScene) -> tuple[Obstacle, ...]:
    """What a village passes on for the worker carries the worker's signature."""
    paper = select(Attachment.id).where(
        Attachment.subject_kind == "exit",
        Attachment.subject_id == str(scene.subject.id),
        Attachment.kind == "resignation",
    )
    found = scene.session.scalars(paper.limit(1)).first()
    return () if found is not None else (Obstacle("term.no_signed_paper"),)


@guard
def is_resignation(scene: TermScene) -> tuple[Obstacle, ...]:
    resigned = scene.subject.cause == ExitCause.RESIGNED
    return () if resigned else (Obstacle("term.not_yours_to_take_back"),)


@guard
def last_day_over(scene: TermScene) -> tuple[Obstacle, ...]:
    over = scene.subject.last_on < scene.today
    return () if over else (Obstacle("term.last_day_ahead"),)


@guard
def place_is_free(scene: TermScene) -> tuple[Obstacle, ...]:
    locks = not scene.only_looking
    post = scene.session.get_one(Post, scene.engagement.post_id, with_for_update=locks)
    held = scene.session.scalar(
        select(func.count()).where(
            Engagement.post_id == post.id, Engagement.status != EngagementStatus.ENDED
        )
    )
    free = (held or 0) < post.headcount
    return () if free else (Obstacle("obstacle.post_full", {"post": post.name}),)


@guard
def holds_no_other_post(scene: TermScene) -> tuple[Obstacle, ...]:
    other = select(Engagement.id).where(
        Engagement.person_id == scene.engagement.person_id,
        Engagement.status != EngagementStatus.ENDED,
        Engagement.id != scene.engagement.id,
    )
    held = scene.session.scalars(other.limit(1)).first()
    return () if held is None else (Obstacle("obstacle.has_a_post"),)
