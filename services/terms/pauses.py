"""Suspending somebody: why, from when, paid or not by its reason; the worker may explain, and the
town looks at it again within ten working days (3.3)."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from models import Engagement, EngagementPause, EngagementStatus
from models.procedure import Actor
from models.term_steps import MAY_PAUSE, PauseCause, TermState
from rules import parameters
from services.acting import Acting
from services.clock import business_date
from services.deadlines import working_deadline
from services.guards import Obstacle
from services.procedure import Hindered
from services.terms import leaving, officers, permits, walk
from services.trail import note

BY_STAFF = frozenset(PauseCause) - {PauseCause.UNDECIDED, PauseCause.DEATH_REPORTED}
LONGEST_WORDS = 500


def begin(  # noqa: PLR0913 - one row, all of it needed
    session: Session,
    engagement: Engagement,
    *,
    cause: PauseCause,
    from_on: date,
    words: str,
    acting: Acting,
    now: datetime,
) -> EngagementPause:
    """Suspend from today or a later day; the worker hears why and how to explain."""
    permits.require(session, acting, engagement, roles=MAY_PAUSE, act="pause")
    walk.lock(session, engagement.id)
    today = business_date(now)
    _check(engagement, cause, from_on, today, words)
    pause = EngagementPause(
        engagement_id=engagement.id,
        engagement=engagement,
        state=TermState.UNDER_WAY,
        asked_by="district" if "district" in acting.role else "town",
        cause=cause,
        from_on=from_on,
        paid=is_paid(cause, today),
        due_on=working_deadline("term.pause_review_days", today),
    )
    walk.open_matter(session, pause, "begin", acting, now, words)
    engagement.status = EngagementStatus.SUSPENDED
    officers.tell_worker(session, engagement, "pause_begun", now, cause=f"pause:{pause.id}",
                         from_on=from_on.isoformat())  # fmt: skip
    session.flush()
    return pause


def is_paid(cause: PauseCause, day: date) -> bool:
    """Whether the pay goes on, by the parameter `term.paid_pauses`."""
    return str(cause) in parameters.in_force("term.paid_pauses", day).value


def explain(
    session: Session, pause: EngagementPause, words: str, acting: Acting, now: datetime
) -> None:
    """The worker's own words about it, kept beside the reason; later words are added."""
    permits.require(session, acting, pause.engagement, roles={Actor.APPLICANT}, act="explain")
    if pause.state != TermState.UNDER_WAY:
        raise Hindered("explain", (Obstacle("obstacle.state_moved_on"),))
    said = f"{pause.explanation}\n{words.strip()}".strip()
    pause.explanation = said[-LONGEST_WORDS:]
    pause.explained_at = now
    note(session, "pause.explained", actor=acting.name, at=now,
         subject=("engagement", pause.engagement_id))  # fmt: skip
    session.flush()


def current(session: Session, engagement: Engagement) -> EngagementPause | None:
    """The suspension that goes on."""
    return leaving.open_pause(session, engagement)


def _check(
    engagement: Engagement, cause: PauseCause, from_on: date, today: date, words: str
) -> None:
    found = []
    if engagement.status != EngagementStatus.ON_POST:
        found.append(Obstacle("term.not_on_post"))
    if cause not in BY_STAFF:
        found.append(Obstacle("term.no_such_cause"))
    if from_on < today:
        found.append(Obstacle("term.pause_in_past"))
    if not words.strip():
        found.append(Obstacle("obstacle.reason_needed"))
    if found:
        raise Hindered("pause", tuple(found))
