"""Subscription messages that people ticked for: each tick pays for one (platform.md 2).

    consents(session, contact, template)       left for a template, which is `template_id(card)`
    spend_consent(session, contact, template, now)

Spending is one conditional statement: several senders never take the same consent.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import case, or_, select, update
from sqlalchemy.orm import Session

from models import Contact
from models.credit import TemplateConsent
from models.upserting import upserting

UNLIMITED = 1_000_000
"""What a lasting consent counts as."""


_TEMPLATE_IDS: dict[str, str] = {}
_MINI_IDS: dict[str, str] = {}


def know_templates(ids: Mapping[str, str]) -> None:
    """Tell this process which subscription templates our cards have in the account. Called by the
    front doors, like the keyring."""
    _TEMPLATE_IDS.clear()
    _TEMPLATE_IDS.update(ids)


def know_mini_templates(ids: Mapping[str, str]) -> None:
    """The same of the mini-program; none where there is no mini-program."""
    _MINI_IDS.clear()
    _MINI_IDS.update(ids)


def mini_templates() -> dict[str, str]:
    """Our cards that the mini-program has → the platform's ids of their templates."""
    return dict(_MINI_IDS)


def template_id(card: str) -> str:
    """The platform's template of one of our cards; the name itself where none was told, as in the
    sandbox. Consents are counted by it."""
    return _TEMPLATE_IDS.get(card, card)


def template_of(channel: str, card: str) -> str | None:
    """The template whose consent a card spends on one of the outbox's channels; None where it
    spends none."""
    if channel == "mini":
        return _MINI_IDS.get(card)
    return template_id(card) if channel == "subscription" else None


def ticked_templates(card: str) -> tuple[str, ...]:
    """The templates of a card for which somebody may have ticked, in either account."""
    mini = _MINI_IDS.get(card)
    return (template_id(card),) if mini is None else (template_id(card), mini)


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
    """Somebody ticked a template: one message more."""
    table = upserting(session).insert(TemplateConsent)
    first = {"left": 1, "lasting": lasting, "changed_at": now, "refused_at": None}
    naming = {"contact_id": contact.id, "template": template}
    session.execute(
        table.values(**naming, **first).on_conflict_do_update(
            index_elements=["contact_id", "template"],
            set_={
                **first,
                "left": TemplateConsent.left + 1,
                "lasting": lasting or TemplateConsent.lasting,
            },
        )
    )


def void_consent(session: Session, contact: Contact, template: str, now: datetime) -> None:
    """Somebody refused a template: what was left counts no more."""
    table = upserting(session).insert(TemplateConsent)
    none = {"left": 0, "lasting": False, "changed_at": now, "refused_at": now}
    session.execute(
        table.values(contact_id=contact.id, template=template, **none).on_conflict_do_update(
            index_elements=["contact_id", "template"], set_=none
        )
    )


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
