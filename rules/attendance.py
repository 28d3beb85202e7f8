"""What a day of a worker counts as (plan 三(五); R-3.5d; requirements 3.4).

The truth table stands in `attendance.yaml`; `derive` finds the first row that fits. A pure function
of facts: the same facts give the same day, whenever and however often they are asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from itertools import product
from typing import Any

from rules import strict_yaml
from rules.errors import BadRuleFile

FACTS: Mapping[str, tuple[str, ...]] = {
    "dates": ("on_post", "before_start", "after_end", "paused_paid", "paused_unpaid"),
    "plan": ("work", "rest", "holiday"),
    "stoppage": ("none", "paid", "unpaid", "outage"),
    "leave": ("none", "asked", "paid", "unpaid", "half"),
    "own": ("none", "in", "backfill_asked", "backfilled", "backfill_refused"),
    "clerk": ("none", "present", "absent"),
    "head": ("none", "confirmed", "denied"),
    "dispute": ("none", "open"),
    "ruling": ("none", "present", "absent"),
    "phase": ("open", "evening", "closed"),
}
"""Every fact and what it may be; the first is what holds where nothing is said."""

STATES = frozenset(
    {
        "unknown", "counted", "absent", "leave_paid", "leave_unpaid", "rest", "holiday",
        "stopped", "paused", "disputed", "off_post",
    }
)  # fmt: skip
OPEN_STATES = frozenset({"unknown", "disputed"})


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one day of one worker; the values are those of `FACTS`."""

    dates: str = "on_post"
    plan: str = "work"
    stoppage: str = "none"
    leave: str = "none"
    own: str = "none"
    clerk: str = "none"
    head: str = "none"
    dispute: str = "none"
    ruling: str = "none"
    phase: str = "open"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table. `final`: what is lost is lost only once the day has closed."""

    name: str
    when: Mapping[str, frozenset[str]]
    state: str
    counted: bool
    final: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a day stands, and the row that decided. `settled`: nobody has to say anything more."""

    row: str
    state: str
    counted: bool
    settled: bool


@dataclass(frozen=True, slots=True)
class Table:
    version: str
    rows: tuple[Row, ...]


def derive(facts: Facts) -> Verdict:
    """The day that these facts make."""
    return _verdicts()[
        facts.dates, facts.plan, facts.stoppage, facts.leave, facts.own,
        facts.clerk, facts.head, facts.dispute, facts.ruling, facts.phase,
    ]  # fmt: skip


class _Verdicts(dict[tuple[str, ...], Verdict]):
    """Every combination that was asked for is looked up once."""

    def __missing__(self, key: tuple[str, ...]) -> Verdict:
        given = dict(zip(FACTS, key, strict=True))
        row = next(row for row in table().rows if _fits(row, given))
        verdict = _read_off(row, given["phase"])
        self[key] = verdict
        return verdict


@cache
def _verdicts() -> _Verdicts:
    return _Verdicts()


def _fits(row: Row, given: Mapping[str, str]) -> bool:
    return all(given[fact] in allowed for fact, allowed in row.when.items())


def _read_off(row: Row, phase: str) -> Verdict:
    state = "unknown" if row.final and phase != "closed" else row.state
    settled = phase != "open" and state not in OPEN_STATES
    return Verdict(row.name, state, row.counted, settled)


def trace(facts: Facts) -> dict[str, Any]:
    """The verdict with all facts, as plain values, for staff and for the cases."""
    verdict = derive(facts)
    return {**asdict(verdict), "facts": asdict(facts), "version": table().version}


@cache
def table() -> Table:
    """The table, checked: every fact and state is known, every row can decide something."""
    return read(strict_yaml.load(strict_yaml.ROOM / "attendance.yaml"))


def read(content: Mapping[str, Any]) -> Table:
    """A table from its file's content; `BadRuleFile` says what is wrong."""
    rows = tuple(_row(name, body) for name, body in content["rows"].items())
    if rows[-1].when:
        raise _bad(rows[-1].name, "the last row fits everything")
    dead = {row.name for row in rows} - _deciding(rows)
    if dead:
        raise _bad(", ".join(sorted(dead)), "never decides")
    return Table(str(content["version"]), rows)


def _row(name: str, body: Mapping[str, Any]) -> Row:
    if unknown := body.keys() - {"when", "state", "counted", "final"}:
        raise _bad(name, f"unknown {sorted(unknown)}")
    when = {fact: frozenset(_listed(value)) for fact, value in body["when"].items()}
    for fact, allowed in when.items():
        if not allowed <= set(FACTS.get(fact, ())):
            raise _bad(name, f"{fact}: {sorted(allowed)}")
    if body["state"] not in STATES:
        raise _bad(name, f"state {body['state']}")
    counted = body.get("counted", body["state"] == "counted")
    return Row(name, when, body["state"], counted, body.get("final", False))


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _deciding(rows: tuple[Row, ...]) -> set[str]:
    """Names of the rows that are first to fit at least one combination of facts."""
    found: set[str] = set()
    for row in rows:
        earlier = rows[: rows.index(row)]
        named = {fact for one in (*earlier, row) for fact in one.when}
        choices = [sorted(row.when.get(fact, FACTS[fact])) for fact in named]
        for values in product(*choices):
            given = dict(zip(named, values, strict=True))
            if not any(_fits(one, given) for one in earlier):
                found.add(row.name)
                break
    return found


def _bad(where: str, why: str) -> BadRuleFile:
    return BadRuleFile("file_wrong_form", file="rules/attendance.yaml", where=where, why=why)
