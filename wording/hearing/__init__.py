"""How residents say simple things: yes, a number, a date, a name. Pure functions of the text.

Every function gives None (or a value that says why) rather than guess.
"""

from wording.hearing.birth import HeardBirth, hear_birth
from wording.hearing.choices import (
    Command,
    hear_choice,
    hear_choices,
    hear_command,
    hear_number,
    hear_yes_no,
)
from wording.hearing.names import hear_name, mask_name
from wording.hearing.numbers import digits_in, hear_integer, tidy
from wording.hearing.private import mask_private

__all__ = [
    "Command",
    "HeardBirth",
    "digits_in",
    "hear_birth",
    "hear_choice",
    "hear_choices",
    "hear_command",
    "hear_integer",
    "hear_name",
    "hear_number",
    "hear_yes_no",
    "mask_name",
    "mask_private",
    "tidy",
]
