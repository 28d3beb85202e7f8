"""Writing a broadcast and choosing for whom: drafts, and what stands in their way. Lists of people
come from Excel (`listing`).

A draft belongs to the place of its writer, and reaches nobody outside it. `Hindered` says in words
why something was not done; nothing has changed then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from models import (
    Broadcast,
    BroadcastAct,
    BroadcastRecipient,
    BroadcastState,
    Region,
    Role,
    new_id,
)
from models.broadcasts import BROADCAST_STEPS
from services.acting import Acting, covers
from services.broadcasts import audience as audiences
from services.broadcasts import followers, hardship, mass
from services.broadcasts.audience import Audience, Who
from services.broadcasts.texts import Words, cleaned, errors
from services.guards import Obstacle
from services.procedure import Hindered
from services.trail import note

MAKERS = frozenset({Role.TOWN_CLERK, Role.TOWN_HEAD, Role.DISTRICT_CLERK, Role.DISTRICT_APPROVER})
READERS = MAKERS | {Role.SUPERVISION}


class Urgency(StrEnum):
    """What it is for: which row of the table of kinds, hence whether it may be refused, waits for
    the morning, and ends at somebody's door."""

    PUBLICITY = "broadcast_publicity"
    DUTY = "broadcast_duty"
    SAFETY = "broadcast_safety"


STAFF_KIND = "broadcast_staff"


@dataclass(frozen=True)
class Sheet:
    """What a form says."""

    words: Words
    urgency: Urgency
    audience: Audience
    mass: bool = False
    """Whether it goes out as a mass message of WeChat's first."""
    no_names: tuple[str, ...] = ()
    """What the writer says to be common words here, though somebody is called so."""


def draft(
    session: Session, region: Region, sheet: Sheet, acting: Acting, now: datetime
) -> Broadcast:
    """A new draft for a place in the writer's area."""
    may(acting, region, MAKERS)
    _fit(session, sheet)
    broadcast = Broadcast(id=new_id(), region=region, made_at=now, state=BroadcastState.DRAFT)
    _write(broadcast, sheet)
    broadcast.made_by_id = acting.staff.id if acting.staff else None
    session.add(broadcast)
    session.flush()
    log(session, "broadcast.draft", broadcast, acting, now, after=plain(broadcast))
    _declare(session, broadcast, sheet, acting, now)
    return broadcast


def edit(
    session: Session, broadcast: Broadcast, sheet: Sheet, acting: Acting, now: datetime
) -> None:
    """Put it into other words, or choose others. What was agreed to has to be agreed to again."""
    may(acting, broadcast.region, MAKERS)
    _fit(session, sheet)
    before = plain(broadcast)
    was_listed = audiences.read(broadcast.audience).who is Who.LISTED
    step(session, broadcast, BroadcastAct.EDIT)
    _write(broadcast, sheet)
    broadcast.approved_by_id = broadcast.approved_at = broadcast.scheduled_at = None
    broadcast.expected = None
    if was_listed and sheet.audience.who is not Who.LISTED:
        forget_list(session, broadcast)
    log(session, "broadcast.edit", broadcast, acting, now, before=before, after=plain(broadcast))
    _declare(session, broadcast, sheet, acting, now)
    session.flush()


def obstacles(session: Session, broadcast: Broadcast, now: datetime) -> tuple[Obstacle, ...]:
    """What stands between a draft and its being looked at."""
    words = words_of(broadcast)
    audience, no_names = audiences.read(broadcast.audience), hardship.declared(session, broadcast)
    found = [*errors(words), *hardship.check(session, words, audience, no_names)]
    if audiences.count(session, broadcast, now) + followers.count(session, broadcast) == 0:
        found.append(Obstacle("broadcast.empty_audience"))
    if broadcast.mass and not mass.fits(broadcast):
        found.append(Obstacle("broadcast.mass_unfit"))
    return tuple(found)


def words_of(broadcast: Broadcast) -> Words:
    """What it says."""
    return Words(broadcast.title, broadcast.body, broadcast.sms_body)


