"""A district's own values of the rules' parameters: one administrator proposes, another agrees.

Only agreed ones are in force, from their day on, in every process within seconds: whoever opens a
transaction asks the clock first, and the clock that `Keeping` makes looks for news now and then, in
that same transaction. Values never reach back: what was decided stays decided as it was.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import ParameterOverride, Role
from rules import parameters
from rules.parameters import Override, Parameter
from services.acting import Acting
from services.clock import Clock, business_date
from services.guards import Obstacle
from services.procedure import Hindered
from services.trail import note
from wording import load_book

FRESH_SECONDS = 5.0
LONGEST_REFERENCE = 200


@dataclass(frozen=True)
class Proposal:
    """A value for a parameter, from which day on, and the paper it stands on."""

    name: str
    value: Any
    from_on: date
    reference: str


def propose(
    session: Session, proposal: Proposal, acting: Acting, now: datetime
) -> ParameterOverride:
    """Write a proposal down; nothing changes yet. The same proposal twice is a second click.
    Raises `Hindered`."""
    parameter = find(proposal.name)
    why = _why_not(parameter, proposal, acting, business_date(now))
    if why or parameter is None or acting.staff is None:
        raise Hindered("propose", tuple(why))
    for waiting in pending(session, proposal.name):
        if _is_same(waiting, proposal) and waiting.proposed_by_id == acting.staff.id:
            return waiting
    made = ParameterOverride(
        name=proposal.name,
        value={"value": proposal.value},
        from_on=proposal.from_on,
        reference=proposal.reference.strip(),
        proposed_by_id=acting.staff.id,
        proposed_at=now,
    )
    session.add(made)
    session.flush()
    before = value_on(parameter, proposal.from_on)
    note(session, "parameter.proposed", actor=acting.name, at=now,
         subject=("parameter", made.name), before=_plain(before), after=proposal.value,
         from_on=made.from_on.isoformat(), why=made.reference)  # fmt: skip
    return made


def decide(
    session: Session, made: ParameterOverride, acting: Acting, now: datetime, *, agreed: bool
) -> None:
    """Agree to a proposal of somebody else, or turn it down. Raises `Hindered`; the same answer
    twice by the same person changes nothing."""
    staff = acting.staff
    if acting.role != Role.ADMINISTRATOR or staff is None:
        raise Hindered("decide", (Obstacle("obstacle.not_your_role"),))
    if made.decided_at is not None:
        if made.agreed is agreed and made.decided_by_id == staff.id:
            return
        raise Hindered("decide", (Obstacle("parameters.decided_already"),))
    if agreed and made.proposed_by_id == staff.id:
        raise Hindered("decide", (Obstacle("parameters.not_your_own"),))
    if agreed and made.from_on < business_date(now):
        raise Hindered("decide", (Obstacle("parameters.not_backwards"),))
    made.decided_by_id, made.decided_at, made.agreed = staff.id, now, agreed
    session.flush()
    act = "parameter.agreed" if agreed else "parameter.turned_down"
    note(session, act, actor=acting.name, at=now, subject=("parameter", made.name),
         after=made.value["value"], from_on=made.from_on.isoformat(), why=made.reference,
         proposed_by=f"staff:{made.proposed_by_id}")  # fmt: skip


def find(name: str) -> Parameter | None:
    """The parameter of that name, overrides included; None where there is none."""
    return next((one for one in parameters.all_parameters() if one.name == name), None)


def value_on(parameter: Parameter, day: date) -> Any:
    """The value that holds on a day; None before the first."""
    held = [value for value in parameter.values if value.since <= day]
    return held[-1].value if held else None


def pending(session: Session, name: str | None = None) -> Sequence[ParameterOverride]:
    """The proposals that wait for a second person, the oldest first."""
    asked = select(ParameterOverride).where(ParameterOverride.decided_at.is_(None))
    if name is not None:
        asked = asked.where(ParameterOverride.name == name)
    return session.scalars(asked.order_by(ParameterOverride.id)).all()


def history(session: Session, name: str) -> Sequence[ParameterOverride]:
    """Every proposal for a parameter, the newest first."""
    return session.scalars(
        select(ParameterOverride)
        .where(ParameterOverride.name == name)
        .order_by(ParameterOverride.id.desc())
    ).all()


def take_over(session: Session) -> None:
    """Put the agreed values in force in this process."""
    agreed = session.execute(
        select(
            ParameterOverride.id,
            ParameterOverride.name,
            ParameterOverride.value,
            ParameterOverride.from_on,
            ParameterOverride.reference,
        )
        .where(ParameterOverride.agreed.is_(True))
        .order_by(ParameterOverride.id)
    ).all()
    parameters.use_overrides(
        Override(row.name, row.value["value"], row.from_on, _source(row.id, row.reference))
        for row in agreed
    )


@dataclass
class Keeping:
    """A clock that keeps this process's parameters those that the district agreed on. Each door
    asks it first thing in a transaction; every few seconds it looks for news there."""

    clock: Clock
    machine: Callable[[], float] = time.monotonic
    fresh_until: float = field(default=float("-inf"))

    def now(self, session: Session) -> datetime:
        at = self.machine()
        if at >= self.fresh_until:
            self.fresh_until = at + FRESH_SECONDS
            take_over(session)
        return self.clock.now(session)


def _why_not(
    parameter: Parameter | None, proposal: Proposal, acting: Acting, today: date
) -> list[Obstacle]:
    if acting.role != Role.ADMINISTRATOR:
        return [Obstacle("obstacle.not_your_role")]
    if parameter is None:
        return [Obstacle("parameters.unknown")]
    found = []
    if misfit := parameters.misfit(parameter, proposal.value):
        found.append(Obstacle(f"parameters.misfit_{misfit}"))
    if proposal.from_on < today:
        found.append(Obstacle("parameters.not_backwards"))
    if len(proposal.reference.strip()) < 4:
        found.append(Obstacle("parameters.reference_needed"))
    if len(proposal.reference.strip()) > LONGEST_REFERENCE:
        found.append(Obstacle("parameters.reference_long"))
    if not found and value_on(parameter, proposal.from_on) == proposal.value:
        found.append(Obstacle("parameters.no_change"))
    return found


def _is_same(made: ParameterOverride, proposal: Proposal) -> bool:
    return (made.value["value"], made.from_on) == (proposal.value, proposal.from_on)


def _source(number: int, reference: str) -> str:
    """As traces name it: the paper, and which override it was."""
    return load_book().text("parameters.source", number=number, reference=reference)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
