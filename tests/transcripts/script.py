"""Reads a transcript, says it to the service again, and writes what came of it."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from models import Delivery
from services import outbox
from tests.builders import at
from tests.talk import Talk
from tests.transcripts.scenes import SCENES
from wording import load_book

FOLDER = Path(__file__).parent
LEFT = "~ "
DIRECTIVES = ("at ", "who ", "@ ", "! ", "#")


class ScriptError(Exception):
    """A transcript's line makes no sense; the text says which and why."""


@dataclass(frozen=True)
class Line:
    """`kind` is `say` (text: the message), or the directive as it stands."""

    kind: str
    text: str


def files() -> list[Path]:
    """All transcripts, in the order of their names."""
    return sorted(FOLDER.glob("*.txt"))


def replay(script: str, talk: Talk) -> str:
    """The transcript that the service of today gives for the same messages."""
    written: list[str] = []
    for line in parse(script):
        if line.kind == "say":
            written += ["", *_say(talk, line.text)]
            continue
        if line.kind in {"@ ", "who ", "! "} and written and ">" in "".join(written):
            written.append("")
        written.append(line.kind + line.text)
        _direct(talk, line)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(written).strip()) + "\n"


def parse(script: str) -> list[Line]:
    """The messages and directives of a transcript, without the replies."""
    lines: list[Line] = []
    open_message = False
    for raw in script.split("\n"):
        if raw.startswith(">"):
            text = raw.removeprefix(">").removeprefix(" ")
            if open_message:
                text = f"{lines.pop().text}\n{text}"
            lines.append(Line("say", text))
            open_message = True
            continue
        open_message = False
        kind = next((kind for kind in DIRECTIVES if raw.startswith(kind)), None)
        if kind is not None:
            lines.append(Line(kind, raw.removeprefix(kind).rstrip()))
    return lines


def _say(talk: Talk, text: str) -> list[str]:
    before = set(talk.session.scalars(select(Delivery.id)))
    reply = _send(talk, text)
    return [
        *(f"> {part}" for part in text.split("\n")),
        *(reply.split("\n") if reply else ()),
        *_left(talk, before),
    ]


def _left(talk: Talk, before: set[uuid.UUID]) -> list[str]:
    """What was put into the outbox meanwhile, as its reader will see it."""
    book = load_book()
    lines = []
    for delivery in talk.session.scalars(select(Delivery).order_by(Delivery.id)):
        if delivery.id in before:
            continue
        slots = outbox.slots_of(delivery)
        if "code" in slots:
            slots["code"] = "******"
        text = book.text(delivery.key, delivery.channel, **slots).replace("\n", f"\n{LEFT}")
        to = f"*{delivery.address[-4:]}" if delivery.address else ""
        lines += f"{LEFT}{delivery.channel} {to}: {text}".split("\n")
    return lines


def _send(talk: Talk, text: str) -> str:
    directive = re.fullmatch(r"\[(\w+) ?(.*)\]", text)
    if directive is None:
        return talk(text)
    name, rest = directive.groups()
    match name:
        case "photo":
            return talk.photo(rest or None)
        case "voice":
            return talk.voice(rest)
        case "place":
            return talk.place()
        case "code":
            return talk(talk.code())
        case "event":
            event, _, key = rest.partition(" ")
            return talk.event(event, key or None)
    return talk(text)


def _direct(talk: Talk, line: Line) -> None:
    match line.kind:
        case "at ":
            talk.clock.at = at(line.text)
        case "who ":
            talk.who = line.text.split()[0]
        case "@ ":
            _move_clock(talk, line.text)
        case "! ":
            name, *words = line.text.split()
            if name not in SCENES:
                raise ScriptError(f"! {name}: there are {', '.join(sorted(SCENES))}")
            SCENES[name](talk, *words)
            talk.session.commit()


def _move_clock(talk: Talk, text: str) -> None:
    span = re.fullmatch(r"\+(\d+) (minute|hour|day)s?", text)
    if span:
        talk.wait(**{f"{span[2]}s": float(span[1])})
        return
    try:
        talk.clock.at = at(text)
    except ValueError:
        raise ScriptError(f"@ {text}: +3 days, +2 hours, +5 minutes or a date and time") from None
