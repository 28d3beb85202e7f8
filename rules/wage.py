"""Whether a post's pay keeps to the minimum wage of its month (plan 三(三), R-3.3b).

Standards are dated and by tier. A row that nobody has confirmed gives a floor with
``is_certain`` false: the software shows the arithmetic and does not certify the month.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from rules import parameters
from rules.errors import InvalidQuestion

Basis = Literal["month", "hour"]


@dataclass(frozen=True, slots=True)
class Floor:
    """The least that may be paid, and whether standard and tier are confirmed."""

    fen: int
    standard_fen: int
    reference: str
    is_certain: bool


def monthly_floor(on: date) -> Floor:
    """The least monthly pay of a full-time post in the month of ``on``."""
    return _floor("month", on, 1)


def hourly_floor(on: date, *, paid_hours: int) -> Floor:
    """The least monthly pay of a post that is paid for ``paid_hours`` in the month of ``on``."""
    if paid_hours < 0:
        raise InvalidQuestion("out_of_range", key="paid_hours", value=paid_hours, least=0)
    return _floor("hour", on, paid_hours)


def is_enough(pay_fen: int, floor: Floor) -> bool:
    """Whether ``pay_fen`` for the month keeps to the floor; the floor itself is enough."""
    return pay_fen >= floor.fen


def _floor(basis: Basis, on: date, times: int) -> Floor:
    standard = parameters.in_force(f"pay.minimum_wage_{basis}_fen", on)
    tier = parameters.in_force_or_first("pay.minimum_wage_tier", on)
    fen = standard.value[tier.value]
    certain = standard.is_certain and tier.is_certain
    return Floor(fen * times, fen, standard.reference, certain)
