"""One hit of a signal, before it is a row."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from rules.anomalies import Signal


@dataclass(frozen=True)
class Span:
    """The days that are looked at."""

    first: date
    last: date


@dataclass(frozen=True)
class Found:
    """A signal about a worker (`engagement_id`) or a place (`region_id`)."""

    signal: Signal
    count: int
    days: tuple[date, ...]
    engagement_id: uuid.UUID | None = None
    region_id: int | None = None


def by_worker(
    signal: Signal, rows: Iterable[tuple[uuid.UUID, date]], least: int
) -> Iterator[Found]:
    """Workers with at least so many different days."""
    days: dict[uuid.UUID, set[date]] = defaultdict(set)
    for engagement_id, day in rows:
        days[engagement_id].add(day)
    for engagement_id, held in days.items():
        if len(held) >= least:
            yield Found(signal, len(held), tuple(sorted(held)), engagement_id=engagement_id)


def by_place(signal: Signal, rows: Iterable[tuple[int, date]], least: int) -> Iterator[Found]:
    """Places in which it happened at least so many times."""
    days: dict[int, list[date]] = defaultdict(list)
    for region_id, day in rows:
        days[region_id].append(day)
    for region_id, held in days.items():
        if len(held) >= least:
            yield Found(signal, len(held), tuple(sorted(set(held))), region_id=region_id)
