"""The inbox: one message, one transaction, one effect (design.md 2).

`receive` never raises: whatever happens inside, the resident gets a sentence. A message that came
before gets the reply it got then. A message on which we failed is kept, marked failed, so that
nothing a resident wrote is lost.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session, sessionmaker

from bot.conversation import converse, paused_notice
from bot.events import react
from bot.standing import Standing
from channels.inbound import Inbound as Letter
from dialog import Heard, Say
from handlers.desk import Desk, Office
from models import Contact, Conversation, Inbound, new_id
from models.sealing import blind_index
from rules import parameters
from services.clock import Clock, business_date
from wording import Book
from wording.book import sheet
from wording.hearing import mask_private

log = structlog.get_logger()

REPLY_LIMIT_BYTES = 2048
"""WeChat's limit for a passive text reply (platform.md 1.3)."""
MORE_HINT_BYTES = 64


@dataclass(frozen=True)
class Inbox:
    """What a turn needs; made once by the front door."""

    sessions: sessionmaker[Session]
    clock: Clock
    office: Office
    book: Book

    def receive(self, letter: Letter) -> str:
        """Take one message and give the reply text; "" where there is nothing to say."""
        try:
            with self.sessions.begin() as session:
                return self._take(session, letter)
        except IntegrityError:
            return self._reply_of_twin(letter)
        except OperationalError:
            log.warning("inbox.database_busy", key=letter.dedupe_key, exc_info=True)
            return self.book.text("dialog.busy", letter.channel)
        except Exception:
            log.exception("inbox.turn_failed", key=letter.dedupe_key)
            return self._keep_failed(letter)

    def _take(self, session: Session, letter: Letter) -> str:
        conversation, earlier = _lock_conversation(session, letter)
        if earlier is not None:
            return earlier.reply or ""
        now = self.clock.now(session)
        if conversation is None:
            conversation = _first_contact(session, letter, now)
        standing = Standing.from_json(json.loads(conversation.standing or "{}"))
        desk = Desk(session=session, contact=conversation.contact, now=now, office=self.office)
        says = self._turn(desk, standing, letter, conversation.turned_at)
        reply = self._render(desk, standing, says)
        conversation.standing = json.dumps(standing.to_json(), ensure_ascii=False)
        conversation.turned_at = now
        session.execute(insert(Inbound), _row(letter, now, reply))
        return reply

    def _turn(
        self, desk: Desk, standing: Standing, letter: Letter, turned_at: datetime
    ) -> tuple[Say, ...]:
        if letter.kind == "event":
            return react(desk, standing, letter)
        idle = parameters.in_force("conversation.idle_hours", business_date(desk.now)).value
        silent = desk.now - turned_at > timedelta(hours=float(idle))
        before = tuple(paused_notice(standing)) if silent else ()
        heard = Heard(kind=letter.kind, text=letter.text, media_id=letter.media_id)
        return before + converse(desk, standing, heard)

    def _render(self, desk: Desk, standing: Standing, says: tuple[Say, ...]) -> str:
        text = self.book.render(says, desk.channel)
        first, rest = sheet(text, REPLY_LIMIT_BYTES)
        if rest:
            first, rest = sheet(text, REPLY_LIMIT_BYTES - MORE_HINT_BYTES)
            first += "\n" + self.book.text("dialog.more_hint", desk.channel)
        standing.more = rest or standing.more if not says else rest
        return first

    def _reply_of_twin(self, letter: Letter) -> str:
        """Another process took the same message while we worked: its reply is the reply."""
        with self.sessions.begin() as session:
            twin = _find(session, letter)
            if twin is not None:
                return twin.reply or ""
        log.error("inbox.constraint", key=letter.dedupe_key, exc_info=True)
        return self._keep_failed(letter)

    def _keep_failed(self, letter: Letter) -> str:
        reply = self.book.text("dialog.apology", letter.channel)
        try:
            with self.sessions.begin() as session:
                row = _row(letter, self.clock.now(session), reply)
                session.execute(insert(Inbound), row | {"failed": True})
        except Exception:
            log.exception("inbox.not_even_kept", key=letter.dedupe_key)
        return reply


def _lock_conversation(
    session: Session, letter: Letter
) -> tuple[Conversation | None, Inbound | None]:
    """The sender's conversation, locked, and an earlier copy of this very message."""
    found = session.execute(
        select(Conversation, Inbound)
        .join(Conversation.contact)
        .outerjoin(
            Inbound,
            (Inbound.channel == letter.channel) & (Inbound.dedupe_key == letter.dedupe_key),
        )
        .where(Contact.channel == letter.channel, Contact.address_key == sender_key(letter))
        .with_for_update(of=Conversation)
    ).first()
    if found is None:
        return None, _find(session, letter)
    return found[0], found[1]


def _first_contact(session: Session, letter: Letter, now: datetime) -> Conversation:
    """Make the sender's contact and conversation; two first messages at once make one."""
    contact: dict[str, Any] = {
        "id": new_id(),
        "channel": letter.channel,
        "address_key": sender_key(letter),
        "followed": True,
    }
    _insert_once(session, Contact, contact)
    contact_id = session.scalars(
        select(Contact.id).where(
            Contact.channel == letter.channel, Contact.address_key == sender_key(letter)
        )
    ).one()
    start = {"contact_id": contact_id, "turned_at": now}
    _insert_once(session, Conversation, start)
    conversation = session.scalars(
        select(Conversation)
        .where(Conversation.contact_id == contact_id)
        .with_for_update(of=Conversation)
    ).one()
    if letter.channel == "sms" and conversation.contact.address is None:
        conversation.contact.address = letter.sender
    return conversation


def _insert_once(session: Session, table: type[Any], row: dict[str, Any]) -> None:
    dialect = session.get_bind().dialect.name
    insert_on = postgresql.insert if dialect == "postgresql" else sqlite.insert
    session.execute(insert_on(table).values(**row).on_conflict_do_nothing())


def _find(session: Session, letter: Letter) -> Inbound | None:
    return session.scalars(
        select(Inbound).where(
            Inbound.channel == letter.channel, Inbound.dedupe_key == letter.dedupe_key
        )
    ).first()


def _row(letter: Letter, now: datetime, reply: str) -> dict[str, Any]:
    return {
        "channel": letter.channel,
        "dedupe_key": letter.dedupe_key,
        "sender_key": sender_key(letter),
        "kind": letter.event or letter.kind,
        "content": mask_private(letter.text) if letter.text else letter.event_key,
        "received_at": now,
        "reply": reply,
        "failed": False,
    }


def sender_key(letter: Letter) -> str:
    """The contact's address key: an openid as it is, a phone number only as its blind index."""
    if letter.channel == "sms":
        return blind_index(letter.sender, "phone")
    return letter.sender
