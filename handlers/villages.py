"""Asking for a village: by name, alias or QR code, with a choice where several fit."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dialog import (
    Answers,
    Ask,
    Heard,
    Json,
    Option,
    Reader,
    Reading,
    Reopen,
    Say,
    Suggest,
    Value,
    Wrong,
)
from dialog.grammar import always
from handlers.desk import Desk
from handlers.readers import Options, choice, words
from models import Region
from services import places
from wording.hearing import tidy

MOST_VILLAGES = 12
"""More villages than this do not fit a menu on a phone."""


def village(heard: Heard, reading: Reading) -> Value | Wrong:
    """The villages that a text names, `{"ids": […], "sure": bool}`. A yes takes the village whose
    QR code the resident scanned, when the question offered it."""
    text = words(heard)
    if isinstance(text, Wrong):
        return text
    desk: Desk = reading.desk
    if heard.affirms and desk.contact.village_hint_id is not None:
        return Value({"ids": [desk.contact.village_hint_id], "sure": True})
    found = places.find_villages(desk.session, tidy(text))
    if not found.villages:
        return Wrong(Say("reader.village_unknown"), complete=True)
    if len(found.villages) > MOST_VILLAGES:
        return Wrong(Say("reader.village_too_many"), complete=True)
    ids = [region.id for region in found.villages]
    return Value({"ids": ids, "sure": found.exact and len(ids) == 1})


def village_options(slot: str) -> Options:
    """The villages that the answer in `slot` left to choose from, each with its town."""

    def options(answers: Answers, desk: Desk) -> Sequence[Option]:
        found = [desk.session.get_one(Region, key) for key in answers[slot]["ids"]]
        return [
            *(Option(region.id, places.label(region)) for region in found),
            Option(None, Say("reader.village_none_of_these")),
        ]

    return options


def village_pick(slot: str, options: Options) -> Reader:
    """One of the villages found, or another one by its name; "none of these" asks again."""
    pick = choice(options)

    def read(heard: Heard, reading: Reading) -> Value | Wrong | Suggest | Reopen:
        picked = pick(heard, reading)
        if isinstance(picked, Value) and picked.value is None:
            return Reopen((slot,))
        if isinstance(picked, Wrong) and heard.text:
            found = places.find_villages(reading.desk.session, tidy(heard.text))
            if found.exact and len(found.villages) == 1:
                return Value(found.villages[0].id)
        return picked

    return read


def chosen_village(answers: Answers, slot: str = "village") -> int:
    """The village's key from the two questions about it."""
    which: int | None = answers.get(f"{slot}_which")
    return which if which is not None else int(answers[slot]["ids"][0])


def village_asks(slot: str, when: Callable[[Answers], bool] = always) -> tuple[Ask, Ask]:
    """The question for a village and the one that follows when several fit."""

    def hint(_answers: Answers, desk: Desk) -> dict[str, Json]:
        hinted = desk.contact.village_hint_id
        if hinted is None:
            return {"hint": ""}
        return {
            "hint": Say(
                "reader.village_hint",
                {"village": places.label(desk.session.get_one(Region, hinted))},
            )
        }

    which = village_options(slot)
    return (
        Ask(slot, village, when=when, fill=hint),
        Ask(
            f"{slot}_which",
            village_pick(slot, which),
            when=lambda answers: when(answers) and slot in answers and not answers[slot]["sure"],
            options=which,
        ),
    )
