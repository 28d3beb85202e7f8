"""Which place a message is about: the one it names, or else where its writer lives."""

from __future__ import annotations

from sqlalchemy import func, literal, select
from sqlalchemy.orm import Session

from models import Contact, Region, RegionAlias
from models.places import RegionKind
from services import places


def home(session: Session, contact: Contact) -> Region | None:
    """The village of who writes: as proved, or else as the QR code they scanned hints."""
    if contact.person is not None and contact.person.village is not None:
        return contact.person.village
    if contact.village_hint_id is None:
        return None
    return session.get(Region, contact.village_hint_id)


def named(session: Session, text: str, *, least: int = 3) -> Region | None:
    """The one village that a text names beyond doubt, or else the town; None when it names none.

    Towns count by names of `least` characters: in the middle of a story the two of 小孟 are as
    likely a young man as a town. Where the text answers the question for a place, pass 2.
    """
    plain = "".join(text.split())
    if not plain:
        return None
    found = places.find_villages(session, plain)
    if found.exact and len(found.villages) == 1:
        return found.villages[0]
    return _town_named(session, plain, least)


def _town_named(session: Session, text: str, least: int) -> Region | None:
    """The town, street or park whose name or alias stands in the text; the longest alias wins."""
    fits = session.execute(
        select(RegionAlias.alias, Region)
        .join(Region, RegionAlias.region_id == Region.id)
        .where(
            Region.kind.in_((RegionKind.TOWN, RegionKind.STREET, RegionKind.PARK)),
            literal(text).contains(RegionAlias.alias, autoescape=False),
            func.length(RegionAlias.alias) >= least,
        )
    ).all()
    longest: Region | None = max(fits, key=lambda fit: len(fit[0]))[1] if fits else None
    return longest


def town_of(place: Region) -> Region:
    """The town of a village; any other place itself."""
    return place.parent if place.kind == RegionKind.VILLAGE and place.parent else place


def district(session: Session) -> Region | None:
    """The root of the places; None in a database without any."""
    return session.scalars(select(Region).where(Region.kind == RegionKind.DISTRICT)).first()
