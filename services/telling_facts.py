"""What the router must know about a recipient: addresses, windows, refusals, the hour of day."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, time, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Application, Contact, Delivery, Person, Staff, StaffContact
from models.sealing import blind_index
from models.telling import DeliveryState
from rules import parameters
from services import card_consents, chat_windows
from services.clock import SHANGHAI, business_date
from services.deaths import dead_among
from services.routing import Chat, Facts, Mini, Phone
from services.telling_kinds import Channel, Kind

_CARDS: set[str] | None = None


def know_cards(ids: Collection[str] | None) -> None:
    """Tell this process which of our cards have a template in the account; None, as in the
    sandbox: all. Called by the front doors."""
    global _CARDS  # noqa: PLW0603 - set once, when the process starts
    _CARDS = None if ids is None else set(ids)


def has_card(kind: Kind) -> bool:
    """Whether the account may send this kind's template message."""
    return kind.template is not None and (_CARDS is None or kind.template in _CARDS)


_MINI = False


def know_mini(*, there: bool) -> None:
    """Tell this process whether the district has a mini-program. Called by the front doors."""
    global _MINI  # noqa: PLW0603 - as above
    _MINI = there


def has_mini() -> bool:
    """Whether the district has a mini-program."""
    return _MINI


CHAT_WINDOW = timedelta(hours=48)
"""After the last message of theirs WeChat lets us answer for so long (platform.md 2)."""


def of_person(
    session: Session, kind: Kind, person: Person, now: datetime, *, at: datetime
) -> Facts:
    """What is known of a person now, for a message that leaves at `at`."""
    own = list(session.scalars(select(Contact).where(Contact.person_id == person.id)))
    chats = [_chat(session, kind, contact, now) for contact in own if contact.channel == "wechat"]
    if kind.helper:
        known = {contact.id for contact in own}
        chats += [
            _chat(session, kind, contact, now, helper=True)
            for contact in _helpers(session, person)
            if contact.id not in known
        ]
    return Facts(
        at=at,
        chats=tuple(chats),
        minis=_minis(session, kind, own),
        phone=_phone(session, person.phone, now),
        silenced=any(contact.quiet_at is not None for contact in own)
        or bool(dead_among(session, [person.id])),
        village=person.village_id is not None,
    )


def of_staff(session: Session, kind: Kind, staff: Staff, now: datetime, *, at: datetime) -> Facts:
    """What is known of a member of staff: the chats paired with the account, and its phone."""
    paired = session.scalars(
        select(Contact)
        .join(StaffContact, StaffContact.contact_id == Contact.id)
        .where(
            StaffContact.staff_id == staff.id,
            StaffContact.bound_at.is_not(None),
            StaffContact.ended_at.is_(None),
        )
    )
    chats = [
        _chat(session, kind, contact, now) for contact in paired if contact.channel == "wechat"
    ]
    return Facts(at=at, chats=tuple(chats), phone=_phone(session, staff.phone, now), village=False)


def leaves_at(kind: Kind, now: datetime) -> datetime:
    """When a message may leave: now, or when the quiet hours end (parameter
    `contact.quiet_hours`)."""
    if not kind.quiet_hours:
        return now
    quiet = parameters.in_force("contact.quiet_hours", business_date(now)).value
    begins, ends = (time.fromisoformat(quiet[side]) for side in ("from", "to"))
    local = now.astimezone(SHANGHAI)
    morning = local.replace(hour=ends.hour, minute=ends.minute, second=0, microsecond=0)
    if begins <= ends:  # within one day
        return morning if begins <= local.time() < ends else now
    if local.time() >= begins:
        return morning + timedelta(days=1)
    return morning if local.time() < ends else now


def _helpers(session: Session, person: Person) -> Iterable[Contact]:
    return session.scalars(
        select(Contact)
        .join(Application, Application.helper_contact_id == Contact.id)
        .where(Application.person_id == person.id)
        .distinct()
    )


def _chat(
    session: Session, kind: Kind, contact: Contact, now: datetime, *, helper: bool = False
) -> Chat:
    windows = chat_windows.open_windows(session, contact, now)
    asks = Channel.SUBSCRIPTION in kind.channels and kind.template is not None
    template = card_consents.template_id(kind.template) if asks and kind.template else ""
    return Chat(
        id=contact.id,
        followed=contact.followed,
        opted_out=contact.opted_out_at is not None,
        helper=helper,
        open_until=windows[0].until if windows else None,
        consents=card_consents.consents(session, contact, template) if asks else 0,
        templates=has_card(kind),
    )


def _minis(session: Session, kind: Kind, own: Iterable[Contact]) -> tuple[Mini, ...] | None:
    if not has_mini() or Channel.MINI not in kind.channels:
        return None
    template = card_consents.template_of("mini", kind.template or "")
    return tuple(
        Mini(one.id, None if template is None else card_consents.consents(session, one, template))
        for one in own
        if one.channel == "mini"
    )


def _phone(session: Session, number: str | None, now: datetime) -> Phone | None:
    if not number:
        return None
    key = blind_index(number, "phone")
    own = session.scalars(
        select(Contact).where(Contact.channel == "sms", Contact.address_key == key)
    ).first()
    sharing = select(func.count()).select_from(Person).where(Person.phone_index == key)
    return Phone(
        opted_out=own is not None and own.opted_out_at is not None,
        stopped=_stopped(session, key, now),
        shared_by=session.scalar(sharing) or 1,
    )


def _stopped(session: Session, key: str, now: datetime) -> bool:
    """Whether the last short messages to a number all failed (parameter
    `contact.failures_in_a_row`)."""
    most = int(parameters.in_force("contact.failures_in_a_row", business_date(now)).value)
    last = session.scalars(
        select(Delivery.state)
        .where(
            Delivery.channel == "sms",
            Delivery.address_index == key,
            Delivery.state.in_((DeliveryState.DELIVERED, DeliveryState.FAILED)),
        )
        .order_by(Delivery.created_at.desc())
        .limit(most)
    ).all()
    return len(last) == most and set(last) == {DeliveryState.FAILED}
