"""The yearly recruitment announcement: which one applies on a day (R-3.4a).

Asked several times in every talk, so the statements are made once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import cast

from sqlalchemy import Table, bindparam, select
from sqlalchemy.orm import Session

from models import Announcement
from models.prepared import Prepared

_POSTED = cast(Table, Announcement.__table__)


_BEGUN = _POSTED.c.published_at.is_not(None) & (_POSTED.c.opens_on <= bindparam("day"))
_STILL_OPEN = _POSTED.c.closes_on >= bindparam("day")
_NEWEST = (_POSTED.c.year.desc(), _POSTED.c.version.desc())

_LATEST = select(Announcement).where(_BEGUN).order_by(*_NEWEST).limit(1)
_OPEN = _LATEST.where(_STILL_OPEN)
_TERMS = Prepared(
    select(_POSTED.c.ruleset, _POSTED.c.reference_on, _POSTED.c.closes_on)
    .where(_BEGUN, _STILL_OPEN)
    .order_by(*_NEWEST)
    .limit(1)
)


@dataclass(frozen=True)
class Terms:
    """What somebody who only asks needs of an open announcement."""

    ruleset: str
    reference_on: date
    closes_on: date


def terms_on(session: Session, day: date) -> Terms | None:
    """The terms of the announcement that is open on the day."""
    row = _TERMS.first(session.connection(), {"day": day})
    return None if row is None else Terms(*row)


def open_on(session: Session, day: date) -> Announcement | None:
    """The newest published announcement whose window holds the day; None when none is open."""
    return session.scalars(_OPEN, {"day": day}).first()


def latest_before(session: Session, day: date) -> Announcement | None:
    """The newest announcement that was published by the day, open or not."""
    return session.scalars(_LATEST, {"day": day}).first()
