"""The last day on a post, as workers and village heads name it."""

from __future__ import annotations

import re
from datetime import date, timedelta

from wording.hearing.choices import bare

_NAMED = {"今天": 0, "今儿": 0, "今": 0, "昨天": 1, "夜来": 1, "昨儿": 1, "前天": 2, "大前天": 3}
_DATE = re.compile(
    r"(?:(?P<year>20\d\d)[年./-])?(?P<month>\d{1,2})[月./-](?P<day>\d{1,2})(?:日|号)?"
)
_DATE_WITHIN = re.compile(r"(?:20\d\d[年./-])?\d{1,2}[月./-]\d{1,2}(?:日|号)?")
_WITHIN = ("大前天", "前天", "昨天", "夜来", "昨儿", "今天", "今儿")
_DAY = re.compile(r"(?P<day>\d{1,2})(?:日|号)")


def hear_day_within(text: str, today: date) -> date | None:
    """The day up to today of which a sentence speaks: 我3月31号的没算上, 昨天的不对. None where it
    names none, or more than one."""
    plain = bare(text)
    found = [*_DATE_WITHIN.finditer(plain)] or [*_DAY.finditer(plain)]
    named = [found[0][0]] if len(found) == 1 else [word for word in _WITHIN if word in plain]
    if len(found) > 1 or not named:
        return None
    return hear_past_day(named[0], today)


def hear_past_day(text: str, today: date) -> date | None:
    """The day up to today that was meant: 今天, 昨天, 5月3号, 3号; None where it is none of these or
    lies ahead. Without a year, the last such day."""
    plain = bare(text)
    if plain in _NAMED:
        return today - timedelta(days=_NAMED[plain])
    if found := _DATE.fullmatch(plain):
        month, day = int(found["month"]), int(found["day"])
        years = (int(found["year"]),) if found["year"] else (today.year, today.year - 1)
        return _latest([(year, month, day) for year in years], today)
    if found := _DAY.fullmatch(plain):
        before = today.replace(day=1) - timedelta(days=1)
        day = int(found["day"])
        return _latest([(today.year, today.month, day), (before.year, before.month, day)], today)
    return None


def _latest(candidates: list[tuple[int, int, int]], today: date) -> date | None:
    for year, month, day in candidates:
        try:
            found = date(year, month, day)
        except ValueError:
            continue
        if found <= today:
            return found
    return None
