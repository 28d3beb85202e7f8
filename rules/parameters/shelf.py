"""Reading, checking and looking up dated parameters."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from rules import strict_yaml
from rules.errors import BadRuleFile, NotInForce, RuleError

STATUSES = frozenset({"found", "verified", "memory", "assumed"})
CERTAIN = frozenset({"found", "verified"})
_FILE_KEYS = {"description", "unit", "values"}
_VALUE_KEYS = {"value", "reference", "status"}


@dataclass(frozen=True, slots=True)
class InForce:
    """One value of a parameter, with what staff need in order to judge it."""

    name: str
    value: Any
    unit: str
    since: date
    reference: str
    status: str

    @property
    def is_certain(self) -> bool:
        """Whether a source or the district stands behind the value."""
        return self.status in CERTAIN


@dataclass(frozen=True, slots=True)
class Parameter:
    """All values of one parameter, oldest first."""

    name: str
    description: str
    unit: str
    values: tuple[InForce, ...]

    @property
    def topic(self) -> str:
        """The folder that the parameter stands in."""
        return self.name.partition(".")[0]

    def on(self, day: date) -> InForce:
        """The value that holds on ``day``; :class:`NotInForce` before the first one."""
        place = bisect_right([value.since for value in self.values], day)
        if not place:
            since = self.values[0].since
            raise NotInForce("not_in_force", name=self.name, on=day, since=since)
        return self.values[place - 1]


def in_force(name: str, on: date) -> InForce:
    """The value of ``topic.name`` that holds on ``on``, with its reference and status.

    :class:`NotInForce` before its first date; ``RuleError("unknown_parameter")`` for a wrong name.
    """
    return _find(name).on(on)


def in_force_or_first(name: str, on: date) -> InForce:
    """Like :func:`in_force`, but the first value for any earlier day.

    For what was taken over from before the programme and goes by its rules since (R-3.1e).
    """
    parameter = _find(name)
    return parameter.on(max(on, parameter.values[0].since))


def all_parameters() -> tuple[Parameter, ...]:
    """Every parameter, by name. Call it at start-up: a bad file must stop the service."""
    return tuple(_shelf().values())


def assumptions(on: date) -> tuple[InForce, ...]:
    """The values in force on ``on`` that nobody stands behind yet, for the staff's list."""
    held = (p.on(on) for p in all_parameters() if p.values[0].since <= on)
    return tuple(value for value in held if not value.is_certain)


@cache
def dates_of_change(*names: str) -> tuple[date, ...]:
    """Every day on which one of the parameters takes a new value, oldest first.

    A name may be a whole topic, such as ``eligibility``.
    """
    chosen = (p for p in all_parameters() if p.name in names or p.topic in names)
    return tuple(sorted({value.since for parameter in chosen for value in parameter.values}))


def load_folder(folder: Path) -> dict[str, Parameter]:
    """The parameters under ``folder``; :class:`BadRuleFile` at the first one that is unsound."""
    found = sorted(folder.glob("*/*.yaml"))
    return {
        name: _read(name, path) for path in found for name in [f"{path.parent.name}.{path.stem}"]
    }


def _find(name: str) -> Parameter:
    parameter = _shelf().get(name)
    if parameter is None:
        raise RuleError("unknown_parameter", name=name)
    return parameter


@cache
def _shelf() -> dict[str, Parameter]:
    return load_folder(Path(__file__).parent)


def _read(name: str, path: Path) -> Parameter:
    content = strict_yaml.load(path)
    file = strict_yaml.shown(path)
    _refuse_other_keys(content, _FILE_KEYS, file=file, where=name)
    values = content["values"]
    if not isinstance(values, dict) or not values:
        raise BadRuleFile("file_wrong_form", file=file, where="values", why="no dated value")
    if any(type(since) is not date for since in values):
        raise BadRuleFile("file_wrong_form", file=file, where="values", why="a key is not a date")
    if list(values) != sorted(values):
        raise BadRuleFile(
            "file_wrong_form", file=file, where="values", why="dates are not in order"
        )
    unit = str(content["unit"])
    read = (_read_value(name, unit, since, entry, file=file) for since, entry in values.items())
    return Parameter(name, str(content["description"]), unit, tuple(read))


def _read_value(name: str, unit: str, since: date, entry: Any, *, file: str) -> InForce:
    where = since.isoformat()
    _refuse_other_keys(entry, _VALUE_KEYS, file=file, where=where)
    reference, status = entry["reference"], entry["status"]
    if not isinstance(reference, str) or not reference.strip():
        raise BadRuleFile("file_wrong_form", file=file, where=where, why="no reference")
    if status not in STATUSES:
        raise BadRuleFile("file_wrong_form", file=file, where=where, why=f"status {status}")
    if entry["value"] is None:
        raise BadRuleFile("file_wrong_form", file=file, where=where, why="no value")
    return InForce(name, entry["value"], unit, since, reference, status)


def _refuse_other_keys(content: Any, keys: set[str], *, file: str, where: str) -> None:
    if not isinstance(content, dict):
        raise BadRuleFile("file_wrong_form", file=file, where=where, why="not a table of keys")
    for key in content.keys() - keys:
        raise BadRuleFile("file_wrong_form", file=file, where=where, why=f"unknown key {key}")
    for key in keys - content.keys():
        raise BadRuleFile("file_wrong_form", file=file, where=where, why=f"{key} is missing")
