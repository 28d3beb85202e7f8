"""Words about hardship and illness in what staff write to many (requirements 2.6).

Publicity must be able to say which groups may apply. Such words are let through where nobody is
named: no recipient's name is put in, no list picked the people out, and nobody of the register
stands in the text. Whoever agrees to it is shown the words.

People are called by common words too ("高兴"). The writer says which of them are words here
and nobody's name; that is written into the trail, and whoever agrees is shown it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import AuditEntry, Broadcast, Person
from services.broadcasts.audience import Audience, Who
from services.broadcasts.texts import Words, parts, used
from services.guards import Obstacle
from wording.hearing.exposed import exposed

OF_SOMEBODY = "broadcast.hardship_of_somebody"
DECLARED = "broadcast.no_names"
"""The entry of the trail that holds what the writer declared."""
_LETTERS = re.compile(r"[^\W\d_]{2,}")
NAME_SIZES = (2, 3, 4)


def found_in(words: Words) -> tuple[str, ...]:
    """The words about hardship in it, each once."""
    found = (one.word for one in exposed("\n".join(parts(words))) if one.kind == "private_word")
    return tuple(dict.fromkeys(found))


def check(
    session: Session, words: Words, audience: Audience, no_names: Collection[str] = ()
) -> tuple[Obstacle, ...]:
    """What forbids them here; `no_names`: registered names that are common words in this text."""
    found = found_in(words)
    if not found:
        return ()
    slots = {"words": list(found)}
    if "name" in used(words):
        return (Obstacle("broadcast.hardship_with_name", slots),)
    if audience.who is Who.LISTED:
        return (Obstacle("broadcast.hardship_to_list", slots),)
    return tuple(
        Obstacle(OF_SOMEBODY, {**slots, "name": name})
        for name in registered_in(session, words)
        if name not in no_names
    )


def registered_in(session: Session, words: Words) -> Sequence[str]:
    """The names of people of the register that stand in the text, as names or as words."""
    names = sorted(_possible_names(words))
    known = select(Person.name).where(Person.name.in_(names)).distinct()
    return session.scalars(known.order_by(Person.name)).all()


def declared(session: Session, broadcast: Broadcast) -> tuple[str, ...]:
    """What its last writer said to be common words and nobody's name."""
    said = select(AuditEntry.details).where(
        AuditEntry.subject_kind == "broadcast",
        AuditEntry.subject_id == str(broadcast.id),
        AuditEntry.act == DECLARED,
    )
    last = session.scalars(said.order_by(AuditEntry.id.desc()).limit(1)).first()
    return tuple(last["words"]) if last else ()


def _possible_names(words: Words) -> set[str]:
    """Every piece of it that could be somebody's name."""
    runs = [run for text in parts(words) for run in _LETTERS.findall(text)]
    return {
        run[start : start + size]
        for run in runs
        for size in NAME_SIZES
        for start in range(len(run) - size + 1)
    }
