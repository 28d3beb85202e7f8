"""How many posts a town may fill in a year, and what people call the towns (plan 二, 附件2).

A table that does not add up, row by row, column by column and with the plan's year, is refused when
it is read (R-A2a). A year without a table is "not issued", which is neither 0 nor another year's
number (R-2.5).
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, Literal

from rules import parameters, strict_yaml
from rules.errors import BadRuleFile, QuotaNotIssued, UnknownTown

Track = Literal["rural", "urban"]
TRACKS: tuple[Track, ...] = ("rural", "urban")
_FOLDER = strict_yaml.ROOM / "quotas"


@dataclass(frozen=True, slots=True)
class Town:
    """A town, street or committee under the district; ``code`` is stable, ``name`` is shown."""

    code: str
    name: str
    kind: Literal["town", "street", "committee"]
    aliases: tuple[str, ...]


def quota(year: int, town: str, track: Track | Literal["total"]) -> int:
    """Posts of ``track`` that ``town`` (code, name or alias) may fill in ``year``.

    :class:`QuotaNotIssued` when the year has no table or the unit no row in it;
    :class:`UnknownTown` when nobody is called that.
    """
    unit = find_town(town)
    table = _table(year)
    if table is None:
        raise QuotaNotIssued("quota_not_issued", year=year)
    row: dict[str, int] | None = table["towns"].get(unit.code)
    if row is None:
        raise QuotaNotIssued("quota_not_allocated", year=year, town=unit.name)
    return row[track]


def district_quota(year: int, track: Track | Literal["total"]) -> int:
    """The sum over all towns; :class:`QuotaNotIssued` when the year has no table."""
    table = _table(year)
    if table is None:
        raise QuotaNotIssued("quota_not_issued", year=year)
    total: int = table["total"][track]
    return total


def planned_posts(year: int) -> int:
    """New posts of ``year`` over both tracks, as the plan writes them (R-2.2)."""
    planned: int | None = _plan()["years"].get(year)
    if planned is None:
        raise QuotaNotIssued("quota_not_issued", year=year)
    return planned


def programme_total(track: Track | Literal["total"]) -> int:
    """Posts to be created over all years (R-2.1)."""
    total: int = _plan()["totals"][track]
    return total


def keeps_rural_share(rural: int, urban: int, *, on: date) -> bool:
    """Whether a year's plan lies near enough to 75 % rural (R-2.3 says "about", so not exactly)."""
    share: int = parameters.in_force("plan.rural_share_percent", on).value
    tolerance: int = parameters.in_force("plan.share_tolerance_points", on).value
    total = rural + urban
    return abs(100 * rural - share * total) <= tolerance * total


def planned_years() -> tuple[int, ...]:
    """The years that the plan itself gives a number of posts for (R-2.2)."""
    return tuple(_plan()["years"])


def issued_years() -> tuple[int, ...]:
    """The years whose allocation by town has been entered."""
    return tuple(sorted(int(path.stem) for path in _FOLDER.glob("[0-9]*.yaml")))


def find_town(called: str) -> Town:
    """The unit that people call ``called``; :class:`UnknownTown` lists the names known."""
    town = _by_alias().get(_spoken(called))
    if town is None:
        known = ", ".join(t.name for t in towns())
        raise UnknownTown("unknown_town", town=called, known=known)
    return town


@cache
def towns() -> tuple[Town, ...]:
    """Every unit, in the order of the plan's table."""
    content = strict_yaml.load(_FOLDER / "towns.yaml")
    return tuple(
        Town(code, unit["name"], unit["kind"], _aliases(unit, content["suffixes"][unit["kind"]]))
        for code, unit in content["units"].items()
    )


def _aliases(unit: Any, suffixes: list[str]) -> tuple[str, ...]:
    spoken = [stem + suffix for stem in unit["stems"] for suffix in ["", *suffixes]]
    return tuple(dict.fromkeys([unit["name"], *spoken]))


@cache
def _by_alias() -> dict[str, Town]:
    named = {_without_district(alias): town for town in towns() for alias in town.aliases}
    return named | {town.code: town for town in towns()}


def _spoken(called: str) -> str:
    return _without_district("".join(unicodedata.normalize("NFKC", called).split()))


def _without_district(name: str) -> str:
    for prefix in _prefixes():
        name = name.removeprefix(prefix)
    return name


@cache
def _prefixes() -> tuple[str, ...]:
    return tuple(strict_yaml.load(_FOLDER / "towns.yaml")["prefixes"])


@cache
def _plan() -> Any:
    plan = strict_yaml.load(_FOLDER / "plan.yaml")
    totals = plan["totals"]
    if totals["rural"] + totals["urban"] != totals["total"] or totals["total"] != sum(
        plan["years"].values()
    ):
        raise BadRuleFile("file_does_not_add_up", file="plan.yaml", where="totals")
    return plan


@cache
def _table(year: int) -> Any:
    path = _FOLDER / f"{year}.yaml"
    if not path.is_file():
        return None
    table = strict_yaml.load(path)
    check_table(table, planned=_plan()["years"].get(year), file=path.name)
    return table


def check_table(table: Any, *, planned: int | None, file: str) -> None:
    """Refuse a table whose rows, columns or year do not add up (R-A2a)."""
    rows = {**table["towns"], "total": table["total"]}
    for where, row in rows.items():
        if row["rural"] + row["urban"] != row["total"]:
            raise BadRuleFile("file_does_not_add_up", file=file, where=where)
    for column, total in table["total"].items():
        if sum(row[column] for row in table["towns"].values()) != total:
            raise BadRuleFile("file_does_not_add_up", file=file, where=column)
    if planned is not None and table["total"]["total"] != planned:
        raise BadRuleFile("file_does_not_add_up", file=file, where="plan")
