"""The desk's question about pay: some months of one worker, one after the other.

    {"ask": "pay", "track": "rural", "months": [
        {"month": "2022-04-01", "planned": 21, "paid": 21}, …]}

The worker's own `rate_fen`, `kind` (month, hour) and `hours` may be given. A month may give `seen`
(days with any evidence; as many as are paid where it is left out) and `minutes`.
"""

from __future__ import annotations

from datetime import date
from typing import Any, cast

from rules import pay
from rules.errors import InvalidQuestion
from rules.messages import Language
from rules.question import Track
from rules.question_keys import Keys, read_day
from rules.wage import Basis

_MOST_MONTHS = 1200
_NUMBERS = ("planned", "paid", "seen", "minutes")


def answer(keys: Keys, _today: date, _language: Language) -> dict[str, Any]:
    """Each month's amount with its parts and reasons, and the total of all of them."""
    track = cast(Track, keys.choice("track", ("rural", "urban")))
    kind = cast("Basis | None", keys.choice_or_none("kind", ("month", "hour")))
    rate, hours = _maybe(keys, "rate_fen"), _maybe(keys, "hours")
    months = keys.rows("months")
    keys.finish()
    if len(months) > _MOST_MONTHS:
        raise InvalidQuestion(
            "not_between", key="months", value=len(months), least=0, most=_MOST_MONTHS
        )
    carry, shown = pay.NOTHING_CARRIED, []
    for row in months:
        number = {key: _number(row, key) for key in _NUMBERS if key in row}
        work = pay.Work(
            track=track,
            planned=number["planned"],
            paid=number["paid"],
            seen=number.get("seen", number["paid"]),
            kind=kind,
            rate_fen=rate,
            hours=hours,
            minutes=number.get("minutes"),
        )
        found = pay.month_pay(work, pay.terms_of(read_day("month", row["month"])), carry)
        carry = found.carry
        shown.append(found)
    return _shown(shown)


def _shown(found: list[pay.Pay]) -> dict[str, Any]:
    return {
        "months": [pay.as_json(one) for one in found],
        "total_fen": sum(one.amount_fen for one in found),
        "parts_fen": [
            sum(getattr(one.parts, name) for one in found)
            for name in ("province_fen", "city_fen", "district_fen")
        ],
        "under_floor": [
            {
                "month": place,
                "pay_fen": one.check.pay_fen,
                "floor_fen": one.check.floor.fen,
                "certain": one.check.floor.is_certain,
            }
            for place, one in enumerate(found)
            if one.check and not one.check.is_enough
        ],
    }


def _maybe(keys: Keys, key: str) -> int | None:
    return keys.number(key) if keys.has(key) else None


def _number(row: dict[str, Any], key: str) -> int:
    value = row[key]
    if type(value) is not int:
        raise InvalidQuestion("wrong_type", key=key, expected="a whole number", value=str(value))
    return value
