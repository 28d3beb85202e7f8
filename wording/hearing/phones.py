"""Phone numbers as they are typed or read out: 138 0000 0001 · +86… · 幺三八零零…"""

from __future__ import annotations

import re
from dataclasses import dataclass

from wording.hearing.numbers import digits_in, tidy

_MOBILE = re.compile(r"1[3-9]\d{9}")


@dataclass(frozen=True)
class HeardPhone:
    """A mobile number in eleven digits, or the problem: none, landline, short, long or other."""

    mobile: str | None = None
    problem: str | None = None


def hear_phone(text: str) -> HeardPhone:
    """The mobile number in a text; country code, spaces, hyphens and spoken digits are fine."""
    plain = tidy(text)
    digits = digits_in(re.sub(r"[^\d零一二三四五六七八九〇○幺]", "", plain))
    for prefix in ("0086", "86"):
        if digits.startswith(prefix) and len(digits) > 11:
            digits = digits.removeprefix(prefix)
    if _MOBILE.fullmatch(digits):
        return HeardPhone(mobile=digits)
    if len(digits) < 5:
        return HeardPhone(problem="none")
    if digits.startswith("0") or (len(digits) in {7, 8} and not digits.startswith("1")):
        return HeardPhone(problem="landline")
    if len(digits) == 11:
        return HeardPhone(problem="other")
    return HeardPhone(problem="short" if len(digits) < 11 else "long")
