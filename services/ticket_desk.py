"""The office's side of tickets: what waits, who may see it, replies, handing on, closing, and what
the clock takes to the office above when nobody answered (requirements 3.7).

A ticket is never seen by the accused office, nor handled by whoever wrote it. A writer who left no
name stays unknown: their answer waits at the ticket's number.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal, or_, select
from sqlalchemy.orm import Session, aliased, joinedload, selectinload

from models import Contact, Region, Role, Ticket, TicketStep, new_id
from models.talk import TicketKind, TicketLevel
from services import ticket_answers, tickets
from services.acting import CLOCK, Acting
from services.clock import business_date
from services.guards import Obstacle
from services.procedure import Hindered
from services.trail import note

LEVELS = (TicketLevel.VILLAGE, TicketLevel.TOWN, TicketLevel.DISTRICT, TicketLevel.SUPERVISION)
LEVEL_OF = {
    Role.VILLAGE_CLERK: TicketLevel.VILLAGE,
    Role.VILLAGE_HEAD: TicketLevel.VILLAGE,
    Role.TOWN_CLERK: TicketLevel.TOWN,
    Role.TOWN_HEAD: TicketLevel.TOWN,
    Role.DISTRICT_CLERK: TicketLevel.DISTRICT,
    Role.DISTRICT_APPROVER: TicketLevel.DISTRICT,
    Role.SUPERVISION: TicketLevel.SUPERVISION,
}
"""Who sees tickets, and up to which level. Nobody else does."""
OUTCOMES = ("answered", "settled", "not_ours", "unfounded", "not_reached")
"""How an office closes a ticket; each is a phrase `ticket_desk.outcome_…`."""
LONGEST_WORDS = 500


@dataclass(frozen=True)
class Answer:
    """What an office does with a ticket: `act` is reply, note, forward, back or close. `to` is the
    level that a ticket is handed to, `outcome` how it is closed."""

    act: str
    words: str = ""
    to: str = ""
    outcome: str = ""


def find(session: Session, number: str, acting: Acting) -> Ticket | None:
    """The ticket of that number, where this person may see it; else None."""
    return session.scalars(
        _seen_by(acting)
        .where(Ticket.number == number)
        .options(selectinload(Ticket.steps).joinedload(TicketStep.staff))
    ).first()


def listed(
    session: Session, acting: Acting, *, closed: bool = False, limit: int = 50
) -> Sequence[Ticket]:
    """What this person may see: the open ones, urgent first, then by date; or the closed, newest
    first."""
    asked = _seen_by(acting).limit(limit)
    if closed:
        asked = asked.where(Ticket.closed_at.is_not(None)).order_by(Ticket.closed_at.desc())
    else:
        asked = asked.where(Ticket.closed_at.is_(None)).order_by(*_by_date())
    return session.scalars(asked).all()


def waiting(session: Session, acting: Acting, limit: int) -> Sequence[Ticket]:
    """The open tickets that it is this office's turn to answer."""
    level = LEVEL_OF.get(Role(acting.role))
    asked = _seen_by(acting).where(Ticket.closed_at.is_(None), Ticket.level == level)
    return session.scalars(asked.order_by(*_by_date()).limit(limit)).all()


def version(ticket: Ticket) -> int:
    """How often something was done with it: a form made from an older state is told apart."""
    return len(ticket.steps)


