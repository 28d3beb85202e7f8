"""What one month of one worker comes to, to the fen (plan 三(三), 四(三); R-3.3b, R-3.3c, R-4.3b).

A whole month is paid whole; a part by its days, or by its hours. What rounding leaves over is
carried from month to month, so that twelve whole rural months are exactly the year's subsidy, and
each level's part of it too. Fractions inside, whole fen outside, never a float.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any, Literal

from rules import parameters, wage
from rules.errors import InvalidQuestion, NotInForce
from rules.money import Split
from rules.parameters import InForce
from rules.question import Track
from rules.wage import Basis, Floor

Reason = Literal["whole", "days", "hours", "nothing", "no_rate", "no_days_planned", "top_up"]
_WEEKS_IN_A_YEAR = 52
NAMES = (
    "pay.rural_annual_subsidy_fen",
    "pay.rural_insurance_inside_fen",
    "pay.rural_subsidy_mode",
    "pay.rural_shares",
    "pay.required_days_percent",
    "pay.hourly_basis",
    "pay.rural_floor_basis",
)
"""The parameters that an amount comes from; the minimum wage only says whether it is enough."""


@dataclass(frozen=True, slots=True)
class Carry:
    """Exact minus rounded so far: of a person's rural subsidy, and of two levels' parts in it."""

    amount: Fraction = Fraction(0)
    province: Fraction = Fraction(0)
    city: Fraction = Fraction(0)

    def as_json(self) -> dict[str, str]:
        """`{"amount": "1/3", …}`."""
        return {name: str(getattr(self, name)) for name in ("amount", "province", "city")}

    @classmethod
    def read(cls, written: Mapping[str, str]) -> Carry:
        return cls(**{name: Fraction(value) for name, value in written.items()})


NOTHING_CARRIED = Carry()


@dataclass(frozen=True, slots=True)
class Terms:
    """The numbers in force in a month, and whether each is certain."""

    month: date
    annual_fen: int
    """A rural year's subsidy, after what is taken out of it for insurance."""
    subsidy_mode: str
    shares: dict[str, int]
    required_percent: int
    hourly_basis: str
    rural_basis: Basis
    sources: tuple[InForce, ...] = ()
    """Where each number stands."""

    @property
    def assumed(self) -> tuple[str, ...]:
        """Parameters behind the amounts that nobody has confirmed."""
        return tuple(one.name for one in self.sources if not one.is_certain)

    def as_json(self) -> dict[str, Any]:
        """The numbers with their sources, so that a month can be reckoned again years later."""
        written = {
            one.name: {
                "value": one.value,
                "since": one.since.isoformat(),
                "reference": one.reference,
                "status": one.status,
            }
            for one in self.sources
        }
        return {"month_on": self.month.isoformat(), "parameters": written}

    @classmethod
    def read(cls, written: Mapping[str, Any]) -> Terms:
        """The terms that `as_json` wrote."""
        values = {name: one["value"] for name, one in written["parameters"].items()}
        return _terms(date.fromisoformat(written["month_on"]), values, ())


@dataclass(frozen=True, slots=True)
class Work:
    """One worker's month, as the days say. `planned`: days of the whole month on that post;
    `paid`: days that count, paid leave among them; `seen`: days with any evidence."""

    track: Track
    planned: int
    paid: int
    seen: int
    kind: Basis | None = None
    rate_fen: int | None = None
    """The post's pay for a whole month; None where it follows the plan's subsidy."""
    hours: int | None = None
    """The hours that a whole month is paid for."""
    minutes: int | None = None
    """What was worked, where the post counts it."""

    def as_json(self) -> dict[str, Any]:
        """Plain values, which `Work(**…)` takes back."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Check:
    """A whole month's pay held against the minimum wage of its month."""

    basis: Basis
    floor: Floor
    hours: int | None
    pay_fen: int

    @property
    def is_enough(self) -> bool:
        return wage.is_enough(self.pay_fen, self.floor)


@dataclass(frozen=True, slots=True)
class Pay:
    """The amount in fen and how it came about. `amount = shared + other`: `shared` is what
    province, city and district carry, `other` the urban ledger's or the place's own top-up.
    `whole`: what the whole month would have been; `whole - amount` is what was taken off."""

    amount_fen: int
    whole_fen: int
    shared_fen: int
    other_fen: int
    parts: Split
    carry: Carry
    reasons: tuple[Reason, ...]
    check: Check | None = None
    worked: Fraction = field(default=Fraction(0))

    @property
    def deduction_fen(self) -> int:
        return self.whole_fen - self.amount_fen


def terms_of(month: date) -> Terms:
    """What holds in the month of that day; asked once for all of its workers."""
    found = tuple(parameters.in_force_or_first(name, month) for name in NAMES)
    return _terms(month.replace(day=1), {one.name: one.value for one in found}, found)


def _terms(month: date, values: Mapping[str, Any], sources: tuple[InForce, ...]) -> Terms:
    return Terms(
        month=month,
        annual_fen=values["pay.rural_annual_subsidy_fen"]
        - values["pay.rural_insurance_inside_fen"],
        subsidy_mode=values["pay.rural_subsidy_mode"],
        shares=values["pay.rural_shares"],
        required_percent=values["pay.required_days_percent"],
        hourly_basis=values["pay.hourly_basis"],
        rural_basis=values["pay.rural_floor_basis"],
        sources=sources,
    )


