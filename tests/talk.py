"""Somebody who writes to the service, for tests: real inbox, real counters, real database.

    talk("俺想报名")                                  # 李桂香, by WeChat, at 2022-04-06 09:00
    talk("您好", who="王大成")                         # another person, by WeChat
    talk("报名", who="13800001234")                    # a phone number writes by SMS
    talk.photo() · talk.voice("…") · talk.place(35.5, 116.8)
    talk.event("subscribe", "v-xinyan-xinghualing")
    talk(talk.code())                                 # the one-time code that was just sent
    talk.wait(days=3)
    talk.session                                      # what the database says now
    print(talk.transcript)

Between two messages the stored state goes through JSON with its keys in another order, so that
every talk is also a restart test. A turn that fails raises here; in the service the resident gets
an apology.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.orm import Session, sessionmaker

from bot.inbox import Inbox
from channels.inbound import Inbound
from handlers.desk import Office
from models import Conversation, Delivery
from tests.builders import NOW
from wording import load_book

WRITER = "李桂香"
OFFICE = Office(district_phone="0537-0000000", public_url="http://127.0.0.1:8080")
BETWEEN_MESSAGES = timedelta(seconds=10)


@dataclass
class HandClock:
    """A business clock that only moves by hand."""

    at: datetime = NOW

    def now(self, session: Session) -> datetime:
        return self.at


class CandidInbox(Inbox):
    """The inbox, except that a failing turn fails the test."""

    def _keep_failed(self, letter: Inbound) -> str:
        raise  # noqa: PLE0704 - called inside the except clause of `receive`


@dataclass
class Talk:
    """`transcript` holds what was said so far, in the form of the golden transcripts."""

    connection: Connection
    session: Session
    clock: HandClock = field(default_factory=HandClock)
    who: str = WRITER
    said: list[str] = field(default_factory=list)
    counted: int = 0
    shuffle: random.Random = field(default_factory=lambda: random.Random(42))

    def __post_init__(self) -> None:
        self.inbox = CandidInbox(
            sessions=sessionmaker(
                self.connection,
                expire_on_commit=False,
                join_transaction_mode="create_savepoint",
            ),
            clock=self.clock,
            office=OFFICE,
            book=load_book(),
        )

    def __call__(self, text: str, *, who: str | None = None) -> str:
        """Write words; gives the reply ("" where the service keeps silent)."""
        return self.send(who=who, shown=text, text=text)

    def photo(self, media_id: str | None = None, *, who: str | None = None) -> str:
        media_id = media_id or f"photo-{self.counted + 1}"
        return self.send(who=who, shown="[photo]", kind="image", media_id=media_id)

    def voice(self, text: str = "", *, who: str | None = None) -> str:
        """A voice message as the platform recognised it; "" where it recognised nothing."""
        return self.send(who=who, shown=f"[voice {text}]", kind="voice", text=text, media_id="v-1")

    def place(self, latitude: float = 35.55, longitude: float = 116.83) -> str:
        return self.send(shown="[place]", kind="location", latitude=latitude, longitude=longitude)

    def event(self, name: str, key: str | None = None, *, who: str | None = None) -> str:
        shown = f"[event {name} {key}]" if key else f"[event {name}]"
        return self.send(who=who, shown=shown, kind="event", event=name, event_key=key)

    def wait(self, **span: float) -> None:
        """Let time pass: days, hours, minutes."""
        self.clock.at += timedelta(**span)

    def send(self, *, who: str | None = None, shown: str = "", **parts: Any) -> str:
        """Send one message of any kind; `parts` are fields of `channels.inbound.Inbound`."""
        self.counted += 1
        letter = letter_from(who or self.who, number=self.counted, sent_at=self.clock.at)
        letter = replace(letter, **parts)
        self.said += [f"> {line}" for line in shown.split("\n")]
        reply = self.receive(letter)
        self.said += [*reply.split("\n"), ""] if reply else [""]
        return reply

    def receive(self, letter: Inbound) -> str:
        """Hand a letter to the inbox as it is; for the same one twice, say."""
        self._restart()
        reply = self.inbox.receive(letter)
        if reply == load_book().text("dialog.busy", letter.channel):
            raise AssertionError("the database refused: see the log above")
        if ways_of_one(reply) > 1:
            raise AssertionError(f"“1” means two things here:\n{reply}")
        self.clock.at += BETWEEN_MESSAGES
        self.session.expire_all()
        return reply

    def code(self) -> str:
        """The digits of the one-time code that was sent last, out of the outbox."""
        newest = self.session.scalars(select(Delivery).order_by(Delivery.created_at.desc()))
        for delivery in newest:
            found = re.search(r"(?<!\d)\d{4,8}(?!\d)", delivery.slots or "")
            if found and "code" in delivery.key:
                return found.group()
        raise AssertionError("no one-time code was sent")

    @property
    def transcript(self) -> str:
        return "\n".join(self.said).strip() + "\n"

    def _restart(self) -> None:
        """What a restart of the service does to a state, and a database that reorders keys."""
        for conversation in self.session.scalars(select(Conversation)):
            standing = json.loads(conversation.standing or "{}")
            conversation.standing = json.dumps(reordered(standing, self.shuffle))
        self.session.commit()


def letter_from(who: str, *, number: int, sent_at: datetime) -> Inbound:
    """The envelope of a message: digits are a phone that writes by SMS, a name is on WeChat."""
    sms = who.isdigit()
    return Inbound(
        channel="sms" if sms else "wechat",
        sender=who if sms else f"o-{who}",
        kind="text",
        dedupe_key=f"{'s' if sms else 'm'}:{number}",
        sent_at=sent_at,
    )


def ways_of_one(reply: str) -> int:
    """How many menus of a reply begin with 1: a number must mean what was seen last."""
    return len(re.findall(r"^1[ .、]|回“1”", reply, re.MULTILINE))


def reordered(value: Any, shuffle: random.Random) -> Any:
    """A value out of JSON, the keys of every object in another order."""

    def turn(part: Any) -> Any:
        if isinstance(part, Mapping):
            keys = list(part)
            shuffle.shuffle(keys)
            return {key: turn(part[key]) for key in keys}
        return [turn(item) for item in part] if isinstance(part, list) else part

    return turn(value)
