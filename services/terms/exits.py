"""Leaving a post: the worker resigns, the village reports or passes on, the town proposes (2.7,
3.3). The steps from there are `settling.take`'s."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from models import Engagement, EngagementStatus, Exit, new_id
from models.procedure import TOWN_CLERK, VILLAGE, Actor
from models.term_steps import ExitCause, TermState
from services import attachments
from services.acting import Acting
from services.attachments import Upload
from services.clock import business_date
from services.guards import Obstacle
from services.procedure import Hindered
from services.terms import leaving, officers, permits, settling, walk
from services.terms.extensions import ON_THE_POST

REPORTED = frozenset(ExitCause) - {ExitCause.TERM_END}
"""What may be said to be the reason; the end of the term comes by itself."""


@dataclass(frozen=True)
class Leaving:
    """Why somebody leaves, their last day, and words about it."""

    cause: ExitCause
    last_on: date
    words: str = ""


def resign(
    session: Session, engagement: Engagement, last_on: date, acting: Acting, now: datetime
) -> Exit:
    """The worker, who has confirmed it twice, leaves with that day, from today on. Again gives back
    the first. `Hindered` with a sentence where the day will not do."""
    permits.require(session, acting, engagement, roles={Actor.APPLICANT}, act="resign")
    walk.lock(session, engagement.id)
    there = settling.open_exit(session, engagement)
    if there is not None and there.cause == ExitCause.RESIGNED:
        return there
    today = business_date(now)
    if last_on < today:
        raise Hindered("resign", (Obstacle("term.last_day_past"),))
    what = Leaving(ExitCause.RESIGNED, last_on)
    made = _open(session, engagement, what, ("worker", TermState.SET), acting, now)
    leaving.set_exit(session, made, now)
    slots = {"last_on": last_on.isoformat()}
    officers.tell_office(session, engagement, "resigned_head", now, cause=f"exit:{made.id}",
                         slots=slots)  # fmt: skip
    return made


def take_back(session: Session, made: Exit, acting: Acting, now: datetime) -> None:
    """The worker stays after all, as long as the last day is not over."""
    settling.take(session, made, "take_back", acting, now)


def relay_resignation(
    session: Session,
    engagement: Engagement,
    last_on: date,
    paper: Upload | None,
    acting: Acting,
    now: datetime,
) -> Exit:
    """The village passes on a resignation: with the paper that the worker signed, or not at all.
    The town confirms it."""
    permits.require(session, acting, engagement, roles=VILLAGE | TOWN_CLERK, act="relay")
    attachments.check(paper)
    walk.lock(session, engagement.id)
    what = Leaving(ExitCause.RESIGNED, last_on)
    made = _open(session, engagement, what, ("village", TermState.AT_TOWN), acting, now)
    attachments.attach(
        session, paper, subject=("exit", made.id), kind="resignation", acting=acting, now=now
    )
    return made


def report(
    session: Session, engagement: Engagement, what: Leaving, acting: Acting, now: datetime
) -> Exit:
    """The village says that somebody has left, or died: the report of the vacancy (F-13). The town
    looks at it and proposes; after a death nothing more is worked, paid or sent meanwhile."""
    permits.require(session, acting, engagement, roles=VILLAGE, act="report")
    return _begin(session, engagement, what, ("village", TermState.AT_VILLAGE), acting, now)


def propose(
    session: Session, engagement: Engagement, what: Leaving, acting: Acting, now: datetime
) -> Exit:
    """The town lays an exit before the district."""
    permits.require(session, acting, engagement, roles=TOWN_CLERK, act="propose")
    if not what.words.strip():
        raise Hindered("propose", (Obstacle("obstacle.reason_needed"),))
    return _begin(session, engagement, what, ("town", TermState.AT_DISTRICT), acting, now)


def _begin(
    session: Session,
    engagement: Engagement,
    what: Leaving,
    where: tuple[str, TermState],
    acting: Acting,
    now: datetime,
) -> Exit:
    if what.cause not in REPORTED:
        raise Hindered("report", (Obstacle("term.no_such_cause"),))
    if what.cause == ExitCause.DIED and what.last_on > business_date(now):
        raise Hindered("report", (Obstacle("term.death_ahead"),))
    walk.lock(session, engagement.id)
    made = _open(session, engagement, what, where, acting, now)
    if what.cause == ExitCause.DIED:
        leaving.report_death(session, made, now)
    return made


def _open(
    session: Session,
    engagement: Engagement,
    what: Leaving,
    where: tuple[str, TermState],
    acting: Acting,
    now: datetime,
) -> Exit:
    if engagement.status not in ON_THE_POST or engagement.status == EngagementStatus.ENDED:
        raise Hindered("exit", (Obstacle("term.not_on_post"),))
    if settling.open_exit(session, engagement) is not None:
        raise Hindered("exit", (Obstacle("term.leaving_already"),))
    if engagement.starts_on is None or what.last_on < engagement.starts_on:
        raise Hindered("exit", (Obstacle("term.last_day_before_first"),))
    if engagement.ends_on is not None and what.last_on > engagement.ends_on:
        slots = {"ends_on": engagement.ends_on.isoformat()}
        raise Hindered("exit", (Obstacle("term.last_day_after_term", slots),))
    asked_by, state = where
    made = Exit(
        id=new_id(),
        engagement_id=engagement.id,
        engagement=engagement,
        state=state,
        asked_by=asked_by,
        cause=what.cause,
        last_on=what.last_on,
        reported_on=business_date(now),
    )
    walk.open_matter(session, made, "open", acting, now, what.words)
    return made
