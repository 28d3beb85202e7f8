"""Reading, checking and looking up dated parameters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from rules import strict_yaml
from rules.errors import BadRuleFile, RuleError
from rules.parameters.layers import Override, layered
from rules.parameters.values import InForce, Parameter

STATUSES = frozenset({"found", "verified", "memory", "assumed"})
_FILE_KEYS = {"description", "unit", "values"}
_VALUE_KEYS = {"value", "reference", "status"}


class _Edition:
    """The shelf with the overrides of one moment. Never changed: a change is another edition."""

    def __init__(self, number: int, overrides: tuple[Override, ...]) -> None:
        self.number = number
        self.overrides = overrides
        self.parameters = layered(printed(), overrides) if overrides else printed()
        self.dates: dict[tuple[str, ...], tuple[date, ...]] = {}


_current: list[_Edition] = []


def use_overrides(overrides: Iterable[Override]) -> None:
    """Put a district's own values on top of the shelf, for this process, instead of those before.

    Every look-up from now on sees them; what was computed under an earlier edition is told apart by
    :func:`edition`. Front doors call it with what the database holds."""
    wanted = tuple(overrides)
    if wanted != _edition().overrides:
        _current[:] = [_Edition(_edition().number + 1, wanted)]


def edition() -> int:
    """The number of the present edition: part of the key of whatever keeps computed values."""
    return _edition().number


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
    return tuple(_edition().parameters.values())


def assumptions(on: date) -> tuple[InForce, ...]:
    """The values in force on ``on`` that nobody stands behind yet, for the staff's list."""
    held = (p.on(on) for p in all_parameters() if p.values[0].since <= on)
    return tuple(value for value in held if not value.is_certain)


def dates_of_change(*names: str) -> tuple[date, ...]:
    """Every day on which one of the parameters takes a new value, oldest first.

    A name may be a whole topic, such as ``eligibility``.
    """
    held = _edition()
    found = held.dates.get(names)
    if found is None:
        chosen = [p for p in held.parameters.values() if p.name in names or p.topic in names]
        found = tuple(sorted({value.since for parameter in chosen for value in parameter.values}))
        held.dates[names] = found
    return found


def load_folder(folder: Path) -> dict[str, Parameter]:
    """The parameters under ``folder``; :class:`BadRuleFile` at the first one that is unsound."""
    found = sorted(folder.glob("*/*.yaml"))
    return {
        name: _read(name, path) for path in found for name in [f"{path.parent.name}.{path.stem}"]
    }


def _find(name: str) -> Parameter:
    parameter = _edition().parameters.get(name)
    if parameter is None:
        raise RuleError("unknown_parameter", name=name)
    return parameter


def _edition() -> _Edition:
    if not _current:
        _current.append(_Edition(0, ()))
    return _current[0]


@cache
def printed() -> Mapping[str, Parameter]:
    """The shelf as the release ships it, without anybody's overrides."""
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
