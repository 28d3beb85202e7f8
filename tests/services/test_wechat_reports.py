"""What WeChat reports about our own sending settles deliveries; what it refuses teaches us."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from channels.inbound import Inbound
from models import Contact, Delivery, Receipt
from models.telling import DeliveryState
from services import card_consents, dispatch, outbox, wechat_reports
from services.dispatch import Answer, Fate, Parcel
from tests.builders import NOW, create_contact


@pytest.fixture
def contact(session: Session) -> Contact:
    return create_contact(session)


def put(session: Session, contact: Contact, **more: Any) -> tuple[Delivery, Parcel]:
    """A delivery that a sender has claimed."""
    given: dict[str, Any] = {
        "channel": "subscription",
        "contact": contact,
        "key": "card.case_news",
        "slots": {"name": "李**", "number": more.pop("number", "1")},
        "cause": "test",
        "now": NOW,
    }
    delivery = outbox.enqueue(session, **{**given, **more})
    session.flush()
    (parcel,) = dispatch.claim(
        session, delivery.channel, now=NOW, machine_now=NOW, ids=[delivery.id]
    )
    return delivery, parcel


def send(session: Session, contact: Contact, answer: Answer, **more: Any) -> Delivery:
    delivery, parcel = put(session, contact, **more)
    dispatch.record(session, parcel, answer, now=NOW)
    session.flush()
    return delivery


def sent(*rows: tuple[str, str, str]) -> dict[str, str]:
    listed = [
        {"TemplateId": name, "MsgID": number, "ErrorCode": code, "ErrorStatus": "x"}
        for name, number, code in rows
    ]
    return {"List": json.dumps(listed)}


def report(session: Session, contact: Contact, event: str, details: dict[str, str]) -> None:
    assert event in wechat_reports.REPORTS
    letter = Inbound(
        channel="wechat",
        sender=contact.address_key,
        kind="event",
        dedupe_key="e:1",
        event=event,
        details=details,
    )
    wechat_reports.take(session, letter, NOW)
    session.flush()


SENT = "subscribe_msg_sent_event"


@pytest.mark.parametrize(
    ("event", "channel"), [("templatesendjobfinish", "template"), ("masssendjobfinish", "mass")]
)
@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("success", DeliveryState.DELIVERED),
        ("send success", DeliveryState.DELIVERED),
        ("failed:user block", DeliveryState.FAILED),
        ("failed: system failed", DeliveryState.FAILED),
        ("err(10001)", DeliveryState.FAILED),
    ],
)
def test_a_job_that_finished_settles_its_delivery_once(
    session: Session, contact: Contact, event: str, channel: str, status: str, state: str
) -> None:
    accepted = Answer(Fate.ACCEPTED, "wechat", "200163836")
    delivery = send(session, contact, accepted, channel=channel)
    for _ in range(2):
        report(session, contact, event, {"MsgID": "200163836", "Status": status})
    assert delivery.state == state
    if state == DeliveryState.FAILED:
        assert delivery.error == status


def test_a_report_that_is_faster_than_the_answer_waits(session: Session, contact: Contact) -> None:
    delivery, parcel = put(session, contact, channel="template")
    report(session, contact, "templatesendjobfinish", {"MsgID": "77", "Status": "success"})
    assert delivery.settled_at is None
    dispatch.record(session, parcel, Answer(Fate.ACCEPTED, "wechat", "77"), now=NOW)
    assert delivery.state == DeliveryState.DELIVERED


def test_a_report_about_a_message_of_nobody_is_kept_quietly(
    session: Session, contact: Contact
) -> None:
    report(session, contact, "templatesendjobfinish", {"MsgID": "1", "Status": "success"})
    report(session, contact, "templatesendjobfinish", {})
    stranger = Contact(channel="wechat", address_key="o-nobody")
    report(session, stranger, SENT, sent(("case_news", "501", "0")))
    assert session.scalar(select(func.count()).select_from(Receipt)) == 2


def test_a_subscription_is_settled_without_a_number_in_order(
    session: Session, contact: Contact
) -> None:
    accepted = Answer(Fate.ACCEPTED, "wechat")
    first = send(session, contact, accepted, number="1")
    second = send(session, contact, accepted, number="2")
    other = send(session, contact, accepted, key="card.term_end")
    report(session, contact, SENT, sent(("case_news", "501", "0")))
    report(session, contact, SENT, sent(("case_news", "501", "0"), ("case_news", "502", "43101")))
    assert (first.state, first.provider_id) == (DeliveryState.DELIVERED, "501")
    assert (second.state, second.provider_id) == (DeliveryState.FAILED, "502")
    assert other.state == DeliveryState.ACCEPTED


def test_an_uncertain_subscription_is_settled_by_its_report(
    session: Session, contact: Contact
) -> None:
    delivery = send(session, contact, Answer(Fate.UNKNOWN, "wechat", error="unknown: ReadTimeout"))
    assert delivery.settled_at is None
    report(session, contact, SENT, sent(("case_news", "503", "0")))
    assert delivery.state == DeliveryState.DELIVERED


def refused(code: int, action: str = "recipient") -> Answer:
    return Answer(Fate.REFUSED, "wechat", error=f"{action}: {code} words of the platform")


def test_a_refusal_for_want_of_consent_voids_what_we_had_counted(
    session: Session, contact: Contact
) -> None:
    for _ in range(2):
        card_consents.grant_consent(session, contact, "case_news", NOW)
    card_consents.spend_consent(session, contact, "case_news", NOW)
    send(session, contact, refused(43101))
    assert card_consents.consents(session, contact, "case_news") == 0


def test_a_message_that_was_wrong_gives_its_consent_back(
    session: Session, contact: Contact
) -> None:
    card_consents.grant_consent(session, contact, "case_news", NOW)
    card_consents.spend_consent(session, contact, "case_news", NOW)
    send(session, contact, refused(47003, "content"))
    assert card_consents.consents(session, contact, "case_news") == 1


def test_who_does_not_follow_any_more_is_known(session: Session, contact: Contact) -> None:
    send(session, contact, refused(43004), channel="template")
    assert not contact.followed


def test_an_sms_that_failed_teaches_nothing_about_wechat(
    session: Session, contact: Contact
) -> None:
    send(session, contact, refused(43004), channel="sms", address="13800001234")
    assert contact.followed
