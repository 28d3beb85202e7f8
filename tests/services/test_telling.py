"""Telling people: through the channels one after the other, to the door, and back when it is no
longer true."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Contact,
    Delivery,
    Exit,
    Message,
    MessageState,
    Person,
    Role,
    Visit,
)
from models.telling import DeliveryState, Happening
from models.term_steps import ExitCause, TermState
from services import card_consents, dispatch, telling_kinds, telling_sweep, uncertain
from services.delivery_steps import advance
from services.dispatch import Answer, Fate
from services.telling import tell, tell_staff, withdraw
from services.telling_kinds import BadKind
from tests.builders import (
    NOW,
    at,
    create_acting,
    create_contact,
    create_engagement,
    create_inbound,
    create_person,
    region,
)

WANGJIA = "v-xinyan-wangjiazhuang"


def villager(session: Session, **more: Any) -> Person:
    return create_person(session, village_id=region(session, WANGJIA).id, **more)


def writes(session: Session, person: Person, when: datetime = NOW) -> Contact:
    """Somebody writes by WeChat: the window is open from then."""
    contact = create_contact(session, person_id=person.id)
    create_inbound(session, contact, received_at=when)
    return contact


def die(
    session: Session, person: Person, state: TermState, *, cause: ExitCause = ExitCause.DIED
) -> None:
    """Somebody leaves a post, by death where no other cause is given."""
    engagement = create_engagement(session, person=person)
    today = NOW.date()
    session.add(
        Exit(engagement_id=engagement.id, state=state, state_at=NOW, asked_by="village",
             opened_at=NOW, cause=cause, last_on=today, reported_on=today)
    )  # fmt: skip
    session.flush()


def approved(session: Session, person: Person, now: datetime = NOW, **more: Any) -> Message:
    return tell(
        session,
        kind="case_approved",
        person=person,
        slots={"number": "2022900001"},
        cause="application:1|approve",
        now=now,
        **more,
    )


def deliveries(session: Session, message: Message) -> list[Delivery]:
    session.flush()
    return list(
        session.scalars(
            select(Delivery).where(Delivery.message_id == message.id).order_by(Delivery.id)
        )
    )


def send(session: Session, channel: str, answer: Answer, now: datetime = NOW) -> None:
    [parcel] = dispatch.claim(session, channel, now=now, machine_now=now)
    dispatch.record(session, parcel, answer, now=now)


TAKEN = Answer(Fate.ACCEPTED, provider="tencent", provider_id="2640:1")
REFUSED = Answer(Fate.REFUSED, error="45015")


def the_visit(session: Session, message: Message) -> Visit:
    return session.scalars(select(Visit).where(Visit.message_id == message.id)).one()


def test_who_wrote_lately_is_told_by_chat(seeded: Session) -> None:
    person = villager(seeded)
    contact = writes(seeded, person)
    message = approved(seeded, person)
    [one] = deliveries(seeded, message)
    assert (one.channel, one.key, one.contact_id) == ("wechat", "news.approved", contact.id)
    assert one.expires_at == NOW + timedelta(hours=48)
    send(seeded, "wechat", Answer(Fate.ACCEPTED, provider="wechat"))
    assert (message.state, message.channel, message.told_at) == ("told", "chat", NOW)


def test_a_failed_chat_becomes_a_card_then_an_sms_then_a_visit(seeded: Session) -> None:
    person = villager(seeded)
    writes(seeded, person)
    message = approved(seeded, person)
    send(seeded, "wechat", REFUSED)
    [_, card] = deliveries(seeded, message)
    assert (card.channel, card.key) == ("template", "card.case_news")
    send(seeded, "template", Answer(Fate.ACCEPTED, provider="wechat", provider_id="1"))
    assert message.state == MessageState.OPEN, "WeChat reports later what became of a card"
    advance(seeded, card, Happening.BOUNCED, NOW, error="failed: user block")
    assert [one.channel for one in deliveries(seeded, message)] == ["wechat", "template", "sms"]
    assert message.state == MessageState.OPEN
    send(seeded, "sms", Answer(Fate.REFUSED, error="no such number"))
    visit = the_visit(seeded, message)
    assert (visit.region_id, visit.due_on) == (person.village_id, date(2022, 4, 11))
    assert message.state == MessageState.OPEN
    taken = [(one["channel"], one["why"]) for one in message.trace if one["taken"]]
    assert taken == [
        ("chat", "chat"), ("template", "template"), ("sms", "sms"), ("visit", "knock")
    ]  # fmt: skip


def test_a_consent_is_spent_once_and_given_back_when_nothing_left(seeded: Session) -> None:
    person = villager(seeded)
    contact = create_contact(seeded, person_id=person.id)
    card_consents.grant_consent(seeded, contact, "case_news", NOW)
    message = approved(seeded, person)
    [one] = deliveries(seeded, message)
    assert (one.channel, one.key) == ("subscription", "card.case_news")
    assert card_consents.consents(seeded, contact, "case_news") == 0
    withdraw(seeded, person_id=person.id, cause_prefix="application:1|", now=NOW, reason="x")
    assert card_consents.consents(seeded, contact, "case_news") == 1


def test_five_messages_in_a_window_and_the_sixth_goes_another_way(seeded: Session) -> None:
    person = villager(seeded)
    writes(seeded, person)
    channels = [
        deliveries(seeded, approved(seeded, person, once=str(number)))[0].channel
        for number in range(6)
    ]
    assert channels == ["wechat"] * 5 + ["template"]


def test_an_sms_is_told_when_the_receipt_says_so(seeded: Session) -> None:
    person = villager(seeded)
    message = approved(seeded, person)
    send(seeded, "sms", TAKEN)
    assert message.state == MessageState.OPEN, "the provider has it, nobody else"
    [one] = deliveries(seeded, message)
    assert "桂香" not in (one.slots or ""), "a phone may be anybody's"


def test_a_queued_chat_whose_window_closes_goes_on_by_card(seeded: Session) -> None:
    person = villager(seeded)
    writes(seeded, person, NOW - timedelta(hours=47))
    message = approved(seeded, person)
    uncertain.expire(seeded, NOW + timedelta(hours=2))
    assert [one.channel for one in deliveries(seeded, message)] == ["wechat", "template"]


def test_at_night_it_waits_for_the_morning_and_a_chat_that_shuts_by_then_is_no_way(
    seeded: Session,
) -> None:
    night = at("2022-04-06 21:15")
    early, late = villager(seeded), villager(seeded)
    writes(seeded, early, night - timedelta(hours=1))
    writes(seeded, late, night - timedelta(hours=47))
    [one] = deliveries(seeded, approved(seeded, early, night))
    assert (one.channel, one.due_at) == ("wechat", at("2022-04-07 07:30"))
    [two] = deliveries(seeded, approved(seeded, late, night))
    assert (two.channel, two.due_at) == ("template", at("2022-04-07 07:30"))
    message = approved(seeded, early, at("2022-04-07 03:00"), once="x")
    assert message.due_at == at("2022-04-07 07:30")


def test_who_refused_everything_still_hears_what_decides(seeded: Session) -> None:
    person = villager(seeded)
    contact = writes(seeded, person)
    contact.opted_out_at = NOW
    [one] = deliveries(seeded, approved(seeded, person))
    assert one.channel == "wechat"


def test_after_a_death_nothing_leaves_by_itself(seeded: Session) -> None:
    person = villager(seeded)
    writes(seeded, person).quiet_at = NOW
    message = approved(seeded, person)
    assert deliveries(seeded, message) == []
    assert the_visit(seeded, message).region_id == person.village_id


@pytest.mark.parametrize(
    ("state", "is_silent"),
    [
        (TermState.AT_TOWN, True),
        (TermState.SET, True),
        (TermState.DONE, True),
        (TermState.REFUSED, False),
        (TermState.WITHDRAWN, False),
        (TermState.UNDONE, False),
    ],
)
def test_a_reported_death_silences_a_phone_without_any_chat(
    seeded: Session, state: TermState, is_silent: bool
) -> None:
    person = villager(seeded)
    die(seeded, person, state)
    message = approved(seeded, person)
    assert ("silenced" in {one["why"] for one in message.trace}) == is_silent
    assert [one.channel for one in deliveries(seeded, message)] == ([] if is_silent else ["sms"])
    if is_silent:
        assert the_visit(seeded, message).region_id == person.village_id


def test_leaving_for_another_cause_silences_nobody(seeded: Session) -> None:
    person = villager(seeded)
    die(seeded, person, TermState.SET, cause=ExitCause.RESIGNED)
    [one] = deliveries(seeded, approved(seeded, person))
    assert one.channel == "sms"


def test_a_number_at_which_everything_failed_gets_no_more(seeded: Session) -> None:
    person = villager(seeded)
    for number in range(3):
        tell(seeded, kind="case_submitted", person=person, slots={"number": str(number)},
             cause="test", now=NOW)  # fmt: skip
        send(seeded, "sms", Answer(Fate.REFUSED, error="dead"))
    message = approved(seeded, person)
    assert deliveries(seeded, message) == []
    assert "phone_stopped" in {one["why"] for one in message.trace}


def test_whom_nothing_reaches_and_nobody_knows_where_they_live(seeded: Session) -> None:
    message = approved(seeded, create_person(seeded, phone=None))
    assert (message.state, message.ended_why) == ("unreached", "no_way_left")


def test_once_is_once(seeded: Session) -> None:
    person = villager(seeded)
    assert approved(seeded, person, once="a") is approved(seeded, person, once="a")
    assert len(deliveries(seeded, approved(seeded, person, once="a"))) == 1


def test_what_is_no_longer_true_does_not_leave(seeded: Session) -> None:
    person, other = villager(seeded), villager(seeded, phone=None)
    queued, knock = approved(seeded, person), approved(seeded, other)
    kept = tell(seeded, kind="case_submitted", person=person, slots={"number": "1"},
                cause="application:11|x", now=NOW)  # fmt: skip
    ended = [
        withdraw(seeded, person_id=one.id, cause_prefix="application:1|", now=NOW,
                 reason="case withdrawn")
        for one in (person, person, other)
    ]  # fmt: skip
    assert ended == [1, 0, 1], "each person's own, once"
    assert [one.state for one in deliveries(seeded, queued)] == [DeliveryState.STOPPED]
    assert (queued.state, knock.state) == ("withdrawn", "withdrawn")
    assert the_visit(seeded, knock).withdrawn_at == NOW
    assert kept.state == MessageState.OPEN


def test_nor_does_what_staff_were_to_hear_of_it(seeded: Session) -> None:
    person, acting = villager(seeded), create_acting(seeded, Role.TOWN_CLERK, "xinyan")
    assert acting.staff is not None
    acting.staff.phone = "13800009999"
    slots = {"village": "王家庄", "day_on": "2022-04-06", "count": 2}
    mine, other = [
        tell_staff(seeded, kind="confirm_overdue", staff=acting.staff, slots=slots, cause=cause,
                   now=NOW)
        for cause in ("term:1|a", "term:11|a")
    ]  # fmt: skip
    ended = withdraw(seeded, person_id=person.id, cause_prefix="term:1|", now=NOW, reason="x")
    assert (ended, mine.state, other.state) == (1, "withdrawn", "open")


def test_the_same_words_again_and_again_are_stopped_and_the_message_says_so(
    seeded: Session,
) -> None:
    person = villager(seeded)
    told = [approved(seeded, person) for _ in range(40)]
    assert told[-1].ended_why == "same_words"
    assert told[-1].state == MessageState.WITHDRAWN


def test_staff_are_told_by_the_chat_paired_with_their_account_else_by_phone(
    seeded: Session,
) -> None:
    acting = create_acting(seeded, Role.TOWN_CLERK, "xinyan")
    assert acting.staff is not None
    slots = {"worker": "王某", "village": "王家庄", "day_on": "2022-04-06", "count": 2}
    nobody = tell_staff(seeded, kind="confirm_overdue", staff=acting.staff, slots=slots,
                        cause="a", now=NOW)  # fmt: skip
    assert (nobody.state, deliveries(seeded, nobody)) == ("unreached", [])
    acting.staff.phone = "13800009999"
    seeded.flush()
    [one] = deliveries(seeded, tell_staff(seeded, kind="confirm_overdue", staff=acting.staff,
                                          slots=slots, cause="b", now=NOW))  # fmt: skip
    assert one.channel == "sms"


def read_by(person: Person, session: Session) -> tuple[Message, datetime]:
    """Told by chat, to be read within three working days."""
    message = approved(session, person)
    send(session, "wechat", Answer(Fate.ACCEPTED, provider="wechat"))
    assert message.read_by_at == at("2022-04-12 00:00"), "the day after the third working day"
    return message, message.read_by_at


def test_unread_by_its_day_becomes_a_visit(seeded: Session) -> None:
    person = villager(seeded)
    writes(seeded, person)
    message, day = read_by(person, seeded)
    assert not telling_sweep.is_due(seeded, day - timedelta(seconds=1))
    assert telling_sweep.is_due(seeded, day)
    assert telling_sweep.sweep(seeded, day) == 1
    assert the_visit(seeded, message).opened_at == day
    assert message.trace[-1]["why"] == "unread"
    assert telling_sweep.sweep(seeded, day) == 0


def test_who_wrote_since_has_read_it(seeded: Session) -> None:
    person = villager(seeded)
    contact = writes(seeded, person)
    message, day = read_by(person, seeded)
    create_inbound(seeded, contact, received_at=NOW + timedelta(hours=1))
    assert telling_sweep.sweep(seeded, day) == 1
    assert (message.state, message.ended_why) == ("read", "wrote_since")


def test_a_receipt_that_never_comes_sends_somebody_to_the_door(seeded: Session) -> None:
    person = villager(seeded)
    message = tell(seeded, kind="case_refused", person=person, slots={"number": "1"},
                   cause="a", now=NOW)  # fmt: skip
    send(seeded, "sms", TAKEN)
    assert not telling_sweep.is_due(seeded, NOW + timedelta(hours=71))
    assert telling_sweep.sweep(seeded, NOW + timedelta(hours=72)) == 1
    assert the_visit(seeded, message).done_at is None
    assert telling_sweep.sweep(seeded, NOW + timedelta(hours=99)) == 0


BAD: dict[str, str] = {
    "unknown key": "g: {same: {}, kinds: {a: {phrase: x.y, colour: red, audience: worker, "
    "purpose: decision, channels: [chat]}}}",
    "unknown channel": "g: {same: {}, kinds: {a: {phrase: x.y, audience: worker, "
    "purpose: decision, channels: [pigeon]}}}",
    "sms without template": "g: {same: {}, kinds: {a: {phrase: x.y, audience: worker, "
    "purpose: decision, channels: [sms]}}}",
    "a knock for publicity": "g: {same: {}, kinds: {a: {phrase: x.y, audience: worker, "
    "purpose: publicity, channels: [chat, visit]}}}",
    "a knock for staff": "g: {same: {}, kinds: {a: {phrase: x.y, audience: town, "
    "purpose: decision, channels: [chat, visit]}}}",
    "unread without a visit": "g: {same: {}, kinds: {a: {phrase: x.y, audience: worker, "
    "purpose: decision, channels: [chat], unread_days: 3}}}",
    "no purpose": "g: {same: {}, kinds: {a: {phrase: x.y, audience: worker, channels: [chat]}}}",
    "twice": "g: {same: &s {audience: worker, purpose: decision, channels: [chat], phrase: x.y}, "
    "kinds: {a: {}}}\nh: {same: *s, kinds: {a: {}}}",
    "a group of something else": "g: {same: {}, rows: {}}",
}


@pytest.mark.parametrize("name", BAD)
def test_the_table_is_read_strictly(name: str, tmp_path: Any) -> None:
    file = tmp_path / "kinds.yaml"
    file.write_text(BAD[name], encoding="utf-8")
    with pytest.raises(BadKind):
        telling_kinds.read(file)


def test_a_kind_that_is_not_there(seeded: Session) -> None:
    tells: Callable[[], Message] = lambda: tell(  # noqa: E731 - one call, to be raised in
        seeded, kind="nonsense", person=villager(seeded), slots={}, cause="x", now=NOW
    )
    with pytest.raises(BadKind, match="nonsense"):
        tells()
