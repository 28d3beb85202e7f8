"""Finding cases of an area by what somebody types: never everything, never outside the area.

Whole ID and phone numbers are looked up by their blind index; a part of one finds nobody. What was
typed is not written down: it may be a personal number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, joinedload

from models import Application, Person, Region
from models.sealing import blind_index
from services.staff import area

LEAST = 2
MOST = 50

_ID_NUMBER = re.compile(r"\d{17}[\dXx]")
_PHONE = re.compile(r"1\d{10}")
_NUMBER = re.compile(r"\d{4,}")


@dataclass(frozen=True)
class Found:
    """What fits, at most `MOST`; `kind` says what was looked for."""

    kind: str
    rows: tuple[Application, ...]

    @property
    def is_personal(self) -> bool:
        """Whether what was typed must not stand on the page again."""
        return self.kind in {"id_number", "phone"}


def find(session: Session, asked: str, region: Region) -> Found | None:
    """The cases that fit; None when too little was typed to search for."""
    plain = "".join(asked.split())
    if len(plain) < LEAST:
        return None
    kind, condition = _condition(plain)
    rows = session.scalars(
        select(Application)
        .join(Application.person)
        .join(Application.village)
        .where(area(region), condition)
        .options(
            joinedload(Application.person),
            joinedload(Application.village),
            joinedload(Application.post),
        )
        .order_by(Application.id.desc())
        .limit(MOST)
    )
    return Found(kind, tuple(rows))


def _condition(plain: str) -> tuple[str, ColumnElement[bool]]:
    if _ID_NUMBER.fullmatch(plain):
        return "id_number", Person.id_number_index == blind_index(plain.upper(), "id_number")
    if _PHONE.fullmatch(plain):
        return "phone", Person.phone_index == blind_index(plain, "phone")
    if _NUMBER.fullmatch(plain):
        return "number", Application.number.endswith(plain, autoescape=True)
    name = Person.name.contains(plain, autoescape=True)
    village = Region.name.contains(plain, autoescape=True)
    return "words", name | village
