"""What WeChat still lets us send to one person, and spending it (platform.md 2).

    open_windows(session, contact, now)        customer-service messages left, and until when
    spend_window(session, contact, now)        take one of them; False where there is none
    consents(session, contact, template)       subscription messages left for a template, which is
                                               `template_id(card)`
    spend_consent(session, contact, template, now)
    month_left(session, contact, now)          mass messages left this calendar month
    spend_month(session, contact_ids, now)

Spending is one conditional statement each: it may be called by several senders at once, and never
takes what is not there. What the platform refuses all the same is noted by `note_refusal`.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import case, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from channels.wechat.errors import LESSONS
from models import Contact, Conversation, Inbound
from models.credit import ChannelWindow, MonthlyCount, TemplateConsent
from services.clock import business_date

Act = Literal["message", "event"]

GRANTS: Mapping[Act, tuple[int, timedelta]] = {
    "message": (5, timedelta(hours=48)),
    "event": (3, timedelta(minutes=1)),
}
"""How many customer-service messages an act opens, and for how long. They do not add up over acts
of one kind (platform.md 2)."""

OPENING_EVENTS = frozenset({"click", "subscribe", "scan", "scancode_push", "scancode_waitmsg"})

MASS_A_MONTH = 4

UNLIMITED = 1_000_000
"""What a lasting consent counts as."""


_TEMPLATE_IDS: dict[str, str] = {}


def know_templates(ids: Mapping[str, str]) -> None:
    """Tell this process which subscription templates our cards have in the account. Called by the
    front doors, like the keyring."""
    _TEMPLATE_IDS.clear()
    _TEMPLATE_IDS.update(ids)


def template_id(card: str) -> str:
    """The platform's template of one of our cards; the name itself where none was told, as in the
    sandbox. Consents are counted by it."""
    return _TEMPLATE_IDS.get(card, card)


@dataclass(frozen=True)
class OpenWindow:
    """Customer-service messages that may still be sent, `left` of them before `until`."""

    act: Act
    opened_at: datetime
    until: datetime
    left: int


def open_windows(session: Session, contact: Contact, now: datetime) -> tuple[OpenWindow, ...]:
    """The windows in which at least one message is left; the one that lasts longer comes first.

    Only messages count as messages: a report of the platform's about our own sending opens nothing.
    """
    if contact.channel != "wechat" or not contact.followed:
        return ()
    opened = _last_acts(session, contact, now)
    spent = {
        row.act: row
        for row in session.scalars(
            select(ChannelWindow)
            .where(ChannelWindow.contact_id == contact.id)
            .execution_options(populate_existing=True)
        )
    }
    found = []
    for act, (count, span) in GRANTS.items():
        at = opened[act]
        if at is None or now >= at + span:
            continue
        row = spent.get(act)
        left = count - row.spent if row is not None and row.opened_at >= at else count
        if left > 0:
            found.append(OpenWindow(act, at, at + span, left))
    return tuple(sorted(found, key=lambda window: window.until, reverse=True))


def spend_window(session: Session, contact: Contact, now: datetime) -> bool:
    """Take one customer-service message; False where none is left."""
    for window in open_windows(session, contact, now):
        count = GRANTS[window.act][0]
        if _count_window(session, contact.id, window.act, window.opened_at, spend=1, most=count):
            return True
    return False


def consents(session: Session, contact: Contact, template: str) -> int:
    """Subscription messages of a template that may still be sent; `UNLIMITED` for a lasting one."""
    row = session.execute(
        select(TemplateConsent.left, TemplateConsent.lasting).where(
            TemplateConsent.contact_id == contact.id, TemplateConsent.template == template
        )
    ).first()
    if row is None:
        return 0
    return UNLIMITED if row.lasting else row.left


def spend_consent(session: Session, contact: Contact, template: str, now: datetime) -> bool:
    """Take one consent; False where there is none."""
    taken = (
        update(TemplateConsent)
        .where(
            TemplateConsent.contact_id == contact.id,
            TemplateConsent.template == template,
            or_(TemplateConsent.left > 0, TemplateConsent.lasting),
        )
        .values(
            left=case(
                (TemplateConsent.lasting, TemplateConsent.left), else_=TemplateConsent.left - 1
            ),
            changed_at=now,
        )
        .returning(TemplateConsent.template)
        .execution_options(synchronize_session=False)
    )
    return session.scalar(taken) is not None


def give_back_consent(session: Session, contact: Contact, template: str, now: datetime) -> None:
    """A message that took a consent never left this house: the consent is there again."""
    session.execute(
        update(TemplateConsent)
        .where(
            TemplateConsent.contact_id == contact.id,
            TemplateConsent.template == template,
            TemplateConsent.refused_at.is_(None),
            TemplateConsent.lasting.is_(False),
        )
        .values(left=TemplateConsent.left + 1, changed_at=now)
        .execution_options(synchronize_session=False)
    )


def grant_consent(
    session: Session, contact: Contact, template: str, now: datetime, *, lasting: bool = False
) -> None:
    """Somebody ticked a template: one message more; of a one-time scene at most one (platform.md 2:
    repeated consents in one scene do not add up)."""
    table = _dialect(session).insert(TemplateConsent)
    first = {"left": 1, "lasting": lasting, "changed_at": now, "refused_at": None}
    naming = {"contact_id": contact.id, "template": template}
    more = 1 if template.startswith("scene:") else TemplateConsent.left + 1
    session.execute(
        table.values(**naming, **first).on_conflict_do_update(
            index_elements=["contact_id", "template"],
            set_={**first, "left": more, "lasting": lasting or TemplateConsent.lasting},
        )
    )


def void_consent(session: Session, contact: Contact, template: str, now: datetime) -> None:
    """Somebody refused a template: what was left counts no more."""
    table = _dialect(session).insert(TemplateConsent)
    none = {"left": 0, "lasting": False, "changed_at": now, "refused_at": now}
    session.execute(
        table.values(contact_id=contact.id, template=template, **none).on_conflict_do_update(
            index_elements=["contact_id", "template"], set_=none
        )
    )


def month_left(session: Session, contact: Contact, now: datetime) -> int:
    """Mass messages that may still reach this follower in the calendar month of `now`."""
    spent = session.scalar(
        select(MonthlyCount.spent).where(
            MonthlyCount.contact_id == contact.id, MonthlyCount.month == month_of(now)
        )
    )
    return max(0, MASS_A_MONTH - (spent or 0))


def spend_month(session: Session, contact_ids: Iterable[uuid.UUID], now: datetime) -> int:
    """Count one mass message for each; how many had one left. The platform itself skips those who
    had none."""
    table = _dialect(session).insert(MonthlyCount)
    month, reached = month_of(now), 0
    for contact_id in contact_ids:
        counted = session.scalar(
            table.values(contact_id=contact_id, month=month, spent=1)
            .on_conflict_do_update(
                index_elements=["contact_id", "month"],
                set_={"spent": MonthlyCount.spent + 1},
                where=MonthlyCount.spent < MASS_A_MONTH,
            )
            .returning(MonthlyCount.spent)
        )
        reached += counted is not None
    return reached


def month_of(now: datetime) -> str:
    """The calendar month, in China, that mass messages are counted in."""
    return f"{business_date(now):%Y-%m}"


def note_inbound(
    session: Session, contact: Contact, event: str, details: Mapping[str, str], now: datetime
) -> None:
    """Keep what a subscription event says: `subscribe_msg_popup_event` (ticked or refused at a
    page) and `subscribe_msg_change_event` (switched off later). Others change no credit.

    `details` are `Inbound.details`, whose `List` is JSON text.
    """
    if event not in ("subscribe_msg_popup_event", "subscribe_msg_change_event"):
        return
    for entry in entries(details):
        template, status = entry.get("TemplateId", ""), entry.get("SubscribeStatusString", "")
        if not 0 < len(template) <= 64:
            continue
        if status == "accept" and event == "subscribe_msg_popup_event":
            grant_consent(session, contact, template, now)
        elif status == "reject":
            void_consent(session, contact, template, now)


def note_refusal(
    session: Session, contact: Contact, code: int, now: datetime, *, template: str | None = None
) -> None:
    """The platform knows better: a shut window, a consent that is gone, somebody who left."""
    if code in LESSONS["window_shut"]:
        for act, at in _last_acts(session, contact, now).items():
            if at is not None:
                most = GRANTS[act][0]
                _count_window(session, contact.id, act, at, spend=most, most=most)
    elif code in LESSONS["no_consent"] and template:
        void_consent(session, contact, template, now)
    elif code in LESSONS["not_following"]:
        contact.followed = False


def entries(details: Mapping[str, str]) -> list[dict[str, str]]:
    """The rows of a subscription event; what is not a row of texts is left out."""
    try:
        listed = json.loads(details.get("List") or "[]")
    except ValueError:
        return []
    rows = listed if isinstance(listed, list) else [listed]
    return [
        {name: text for name, text in row.items() if isinstance(text, str)}
        for row in rows
        if isinstance(row, dict)
    ]


def _last_acts(session: Session, contact: Contact, now: datetime) -> dict[Act, datetime | None]:
    """When the contact last wrote, and last clicked, scanned or followed, within 48 hours.

    The talk's row answers for almost everybody, without a look at the messages."""
    since = now - GRANTS["message"][1]
    turned_at = session.scalar(
        select(Conversation.turned_at).where(Conversation.contact_id == contact.id)
    )
    if turned_at is None or turned_at <= since:
        return {"message": None, "event": None}
    is_event = Inbound.dedupe_key.startswith("e:", autoescape=True)
    opens = is_event & Inbound.kind.in_(OPENING_EVENTS)
    row = session.execute(
        select(
            func.max(case((~is_event, Inbound.received_at))),
            func.max(case((opens, Inbound.received_at))),
        ).where(
            Inbound.channel == contact.channel,
            Inbound.sender_key == contact.address_key,
            Inbound.received_at > since,
        )
    ).one()
    return {"message": row[0], "event": row[1]}


def _count_window(
    session: Session, contact_id: uuid.UUID, act: Act, at: datetime, *, spend: int, most: int
) -> bool:
    """Add to the count of the window that opened at `at`; False where that is more than `most`. A
    count of an earlier window begins anew."""
    session.flush()
    same = ChannelWindow.opened_at == at
    table = _dialect(session).insert(ChannelWindow)
    spent = case((same, ChannelWindow.spent + spend), else_=spend)
    counted = session.scalar(
        table.values(contact_id=contact_id, act=act, opened_at=at, spent=spend)
        .on_conflict_do_update(
            index_elements=["contact_id", "act"],
            set_={"opened_at": at, "spent": spent},
            where=or_(ChannelWindow.opened_at < at, same & (ChannelWindow.spent < most)),
        )
        .returning(ChannelWindow.spent)
    )
    return counted is not None


def _dialect(session: Session) -> Any:
    return postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
