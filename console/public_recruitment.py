"""The recruitment announcement for everybody, without signing in: the newest version of a year,
and every earlier one as it was published (R-3.4a, R-0.2)."""

from __future__ import annotations

from datetime import date

from flask import render_template
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound

from console.base import only_reading
from console.public import public
from models import Announcement
from services import recruitment_publishing as publishing
from services.recruitment import DAYS

NEWEST = 0


@public.get("/recruitment/<int:year>", defaults={"version": NEWEST})
@public.get("/recruitment/<int:year>/<int:version>")
def recruitment(year: int, version: int) -> str:
    """A published announcement; a draft is nothing that is there."""
    if year > date.max.year:
        raise NotFound
    with only_reading() as session:
        published = _published(session, year)
        found = next((one for one in published if version in (NEWEST, one.version)), None)
        if found is None:
            raise NotFound
        shown = publishing.shown(session, found)
        return render_template(
            "public/recruitment.html",
            one=found,
            shown=shown,
            days={name: date.fromisoformat(shown[name]) for name in DAYS},
            newest=published[0],
        )


def _published(session: Session, year: int) -> list[Announcement]:
    """The year's published versions, the newest first."""
    asked = select(Announcement).where(
        Announcement.year == year, Announcement.published_at.is_not(None)
    )
    return list(session.scalars(asked.order_by(Announcement.version.desc())))
