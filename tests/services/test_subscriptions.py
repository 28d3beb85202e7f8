"""What may be sent to whom."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import AuditEntry
from services import subscriptions
from services.subscriptions import Purpose
from tests.builders import NOW, at, create_contact

ALL = frozenset(Purpose)


def test_stopping_twice_keeps_the_first_date_and_resuming_undoes_both(seeded: Session) -> None:
    contact = create_contact(seeded)
    assert not subscriptions.resume(seeded, contact, NOW)
    subscriptions.stop(seeded, contact, NOW)
    subscriptions.stop(seeded, contact, at("2022-05-01 09:00"))
    subscriptions.silence(seeded, contact, NOW)
    assert contact.opted_out_at == NOW
    assert subscriptions.resume(seeded, contact, NOW)
    assert {contact.opted_out_at, contact.quiet_at} == {None}
    seeded.flush()
    acts = seeded.scalars(select(AuditEntry.act).order_by(AuditEntry.id)).all()
    assert [act for act in acts if act.startswith("subscription")] == [
        "subscription.stopped",
        "subscription.silenced",
        "subscription.resumed",
    ]