def every(session: Session, region: Region, *, limit: int = 100) -> Sequence[Broadcast]:
    """The broadcasts of a place and what lies in it, the newest first."""
    inside = select(Region.id).where(Region.path.startswith(region.path, autoescape=True))
    found = select(Broadcast).where(
        Broadcast.region_id.in_(inside), Broadcast.state != BroadcastState.DISCARDED
    )
    return session.scalars(found.order_by(Broadcast.made_at.desc()).limit(limit)).all()


def published_above(session: Session, region: Region, *, limit: int = 30) -> Sequence[Broadcast]:
    """What the offices above sent to people of this place too, the newest first."""
    above, place = [], region.parent
    while place is not None:
        above.append(place.id)
        place = place.parent
    sent = Broadcast.state.in_((BroadcastState.SENDING, BroadcastState.DONE))
    found = select(Broadcast).where(Broadcast.region_id.in_(above), sent)
    return session.scalars(found.order_by(Broadcast.started_at.desc()).limit(limit)).all()


def may(acting: Acting, region: Region, roles: frozenset[Role]) -> None:
    """Raise `Hindered` where the role has no part in it, or not for this place."""
    if acting.role not in roles:
        raise Hindered("broadcast", (Obstacle("obstacle.not_your_role"),))
    if not covers(acting.region, region):
        raise Hindered("broadcast", (Obstacle("obstacle.not_your_place"),))


def step(session: Session, broadcast: Broadcast, act: BroadcastAct) -> None:
    """Move along `BROADCAST_STEPS`, its row locked. Raises `Hindered` where it has moved on."""
    session.flush()
    session.refresh(broadcast, ["state", "edition", "cursor", "expanded_at"], with_for_update=True)
    following = BROADCAST_STEPS[act].get(BroadcastState(broadcast.state))
    if following is None:
        raise Hindered(f"broadcast.{act}", (Obstacle("broadcast.moved_on"),))
    broadcast.state = following


def plain(broadcast: Broadcast) -> dict[str, Any]:
    """What it says and for whom, as plain JSON."""
    names = ("title", "body", "sms_body", "kind", "audience", "mass")
    return {name: getattr(broadcast, name) for name in names}


def log(
    session: Session, act: str, broadcast: Broadcast, acting: Acting, now: datetime, **details: Any
) -> None:
    """One entry of the audit trail about a broadcast."""
    subject = ("broadcast", broadcast.id)
    note(session, act, actor=acting.name, at=now, subject=subject, **details)


def _fit(session: Session, sheet: Sheet) -> None:
    words = cleaned(sheet.words)
    found = (*errors(words), *hardship.check(session, words, sheet.audience, sheet.no_names))
    if not audiences.fits(sheet.audience):
        found = (*found, Obstacle("broadcast.audience_unfit"))
    if found:
        raise Hindered("broadcast.edit", found)


def _declare(
    session: Session, broadcast: Broadcast, sheet: Sheet, acting: Acting, now: datetime
) -> None:
    """Keep which names the writer says to be words: only those that stand in the text and are
    somebody's, so that nobody declares for later."""
    words = cleaned(sheet.words)
    needed = hardship.found_in(words) and sheet.no_names
    known = hardship.registered_in(session, words) if needed else ()
    said = tuple(name for name in known if name in sheet.no_names)
    if said != hardship.declared(session, broadcast):
        log(session, hardship.DECLARED, broadcast, acting, now, words=list(said))
        session.flush()


def _write(broadcast: Broadcast, sheet: Sheet) -> None:
    words = cleaned(sheet.words)
    broadcast.title, broadcast.body, broadcast.sms_body = words.title, words.body, words.sms_body
    for_staff = sheet.audience.who is Who.STAFF
    broadcast.kind = STAFF_KIND if for_staff else str(sheet.urgency)
    broadcast.audience = sheet.audience.plain
    broadcast.mass = sheet.mass


def forget_list(session: Session, broadcast: Broadcast) -> None:
    """Nobody is on its list any more."""
    session.execute(
        delete(BroadcastRecipient).where(BroadcastRecipient.broadcast_id == broadcast.id)
    )
