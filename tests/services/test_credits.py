"""What may still be sent to one person by WeChat: counted, spent once, voided by the platform."""

from __future__ import annotations

import itertools
import json
import threading
from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session, sessionmaker

from models import Contact, Inbound
from services import card_consents, chat_windows, mass_months, wechat_reports
from tests.builders import NOW, create_contact, create_conversation

MINUTE = timedelta(minutes=1)
_numbers = itertools.count(1)


def hears(session: Session, contact: Contact, kind: str, at: datetime) -> None:
    """What the inbox writes for a message (`text`, …) or an event (`e:click`, …)."""
    number = next(_numbers)
    is_event = kind.startswith("e:")
    session.add(
        Inbound(
            channel=contact.channel,
            dedupe_key=f"{'e' if is_event else 'm'}:{number}",
            sender_key=contact.address_key,
            kind=kind.removeprefix("e:"),
            received_at=at,
        )
    )
    session.flush()


@pytest.fixture
def writer(session: Session) -> Contact:
    contact = create_contact(session)
    create_conversation(session, contact_id=contact.id, turned_at=NOW)
    return contact


def left(session: Session, contact: Contact, now: datetime) -> dict[str, int]:
    return {window.act: window.left for window in chat_windows.open_windows(session, contact, now)}


@pytest.mark.parametrize(
    ("kind", "later", "found"),
    [
        ("text", timedelta(0), {"message": 5}),
        ("location", timedelta(hours=47, minutes=59), {"message": 5}),
        ("text", timedelta(hours=48), {}),
        ("e:click", timedelta(seconds=59), {"event": 3}),
        ("e:scan", timedelta(seconds=60), {}),
        ("e:subscribe", timedelta(0), {"event": 3}),
        ("e:location", timedelta(0), {}),
        ("e:unsubscribe", timedelta(0), {}),
        ("e:templatesendjobfinish", timedelta(0), {}),
        ("e:view", timedelta(0), {}),
    ],
)
def test_an_act_opens_its_window(
    session: Session, writer: Contact, kind: str, later: timedelta, found: dict[str, int]
) -> None:
    hears(session, writer, kind, NOW)
    assert left(session, writer, NOW + later) == found


def test_who_left_or_writes_by_sms_has_no_window(session: Session, writer: Contact) -> None:
    hears(session, writer, "text", NOW)
    writer.followed = False
    assert left(session, writer, NOW) == {}
    phone = create_contact(session, channel="sms")
    create_conversation(session, contact_id=phone.id, turned_at=NOW)
    hears(session, phone, "text", NOW)
    assert left(session, phone, NOW) == {}


def test_five_messages_and_no_sixth_until_they_write_again(
    session: Session, writer: Contact
) -> None:
    hears(session, writer, "text", NOW)
    spent = [chat_windows.spend_window(session, writer, NOW + n * MINUTE) for n in range(1, 7)]
    assert spent == [True] * 5 + [False]
    hears(session, writer, "text", NOW + 10 * MINUTE)
    assert left(session, writer, NOW + 10 * MINUTE) == {"message": 5}
    assert chat_windows.spend_window(session, writer, NOW + 11 * MINUTE)
    assert left(session, writer, NOW + 11 * MINUTE) == {"message": 4}


def test_the_longer_window_is_spent_first_and_both_count(session: Session, writer: Contact) -> None:
    hears(session, writer, "text", NOW)
    hears(session, writer, "e:click", NOW)
    for _ in range(6):
        assert chat_windows.spend_window(session, writer, NOW)
    assert left(session, writer, NOW) == {"event": 2}


@pytest.mark.parametrize("code", [45015, 45047])
def test_a_window_that_the_platform_calls_shut_is_shut(
    session: Session, writer: Contact, code: int
) -> None:
    hears(session, writer, "text", NOW)
    wechat_reports.note_refusal(session, writer, code, NOW + MINUTE)
    assert left(session, writer, NOW + MINUTE) == {}
    assert not chat_windows.spend_window(session, writer, NOW + MINUTE)
    hears(session, writer, "text", NOW + 2 * MINUTE)
    assert left(session, writer, NOW + 2 * MINUTE) == {"message": 5}


@pytest.mark.parametrize("code", [43004, 50005])
def test_who_does_not_follow_is_known_to_have_left(
    session: Session, writer: Contact, code: int
) -> None:
    wechat_reports.note_refusal(session, writer, code, NOW)
    assert not writer.followed