def act(
    session: Session, ticket: Ticket, answer: Answer, acting: Acting, now: datetime
) -> TicketStep:
    """Do one thing with an open ticket. Raises `Hindered` with every reason why not."""
    obstacles = _why_not(session, ticket, answer, acting)
    if obstacles:
        raise Hindered(f"ticket_{answer.act}", tuple(obstacles))
    step = _step(session, ticket, answer.act, acting, now)
    step.words = answer.words.strip() or None
    if answer.act in {"forward", "back"}:
        _hand_on(ticket, TicketLevel(answer.to), now)
        step.to_level = ticket.level
    if answer.act == "close":
        ticket.closed_at, ticket.closed_as = now, answer.outcome
    if answer.act == "reply" or (answer.act == "close" and step.words):
        ticket_answers.send(session, ticket, step, now)
    session.flush()
    facts: dict[str, Any] = {"to": answer.to} if answer.to else {}
    note(session, f"ticket.{answer.act}", actor=acting.name, at=now, subject=("ticket", ticket.id),
         before={"level": step.from_level}, after={"level": ticket.level},
         why=answer.outcome or None, **facts)  # fmt: skip
    session.expire(ticket, ["steps"])
    return step


def has_overdue(session: Session, now: datetime) -> bool:
    """Whether the clock would take a ticket to the office above."""
    return session.scalars(_overdue(now).limit(1)).first() is not None


def escalate(session: Session, now: datetime) -> int:
    """Take every ticket that was not closed by its day to the office above, with a new day; how
    many. What is at the top stays there."""
    taken = session.scalars(_overdue(now).with_for_update(of=Ticket)).all()
    for ticket in taken:
        step = _step(session, ticket, "escalate", CLOCK, now)
        _hand_on(ticket, LEVELS[LEVELS.index(TicketLevel(ticket.level)) + 1], now)
        step.to_level = ticket.level
        note(session, "ticket.escalate", actor=CLOCK.name, at=now, subject=("ticket", ticket.id),
             before={"level": step.from_level}, after={"level": ticket.level})  # fmt: skip
    session.flush()
    return len(taken)


def levels_for(ticket: Ticket, acting: Acting) -> dict[str, list[TicketLevel]]:
    """Where this person may hand a ticket: up (`forward`), or down again (`back`), never to a level
    that the accused works at or below."""
    mine = LEVELS.index(LEVEL_OF[Role(acting.role)])
    here = LEVELS.index(TicketLevel(ticket.level))
    least = max(LEVELS.index(tickets.lowest_level(ticket)), LEVELS.index(_level_of_place(ticket)))
    top = LEVELS.index(TicketLevel.SUPERVISION)
    return {
        "forward": [LEVELS[rank] for rank in range(here + 1, top + 1)],
        "back": [LEVELS[rank] for rank in range(least, here) if here <= mine],
    }


def _level_of_place(ticket: Ticket) -> TicketLevel:
    """No office under the ticket's place would see it."""
    return tickets.LEVEL_OF[ticket.region.kind] if ticket.region else TicketLevel.DISTRICT


def _seen_by(acting: Acting) -> Select[tuple[Ticket]]:
    accused, place = aliased(Region), aliased(Region)
    return (
        select(Ticket)
        .outerjoin(accused, Ticket.accused_region_id == accused.id)
        .outerjoin(place, Ticket.region_id == place.id)
        .where(*_scope(acting, accused, place))
        .options(joinedload(Ticket.region))
    )


def _scope(acting: Acting, accused: type[Region], place: type[Region]) -> list[ColumnElement[bool]]:
    level, office = LEVEL_OF.get(Role(acting.role)), acting.region
    if level is None or office is None:
        return [literal(False)]  # noqa: FBT003 - SQL's false
    whole = office.parent_id is None
    reach = place.path.startswith(office.path, autoescape=True)
    scope = [
        Ticket.level.in_(LEVELS[: LEVELS.index(level) + 1]),
        Ticket.kind != TicketKind.OBJECTION,  # these have a desk of their own
        or_(place.id.is_(None), reach) if whole else reach,
    ]
    if level is not TicketLevel.SUPERVISION:  # what is said of the whole district, it may see
        ours = literal(office.path).startswith(accused.path)
        scope.append(or_(accused.id.is_(None), ~ours))
    return scope


def _by_date() -> tuple[Any, ...]:
    undated = Ticket.due_on.is_(None)
    return Ticket.urgent.desc(), undated, Ticket.due_on, Ticket.number