def month_pay(work: Work, terms: Terms, carried: Carry = NOTHING_CARRIED) -> Pay:
    """One month's pay. Without a day that counts nothing is paid, whoever asks (F-02)."""
    _check_days(work)
    part, reasons = _part(work, terms)
    shared_rate, other_rate = _rates(work, terms)
    if shared_rate == other_rate == 0:
        reasons = ("no_rate",)
    shared, left = _step(shared_rate * part, carried.amount)
    whole_shared, _ = _step(shared_rate, carried.amount)
    other = max(_half_up((shared_rate + other_rate) * part) - shared, 0) if other_rate else 0
    whole_other = max(_half_up(shared_rate + other_rate) - whole_shared, 0) if other_rate else 0
    parts, carry = _split(shared, terms, left, carried)
    if work.track == "rural" and other:
        reasons = (*reasons, "top_up")
    return Pay(
        amount_fen=shared + other,
        whole_fen=whole_shared + whole_other,
        shared_fen=shared,
        other_fen=other,
        parts=parts,
        carry=carry,
        reasons=reasons,
        check=_floor_check(work, terms, _half_up(shared_rate + other_rate)),
        worked=part,
    )


def required_days(planned: int, terms: Terms) -> int:
    """The days that make a month whole: a share of the planned ones, rounded up."""
    return -(-planned * terms.required_percent // 100)


def split_in_turn(fen: int, shares: dict[str, int], carried: Carry) -> tuple[Split, Carry]:
    """The levels' parts of one more amount of the same person, negative for what comes back: over
    any number of them each level's total is its share rounded once; the district has the rest."""
    province, province_left = _step(Fraction(fen * shares["province"], 100), carried.province)
    city, city_left = _step(Fraction(fen * shares["city"], 100), carried.city)
    return Split(province, city, fen - province - city), Carry(
        carried.amount, province_left, city_left
    )


def _split(fen: int, terms: Terms, left: Fraction, carried: Carry) -> tuple[Split, Carry]:
    if not fen:
        return Split(0, 0, 0), Carry(left, carried.province, carried.city)
    parts, after = split_in_turn(fen, terms.shares, carried)
    return parts, Carry(left, after.province, after.city)


def _part(work: Work, terms: Terms) -> tuple[Fraction, tuple[Reason, ...]]:
    """How much of a whole month counts, from 0 to 1."""
    if work.paid == 0 or work.seen == 0:
        return Fraction(0), ("nothing",)
    if work.kind == "hour" and terms.hourly_basis == "minutes" and work.hours:
        part = min(Fraction(work.minutes or 0, 60 * work.hours), Fraction(1))
        return part, ("hours",) if part < 1 else ("whole",)
    if work.planned == 0:
        return Fraction(0), ("no_days_planned",)
    required = required_days(work.planned, terms)
    if work.paid >= required:
        return Fraction(1), ("whole",)
    return Fraction(work.paid, required), ("days",)


def _rates(work: Work, terms: Terms) -> tuple[Fraction, Fraction]:
    """A whole month's pay: the part that the levels share, and the rest."""
    if work.track == "urban":
        return Fraction(0), Fraction(work.rate_fen or 0)
    standard = Fraction(terms.annual_fen, 12)
    if work.rate_fen is None or abs(work.rate_fen - standard) < 1:
        return standard, Fraction(0)
    if work.rate_fen < standard:
        return (standard if terms.subsidy_mode == "flat" else Fraction(work.rate_fen)), Fraction(0)
    return standard, work.rate_fen - standard


def _floor_check(work: Work, terms: Terms, pay_fen: int) -> Check | None:
    """None where there is nothing to hold it against: no hours, or no standard that early."""
    basis = work.kind or (terms.rural_basis if work.track == "rural" else "month")
    try:
        if basis == "month":
            return Check(basis, wage.monthly_floor(terms.month), None, pay_fen)
        if work.hours is None:
            return None
        floor = wage.hourly_floor(terms.month, paid_hours=work.hours)
    except NotInForce:
        return None
    return Check(basis, floor, work.hours, pay_fen)


def hours_of_month(hours_per_month: int | None, hours_per_week: int | None) -> int | None:
    """A month's hours, from the week's where only those are known (52 weeks in 12 months)."""
    if hours_per_month is not None or hours_per_week is None:
        return hours_per_month
    return _half_up(Fraction(hours_per_week * _WEEKS_IN_A_YEAR, 12))


def _step(exact: Fraction, carried: Fraction) -> tuple[int, Fraction]:
    total = exact + carried
    fen = _half_up(total)
    return fen, total - fen


def _half_up(exact: Fraction) -> int:
    return (2 * exact.numerator + exact.denominator) // (2 * exact.denominator)


def _check_days(work: Work) -> None:
    for key in ("planned", "paid", "seen"):
        if (value := getattr(work, key)) < 0:
            raise InvalidQuestion("out_of_range", key=key, value=value, least=0)


def as_json(pay: Pay) -> dict[str, Any]:
    """The result as plain values."""
    return {
        "amount_fen": pay.amount_fen,
        "deduction_fen": pay.deduction_fen,
        "shared_fen": pay.shared_fen,
        "other_fen": pay.other_fen,
        "province_fen": pay.parts.province_fen,
        "city_fen": pay.parts.city_fen,
        "district_fen": pay.parts.district_fen,
        "reasons": list(pay.reasons),
    }
