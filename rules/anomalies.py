"""Signals about days and what follows from them, as pure functions (requirements section 4): which
signals there are, whether times are too regular, how fast somebody would have travelled, and who is
drawn for a visit.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from statistics import pstdev
from typing import Any

from rules import parameters, strict_yaml
from rules.errors import BadRuleFile

REGULAR_FROM = 10
"""Fewer check-ins than this say nothing about habits."""
NEAR_KM = 2.0
"""Points closer than this may be one place, whatever the clock says."""
ABOUT = frozenset({"worker", "place"})


@dataclass(frozen=True, slots=True)
class Signal:
    """One signal as it holds on a day. `threshold`: in the signal's own measure."""

    name: str
    about: str
    control: str
    weight: int
    threshold: int


def signals(on: date) -> dict[str, Signal]:
    """All signals with the weights and thresholds of a day."""
    weights = parameters.in_force_or_first("anomaly.weights", on).value
    thresholds = parameters.in_force_or_first("anomaly.thresholds", on).value
    rows = _rows()
    if not rows.keys() == weights.keys() == thresholds.keys():
        raise BadRuleFile(
            "file_wrong_form", file="rules/anomalies.yaml", where="signals",
            why="not the signals of anomaly.weights and anomaly.thresholds",
        )  # fmt: skip
    return {
        name: Signal(name, row["about"], row["control"], weights[name], thresholds[name])
        for name, row in rows.items()
    }


@cache
def _rows() -> Mapping[str, Any]:
    rows: Mapping[str, Any] = strict_yaml.load(strict_yaml.ROOM / "anomalies.yaml")
    for name, row in rows.items():
        if row["about"] not in ABOUT:
            raise BadRuleFile("file_wrong_form", file="rules/anomalies.yaml", where=name,
                              why=f"about {row['about']}")  # fmt: skip
    return rows


def is_too_regular(moments: Sequence[datetime], spread_seconds: int) -> bool:
    """Whether check-ins come at the same time of day as no person's do: ten or more, spread by less
    than that many seconds."""
    if len(moments) < REGULAR_FROM:
        return False
    return pstdev(m.hour * 3600 + m.minute * 60 + m.second for m in moments) < spread_seconds


def speed_kmh(metres: float, seconds: float) -> float:
    """How fast somebody went from point to point; 0 where the points lie close together."""
    if metres < NEAR_KM * 1000:
        return 0.0
    return math.inf if seconds <= 0 else metres / seconds * 3.6


def is_hasty(people: int, seconds: int, seconds_each: int, *, few: int = 10) -> bool:
    """Whether a list of that many people was gone through faster than it can be read."""
    return people >= few and seconds < people * seconds_each


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who may be drawn. `weight`: hundredths, 100 where nothing speaks for more."""

    key: str
    weight: int
    score: int


def draw(
    seed: str, people: Sequence[Candidate], *, by_lot: int, by_score: int, score_from: int
) -> list[tuple[str, str]]:
    """Who is visited: (key, `lot` or `score`). By lot each with a chance that grows with its
    weight; by score the highest of the others. The same seed and people give the same sample, in
    whatever order they come."""
    by_chance = sorted(people, key=lambda one: (_lot(seed, one), one.key))[:by_lot]
    taken = {one.key for one in by_chance}
    odd = [one for one in people if one.score >= score_from and one.key not in taken]
    by_oddness = sorted(odd, key=lambda one: (-one.score, _lot(seed, one), one.key))[:by_score]
    return [(one.key, "lot") for one in by_chance] + [(one.key, "score") for one in by_oddness]


def _lot(seed: str, one: Candidate) -> float:
    """An exponential waiting time with the weight as its rate: the smallest are the sample."""
    digest = hashlib.sha256(f"{seed}|{one.key}".encode()).digest()
    chance = (int.from_bytes(digest[:7], "big") + 1) / (2**56 + 1)
    return -math.log(chance) / max(one.weight, 1)


def village_weight(bad: int, false_alarms: int) -> int:
    """Weight, in hundredths, of a village's workers in the next draw: every visit that found
    something wrong doubles nothing but adds one; a false alarm takes a quarter back."""
    return max(50, min(400, 100 + 100 * bad - 25 * false_alarms))
