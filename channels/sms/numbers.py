"""Phone numbers as people write them (requirements 2.9: mobile, or landline as a contact only)."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

import phonenumbers

MOBILE = re.compile(r"1[3-9]\d{9}")
SEPARATORS = re.compile(r"[\s\-‐-―()./·]+")
COUNTRY = re.compile(r"(?:\+|00)?86(?=0?[1-9]\d{9,10}$)")


@dataclass(frozen=True)
class Phone:
    """A number that can be dialled in mainland China: `mobile` in 11 digits, `landline` with its
    area code (`0537-3412345`), which takes no short message.
    """

    kind: Literal["mobile", "landline"]
    number: str


def read_phone(text: str) -> Phone | None:
    """The number that the whole text is; None when it is not one number.

    Full-width digits, spaces, dashes, brackets and +86, 0086 or 86 in front are understood.
    """
    plain = SEPARATORS.sub("", unicodedata.normalize("NFKC", text))
    country = COUNTRY.match(plain)
    national = plain[country.end() :] if country else plain
    if not (national.isascii() and national.isdigit()):
        return None
    if MOBILE.fullmatch(national):
        return Phone("mobile", national)
    return _read_landline(f"0{national.removeprefix('0')}" if country else national)


def read_mobile(text: str) -> str | None:
    """The 11 digits of a mobile number; None for anything else, landlines included."""
    phone = read_phone(text)
    return phone.number if phone and phone.kind == "mobile" else None


def _read_landline(national: str) -> Phone | None:
    try:
        number = phonenumbers.parse(national, "CN")
    except phonenumbers.NumberParseException:
        return None
    if phonenumbers.number_type(number) != phonenumbers.PhoneNumberType.FIXED_LINE:
        return None
    digits = phonenumbers.national_significant_number(number)
    area = phonenumbers.length_of_geographical_area_code(number)
    # Without its area code the number could be anywhere in the province.
    if not area or not national.startswith("0"):
        return None
    return Phone("landline", f"0{digits[:area]}-{digits[area:]}")
