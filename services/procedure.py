"""Walking the table of `models.procedure`: the only way in which a case changes its state.

`take` does one step or raises `Hindered` with every reason why not, in words staff understand;
`offers` says, for the page, which steps there are and what stands in the way of each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from models import Application, ApplicationEvent, Region
from models.places import RegionKind
from models.procedure import (
    ENDED,
    HOLDERS,
    Actor,
    ApplicationStatus,
    Step,
    find_step,
    steps_from,
)
from services import case_news, guards, settling
from services.acting import Acting, conflict, covers, took_last_approval
from services.clock import business_date
from services.deadlines import working_deadline
from services.guards import Obstacle, Scene
from services.trail import note


class Hindered(Exception):
    """The step was not taken and nothing was changed; `obstacles` say why, each a wording key."""

    def __init__(self, act: str, obstacles: tuple[Obstacle, ...]) -> None:
        super().__init__(f"{act}: {', '.join(obstacle.key for obstacle in obstacles)}")
        self.act = act
        self.obstacles = obstacles


@dataclass(frozen=True)
class Offer:
    """A step from the present state that this person's role knows, and what hinders it."""

    step: Step
    obstacles: tuple[Obstacle, ...]

    @property
    def is_open(self) -> bool:
        return not self.obstacles


@dataclass(frozen=True)
class Why:
    """What comes with a step: a reason code of `wording/zh/reasons.yaml`, words, and plain facts
    for the audit trail."""

    reason_code: str | None = None
    remark: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


NO_REASON = Why()


def take(
    session: Session,
    application: Application,
    act: str,
    acting: Acting,
    now: datetime,
    why: Why = NO_REASON,
) -> ApplicationEvent:
    """Take the step `act`, write it down, date the next one and tell who must hear.

    The caller's copy of the application must be fresh: a stale one fails at flush with
    StaleDataError, and nothing is lost but the click.
    """
    status = ApplicationStatus(application.status)
    step = find_step(status, act)
    if step is None:
        raise Hindered(act, (Obstacle("obstacle.state_moved_on"),))
    scene = Scene(session, application, now, why.reason_code)
    obstacles = _obstacles(scene, step, acting, asks_reason=True)
    if obstacles:
        raise Hindered(act, obstacles)
    event = _write(session, application, step, acting, now, why)
    settling.settle(session, application, step, now)
    case_news.tell_step(session, application, step, now)
    return event


def offers(
    session: Session,
    application: Application,
    acting: Acting,
    now: datetime,
    *,
    known: Mapping[str, Any] | None = None,
) -> tuple[Offer, ...]:
    """The steps that this role may take from here, each with its obstacles (R-4.1a). Nothing is
    locked; `known`: what the page has read already, by the names that guards know it by."""
    scene = Scene(session, application, now, None, only_looking=True, known=dict(known or {}))
    return tuple(
        Offer(step, _obstacles(scene, step, acting, asks_reason=False))
        for step in steps_from(ApplicationStatus(application.status))
        if acting.role in step.actors
    )


def _obstacles(
    scene: Scene, step: Step, acting: Acting, *, asks_reason: bool
) -> tuple[Obstacle, ...]:
    """Every reason why not. The reason code is only asked for when the step is really taken."""
    if (refused := _may_not(scene, step, acting)) is not None:
        return (refused,)
    found = [obstacle for name in step.guards for obstacle in guards.check(name, scene)]
    if asks_reason and step.reason and not scene.reason_code:
        found.append(Obstacle("obstacle.reason_needed"))
    return tuple(found)


def _may_not(scene: Scene, step: Step, acting: Acting) -> Obstacle | None:
    session, application = scene.session, scene.application
    if acting.role not in step.actors:
        return Obstacle("obstacle.not_your_role")
    if acting.role in set(Actor):
        return None
    if not covers(acting.region, application.village):
        return Obstacle("obstacle.not_your_place")
    why = scene.once("conflict", lambda: conflict(session, acting, application))
    if why is not None:
        return Obstacle(f"obstacle.conflict_{why}")
    took_last = "took last approval"
    if step.approval and scene.once(
        took_last, lambda: took_last_approval(session, acting, application)
    ):
        return Obstacle("obstacle.two_steps_by_one")
    return None


def _write(
    session: Session,
    application: Application,
    step: Step,
    acting: Acting,
    now: datetime,
    why: Why,
) -> ApplicationEvent:
    application.status = step.target
    application.status_at = now
    application.holder_id = None
    application.due_on = None
    if step.target not in ENDED:
        application.holder_id = holder(application.village, HOLDERS[step.target]).id
        if step.limit is not None:
            application.due_on = working_deadline(step.limit, business_date(now))
    event = ApplicationEvent(
        application_id=application.id,
        act=step.act,
        from_status=step.source,
        to_status=step.target,
        at=now,
        actor=acting.name,
        staff_id=acting.staff.id if acting.staff else None,
        approval=step.approval,
        reason_code=why.reason_code,
        remark=why.remark or None,
    )
    session.add(event)
    note(
        session,
        f"case.{step.act}",
        actor=acting.name,
        at=now,
        subject=("application", application.id),
        before={"status": step.source},
        after={"status": step.target},
        why=why.reason_code,
        **why.facts,
    )
    session.flush()
    return event


def holder(village: Region, level: str) -> Region:
    """The office of a level that is responsible for a village."""
    place = village
    while level == "town" and place.kind == RegionKind.VILLAGE and place.parent is not None:
        place = place.parent
    while level == "district" and place.parent is not None:
        place = place.parent
    return place
