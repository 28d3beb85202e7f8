"""A district's own values on top of the shelf: where they go in time, and what they may look like.

Pure: who proposed and who agreed is kept elsewhere; here an override is a value with its day.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from rules import strict_yaml
from rules.parameters.values import InForce, Parameter

CLOCK_TIME = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
LARGEST = 10**12
AGREED = "verified"
"""The status of an override: the district itself stands behind it."""


@dataclass(frozen=True, slots=True)
class Override:
    """A value that a district has given a parameter from a day on. `reference` names the paper it
    stands on and the override itself: it goes into every decision's trace."""

    name: str
    value: Any
    since: date
    reference: str


def layered(
    shelf: Mapping[str, Parameter], overrides: Iterable[Override]
) -> Mapping[str, Parameter]:
    """The shelf with the overrides among its dated values. Of two for one day the override holds,
    and of two overrides the later in order. What no parameter is called is left out: a release may
    have taken it away."""
    changed = dict(shelf)
    for override in overrides:
        parameter = changed.get(override.name)
        if parameter is not None:
            changed[override.name] = _with(parameter, override)
    return changed


def _with(parameter: Parameter, override: Override) -> Parameter:
    value = _as_typed(override.value, parameter.values[-1].value)
    mine = InForce(
        parameter.name, value, parameter.unit, override.since, override.reference, AGREED
    )
    others = [held for held in parameter.values if held.since != override.since]
    return replace(parameter, values=tuple(sorted([*others, mine], key=lambda one: one.since)))


def _as_typed(value: Any, model: Any) -> Any:
    """JSON knows no dates."""
    return date.fromisoformat(value) if type(model) is date else value


def misfit(parameter: Parameter, value: Any) -> str | None:
    """Why a value cannot be this parameter's: number, whole, truth, text, time, day, list, keys or
    choice (which of them it must be); None when it fits."""
    if parameter.unit == "choice":
        return None if value in choices().get(parameter.name, ()) else "choice"
    model = parameter.values[-1].value
    return _misfit(value, model, positive=_all_positive(parameter))


def choices() -> Mapping[str, tuple[str, ...]]:
    """What each parameter of the unit `choice` may be."""
    return _choices()


@cache
def _choices() -> dict[str, tuple[str, ...]]:
    content = strict_yaml.load(Path(__file__).parent / "choices.yaml")
    return {name: tuple(words) for name, words in content.items()}


def _misfit(value: Any, model: Any, *, positive: bool) -> str | None:
    if isinstance(model, bool):
        return None if isinstance(value, bool) else "truth"
    if isinstance(model, int | float):
        return _misfit_number(value, whole=isinstance(model, int), positive=positive)
    if isinstance(model, dict):
        return _misfit_table(value, model, positive=positive)
    if isinstance(model, list):
        return _misfit_list(value, model, positive=positive)
    return _misfit_text(value, model)


def _misfit_number(value: Any, *, whole: bool, positive: bool) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "whole" if whole else "number"
    if whole and not isinstance(value, int):
        return "whole"
    least = 1 if positive else 0
    return None if least <= value <= LARGEST else "positive"


def _misfit_table(value: Any, model: dict[str, Any], *, positive: bool) -> str | None:
    if not isinstance(value, dict) or value.keys() != model.keys():
        return "keys"
    found = (_misfit(value[key], model[key], positive=positive) for key in model)
    return next((why for why in found if why), None)


def _misfit_list(value: Any, model: list[Any], *, positive: bool) -> str | None:
    if not isinstance(value, list) or not value:
        return "list"
    if all(isinstance(item, str) for item in model):  # names that the program knows
        known = isinstance(value, list) and all(item in model for item in value)
        return None if known and len(set(map(str, value))) == len(value) else "names"
    found = (_misfit(item, model[0], positive=positive) for item in value)
    return next((why for why in found if why), None)


def _misfit_text(value: Any, model: Any) -> str | None:
    if not isinstance(value, str):
        return "text"
    if CLOCK_TIME.fullmatch(str(model)):
        return None if CLOCK_TIME.fullmatch(value) else "time"
    if _DAY.fullmatch(str(model)):
        return None if _is_day(value) else "day"
    return None if value.strip() else "text"


def _is_day(text: str) -> bool:
    try:
        return bool(_DAY.fullmatch(text) and date.fromisoformat(text))
    except ValueError:
        return False


def _all_positive(parameter: Parameter) -> bool:
    """Zero only where some value of the shelf is zero already: no term of 0 months by a slip."""
    return all(_smallest(held.value) > 0 for held in parameter.values)


def _smallest(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | dict | list):
        return 1
    if isinstance(value, int | float):
        return value
    parts = value.values() if isinstance(value, dict) else value
    return min((_smallest(part) for part in parts), default=1)
