"""The inbox's own rows: where a sender stands, and the messages with the replies they got.

Every message passes here, so the statements are prepared (`models.prepared`), and what a turn needs
of its two rows is read and written without making objects of the tables.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from sqlalchemy import LargeBinary, Table, bindparam, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from channels.inbound import Inbound as Letter
from models import Contact, Conversation, Inbound, new_id
from models.prepared import Prepared
from models.sealing import Sealed, blind_index
from wording.hearing import mask_private

_CONTACT = cast(Table, Contact.__table__)
_TALK = cast(Table, Conversation.__table__)
_INBOUND = cast(Table, Inbound.__table__)

_SAME_LETTER = (_INBOUND.c.channel == bindparam("channel")) & (
    _INBOUND.c.dedupe_key == bindparam("dedupe_key")
)
_FIND = Prepared(
    select(
        _INBOUND.c.id,
        _INBOUND.c.reply,
        _TALK.c.contact_id,
        _TALK.c.standing_sealed,
        _TALK.c.turned_at,
        _CONTACT.c.answered_at,
    )
    .join_from(_CONTACT, _TALK, _TALK.c.contact_id == _CONTACT.c.id)
    .outerjoin(_INBOUND, _SAME_LETTER)
    .where(
        _CONTACT.c.channel == bindparam("channel"),
        _CONTACT.c.address_key == bindparam("sender_key"),
    )
    .with_for_update(of=_TALK)
)
_FIND_REPLY = Prepared(select(_INBOUND.c.reply).where(_SAME_LETTER))
_LETTER_COLUMNS = [column.name for column in _INBOUND.c if column.name != "id"]
_UPDATE_TALK = (
    update(_TALK)
    .where(_TALK.c.contact_id == bindparam("of_contact"))
    .values(standing_sealed=bindparam("sealed"), turned_at=bindparam("at"))
)
_UNTURNED = (_TALK.c.turned_at == bindparam("turned_at")) & (
    _TALK.c.standing_sealed.is_not_distinct_from(bindparam("read_sealed", type_=LargeBinary()))
)
"""The talk stands where it was found."""
_INSERT_LETTER = insert(_INBOUND).inline()  # nobody needs the new row's number
_KEEP_TALK = Prepared(_UPDATE_TALK.where(_UNTURNED))
_KEEP_LETTER = Prepared(_INSERT_LETTER, columns=_LETTER_COLUMNS)
_KEEP_BOTH = Prepared(
    _INSERT_LETTER.add_cte(_UPDATE_TALK.cte("kept_talk")), columns=_LETTER_COLUMNS
)
"""One journey to the server instead of two. SQLite has no such statement, and no journey."""


class Overtaken(Exception):
    """Somebody else turned the talk between reading its page and writing it: nothing is kept."""


@dataclass
class Talk:
    """The conversation's row without the table's machinery; `keep_turn` writes it."""

    contact_id: uuid.UUID
    standing_sealed: bytes | None
    turned_at: datetime
    __tablename__: str = field(default=Conversation.__tablename__, init=False)

    standing = Sealed(row_key="contact_id")


@dataclass(frozen=True)
class Page:
    """What is known of a letter's sender: where the talk stands, and, where this very letter came
    before, what it was told."""

    talk: Talk
    came_before: bool
    earlier_reply: str
    answer_waits: bool
    """An office answered the sender and no message could bring it."""


def find(session: Session, letter: Letter) -> Page | None:
    """The sender's page, locked until the transaction ends. None for a sender nobody has met."""
    return _page(_FIND.first(session.connection(), _naming(letter)))


def glance(session: Session, letter: Letter) -> Page | None:
    """The sender's page. SQLite does not lock it, because it would have to lock everything while
    the message is thought about: there, `keep_turn` finds out whether somebody else was faster."""
    return _page(_FIND.peek(session.connection(), _naming(letter)))


def _page(row: tuple[Any, ...] | None) -> Page | None:
    if row is None:
        return None
    letter_id, reply, contact_id, standing_sealed, turned_at, answered_at = row
    talk = Talk(contact_id, standing_sealed, turned_at)
    return Page(talk, letter_id is not None, reply or "", answered_at is not None)


def find_reply(session: Session, letter: Letter) -> str | None:
    """The reply that this very letter got; None when it never came."""
    row = _FIND_REPLY.first(session.connection(), _naming(letter))
    return None if row is None else row[0] or ""


def open_page(session: Session, letter: Letter, now: datetime) -> Page:
    """A page for a first letter; two first letters at once get one page, and queue for it."""
    naming = {"channel": letter.channel, "address_key": sender_key(letter)}
    _insert_once(session, Contact, naming | {"id": new_id(), "followed": True})
    contact = session.scalars(select(Contact).filter_by(**naming)).one()
    if letter.channel == "sms" and contact.address is None:
        contact.address = letter.sender
    _insert_once(session, Conversation, {"contact_id": contact.id, "turned_at": now})
    page = find(session, letter)
    assert page is not None, "both rows were made just now"
    return page


def keep_turn(
    session: Session, page: Page, letter: Letter, *, standing: str, reply: str, now: datetime
) -> None:
    """Write where the talk stands now, and the letter with its reply. Raises `Overtaken`."""
    connection = session.connection()
    found = {"read_sealed": page.talk.standing_sealed, "turned_at": page.talk.turned_at}
    page.talk.standing = standing
    sealed = page.talk.standing_sealed
    talk = {"of_contact": page.talk.contact_id, "sealed": sealed, "at": now}
    row = letter_row(letter, now, reply)
    if connection.dialect.name == "postgresql":
        _KEEP_BOTH.run(connection, talk | row)
        return
    if not _KEEP_TALK.run(connection, talk | found):
        raise Overtaken
    _KEEP_LETTER.run(connection, row)


def keep_failed(session: Session, letter: Letter, *, reply: str, now: datetime) -> None:
    """Keep a letter that we failed on, so that nothing a resident wrote is lost."""
    row = letter_row(letter, now, reply) | {"failed": True}
    _KEEP_LETTER.run(session.connection(), row)


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
