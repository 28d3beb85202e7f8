"""What WeChat reports about our own sending, and what its refusals teach (platform.md 1.5, 2, 3).

TEMPLATESENDJOBFINISH, MASSSENDJOBFINISH and subscribe_msg_sent_event settle deliveries like the
receipts of short messages: they may come twice, late, or before the answer to the send.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from channels.inbound import Inbound
from channels.sms.entries import Receipt as Report
from channels.wechat.errors import LESSONS
from models import Contact, Delivery
from models.telling import DeliveryState
from services import card_consents, chat_windows, receipts
from services.broadcasts import mass_reports, mass_tags
from services.delivery_steps import on_settled
from wording.cards import CARD

PROVIDER = "wechat"
MINI_PROVIDER = "wechat_mini"
"""The mini-program is an account of its own: its messages have their own numbers."""
CHANNELS = frozenset({"wechat", "template", "subscription", "mini"})

REPORTS = frozenset({"templatesendjobfinish", "masssendjobfinish", "subscribe_msg_sent_event"})

WELL = frozenset({"success", "send success", "sendsuccess"})
"""The platform writes a success in these ways."""

_CODE = re.compile(r"\w+: (-?\d+)\b")


def take(session: Session, letter: Inbound, now: datetime) -> None:
    """Use one event of `REPORTS`. Repeating changes nothing."""
    if letter.event == "subscribe_msg_sent_event":
        contact = session.scalars(
            select(Contact).where(
                Contact.channel == letter.channel, Contact.address_key == letter.sender
            )
        ).first()
        for entry in card_consents.entries(letter.details):
            _record_sent(session, letter, contact, entry, now)
        return
    if letter.event == "masssendjobfinish":
        mass_reports.note_report(session, letter.details, now)
    number, status = letter.details.get("MsgID", ""), letter.details.get("Status", "")
    _record(session, letter.sender, number, status, now)


def learn(session: Session, delivery: Delivery, now: datetime) -> None:
    """Hear what became of a delivery: a refusal tells something about the person, and where it was
    not for want of a consent, the consent is there again. (What was stopped before it could leave:
    `services.telling_ways`.)"""
    if delivery.channel not in CHANNELS or delivery.contact_id is None:
        return
    if delivery.state != DeliveryState.FAILED:
        return
    contact = session.get_one(Contact, delivery.contact_id)
    template = template_of(delivery)
    found = _CODE.match(delivery.error or "")
    code = int(found[1]) if found else None
    if code is not None:
        note_refusal(session, contact, code, now, template=template)
    refused = code is not None and code in LESSONS["no_consent"]
    if template and not refused and delivery.provider_id is None:
        card_consents.give_back_consent(session, contact, template, now)


def note_refusal(
    session: Session, contact: Contact, code: int, now: datetime, *, template: str | None = None
) -> None:
    """The platform knows better: a shut window, a consent that is gone, somebody who left."""
    if code in LESSONS["window_shut"]:
        chat_windows.shut_window(session, contact, now)
    elif code in LESSONS["no_consent"] and template:
        card_consents.void_consent(session, contact, template, now)
    elif code in LESSONS["not_following"]:
        contact.followed = False


def note_following(session: Session, contact: Contact) -> None:
    """Somebody wrote of whom the platform had said that they do not follow: they do, and carry none
    of the tags that they had."""
    contact.followed = True
    mass_tags.forget_all(session, contact)


def template_of(delivery: Delivery) -> str | None:
    """The platform's template whose consent a delivery spends; None where it spends none."""
    return card_consents.template_of(delivery.channel, delivery.key.removeprefix(CARD))


def _record(
    session: Session,
    openid: str,
    number: str,
    status: str,
    now: datetime,
    *,
    provider: str = PROVIDER,
) -> None:
    if not number:
        return
    arrived = status.lower() in WELL
    report = Report(
        provider=provider,
        provider_id=number,
        phone=openid,
        delivered=arrived,
        code=status,
        description="",
        happened_at=None,
    )
    receipts.record(session, [report], now)


def _record_sent(
    session: Session,
    letter: Inbound,
    contact: Contact | None,
    entry: Mapping[str, str],
    now: datetime,
) -> None:
    """Settle one subscription message. The answer to its sending tells no number: the oldest one to
    this person from this template, of which nothing was reported yet, is meant."""
    number, template = entry.get("MsgID", ""), entry.get("TemplateId", "")
    code = entry.get("ErrorCode", "")
    if not number:
        return
    provider = MINI_PROVIDER if letter.channel == "mini" else PROVIDER
    if contact is not None and not _is_known(session, provider, number):
        waiting = session.scalars(
            select(Delivery)
            .where(
                Delivery.contact_id == contact.id,
                Delivery.channel.in_(("subscription", "mini")),
                Delivery.state.in_((DeliveryState.ACCEPTED, DeliveryState.UNCERTAIN)),
                Delivery.provider_id.is_(None),
            )
            .order_by(Delivery.created_at)
            .with_for_update()
        )
        meant = next((one for one in waiting if template_of(one) == template), None)
        if meant is not None:
            meant.provider, meant.provider_id = provider, number
            session.flush()
    status = "success" if code == "0" else f"refused: {code} {entry.get('ErrorStatus', '')}"
    _record(session, letter.sender, number, status.strip(), now, provider=provider)


def _is_known(session: Session, provider: str, number: str) -> bool:
    known = select(Delivery.id).where(
        Delivery.provider == provider, Delivery.provider_id == number[:64]
    )
    return session.scalar(known.limit(1)) is not None


on_settled.append(learn)
