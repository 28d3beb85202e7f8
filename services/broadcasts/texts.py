"""The words of a broadcast: placeholders, how they read on each channel, what stands in their way.

A placeholder is `{…}` with a name from the phrase book (`broadcast.slot_…`); nothing else in braces
is let through, so that nobody receives a brace.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache

from models import Person, Region, Staff
from rules import parameters
from services.guards import Obstacle
from services.masking import check_text
from services.places import label
from wording import Book, load_book
from wording.hearing import mask_name
from wording.sms import LONGEST_SIGN, PART_UNITS, SINGLE_UNITS, room, sms_templates, units

SLOTS = ("name", "village", "town")
TEMPLATE = "broadcast"
"""Ours in `zh/sms.yaml`, and of the table of kinds."""
LONGEST_TITLE = 32
CHAT_BYTES = 1_900
"""WeChat takes 2,048 bytes in one message."""
_BRACES = str.maketrans("\uff5b\uff5d", "{}")
_PLACE = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True)
class Words:
    """What is said: `sms_body` may be empty, then SMS says the same."""

    title: str
    body: str
    sms_body: str = ""


@dataclass(frozen=True)
class Preview:
    """One channel as it will read with the longest values; what an SMS takes and costs.

    `segments` and `cost_fen` are of one message; both 0 where a channel costs nothing."""

    channel: str
    text: str
    length: int
    segments: int = 0
    cost_fen: int = 0


def cleaned(words: Words) -> Words:
    """The words without blanks at the ends, full-width braces as plain ones."""
    return Words(*(one.translate(_BRACES).strip() for one in parts(words)))


def used(words: Words) -> set[str]:
    """Our names of the placeholders in it."""
    names = placeholders()
    found = _PLACE.findall("\n".join(parts(words)))
    return {names[one.strip()] for one in found if one.strip() in names}


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with its placeholders filled; `values` by our names for them. What is no placeholder
    stays as it stands."""
    names = placeholders()
    return _PLACE.sub(lambda found: values.get(names.get(found[1].strip(), ""), found[0]), text)


@cache
def placeholders() -> Mapping[str, str]:
    """What may stand in braces → our name of it."""
    book = load_book()
    return {book.text(f"broadcast.slot_{name}"): name for name in SLOTS}


def of_person(person: Person) -> dict[str, str]:
    """The values of one recipient. The name is masked: others read over a shoulder."""
    village = person.village
    town = village.parent if village is not None else None
    return {
        "name": mask_name(person.name),
        "village": village.name if village is not None else "",
        "town": town.name if town is not None else "",
    }


def of_staff(staff: Staff, region: Region) -> dict[str, str]:
    """The values of a member of staff; the places are that of the broadcast."""
    return {"name": staff.name, "village": label(region), "town": region.name}


def of_everybody(region: Region) -> dict[str, str]:
    """The values where one text speaks to all: on the loudspeaker and on the board."""
    book = load_book()
    return {"name": book.text("broadcast.everybody"), "village": region.name, "town": region.name}


def _longest() -> dict[str, str]:
    book = load_book()
    return {name: book.text(f"broadcast.longest_{name}") for name in SLOTS}


def errors(words: Words) -> tuple[Obstacle, ...]:
    """What forbids these words: an unknown placeholder, too much of them, a private number."""
    found = list(_braces(words))
    if not words.title:
        found.append(Obstacle("broadcast.title_needed"))
    if len(words.title) > LONGEST_TITLE:
        found.append(Obstacle("broadcast.title_too_long", {"most": LONGEST_TITLE}))
    if not words.body:
        found.append(Obstacle("broadcast.body_needed"))
    for field, text in (("title", words.title), ("text", words.body), ("sms", words.sms_body)):
        found.extend(one for one in check_text(text, field) if not _is_hardship(one))
    return tuple(found) or tuple(_lengths(words))


def previews(words: Words, on: date) -> tuple[Preview, ...]:
    """How it reads by chat and by SMS, with the longest values, its length, parts and price."""
    book, values = load_book(), _longest()
    chat = book.text("broadcast.told", title=words.title, text=filled(words.body, values))
    sms = _sms(book, filled(words.sms_body or words.body, values))
    size = units(sms)
    segments = 1 if size <= SINGLE_UNITS else -(-size // PART_UNITS)
    price = int(parameters.in_force_or_first("telling.sms_price", on).value)
    return (
        Preview("wechat", chat, len(chat)),
        Preview("sms", sms, size, segments, segments * price),
    )


def _lengths(words: Words) -> list[Obstacle]:
    book, values = load_book(), _longest()
    found = []
    chat = book.text("broadcast.told", title=words.title, text=filled(words.body, values))
    if (over := len(chat.encode()) - CHAT_BYTES) > 0:
        found.append(Obstacle("broadcast.body_too_long", {"over": -(-over // 3)}))
    limit = room(sms_templates(book)[TEMPLATE].segments, LONGEST_SIGN)
    text = book.text(f"sms.{TEMPLATE}", "sms", short=filled(words.sms_body or words.body, values))
    if (over := units(text) - limit) > 0:
        found.append(Obstacle("broadcast.sms_too_long", {"over": over}))
    return found


def _sms(book: Book, text: str) -> str:
    return f"【{book.text('sms.sign')}】{book.text(f'sms.{TEMPLATE}', 'sms', short=text)}"


def _braces(words: Words) -> list[Obstacle]:
    known = placeholders()
    whole = "\n".join(parts(words))
    unknown = [name for name in _PLACE.findall(whole) if name.strip() not in known]
    found = []
    if unknown:
        slots = {"names": list(dict.fromkeys(unknown)), "known": list(known)}
        found.append(Obstacle("broadcast.unknown_placeholder", slots))
    if set(_PLACE.sub("", whole)) & {"{", "}"}:
        found.append(Obstacle("broadcast.lone_brace"))
    if _PLACE.search(words.title):
        found.append(Obstacle("broadcast.brace_in_title"))
    return found


def parts(words: Words) -> tuple[str, str, str]:
    """Title, words, words for SMS."""
    return words.title, words.body, words.sms_body


def _is_hardship(obstacle: Obstacle) -> bool:
    what = obstacle.slots.get("what")
    return isinstance(what, Obstacle) and what.key == "exposure.private_word"