def popup(*rows: tuple[str, str]) -> dict[str, str]:
    listed = [{"TemplateId": name, "SubscribeStatusString": word} for name, word in rows]
    return {"List": json.dumps(listed)}


POPUP, CHANGE = "subscribe_msg_popup_event", "subscribe_msg_change_event"


def test_each_tick_is_one_message(session: Session, writer: Contact) -> None:
    card_consents.note_inbound(
        session, writer, POPUP, popup(("t1", "accept"), ("t2", "reject")), NOW
    )
    card_consents.note_inbound(session, writer, POPUP, popup(("t1", "accept")), NOW)
    assert card_consents.consents(session, writer, "t1") == 2
    spent = [card_consents.spend_consent(session, writer, "t1", NOW) for _ in range(3)]
    assert spent == [True, True, False]
    assert not card_consents.spend_consent(session, writer, "t2", NOW)
    assert not card_consents.spend_consent(session, writer, "never ticked", NOW)


def test_a_template_switched_off_counts_no_more(session: Session, writer: Contact) -> None:
    card_consents.note_inbound(session, writer, POPUP, popup(("t1", "accept")), NOW)
    card_consents.note_inbound(session, writer, CHANGE, popup(("t1", "accept")), NOW)
    assert card_consents.consents(session, writer, "t1") == 1
    card_consents.note_inbound(session, writer, CHANGE, popup(("t1", "reject")), NOW)
    assert card_consents.consents(session, writer, "t1") == 0
    card_consents.give_back_consent(session, writer, "t1", NOW)
    assert card_consents.consents(session, writer, "t1") == 0
    card_consents.note_inbound(session, writer, POPUP, popup(("t1", "accept")), NOW)
    assert card_consents.consents(session, writer, "t1") == 1


def test_a_refusal_by_the_platform_voids_the_consent(session: Session, writer: Contact) -> None:
    card_consents.grant_consent(session, writer, "t1", NOW, lasting=True)
    assert card_consents.spend_consent(session, writer, "t1", NOW)
    assert card_consents.consents(session, writer, "t1") == card_consents.UNLIMITED
    wechat_reports.note_refusal(session, writer, 43101, NOW, template="t1")
    assert card_consents.consents(session, writer, "t1") == 0


def test_what_never_left_gives_its_consent_back(session: Session, writer: Contact) -> None:
    card_consents.grant_consent(session, writer, "t1", NOW)
    assert card_consents.spend_consent(session, writer, "t1", NOW)
    card_consents.give_back_consent(session, writer, "t1", NOW)
    assert card_consents.consents(session, writer, "t1") == 1


@pytest.mark.parametrize("listed", ["", "[1, null]", "{}", "not json", '[{"TemplateId": 7}]'])
def test_a_list_that_is_none_changes_nothing(
    session: Session, writer: Contact, listed: str
) -> None:
    card_consents.note_inbound(session, writer, POPUP, {"List": listed}, NOW)
    assert card_consents.consents(session, writer, "7") == 0


def test_four_mass_messages_a_month(session: Session, writer: Contact) -> None:
    other = create_contact(session)
    counted = [mass_months.spend_month(session, [writer.id], NOW) for _ in range(5)]
    assert counted == [{writer.id}] * 4 + [set()]
    assert mass_months.spend_month(session, [writer.id, other.id], NOW) == {other.id}
    later = NOW + timedelta(days=31)
    assert mass_months.spend_month(session, [writer.id], later) == {writer.id}


def test_two_senders_never_spend_the_same_credit(sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as session:
        contact = create_contact(session)
        create_conversation(session, contact_id=contact.id, turned_at=NOW)
        hears(session, contact, "text", NOW)
        card_consents.grant_consent(session, contact, "t1", NOW)
        contact_id = contact.id
    ready, taken = threading.Barrier(4), []

    def spend() -> None:
        ready.wait()
        for _ in range(3):
            with sessions.begin() as own:
                mine = own.get_one(Contact, contact_id)
                window = chat_windows.spend_window(own, mine, NOW)
                consent = card_consents.spend_consent(own, mine, "t1", NOW)
            taken.append((window, consent))

    threads = [threading.Thread(target=spend) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(window for window, _ in taken) == 5
    assert sum(consent for _, consent in taken) == 1
