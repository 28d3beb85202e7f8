"""What may be sent to whom."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import AuditEntry
from services import subscriptions
from services.subscriptions import Purpose
from tests.builders import NOW, at, create_contact

ALL = frozenset(Purpose)


@pytest.mark.parametrize(
    ("opted_out", "quiet", "sent"),
    [
        (False, False, ALL),
        (True, False, {Purpose.DECISION, Purpose.SAFETY, Purpose.ANSWER}),
        (False, True, {Purpose.ANSWER}),
        (True, True, {Purpose.ANSWER}),
    ],
)
def test_a_refusal_stops_what_can_be_refused_and_a_death_stops_all(
    seeded: Session, opted_out: bool, quiet: bool, sent: frozenset[Purpose]
) -> None:
    contact = create_contact(seeded)
    if opted_out:
        subscriptions.stop(seeded, contact, NOW)
    if quiet:
        subscriptions.silence(seeded, contact, NOW)
    assert {purpose for purpose in Purpose if subscriptions.may_send(contact, purpose)} == sent


def test_stopping_twice_keeps_the_first_date_and_resuming_undoes_both(seeded: Session) -> None:
    contact = create_contact(seeded)
    assert not subscriptions.resume(seeded, contact, NOW)
    subscriptions.stop(seeded, contact, NOW)
    subscriptions.stop(seeded, contact, at("2022-05-01 09:00"))
    subscriptions.silence(seeded, contact, NOW)
    assert contact.opted_out_at == NOW
    assert subscriptions.resume(seeded, contact, NOW)
    assert subscriptions.may_send(contact, Purpose.PUBLICITY)
    seeded.flush()
    acts = seeded.scalars(select(AuditEntry.act).order_by(AuditEntry.id)).all()
    assert [act for act in acts if act.startswith("subscription")] == [
        "subscription.stopped",
        "subscription.silenced",
        "subscription.resumed",
    ]
