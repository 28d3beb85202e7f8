"""Who hears of a hit, by the matrix (requirements 3.9): the worker is asked to explain, but nobody
writes to the phone of somebody who may be dead; the village is asked to look where it is not itself
in question; town and district have a task. And what the worker says to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    AttendanceEvent,
    Delivery,
    EventKind,
    HitState,
    ListHit,
    Message,
    MessageState,
    Person,
    Region,
    Staff,
)
from models.places import RegionKind
from models.procedure import TOWN_CLERK
from models.telling import DeliveryState
from models.term_steps import ExitCause
from services.clock import business_date
from services.cross_checks.kinds import kinds
from services.pay import paying, stopping
from services.procedure import holder
from services.telling import tell, tell_staff
from services.terms import officers
from services.trail import note

VOUCHES = (EventKind.PRESENT, EventKind.SHEET, EventKind.CONFIRMED)
LONGEST_WORDS = 500
NOT_LEFT = (DeliveryState.QUEUED, DeliveryState.STOPPED, DeliveryState.FAILED)


def tell_found(session: Session, hits: Sequence[ListHit], now: datetime) -> None:
    """Tell whom these new hits concern, each once."""
    for hit in hits:
        kind = kinds()[hit.kind]
        cause = f"list_hit:{hit.id}"
        if kind.asks_worker:
            tell(session, kind=f"list_hit_{kind.name}", person=hit.person,
                 slots={"since_on": hit.since_on.isoformat()}, cause=cause, once=cause,
                 now=now)  # fmt: skip
        elif kind.leaves is ExitCause.DIED and hit.engagement and not village_vouched(session, hit):
            officers.tell_office(session, hit.engagement, "list_hit_head", now, cause=cause,
                                 slots={"since_on": hit.since_on.isoformat()})  # fmt: skip
    _tell_offices(session, hits, now)
    _tell_payers(session, hits, now)


def tell_over(session: Session, hit: ListHit, now: datetime, *, worker: bool = True) -> None:
    """Whoever was asked hears that it was nothing: the worker (unless `worker` says that nothing
    reached them), and heads who were sent to look."""
    cause = f"list_hit:{hit.id}"
    for head in _sent_to_look(session, cause):
        village = hit.engagement.post.region.name if hit.engagement else hit.region.name
        tell_staff(session, kind="list_hit_head_over", staff=head, cause=cause,
                   slots={"worker": hit.person.name, "village": village},
                   once=f"{cause}|over|{head.id}", now=now)  # fmt: skip
    if worker and kinds()[hit.kind].asks_worker:
        tell(session, kind="list_hit_over", person=hit.person, slots={}, cause=cause,
             once=f"{cause}|over", now=now)  # fmt: skip


def _sent_to_look(session: Session, cause: str) -> Sequence[Staff]:
    """Heads whom the request to look has reached or may have: what has not left, they have not
    heard."""
    left = select(Delivery.id).where(
        Delivery.message_id == Message.id, Delivery.state.not_in(NOT_LEFT)
    )
    heard = Message.state.in_((MessageState.TOLD, MessageState.READ)) | left.exists()
    return session.scalars(
        select(Staff)
        .join(Message, Message.staff_id == Staff.id)
        .where(Message.kind == "list_hit_head", Message.cause == cause, heard)
        .order_by(Staff.id)
    ).all()


def village_vouched(session: Session, hit: ListHit) -> bool:
    """Whether clerk or head said of a later day that the person came: then the village is in
    question itself, and is not told (F-07)."""
    said = select(AttendanceEvent.id).where(
        AttendanceEvent.engagement_id == hit.engagement_id,
        AttendanceEvent.kind.in_(VOUCHES),
        AttendanceEvent.day_on > hit.since_on,
    )
    return session.scalars(said.limit(1)).first() is not None


def open_of(session: Session, person: Person | None) -> Sequence[ListHit]:
    """The open hits that somebody is asked about."""
    if person is None:
        return ()
    asked = [kind.name for kind in kinds().values() if kind.asks_worker]
    return session.scalars(
        select(ListHit).where(
            ListHit.person_id == person.id,
            ListHit.state == HitState.OPEN,
            ListHit.kind.in_(asked),
        )
    ).all()


def explain(session: Session, person: Person, words: str, actor: str, now: datetime) -> int:
    """Keep what somebody says to what stands about them on lists; later words are added. With how
    many hits."""
    found = open_of(session, person)
    for hit in found:
        said = f"{hit.explanation or ''}\n{words.strip()}".strip()
        hit.explanation = said[-LONGEST_WORDS:]
        hit.explained_at = now
        note(session, "list_hit.explained", actor=actor, at=now, subject=("list_hit", hit.id))
    session.flush()
    return len(found)


def _tell_payers(session: Session, hits: Sequence[ListHit], now: datetime) -> None:
    """Whose money is in a file that the bank may have: whoever pays and the district's clerks hear
    it at once, one message each."""
    people = {hit.person_id for hit in hits}
    found = [one for one in stopping.at_bank(session) if one.record.person_id in people]
    if not found:
        return
    cause = f"list_hits:{min(hit.id for hit in hits)}"
    district = holder(found[0].record.region, "district")
    staff = {one.id: one for one in paying.finance(session, business_date(now))}
    staff |= {one.id: one for one in officers.of_place(session, district, officers.DISTRICT, now)}
    for member in staff.values():
        tell_staff(session, kind="list_hit_bank", staff=member, cause=cause,
                   slots={"count": len(found)}, once=f"list_hit_bank|{cause}|{member.id}",
                   now=now)  # fmt: skip


def _tell_offices(session: Session, hits: Sequence[ListHit], now: datetime) -> None:
    """One message an office, however many people."""
    count: Counter[Region] = Counter()
    for hit in hits:
        for level in ("town", "district"):
            count[holder(hit.region, level)] += 1
    for office, number in count.items():
        at_top = office.kind == RegionKind.DISTRICT
        kind = "list_hit_district" if at_top else "list_hit_town"
        roles = officers.DISTRICT if at_top else TOWN_CLERK
        cause = f"list_hits:{min(hit.id for hit in hits)}"
        for member in officers.of_place(session, office, roles, now):
            tell_staff(session, kind=kind, staff=member, cause=cause,
                       slots={"place": office.name, "count": number},
                       once=f"{kind}|{cause}|{member.id}", now=now)  # fmt: skip
