"""Asking where something happened, of somebody in trouble: any answer is taken, none is repeated.

Unlike `handlers.villages`, a town is an answer too, and a place that we do not know goes onto the
ticket in the writer's words, unless the question is strict.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dialog import Answers, Ask, Heard, Json, Option, Reading, Say, Value, Wrong
from dialog.grammar import always
from handlers.desk import Desk
from handlers.readers import choice, words
from models import Region
from services import places, whereabouts
from wording.hearing import tidy

MOST_VILLAGES = 8


def where(heard: Heard, reading: Reading) -> Value | Wrong:
    """`{"ids": […], "sure": bool, "said": text}`; no ids where the place is not known to us."""
    text = words(heard)
    if isinstance(text, Wrong):
        return text
    desk: Desk = reading.desk
    if heard.affirms and (near := whereabouts.home(desk.session, desk.contact)):
        return Value({"ids": [near.id], "sure": True, "said": ""})
    said = tidy(text)[:64]
    one = whereabouts.named(desk.session, said, least=2)
    if one is not None:
        return Value({"ids": [one.id], "sure": True, "said": said})
    found = places.find_villages(desk.session, said).villages[:MOST_VILLAGES]
    return Value({"ids": [village.id for village in found], "sure": not found, "said": said})


def known_place(heard: Heard, reading: Reading) -> Value | Wrong:
    """The same, but only of places that we know."""
    told = where(heard, reading)
    if isinstance(told, Value) and not told.value["ids"]:
        return Wrong(Say("reader.village_unknown"), complete=True)
    return told


def where_options(answers: Answers, desk: Desk) -> Sequence[Option]:
    found = [desk.session.get_one(Region, key) for key in answers["where"]["ids"]]
    return [
        *(Option(region.id, places.label(region)) for region in found),
        Option(None, Say("reader.village_none_of_these")),
    ]


def where_asks(
    when: Callable[[Answers], bool] = always, *, strict: bool = False
) -> tuple[Ask, Ask]:
    """The question where, and the one that follows when several villages fit."""

    def hint(_answers: Answers, desk: Desk) -> dict[str, Json]:
        near = whereabouts.home(desk.session, desk.contact)
        if near is None:
            return {"hint": ""}
        return {"hint": Say("reader.village_hint", {"village": places.label(near)})}

    return (
        Ask("where", known_place if strict else where, when=when, fill=hint, free=not strict),
        Ask(
            "where_which",
            choice(where_options),
            when=lambda answers: when(answers) and "where" in answers and not _is_sure(answers),
            options=where_options,
        ),
    )


def place(desk: Desk, answers: Answers) -> Region | None:
    """The place that was told; None where nobody could say, or nothing was asked."""
    told = answers.get("where")
    if told is None:
        return None
    if not told["sure"]:
        which = answers.get("where_which")
        return desk.session.get(Region, which) if which is not None else None
    return desk.session.get(Region, told["ids"][0]) if told["ids"] else None


def known(region: Region | None) -> dict[str, Json]:
    """The answer to the question where, when a message said it already."""
    if region is None:
        return {}
    return {"where": {"ids": [region.id], "sure": True, "said": ""}}


def _is_sure(answers: Answers) -> bool:
    return bool(answers["where"]["sure"])
