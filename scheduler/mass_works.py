"""What the clock does for mass messages: it brings the tag of a place in step, hands the message to
the outbox, and asks what became of one of which no report came.

No transaction is open during a call. A clock that dies between a call and its note repeats the
call: who has a tag keeps it.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from functools import partial

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from channels.wechat.errors import LESSONS, Action, WechatError
from channels.wechat.mass import MAX_TAG_BYTES, TAGGED_AT_ONCE, MassMail
from models import Broadcast, BroadcastState, Contact, MassSend, MassTag, Region
from scheduler.works import RUN_SECONDS, Works
from services.broadcasts import mass, mass_reports, mass_tags
from wording import load_book
from wording.book import sheet

log = structlog.get_logger()

Openids = Sequence[tuple[uuid.UUID, str]]
LOOKED_UP = 20 * TAGGED_AT_ONCE
"""Who is to be tagged is a search among all followers: not one for each call."""
LATER = frozenset({Action.TRANSIENT, Action.UNKNOWN, Action.TOKEN, Action.MINUTE_QUOTA})
"""Worth another try in a moment; what else the platform says, it will say again."""


def has_mass(works: Works) -> bool:
    """Whether a mass message is to be made, or asked about."""
    with works.reading() as session:
        now = works.clock.now(session)
        return bool(mass.to_prepare(session) or mass_reports.to_ask(session, now))


def send_mass(works: Works) -> int:
    """Go on with every mass message; how many were handed over, given up, or asked about."""
    with works.reading() as session:
        keys = [one.id for one in mass.to_prepare(session)]
        asked = [one.broadcast_id for one in mass_reports.to_ask(session, works.clock.now(session))]
    return sum(_prepare(works, key) for key in keys) + sum(_ask(works, key) for key in asked)


def _prepare(works: Works, key: uuid.UUID) -> bool:
    until = time.monotonic() + RUN_SECONDS
    with works.reading() as session:
        region_id = session.get_one(Broadcast, key).region_id
    try:
        if works.mass is None:
            return _give_up(works, key, mass.NO_ACCOUNT)
        if not _bring_in_step(works, works.mass, region_id, until):
            return False
    except WechatError as error:
        log.warning("mass.not_in_step", broadcast=str(key), error=str(error))
        return error.action not in LATER and _give_up(works, key, str(error))
    return _locked(works, key, mass.prepare)


def _bring_in_step(works: Works, account: MassMail, region_id: int, until: float) -> bool:
    """Tell the platform who is to carry the tag; whether that is all, as far as time went."""
    number = _tag(works, account, region_id)
    for find, tell, note in (
        (mass_tags.to_untag, account.untag_people, _note_untagged),
        (mass_tags.to_tag, account.tag_people, _note_tagged),
    ):
        while time.monotonic() < until and not works.stopping.is_set():
            with works.reading() as session:
                some = find(session, session.get_one(Region, region_id), limit=LOOKED_UP)
            if not some:
                break
            for start in range(0, len(some), TAGGED_AT_ONCE):
                few = some[start : start + TAGGED_AT_ONCE]
                _tell(works, region_id, few, partial(tell, number), note)
    with works.reading() as session:
        return mass_tags.is_in_step(session, session.get_one(Region, region_id))


def _tag(works: Works, account: MassMail, region_id: int) -> int:
    """The number of a place's tag. One that we do not know of is made anew, with nobody in it: who
    carries an old one of its name may have refused since."""
    with works.reading() as session:
        known = session.get(MassTag, region_id)
        place = session.get_one(Region, region_id).name
    if known is not None:
        return known.number
    name = sheet(load_book().text("broadcast.tag", place=place), MAX_TAG_BYTES)[0]
    number = account.renew_tag(name)
    with works.sessions.begin() as session:
        region = session.get_one(Region, region_id)
        mass_tags.know(session, region, number, works.clock.now(session))
    return number


Note = Callable[[Session, Region, Collection[uuid.UUID], datetime], None]


def _tell(
    works: Works,
    region_id: int,
    some: Openids,
    call: Callable[[Sequence[str]], None],
    note: Note,
) -> None:
    """One call for some; where the platform refuses one of them, a call for each, since it does not
    say whom it meant. Who is not there any more is no follower, until they write again. Another
    refusal says nothing about anybody: it is raised, and everybody is told in other ways."""
    gone: list[uuid.UUID] = []
    try:
        call([openid for _key, openid in some])
    except WechatError as error:
        if error.action is not Action.RECIPIENT:
            raise
        gone = [key for key, openid in some if not _takes(call, openid)]
    with works.sessions.begin() as session:
        region, now = session.get_one(Region, region_id), works.clock.now(session)
        note(session, region, [key for key, _openid in some if key not in gone], now)
        for contact in session.scalars(select(Contact).where(Contact.id.in_(gone))):
            contact.followed = False
            mass_tags.forget_all(session, contact)


def _takes(call: Callable[[Sequence[str]], None], openid: str) -> bool:
    try:
        call([openid])
    except WechatError as error:
        if error.code not in LESSONS["no_follower"]:
            raise
        return False
    return True


def _note_tagged(
    session: Session, region: Region, keys: Collection[uuid.UUID], now: datetime
) -> None:
    mass_tags.note_tagged(session, region, keys, now)


def _note_untagged(
    session: Session, region: Region, keys: Collection[uuid.UUID], _now: datetime
) -> None:
    mass_tags.note_untagged(session, region, keys)


def _locked(
    works: Works, key: uuid.UUID, act: Callable[[Session, Broadcast, datetime], object]
) -> bool:
    """Nobody pauses it meanwhile; another clock's is left to that clock."""
    with works.sessions.begin() as session:
        held = select(Broadcast).where(Broadcast.id == key)
        locked = held.with_for_update(skip_locked=True, of=Broadcast)
        broadcast = session.scalars(locked).first()
        sends = broadcast is not None and broadcast.state == BroadcastState.SENDING
        if broadcast is None or not sends or session.get(MassSend, key) is not None:
            return False
        act(session, broadcast, works.clock.now(session))
        return True


def _give_up(works: Works, key: uuid.UUID, error: str) -> bool:
    def give_up(session: Session, broadcast: Broadcast, now: datetime) -> None:
        mass.give_up(session, broadcast, error, now)

    return _locked(works, key, give_up)


def _ask(works: Works, key: uuid.UUID) -> bool:
    if works.mass is None:
        return False
    with works.reading() as session:
        sent = session.get_one(MassSend, key)
        number = sent.delivery.provider_id if sent.delivery is not None else None
    try:
        status = works.mass.status(number) if number else ""
    except WechatError as error:
        log.warning("mass.not_found_out", broadcast=str(key), error=str(error))
        status = ""
    with works.sessions.begin() as session:
        held = session.get_one(MassSend, key, with_for_update=True)
        mass_reports.hear(session, held, status, works.clock.now(session))
    return True
