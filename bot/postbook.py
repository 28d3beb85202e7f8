"""The inbox's own rows: where a sender stands, and the messages with the replies they got.

Every message passes here, so the statements are prepared (`models.prepared`), and what a turn needs
of its two rows is read and written without making objects of the tables.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import (
    Connection,
    LargeBinary,
    Select,
    Table,
    bindparam,
    insert,
    select,
    update,
)
from sqlalchemy import cast as cast_to
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from channels.inbound import Inbound as Letter
from models import Contact, Conversation, Inbound, new_id
from models.prepared import Prepared, Write
from models.sealing import Sealed, blind_index
from services import identity
from services.clock import business_date
from services.days import signing
from services.days.signing import Foreknown
from wording.hearing import mask_private

_CONTACT = cast(Table, Contact.__table__)
_TALK = cast(Table, Conversation.__table__)
_INBOUND = cast(Table, Inbound.__table__)

_SAME_LETTER = (_INBOUND.c.channel == bindparam("channel")) & (
    _INBOUND.c.dedupe_key == bindparam("dedupe_key")
)
_OF_THE_PAGE = (
    _INBOUND.c.id,
    _INBOUND.c.reply,
    _TALK.c.contact_id,
    _TALK.c.standing_sealed,
    _TALK.c.turned_at,
    _CONTACT.c.answered_at,
    _CONTACT.c.followed,
)
_LOOK_UP = signing.with_standing(
    select(*_OF_THE_PAGE)
    .join_from(_CONTACT, _TALK, _TALK.c.contact_id == _CONTACT.c.id)
    .outerjoin(_INBOUND, _SAME_LETTER)
    .where(
        _CONTACT.c.channel == bindparam("channel"),
        _CONTACT.c.address_key == bindparam("sender_key"),
    )
)
_GLANCE = Prepared(_LOOK_UP)
_FIND = Prepared(_LOOK_UP.with_for_update(of=_TALK))
_FIND_REPLY = Prepared(select(_INBOUND.c.reply).where(_SAME_LETTER))
_LETTER_COLUMNS = [column.name for column in _INBOUND.c if column.name != "id"]
_KEEP_TALK_AS_FOUND = (
    update(_TALK)
    .where(
        _TALK.c.contact_id == bindparam("of_contact"),
        _TALK.c.turned_at == bindparam("found_turned_at"),
        _TALK.c.standing_sealed.is_not_distinct_from(
            bindparam("found_sealed", type_=LargeBinary())
        ),
    )
    .values(standing_sealed=bindparam("sealed"), turned_at=bindparam("at"))
)
_KEEP_TALK = Prepared(_KEEP_TALK_AS_FOUND)
_KEEP_LETTER = Prepared(insert(_INBOUND).inline(), columns=_LETTER_COLUMNS)


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
    follows: bool
    """As far as we know: the platform may have said otherwise."""
    on_post: Foreknown
    """How the sender stands on their post on that day: a morning's letters are check-ins, and one
    journey to the database is saved."""


def find(session: Session, letter: Letter, day: date) -> Page | None:
    """The sender's page on a day, locked until the transaction ends. None for a sender nobody has
    met."""
    return _page(_FIND.first(session.connection(), {**_naming(letter), "day": day}), day)


def glance(session: Session, letter: Letter, day: date) -> Page | None:
    """The sender's page, not locked: SQLite would have to lock everything while the message is
    thought about. `keep_turn` finds out whether somebody else was faster."""
    return _page(_GLANCE.peek(session.connection(), {**_naming(letter), "day": day}), day)


def _page(row: tuple[Any, ...] | None, day: date) -> Page | None:
    if row is None:
        return None
    own = len(_OF_THE_PAGE)
    letter_id, reply, contact_id, standing_sealed, turned_at, answered_at, follows = row[:own]
    return Page(
        Talk(contact_id, standing_sealed, turned_at),
        letter_id is not None,
        reply or "",
        answered_at is not None,
        bool(follows),
        Foreknown(day, row[own:]),
    )


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
        identity.recognise(session, contact, now)
    _insert_once(session, Conversation, {"contact_id": contact.id, "turned_at": now})
    page = find(session, letter, business_date(now))
    assert page is not None, "both rows were made just now"
    return page


@dataclass(frozen=True)
class Turned:
    """What a turn came to. `standing`: where the talk stands now, None for nowhere in particular;
    `also`: rows that were left for the end."""

    standing: str | None
    reply: str
    at: datetime
    also: Sequence[Write] = ()


def keep_turn(session: Session, page: Page, letter: Letter, turned: Turned) -> None:
    """Write where the talk stands now, the letter with its reply, and what else was left for now.
    Raises `Overtaken`."""
    session.flush()
    connection = session.connection()
    found = {
        "of_contact": page.talk.contact_id,
        "found_sealed": page.talk.standing_sealed,
        "found_turned_at": page.talk.turned_at,
    }
    page.talk.standing = turned.standing
    talk = {**found, "sealed": page.talk.standing_sealed, "at": turned.at}
    row = letter_row(letter, turned.at, turned.reply)
    if connection.dialect.name == "postgresql":
        _keep_at_once(connection, talk, [*turned.also, Write(_INBOUND, row)])
        return
    if not _KEEP_TALK.run(connection, talk):
        raise Overtaken
    for write in turned.also:
        write.run(connection)
    _KEEP_LETTER.run(connection, row)


def _keep_at_once(connection: Connection, talk: dict[str, Any], writes: Sequence[Write]) -> None:
    """All in one statement: one journey to the server, and no other for a transaction's begin and
    end where nothing was written before."""
    values = dict(talk)
    for number, write in enumerate(writes):
        values |= {f"{name}_{number}": value for name, value in write.row.items()}
    statement = _together(tuple((write.table, write.columns) for write in writes))
    if not statement.run_alone(connection, values):
        raise Overtaken


@lru_cache(maxsize=64)
def _together(rows: tuple[tuple[Table, tuple[str, ...]], ...]) -> Prepared:
    """Keep the talk, and the rows with it if it stands where it was found. The last row counts."""
    kept = _KEEP_TALK_AS_FOUND.returning(_TALK.c.contact_id).cte("kept_talk")
    *others, last = [
        insert(table).from_select(columns, _given(table, columns, number).select_from(kept))
        for number, (table, columns) in enumerate(rows)
    ]
    return Prepared(last.add_cte(*(other.cte(f"row_{n}") for n, other in enumerate(others))))


def _given(table: Table, columns: Sequence[str], number: int) -> Select[Any]:
    kinds = [(name, table.c[name].type) for name in columns]
    return select(*(cast_to(bindparam(f"{name}_{number}", type_=t), t) for name, t in kinds))


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
