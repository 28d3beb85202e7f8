"""How residents say simple things: yes, a number, a date, a name. Pure functions of the text.

Every function gives None (or a value that says why) rather than guess.
"""

from wording.hearing.birth import HeardBirth, hear_birth
from wording.hearing.choices import (
    Command,
    hear_again,
    hear_choice,
    hear_choices,
    hear_command,
    hear_later,
    hear_number,
    hear_yes_no,
)
from wording.hearing.names import hear_name, mask_name
from wording.hearing.numbers import digits_in, hear_integer, hear_year, tidy
from wording.hearing.phones import HeardPhone, hear_phone
from wording.hearing.private import mask_private
from wording.hearing.relatives import hear_relative
from wording.hearing.topics import hear_service, wants_to_apply

__all__ = [
    "Command",
    "HeardBirth",
    "HeardPhone",
    "digits_in",
    "hear_again",
    "hear_birth",
    "hear_choice",
    "hear_choices",
    "hear_command",
    "hear_integer",
    "hear_later",
    "hear_name",
    "hear_number",
    "hear_phone",
    "hear_relative",
    "hear_service",
    "hear_year",
    "hear_yes_no",
    "mask_name",
    "mask_private",
    "tidy",
    "wants_to_apply",
]
