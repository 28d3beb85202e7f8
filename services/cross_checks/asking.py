"""Who hears of a hit, by the matrix (requirements 3.9): the worker is asked to explain, but nobody
writes to the phone of somebody who may be dead; the village is asked to look where it is not itself
in question; town and district have a task. And what the worker says to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import AttendanceEvent, EventKind, HitState, ListHit, Person, Region
from models.places import RegionKind
from models.procedure import TOWN_CLERK
from models.term_steps import ExitCause
from services.cross_checks.kinds import kinds
from services.procedure import holder
from services.telling import tell, tell_staff
from services.terms import officers
from services.trail import note

VOUCHES = (EventKind.PRESENT, EventKind.SHEET, EventKind.CONFIRMED)
LONGEST_WORDS = 500


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


def tell_over(session: Session, hit: ListHit, now: datetime) -> None:
    """Whoever was asked hears that it was nothing."""
    if kinds()[hit.kind].asks_worker:
        cause = f"list_hit:{hit.id}"
        tell(session, kind="list_hit_over", person=hit.person, slots={}, cause=cause,
             once=f"{cause}|over", now=now)  # fmt: skip


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
