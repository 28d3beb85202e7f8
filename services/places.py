"""Finding a village by what people call it (R-A2b): name, alias, with or without its town."""

from __future__ import annotations

from dataclasses import dataclass

from pypinyin import lazy_pinyin
from rapidfuzz import fuzz
from sqlalchemy import literal, select
from sqlalchemy.orm import Session

from models import Region, RegionAlias
from models.places import RegionKind
from rules import quota

LIKE_ENOUGH = 88
"""rapidfuzz's 0-100 over pinyin: homophones score 100, another village below 85."""


@dataclass(frozen=True)
class Found:
    """Villages that fit. `exact` is False when they only sound alike or are a town's whole list:
    the resident must pick even a single one."""

    villages: tuple[Region, ...]
    exact: bool


def find_villages(session: Session, text: str) -> Found:
    """The villages that a text names; a town alone gives all its villages; else those whose name
    sounds alike. Nothing found: an empty tuple."""
    plain = "".join(text.split())
    named = session.scalars(
        select(Region)
        .join(RegionAlias, RegionAlias.region_id == Region.id)
        .where(
            Region.kind == RegionKind.VILLAGE,
            literal(plain).contains(RegionAlias.alias, autoescape=False),
        )
        .distinct()
    ).all()
    town = _town_in(session, plain)
    if named:
        inside = [village for village in named if town and village.parent_id == town.id]
        return Found(_longest(inside or list(named)), exact=True)
    if town is not None:
        return Found(villages_of(session, town), exact=False)
    return Found(_sounding_like(session, plain), exact=False)


def villages_of(session: Session, town: Region) -> tuple[Region, ...]:
    """All villages of a town, by name."""
    rows = session.scalars(select(Region).where(Region.parent_id == town.id).order_by(Region.name))
    return tuple(rows)


def label(village: Region) -> str:
    """The village with its town, so that two of the same name can be told apart."""
    return f"{village.parent.name}{village.name}" if village.parent else village.name


def _town_in(session: Session, text: str) -> Region | None:
    """The town whose name or alias stands in the text; the longest alias wins."""
    fits = [
        (len(alias), town.code) for town in quota.towns() for alias in town.aliases if alias in text
    ]
    if not fits:
        return None
    return session.scalars(select(Region).where(Region.code == max(fits)[1])).first()


def _longest(villages: list[Region]) -> tuple[Region, ...]:
    """Without the villages whose name is only a part of another found name."""
    return tuple(
        village
        for village in villages
        if not any(village.name != o.name and village.name in o.name for o in villages)
    )


def _sounding_like(session: Session, text: str) -> tuple[Region, ...]:
    if not 2 <= len(text) <= 12:
        return ()
    heard = " ".join(lazy_pinyin(text))
    aliases = session.scalars(
        select(RegionAlias).join(Region).where(Region.kind == RegionKind.VILLAGE)
    ).all()
    ids = {
        alias.region_id
        for alias in aliases
        if fuzz.ratio(heard, " ".join(lazy_pinyin(alias.alias))) >= LIKE_ENOUGH
    }
    rows = session.scalars(select(Region).where(Region.id.in_(ids)).order_by(Region.name))
    return tuple(rows)[:6]
