"""The tags by which WeChat finds the followers of a mass message: who is to carry the tag of a
place, who does as far as we know, and what is still to be told to the platform.

A tag is for those who want news: whoever refused it carries none, and no mass message goes to all.
Followers bound to nobody belong to the place whose code they scanned; the district's tag is for
every follower. A tag is brought in step only when something is to be sent to it.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Select, delete, exists, func, select
from sqlalchemy.orm import Session

from models import Contact, MassTag, MassTagMember, MonthlyCount, Person, Region
from models.places import RegionKind
from models.upserting import upserting
from services.mass_months import MASS_A_MONTH, month_of
from services.staff import area


def has_tag(region: Region) -> bool:
    """Whether a place may have a tag: the district and its towns, since an account has 100."""
    return region.kind != RegionKind.VILLAGE


def wanted(region: Region) -> Select[tuple[uuid.UUID]]:
    """Who is to carry the tag of a place."""
    found = select(Contact.id).where(
        Contact.channel == "wechat",
        Contact.followed,
        Contact.opted_out_at.is_(None),
        Contact.quiet_at.is_(None),
    )
    if region.parent_id is None:
        return found
    home = func.coalesce(Person.village_id, Contact.village_hint_id)
    inside = home.in_(select(Region.id).where(area(region)))
    return found.outerjoin(Person, Contact.person_id == Person.id).where(inside)


def reachable(session: Session, region: Region, now: datetime) -> tuple[int, int]:
    """How many a mass message to a place would be for, and how many of them had their four this
    month, so that the platform leaves them out."""
    those = wanted(region).subquery()
    used_up = select(func.count()).select_from(MonthlyCount).where(
        MonthlyCount.contact_id.in_(select(those.c.id)),
        MonthlyCount.month == month_of(now),
        MonthlyCount.spent >= MASS_A_MONTH,
    )  # fmt: skip
    everybody = session.scalar(select(func.count()).select_from(those)) or 0
    return everybody, session.scalar(used_up) or 0


def is_in_step(session: Session, region: Region) -> bool:
    """Whether the platform has been told everything about the tag of a place."""
    known = session.get(MassTag, region.id) is not None
    return known and not to_tag(session, region, limit=1) and not to_untag(session, region, limit=1)


def to_tag(session: Session, region: Region, *, limit: int) -> Sequence[tuple[uuid.UUID, str]]:
    """(contact, openid) of those who do not carry the tag yet."""
    carries = exists().where(
        MassTagMember.region_id == region.id, MassTagMember.contact_id == Contact.id
    )
    missing = wanted(region).where(~carries).with_only_columns(Contact.id, Contact.address_key)
    return [row._tuple() for row in session.execute(missing.limit(limit))]


def to_untag(session: Session, region: Region, *, limit: int) -> Sequence[tuple[uuid.UUID, str]]:
    """(contact, openid) of those who carry the tag and should not any more. Who left lost it by
    leaving: of them the row only is forgotten (`forget_all`)."""
    carriers = (
        select(Contact.id, Contact.address_key)
        .join(MassTagMember, MassTagMember.contact_id == Contact.id)
        .where(MassTagMember.region_id == region.id, Contact.id.not_in(wanted(region)))
    )
    return [row._tuple() for row in session.execute(carriers.limit(limit))]


def know(session: Session, region: Region, number: int, now: datetime) -> None:
    """The platform made a tag for a place: nobody carries it yet."""
    session.execute(delete(MassTagMember).where(MassTagMember.region_id == region.id))
    session.merge(MassTag(region_id=region.id, number=number, made_at=now))
    session.flush()


def note_tagged(
    session: Session, region: Region, contacts: Collection[uuid.UUID], now: datetime
) -> None:
    """These carry the tag of a place from now on."""
    if contacts:
        rows = [{"region_id": region.id, "contact_id": one, "tagged_at": now} for one in contacts]
        table = upserting(session).insert(MassTagMember)
        session.execute(table.values(rows).on_conflict_do_nothing())


def note_untagged(session: Session, region: Region, contacts: Collection[uuid.UUID]) -> None:
    """These do not carry the tag of a place any more."""
    session.execute(
        delete(MassTagMember).where(
            MassTagMember.region_id == region.id, MassTagMember.contact_id.in_(contacts)
        )
    )


def forget_all(session: Session, contact: Contact) -> None:
    """Somebody stopped following, or follows anew: the platform took all tags from them."""
    session.execute(delete(MassTagMember).where(MassTagMember.contact_id == contact.id))


def carriers(region_id: int, before: datetime) -> Select[tuple[uuid.UUID]]:
    """The contacts that carried the tag of a place at a moment."""
    return select(MassTagMember.contact_id).where(
        MassTagMember.region_id == region_id, MassTagMember.tagged_at <= before
    )


def count_carriers(session: Session, region_id: int, now: datetime) -> int:
    """How many carry the tag of a place and have not had their four this month."""
    used_up = exists().where(
        MonthlyCount.contact_id == MassTagMember.contact_id,
        MonthlyCount.month == month_of(now),
        MonthlyCount.spent >= MASS_A_MONTH,
    )
    those = carriers(region_id, now).where(~used_up).subquery()
    return session.scalar(select(func.count()).select_from(those)) or 0