def _overdue(now: datetime) -> Select[tuple[Ticket]]:
    return select(Ticket).where(
        Ticket.closed_at.is_(None),
        Ticket.due_on < business_date(now),
        Ticket.level != TicketLevel.SUPERVISION,
        Ticket.kind != TicketKind.OBJECTION,
    )


def _hand_on(ticket: Ticket, level: TicketLevel, now: datetime) -> None:
    ticket.level = level
    ticket.due_on = tickets.due_on(TicketKind(ticket.kind), business_date(now))


def _step(session: Session, ticket: Ticket, act: str, acting: Acting, now: datetime) -> TicketStep:
    step = TicketStep(
        id=new_id(),
        ticket_id=ticket.id,
        at=now,
        act=act,
        staff_id=acting.staff.id if acting.staff else None,
        from_level=ticket.level,
        to_level=ticket.level,
    )
    session.add(step)
    return step


def _why_not(session: Session, ticket: Ticket, answer: Answer, acting: Acting) -> list[Obstacle]:
    if why := _may_not(session, ticket, acting):
        return [Obstacle(why)]
    words = answer.words.strip()
    if len(words) > LONGEST_WORDS:
        return [Obstacle("ticket_desk.too_long", {"most": LONGEST_WORDS})]
    if answer.act in {"forward", "back"}:
        return _why_not_hand_on(ticket, answer, acting)
    if answer.act == "close":
        return _why_not_close(ticket, answer)
    return [] if words else [Obstacle("ticket_desk.words_needed")]


def _may_not(session: Session, ticket: Ticket, acting: Acting) -> str | None:
    if Role(acting.role) not in LEVEL_OF or acting.staff is None:
        return "obstacle.not_your_role"
    if acting.role == Role.SUPERVISION and ticket.level != TicketLevel.SUPERVISION:
        return "ticket_desk.looks_on"
    if ticket.closed_at is not None:
        return "ticket_desk.closed_already"
    return "ticket_desk.your_own" if wrote_it(session, acting, ticket) else None


def _why_not_hand_on(ticket: Ticket, answer: Answer, acting: Acting) -> list[Obstacle]:
    found = [] if answer.words.strip() else [Obstacle("ticket_desk.why_needed")]
    if answer.to not in levels_for(ticket, acting)[answer.act]:
        found.append(Obstacle("ticket_desk.no_such_level"))
    return found


def _why_not_close(ticket: Ticket, answer: Answer) -> list[Obstacle]:
    found = []
    if answer.outcome not in OUTCOMES:
        found.append(Obstacle("ticket_desk.outcome_needed"))
    if not answer.words.strip() and not _was_answered(ticket):
        found.append(Obstacle("ticket_desk.answer_first"))
    return found


def _was_answered(ticket: Ticket) -> bool:
    return any(step.act == "reply" for step in ticket.steps)


def wrote_it(session: Session, acting: Acting, ticket: Ticket) -> bool:
    """Whether this member of staff wrote the ticket, with their name or without."""
    if acting.staff is None or acting.staff.person_id is None or ticket.reporter_key is None:
        return False
    own = session.scalars(select(Contact).where(Contact.person_id == acting.staff.person_id))
    return any(tickets.reporter_key(contact) == ticket.reporter_key for contact in own)


def count_open(session: Session, acting: Acting) -> int:
    """How many wait for this office."""
    level = LEVEL_OF.get(Role(acting.role))
    asked = _seen_by(acting).where(Ticket.closed_at.is_(None), Ticket.level == level)
    return session.scalar(select(func.count()).select_from(asked.subquery())) or 0


def has_step(ticket: Ticket, staff_id: uuid.UUID, act: str) -> bool:
    """Whether the last thing done with the ticket was this, by this person: a second click."""
    last = max(ticket.steps, key=lambda step: step.id, default=None)
    return last is not None and (last.staff_id, last.act) == (staff_id, act)
