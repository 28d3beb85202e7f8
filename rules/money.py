"""The rural subsidy in fen: who pays which part, and how a year falls into months (plan 四(三)).

All amounts are whole fen. Nothing here is ever a float.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from rules import parameters
from rules.errors import InvalidQuestion


@dataclass(frozen=True, slots=True)
class Split:
    """The three levels' parts; they always add up to the amount that was split."""

    province_fen: int
    city_fen: int
    district_fen: int


def split(amount_fen: int, *, on: date | None = None) -> Split:
    """40/20/40 of ``amount_fen`` (R-4.3b): province and city half-up, the district the rest.

    ``on`` picks the shares in force that day; without it, the plan's first.
    """
    if amount_fen < 0:
        raise InvalidQuestion("out_of_range", key="amount_fen", value=amount_fen, least=0)
    shares = parameters.in_force("pay.rural_shares", on or date(2022, 1, 1)).value
    province = _half_up(amount_fen * shares["province"], 100)
    city = _half_up(amount_fen * shares["city"], 100)
    return Split(province, city, amount_fen - province - city)


def instalments(annual_fen: int, months: int) -> tuple[int, ...]:
    """The monthly payments of one person, each the step of a rounded running total (R-4.3b).

    Twelve of them give exactly ``annual_fen``; eight give two thirds of it, half-up.
    """
    if annual_fen < 0:
        raise InvalidQuestion("out_of_range", key="annual_fen", value=annual_fen, least=0)
    if months < 0:
        raise InvalidQuestion("out_of_range", key="months", value=months, least=0)
    totals = [_half_up(annual_fen * month, 12) for month in range(months + 1)]
    return tuple(now - before for before, now in pairwise(totals))


def _half_up(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)
