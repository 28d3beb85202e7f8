"""The inbox's own rows: where a sender stands, and the messages with the replies they got.

Every message passes here, so the statements are made once: built inside a function, SQLAlchemy
would put each together and hash it anew for every message, which took longer than the database.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, bindparam, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from channels.inbound import Inbound as Letter
from models import Contact, Conversation, Inbound, new_id
from models.sealing import blind_index
from wording.hearing import mask_private

_TALK = cast(Table, Conversation.__table__)
_INBOUND = cast(Table, Inbound.__table__)

_SAME_LETTER = (_INBOUND.c.channel == bindparam("channel")) & (
    _INBOUND.c.dedupe_key == bindparam("dedupe_key")
)
_SAME_SENDER = (Contact.channel == bindparam("channel")) & (
    Contact.address_key == bindparam("sender_key")
)
_FIND = (
    select(
        Contact,
        _TALK.c.standing_sealed,
        _TALK.c.turned_at,
        _INBOUND.c.id.label("letter_id"),
        _INBOUND.c.reply,
    )
    .join_from(Contact, _TALK, _TALK.c.contact_id == Contact.id)
    .outerjoin(_INBOUND, _SAME_LETTER)
    .where(_SAME_SENDER)
    .with_for_update(of=_TALK)
)
_FIND_REPLY = select(_INBOUND.c.reply).where(_SAME_LETTER)
_FIND_CONTACT = select(Contact).where(_SAME_SENDER)
_KEEP_TALK = (
    update(_TALK)
    .where(_TALK.c.contact_id == bindparam("of_contact"))
    .values(standing_sealed=bindparam("sealed"), turned_at=bindparam("at"))
)
_KEEP_LETTER = insert(_INBOUND).inline()
"""Inline: nobody needs the row's number back, and asking for it costs a round trip."""


@dataclass(frozen=True)
class Page:
    """What is known of a letter's sender: the contact, where the talk stands (`talk` belongs to no
    session; `keep_turn` writes it), and, where this very letter came before, what it was told."""

    contact: Contact
    talk: Conversation
    came_before: bool = False
    earlier_reply: str = ""


def find(session: Session, letter: Letter) -> Page | None:
    """The sender's page, with the conversation row locked. None for a sender nobody has met."""
    found = session.execute(_FIND, _naming(letter)).first()
    if found is None:
        return None
    talk = Conversation(
        contact_id=found.Contact.id,
        standing_sealed=found.standing_sealed,
        turned_at=found.turned_at,
    )
    return Page(found.Contact, talk, found.letter_id is not None, found.reply or "")


def find_reply(session: Session, letter: Letter) -> str | None:
    """The reply that this very letter got; None when it never came."""
    row = session.connection().execute(_FIND_REPLY, _naming(letter)).first()
    return None if row is None else row.reply or ""


def open_page(session: Session, letter: Letter, now: datetime) -> Page:
    """A page for a first letter; two first letters at once get one page, and queue for it."""
    naming = _naming(letter)
    row = {"id": new_id(), "channel": letter.channel, "address_key": naming["sender_key"]}
    _insert_once(session, Contact, row | {"followed": True})
    contact = session.scalars(_FIND_CONTACT, naming).one()
    if letter.channel == "sms" and contact.address is None:
        contact.address = letter.sender
    _insert_once(session, Conversation, {"contact_id": contact.id, "turned_at": now})
    page = find(session, letter)
    assert page is not None, "both rows were made just now"
    return page


def keep_turn(
    session: Session, page: Page, letter: Letter, *, standing: str, reply: str, now: datetime
) -> None:
    """Write where the talk stands now, and the letter with its reply."""
    page.talk.standing = standing
    sealed = page.talk.standing_sealed
    connection = session.connection()
    connection.execute(
        _KEEP_TALK, {"of_contact": page.talk.contact_id, "sealed": sealed, "at": now}
    )
    connection.execute(_KEEP_LETTER, letter_row(letter, now, reply))


def keep_failed(session: Session, letter: Letter, *, reply: str, now: datetime) -> None:
    """Keep a letter that we failed on, so that nothing a resident wrote is lost."""
    row = letter_row(letter, now, reply) | {"failed": True}
    session.connection().execute(_KEEP_LETTER, row)


def letter_row(letter: Letter, now: datetime, reply: str) -> dict[str, Any]:
    """The row of a letter, personal numbers masked."""
    return {
        **_naming(letter),
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


def _naming(letter: Letter) -> dict[str, Any]:
    return {
        "channel": letter.channel,
        "dedupe_key": letter.dedupe_key,
        "sender_key": sender_key(letter),
    }


def _insert_once(session: Session, table: type[Any], row: dict[str, Any]) -> None:
    dialect = session.get_bind().dialect.name
    insert_on = postgresql.insert if dialect == "postgresql" else sqlite.insert
    session.execute(insert_on(table).values(**row).on_conflict_do_nothing())
