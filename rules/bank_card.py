"""Reading a bank account's number: digits in form, and the Luhn check that every card carries.

A number is never corrected and never guessed: what does not check is asked for again.
"""

from __future__ import annotations

import unicodedata

SHORTEST, LONGEST = 13, 19
"""Digits of a card by ISO/IEC 7812; cards of this country have 16 to 19."""


def normalise(text: str) -> str:
    """The digits of ``text``: full-width ones made plain, blanks and hyphens dropped. Whatever
    else stands in it stays, so that it fails the check."""
    plain = unicodedata.normalize("NFKC", text)
    return "".join(sign for sign in plain if not sign.isspace() and sign not in "-.")


def holds(number: str) -> bool:
    """Whether ``number``, in form, can be a card: its length and its check digit."""
    if not (number.isascii() and number.isdigit() and SHORTEST <= len(number) <= LONGEST):
        return False
    doubled = [2 * int(digit) for digit in number[-2::-2]]
    plain = [int(digit) for digit in number[::-2]]
    return (sum(plain) + sum(twice - 9 if twice > 9 else twice for twice in doubled)) % 10 == 0
