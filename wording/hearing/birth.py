"""When somebody was born, as villagers say it - and the ways that must not be trusted.

Only the solar date on the ID card counts (requirements 1, age edge rules). 虚岁 is one or two too
high, 属相 is a lunar year, a lunar birthday is another day: they are recognised in order to ask for
the date on the card, never converted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from wording.hearing.numbers import DIGITS, hear_integer, tidy

_LUNAR = re.compile(r"阴历|农历|旧历|腊月|正月|冬月|初[一二三四五六七八九十]|闰")
_ZODIAC = re.compile(r"属\s*[大小]?[鼠牛虎兔龙蛇马羊猴鸡狗猪]")
_NOMINAL = re.compile(r"虚岁|虚|毛岁")
_YEAR = r"(?P<y>(?:19|20)?\d{2}|[零〇一二三四五六七八九○]{2,4})"
_MONTH = r"(?P<m>1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])"
_DAY = r"(?P<d>3[01]|[12]\d|0?[1-9]|三十一?|二十[一二三四五六七八九]?|十[一二三四五六七八九]?|[一二三四五六七八九])"
_FULL = re.compile(
    rf"(?<!\d){_YEAR}\s*[年./\-,]\s*{_MONTH}\s*[月./\-,]\s*{_DAY}\s*(?:日|号)?(?!\d)"
)
_COMPACT = re.compile(r"(?<!\d)(?P<y>(?:19|20)\d{2})(?P<m>\d{2})(?P<d>\d{2})(?!\d)")
_PART = re.compile(rf"(?<!\d){_YEAR}\s*年?(?:\s*{_MONTH}\s*月)?")
_AGE = re.compile(r"(\d{1,3}|[一二三四五六七八九十百零]{1,4})\s*(?:岁|周岁|了)?")


@dataclass(frozen=True)
class HeardBirth:
    """`kind` is date, lunar, zodiac, nominal_age, age, incomplete, impossible, future or unclear;
    `born_on` is set only for date."""

    kind: str
    born_on: date | None = None


def hear_birth(text: str, today: date) -> HeardBirth:
    """What the text says of a birth date. Two-digit years are taken as 19xx; the question that
    follows shows the date back, so that a wrong century is seen."""
    plain = tidy(text)
    for pattern, kind in ((_LUNAR, "lunar"), (_ZODIAC, "zodiac"), (_NOMINAL, "nominal_age")):
        if pattern.search(plain):
            return HeardBirth(kind)
    matched = _FULL.search(plain) or _COMPACT.search(plain)
    if matched:
        return _as_date(matched, today)
    if re.fullmatch(r"[^\d]*\d{2,3}[^\d]*", plain) and re.search(r"岁", plain):
        return HeardBirth("age")
    if re.search(r"年|月", plain) and _PART.search(plain):
        return HeardBirth("incomplete")
    if _AGE.fullmatch(re.sub(r"[^\d一二三四五六七八九十百零岁了周]", "", plain) or "-"):
        return HeardBirth("age")
    return HeardBirth("unclear")


def _as_date(matched: re.Match[str], today: date) -> HeardBirth:
    year, month, day = _year(matched["y"]), hear_integer(matched["m"]), hear_integer(matched["d"])
    try:
        born_on = date(year, month or 0, day or 0)
    except ValueError:
        return HeardBirth("impossible")
    if born_on > today:
        return HeardBirth("future")
    if born_on.year < today.year - 120:
        return HeardBirth("impossible")
    return HeardBirth("date", born_on)


def _year(text: str) -> int:
    digits = "".join(str(DIGITS[c]) for c in text)
    return int(digits) if len(digits) == 4 else 1900 + int(digits)
