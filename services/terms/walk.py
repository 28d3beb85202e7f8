"""Walking the table of `models.term_steps`: the only way in which an extension, an exit or a
suspension changes its state. What a step brings with it is `services.terms.settling`'s."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Engagement, TermEvent
from models.term_steps import TERM_OPEN, TermMatter, TermState, TermStep, holder_level
from models.term_steps import term_steps_from as steps_from
from services.acting import Acting
from services.clock import business_date
from services.deadlines import working_deadline
from services.guards import Obstacle
from services.procedure import Hindered
from services.terms import officers, permits
from services.terms.guards import GUARDS, Subject, TermScene
from services.trail import note

REMARK_LENGTH = 255


@dataclass(frozen=True)
class TermOffer:
    """A step from here that this role knows, and what hinders it."""

    step: TermStep
    obstacles: tuple[Obstacle, ...]

    @property
    def is_open(self) -> bool:
        return not self.obstacles


def lock(session: Session, engagement_id: uuid.UUID) -> Engagement:
    """The engagement as it is now, held until the transaction ends: whoever changes a term meets
    everybody else here first."""
    return session.get_one(
        Engagement, engagement_id, with_for_update={"of": Engagement}, populate_existing=True
    )


def open_matter(
    session: Session, subject: Subject, act: str, acting: Acting, now: datetime, remark: str = ""
) -> None:
    """Write down a new extension, exit or suspension; its engagement is locked already. Whoever
    lays an exit before the district has proposed it."""
    subject.state_at = subject.opened_at = now
    subject.reason = remark.strip()[:REMARK_LENGTH]
    session.add(subject)
    session.flush()
    _give_holder(subject)
    proposed = subject.state == TermState.AT_DISTRICT
    _write(session, subject, (act, None, proposed), acting, now, remark)


def step(
    session: Session, subject: Subject, act: str, acting: Acting, now: datetime, remark: str = ""
) -> TermStep:
    """Take one step or raise `Hindered` with every reason why not. Locks the engagement and reads
    the matter anew: of two at once the second sees what the first did."""
    session.flush()
    lock(session, subject.engagement_id)
    session.refresh(subject)
    taken = find(subject, act)
    if taken is None:
        raise Hindered(act, (Obstacle("obstacle.state_moved_on"),))
    scene = TermScene(session, subject, now)
    found = list(_obstacles(scene, taken, acting))
    if taken.reason and not remark.strip():
        found.append(Obstacle("obstacle.reason_needed"))
    if found:
        raise Hindered(act, tuple(found))
    before = TermState(subject.state)
    subject.state, subject.state_at = taken.target, now
    subject.due_on = working_deadline(taken.limit, business_date(now)) if taken.limit else None
    _give_holder(subject)
    _write(session, subject, (act, before, taken.approval), acting, now, remark)
    return taken


def find(subject: Subject, act: str) -> TermStep | None:
    """The step of that name from where the matter stands."""
    known = steps_from(subject.matter, TermState(subject.state))
    return next((one for one in known if one.act == act), None)


def offers(
    session: Session, subject: Subject, acting: Acting, now: datetime
) -> tuple[TermOffer, ...]:
    """The steps that this role may take from here, each with its obstacles."""
    scene = TermScene(session, subject, now, only_looking=True)
    return tuple(
        TermOffer(one, _obstacles(scene, one, acting))
        for one in steps_from(subject.matter, TermState(subject.state))
        if acting.role in one.actors
    )


def events(session: Session, subject: Subject) -> list[TermEvent]:
    """Every step of a matter, the oldest first."""
    rows = select(TermEvent).where(
        TermEvent.matter == subject.matter, TermEvent.subject_id == subject.id
    )
    return list(session.scalars(rows.order_by(TermEvent.id)))


def _obstacles(scene: TermScene, one: TermStep, acting: Acting) -> tuple[Obstacle, ...]:
    refused = permits.refusal(scene.session, acting, scene.engagement, one.actors)
    if refused is not None:
        return (refused,)
    if one.approval and _took_last(scene, acting):
        return (Obstacle("obstacle.two_steps_by_one"),)
    return tuple(obstacle for name in one.guards for obstacle in GUARDS[name](scene))


def _took_last(scene: TermScene, acting: Acting) -> bool:
    """Nobody takes two approval steps running, in whatever roles."""
    if acting.staff is None:
        return False
    last = scene.session.scalars(
        select(TermEvent.staff_id)
        .where(
            TermEvent.matter == scene.subject.matter,
            TermEvent.subject_id == scene.subject.id,
            TermEvent.approval,
        )
        .order_by(TermEvent.id.desc())
        .limit(1)
    ).first()
    return last == acting.staff.id


def _give_holder(subject: Subject) -> None:
    level = holder_level(subject.matter, TermState(subject.state))
    is_open = subject.state in TERM_OPEN and level is not None
    subject.holder_id = officers.office(subject.engagement, level).id if is_open and level else None


def _write(
    session: Session,
    subject: Subject,
    edge: tuple[str, TermState | None, bool],
    acting: Acting,
    now: datetime,
    remark: str,
) -> None:
    act, before, approval = edge
    matter: TermMatter = subject.matter
    session.add(
        TermEvent(
            matter=matter,
            subject_id=subject.id,
            at=now,
            actor=acting.name,
            staff_id=acting.staff.id if acting.staff else None,
            act=act,
            from_state=before,
            to_state=subject.state,
            approval=approval,
            remark=remark.strip()[:REMARK_LENGTH],
        )
    )
    note(
        session,
        f"{matter}.{act}",
        actor=acting.name,
        at=now,
        subject=("engagement", subject.engagement_id),
        before={"state": before},
        after={"state": str(subject.state)},
        why=remark.strip()[:REMARK_LENGTH],
    )
    session.flush()
