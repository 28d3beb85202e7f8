"""What three years must come to, worked out from the plan with plain arithmetic.

Nothing here asks the product: no rule of `rules.money` or `rules.pay`, no table. A rural year is
10,000 yuan in twelve months; a part month is its days out of the month's days of work; whatever
rounding leaves over is carried on, so that totals are always the exact total, rounded half up once.
Province and city get 40 and 20 percent of each person's running total, the district the rest.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

YEAR_FEN = 1_000_000


@dataclass(frozen=True)
class Due:
    """What one worker must get for one month, and who carries it."""

    name: str
    month_on: date
    paid_days: int
    planned_days: int
    fen: int
    province_fen: int = 0
    city_fen: int = 0
    district_fen: int = 0


@dataclass
class Account:
    """One worker's running totals."""

    exact: Fraction = Fraction(0)
    fen: int = 0
    province_fen: int = 0
    city_fen: int = 0
    dues: list[Due] = field(default_factory=list)

    def rural(self, name: str, month_on: date, paid: int, planned: int) -> Due:
        self.exact += Fraction(YEAR_FEN, 12) * Fraction(paid, planned)
        fen = rounded(self.exact) - self.fen
        self.fen += fen
        province = rounded(Fraction(self.fen * 40, 100)) - self.province_fen
        city = rounded(Fraction(self.fen * 20, 100)) - self.city_fen
        self.province_fen += province
        self.city_fen += city
        due = Due(name, month_on, paid, planned, fen, province, city, fen - province - city)
        self.dues.append(due)
        return due

    def urban(self, name: str, month_on: date, paid: int, planned: int, rate_fen: int) -> Due:
        due = Due(name, month_on, paid, planned, rounded(Fraction(rate_fen * paid, planned)))
        self.dues.append(due)
        return due


def rounded(exact: Fraction) -> int:
    """Half up; amounts are never negative here."""
    return (2 * exact.numerator + exact.denominator) // (2 * exact.denominator)


def total(dues: Iterable[Due]) -> tuple[int, int, int, int]:
    """Fen in all, and the three levels' parts."""
    listed = list(dues)
    return (
        sum(due.fen for due in listed),
        sum(due.province_fen for due in listed),
        sum(due.city_fen for due in listed),
        sum(due.district_fen for due in listed),
    )
