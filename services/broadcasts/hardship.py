"""Words about hardship and illness in what staff write to many (requirements 2.6).

Publicity must be able to say which groups may apply. Such words are let through where nobody is
named: no recipient's name is put in, no list picked the people out, and nobody of the register
stands in the text. Whoever agrees to it is shown the words.
"""

from __future__ import annotations

import re

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Person
from services.broadcasts.audience import Audience, Who
from services.broadcasts.texts import Words, parts, used
from services.guards import Obstacle
from wording.hearing.exposed import exposed

_LETTERS = re.compile(r"[^\W\d_]{2,}")
NAME_SIZES = (2, 3, 4)


def found_in(words: Words) -> tuple[str, ...]:
    """The words about hardship in it, each once."""
    found = (one.word for one in exposed("\n".join(parts(words))) if one.kind == "private_word")
    return tuple(dict.fromkeys(found))


def check(session: Session, words: Words, audience: Audience) -> tuple[Obstacle, ...]:
    """What forbids them here."""
    found = found_in(words)
    if not found:
        return ()
    slots = {"words": list(found)}
    if "name" in used(words):
        return (Obstacle("broadcast.hardship_with_name", slots),)
    if audience.who is Who.LISTED:
        return (Obstacle("broadcast.hardship_to_list", slots),)
    names = sorted(_possible_names(words))
    known = session.scalars(select(Person.name).where(Person.name.in_(names)).distinct())
    return tuple(
        Obstacle("broadcast.hardship_of_somebody", {**slots, "name": name}) for name in known
    )


def _possible_names(words: Words) -> set[str]:
    """Every piece of it that could be somebody's name."""
    runs = [run for text in parts(words) for run in _LETTERS.findall(text)]
    return {
        run[start : start + size]
        for run in runs
        for size in NAME_SIZES
        for start in range(len(run) - size + 1)
    }
