"""Asking for an extension: the worker's wish, the village's proposal, the clock's reminder
(R-3.3f, R-3.3g). The steps from there are `settling.take`'s."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from models import Engagement, EngagementStatus, Extension
from models.procedure import TOWN_CLERK, Actor
from models.term_steps import PROPOSERS, TermState
from services.acting import CLOCK, Acting
from services.clock import business_date
from services.deadlines import working_deadline
from services.guards import Obstacle
from services.procedure import Hindered
from services.terms import guards, officers, permits, settling, walk
from services.terms.guards import TermScene

ON_THE_POST = (
    EngagementStatus.ON_POST,
    EngagementStatus.SUSPENDED,
    EngagementStatus.UNDECIDED,
)


@dataclass(frozen=True)
class Answer:
    """Whether somebody may be extended: to which day at the latest, or why not. `is_certain`: a
    source stands behind the limit."""

    latest_on: date | None
    obstacle: Obstacle | None
    is_certain: bool


def may_extend(session: Session, engagement: Engagement, now: datetime) -> Answer:
    """What the rules say today, before anybody has decided anything."""
    today = business_date(now)
    limit = guards.limit_of(session, engagement, today)
    obstacle = limit.obstacle or guards.used_up(session, engagement, today)
    return Answer(None if obstacle else limit.latest_on, obstacle, limit.certain)


def wish(session: Session, engagement: Engagement, acting: Acting, now: datetime) -> Extension:
    """The worker asks to stay on. One wish at a time: again gives back the first. `Hindered` where
    the rules leave no room, or where nobody is on the post any more."""
    permits.require(session, acting, engagement, roles={Actor.APPLICANT}, act="wish")
    found = _open(session, engagement, acting, now, "worker")
    if found.wished_at is None:
        found.wished_at = now
        assert engagement.ends_on is not None
        officers.tell_office(
            session, engagement, "extension_wished_head", now, cause=f"extension:{found.id}",
            slots={"ends_on": engagement.ends_on.isoformat()},
        )  # fmt: skip
        session.flush()
    return found


def propose(
    session: Session,
    engagement: Engagement,
    *,
    to_on: date,
    reason: str,
    acting: Acting,
    now: datetime,
) -> Extension:
    """The village (or the town for it) proposes a new last day, with its reason."""
    permits.require(session, acting, engagement, roles=PROPOSERS, act="propose")
    level = "town" if acting.role in TOWN_CLERK else "village"
    found = _open(session, engagement, acting, now, level)
    if found.state != TermState.AT_VILLAGE:
        raise Hindered("propose", (Obstacle("obstacle.state_moved_on"),))
    found.to_on, found.supported = to_on, True
    settling.take(session, found, "propose", acting, now, reason)
    found.reason = reason.strip()[: walk.REMARK_LENGTH]
    return found


def oppose(
    session: Session, found: Extension, reason: str, acting: Acting, now: datetime
) -> Extension:
    """The village speaks against it: the town decides all the same."""
    settling.take(session, found, "oppose", acting, now, reason)
    found.supported = False
    return found


def set_new_end(
    session: Session, found: Extension, to_on: date, acting: Acting, now: datetime
) -> None:
    """The town sets the day where the village gave none, or another one."""
    permits.require(session, acting, found.engagement, roles=officers.TOWN, act="set_new_end")
    walk.lock(session, found.engagement_id)
    if found.state != TermState.AT_TOWN:
        raise Hindered("set_new_end", (Obstacle("obstacle.state_moved_on"),))
    scene = TermScene(session, found, now)
    found.to_on = to_on
    if obstacles := guards.GUARDS["within_limit"](scene):
        raise Hindered("set_new_end", obstacles)
    session.flush()


def remind(session: Session, engagement: Engagement, now: datetime) -> Extension | None:
    """The clock asks the village whether to extend; None where the rules leave no room."""
    if may_extend(session, engagement, now).obstacle is not None:
        return None
    return _open(session, engagement, CLOCK, now, "clock")


def _open(
    session: Session, engagement: Engagement, acting: Acting, now: datetime, asked_by: str
) -> Extension:
    walk.lock(session, engagement.id)
    if (there := settling.open_extension(session, engagement)) is not None:
        return there
    if engagement.status not in ON_THE_POST or engagement.ends_on is None:
        raise Hindered("extend", (Obstacle("term.not_on_post"),))
    if settling.open_exit(session, engagement) is not None:
        raise Hindered("extend", (Obstacle("term.leaving_already"),))
    if (why := may_extend(session, engagement, now).obstacle) is not None:
        raise Hindered("extend", (why,))
    found = Extension(
        engagement_id=engagement.id,
        engagement=engagement,
        state=TermState.AT_VILLAGE,
        asked_by=asked_by,
        ends_on=engagement.ends_on,
        due_on=_due(engagement.ends_on, business_date(now)),
    )
    walk.open_matter(session, found, "ask", acting, now)
    return found


def _due(ends_on: date, today: date) -> date | None:
    """The village answers within its working days, and before the term is over (R-3.3f)."""
    due_on = working_deadline("term.decision_days", today)
    return ends_on if due_on is None else min(due_on, max(ends_on, today))
