"""The outbox: every edge of a delivery's life, claims nobody shares, and what a crash leaves."""

import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from channels.sms.entries import Receipt as Report
from models import Contact, Delivery, new_id
from models.telling import DELIVERY_STEPS, DeliveryState, Happening, IllegalStep, Receipt
from rules import parameters
from services import delivery_steps, dispatch, outbox, receipts, uncertain
from services.delivery_steps import advance
from services.dispatch import BACK_OFF, LEASE, Answer, Fate, Parcel
from services.uncertain import Finding, Known, Question
from tests.builders import NOW, phone

PHONE = phone(7)
LATER = NOW + LEASE + timedelta(seconds=1)
ACCEPTED = Answer(Fate.ACCEPTED, provider="tencent", provider_id="2640:1")


def put(session: Session, **more: Any) -> Delivery:
    given: dict[str, Any] = {
        "channel": "sms",
        "address": PHONE,
        "key": "sms.one_time_code",
        "slots": {"code": "135790", "minutes": 10},
        "cause": "test",
        "now": NOW,
    }
    delivery = outbox.enqueue(session, **{**given, **more})
    session.flush()
    return delivery


def take(session: Session) -> Parcel:
    [parcel] = dispatch.claim(session, "sms", now=NOW, machine_now=NOW)
    return parcel


def report(*, arrived: bool = True, number: str = "2640:1", to: str = PHONE) -> Report:
    return Report(
        provider="tencent",
        provider_id=number,
        phone=to,
        delivered=arrived,
        code="DELIVRD" if arrived else "UNDELIV",
        description="",
        happened_at=NOW,
    )


FINDINGS = {
    Happening.REPEATED: Finding(Known.REPEATABLE, repeat_until=LATER),
    Happening.NEVER_TAKEN: Finding(Known.NEVER_TAKEN),
    Happening.FOUND: Finding(Known.FOUND),
}


def question(delivery: Delivery) -> Question:
    number = str(delivery.id)
    return Question(delivery.id, "sms", "tencent", PHONE, delivery.key, number, called_at=NOW)


def settle(  # noqa: C901 - one case per edge
    session: Session, delivery: Delivery, happening: Happening
) -> None:
    """Let the thing really happen, through the verb that a service would use."""
    parcel = Parcel(
        delivery.id, delivery.lease_until or NOW, delivery.channel, PHONE, delivery.key, {}
    )
    match happening:
        case Happening.CLAIMED:
            dispatch.claim(session, "sms", now=NOW, machine_now=NOW)
        case Happening.GIVEN_BACK:
            dispatch.record(session, parcel, Answer(Fate.UNTRIED), now=NOW)
        case Happening.EXPIRED:
            uncertain.expire(session, NOW + timedelta(days=9))
        case Happening.LOOPED:
            if delivery.allows(happening):  # `enqueue` does it before there is a row
                advance(session, delivery, happening, NOW)
        case Happening.WITHDRAWN:
            outbox.withdraw(session, delivery, now=NOW, reason="no longer true")
        case Happening.ACCEPTED:
            dispatch.record(session, parcel, ACCEPTED, now=NOW)
        case Happening.POSTPONED:
            dispatch.record(session, parcel, Answer(Fate.POSTPONED, error="busy"), now=NOW)
        case Happening.REFUSED:
            dispatch.record(session, parcel, Answer(Fate.REFUSED, error="no such number"), now=NOW)
        case Happening.EXHAUSTED:
            delivery.tries = len(BACK_OFF) + 1
            session.flush()
            dispatch.set_back(session, delivery.id, now=NOW, error="KeyError")
            dispatch.record(session, parcel, Answer(Fate.POSTPONED, error="busy"), now=NOW)
        case Happening.LOST_SIGHT:
            uncertain.give_up_leases(session, now=NOW, machine_now=LATER)
        case Happening.REPEATED | Happening.NEVER_TAKEN | Happening.FOUND:
            uncertain.settle(session, question(delivery), FINDINGS[happening], now=NOW)
        case Happening.CAME_TOO_LATE:
            delivery.repeat_until = NOW - timedelta(seconds=1)
            session.flush()
            uncertain.give_up_repeats(session, now=NOW, machine_now=NOW)
        case Happening.ARRIVED:
            named = replace(report(), reference=str(delivery.id))
            receipts.record(session, [named], NOW)
        case Happening.BOUNCED:
            receipts.record(session, [report(arrived=False)], NOW)


def in_state(session: Session, state: DeliveryState) -> Delivery:
    """A delivery that got into the state on a legal way."""
    delivery = put(session)
    ways: dict[DeliveryState, tuple[Happening, ...]] = {
        DeliveryState.QUEUED: (),
        DeliveryState.SENDING: (Happening.CLAIMED,),
        DeliveryState.ACCEPTED: (Happening.CLAIMED, Happening.ACCEPTED),
        DeliveryState.UNCERTAIN: (Happening.CLAIMED, Happening.LOST_SIGHT),
        DeliveryState.DELIVERED: (Happening.CLAIMED, Happening.ACCEPTED, Happening.ARRIVED),
        DeliveryState.FAILED: (Happening.CLAIMED, Happening.ACCEPTED, Happening.BOUNCED),
        DeliveryState.STOPPED: (Happening.WITHDRAWN,),
    }
    for happening in ways[state]:
        settle(session, delivery, happening)
    session.flush()
    assert delivery.state == state
    return delivery


EDGES = [(h, a, b) for h, steps in DELIVERY_STEPS.items() for a, b in steps.items()]


@pytest.mark.parametrize(("happening", "before", "after"), EDGES)
def test_every_edge_is_walked_by_its_verb(
    session: Session, happening: Happening, before: DeliveryState, after: DeliveryState
) -> None:
    delivery = in_state(session, before)
    settle(session, delivery, happening)
    assert delivery.state == after
    assert delivery.happening == happening
    ended = after in (DeliveryState.DELIVERED, DeliveryState.FAILED, DeliveryState.STOPPED)
    assert (delivery.settled_at is not None) == ended


NO_EDGES = [
    (happening, state)
    for happening in Happening
    for state in DeliveryState
    if state not in DELIVERY_STEPS[happening]
]


@pytest.mark.parametrize(("happening", "state"), NO_EDGES)
def test_where_there_is_no_edge_nothing_moves(
    session: Session, happening: Happening, state: DeliveryState
) -> None:
    delivery = in_state(session, state)
    settle(session, delivery, happening)
    assert delivery.state == state
    with pytest.raises(IllegalStep, match=state):
        delivery.take_step(happening)


def test_a_claimed_delivery_carries_what_was_put_in(session: Session) -> None:
    put(session)
    parcel = take(session)
    assert (parcel.address, dict(parcel.slots)) == (PHONE, {"code": "135790", "minutes": 10})
    assert PHONE.encode() not in (session.scalars(select(Delivery)).one().address_sealed or b"")


def test_what_is_not_due_or_expired_or_for_another_channel_stays(session: Session) -> None:
    put(session, due_at=NOW + timedelta(seconds=1))
    put(session, expires_at=NOW)
    put(session, channel="wechat", address="o-1")
    assert not dispatch.is_due(session, "sms", NOW)
    assert dispatch.claim(session, "sms", now=NOW, machine_now=NOW, limit=9) == []


def test_an_expired_code_is_never_sent(session: Session) -> None:
    code = put(session, expires_at=NOW + timedelta(minutes=10))
    after = NOW + timedelta(minutes=10)
    assert uncertain.expire(session, after) == 1
    assert code.state == DeliveryState.FAILED
    assert dispatch.claim(session, "sms", now=after, machine_now=NOW) == []


def test_the_oldest_goes_first(session: Session) -> None:
    second = put(session, due_at=NOW - timedelta(seconds=1))
    first = put(session, due_at=NOW - timedelta(seconds=9))
    parcels = dispatch.claim(session, "sms", now=NOW, machine_now=NOW, limit=5)
    assert [parcel.id for parcel in parcels] == [first.id, second.id]


def test_the_same_cause_twice_is_one_delivery(session: Session) -> None:
    assert put(session, once="reply:u:1") is put(session, once="reply:u:1")
    assert put(session, once="reply:u:2") is not put(session, once="reply:u:1")


def test_without_an_address_there_is_no_delivery(session: Session) -> None:
    with pytest.raises(ValueError, match="nobody"):
        put(session, address=None)
    with pytest.raises(ValueError, match="nobody"):
        put(session, address=None, contact=Contact(id=new_id(), channel="sms", address_key="k"))


def test_a_contact_is_written_to_on_its_own_channel(session: Session) -> None:
    contact = Contact(id=new_id(), channel="wechat", address_key="o-1")
    session.add(contact)
    session.flush()
    delivery = put(session, channel="wechat", address=None, contact=contact)
    assert (delivery.address, delivery.contact_id) == ("o-1", contact.id)


def test_refusals_for_now_wait_longer_each_time_and_end(session: Session) -> None:
    delivery = put(session)
    for wait in BACK_OFF:
        dispatch.record(
            session, take(session), Answer(Fate.POSTPONED, error="isp.SYSTEM_ERROR"), now=NOW
        )
        assert (delivery.state, delivery.due_at) == (DeliveryState.QUEUED, NOW + wait)
        delivery.due_at = NOW
        session.flush()
    dispatch.record(session, take(session), Answer(Fate.POSTPONED, error="again"), now=NOW)
    assert (delivery.state, delivery.error) == (DeliveryState.FAILED, "again")


def test_a_stopped_channel_does_not_use_up_tries(session: Session) -> None:
    delivery = put(session)
    for _ in range(len(BACK_OFF) + 3):
        answer = Answer(Fate.POSTPONED, retry_in=timedelta(seconds=60), stops_channel=True)
        dispatch.record(session, take(session), answer, now=NOW)
        delivery.due_at = NOW
        session.flush()
    assert (delivery.state, delivery.tries) == (DeliveryState.QUEUED, 0)


def test_an_answer_to_an_earlier_claim_is_not_taken_for_the_present_one(session: Session) -> None:
    delivery = put(session)
    first = take(session)
    uncertain.give_up_leases(session, now=NOW, machine_now=LATER)
    dispatch.record(session, first, Answer(Fate.POSTPONED), now=NOW)
    delivery.due_at = NOW
    session.flush()
    [second] = dispatch.claim(session, "sms", now=NOW, machine_now=LATER)
    dispatch.record(session, first, Answer(Fate.REFUSED), now=NOW)
    assert delivery.settled_at is None
    dispatch.record(session, second, ACCEPTED, now=NOW)
    assert delivery.state == DeliveryState.ACCEPTED


def test_a_living_lease_is_left_alone(session: Session) -> None:
    put(session)
    take(session)
    assert uncertain.give_up_leases(session, now=NOW, machine_now=NOW + LEASE / 2) == 0


def test_a_damaged_row_does_not_hold_up_the_others(session: Session) -> None:
    bad = put(session, due_at=NOW - timedelta(seconds=5))
    bad.address_sealed = b"t:" + bytes(40)
    good = put(session)
    parcels = dispatch.claim(session, "sms", now=NOW, machine_now=NOW, limit=5)
    assert [parcel.id for parcel in parcels] == [good.id]
    assert bad.state == DeliveryState.FAILED


def test_a_receipt_before_the_answer_waits_for_it(session: Session) -> None:
    delivery = put(session)
    parcel = take(session)
    assert receipts.record(session, [report()], NOW) == 1
    assert delivery.settled_at is None
    dispatch.record(session, parcel, ACCEPTED, now=NOW)
    assert delivery.state == DeliveryState.DELIVERED


def test_a_receipt_before_a_time_out_settles_what_became_uncertain(session: Session) -> None:
    delivery = put(session)
    parcel = take(session)
    receipts.record(session, [report()], NOW)
    dispatch.record(session, parcel, Answer(Fate.UNKNOWN, error="time-out"), now=NOW)
    assert (delivery.state, delivery.provider_id) == (DeliveryState.DELIVERED, "2640:1")


def test_a_receipt_that_could_mean_two_messages_settles_neither(session: Session) -> None:
    pair = [in_state(session, DeliveryState.UNCERTAIN) for _ in range(2)]
    receipts.record(session, [report()], NOW)
    assert [one.state for one in pair] == [DeliveryState.UNCERTAIN] * 2
    assert session.scalars(select(Receipt)).one().delivery_id is None


def test_a_receipt_of_another_phone_settles_nothing(session: Session) -> None:
    delivery = in_state(session, DeliveryState.UNCERTAIN)
    receipts.record(session, [report(to=phone(8))], NOW)
    assert delivery.state == DeliveryState.UNCERTAIN


def test_a_reference_of_ours_says_which_message_is_meant(session: Session) -> None:
    pair = [in_state(session, DeliveryState.UNCERTAIN) for _ in range(2)]
    receipts.record(session, [replace(report(), reference=str(pair[1].id))], NOW)
    assert [one.state for one in pair] == [DeliveryState.UNCERTAIN, DeliveryState.DELIVERED]


def test_a_reference_that_is_not_ours_is_no_error(session: Session) -> None:
    assert receipts.record(session, [replace(report(), reference="somebody else's")], NOW) == 1


def test_receipts_twice_and_unknown_are_kept_once(session: Session) -> None:
    assert receipts.record(session, [report(), report()], NOW) == 1
    assert receipts.record(session, [report()], NOW) == 0
    assert receipts.record(session, [report(arrived=False)], NOW) == 1


def test_a_failure_after_success_changes_nothing(session: Session) -> None:
    delivery = in_state(session, DeliveryState.DELIVERED)
    receipts.record(session, [report(arrived=False)], NOW)
    assert delivery.state == DeliveryState.DELIVERED


def test_many_senders_never_get_the_same_delivery(sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as session:
        for number in range(40):
            put(session, address=phone(number))
    taken: list[Any] = []

    def work() -> None:
        while True:
            with sessions.begin() as session:
                parcels = dispatch.claim(session, "sms", now=NOW, machine_now=NOW, limit=3)
            if not parcels:
                return
            taken.extend(parcel.id for parcel in parcels)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(taken) == 40
    assert len(set(taken)) == 40


def test_what_somebody_waits_for_goes_before_what_waited_longer(session: Session) -> None:
    put(session, due_at=NOW - timedelta(hours=1))
    code = put(session, expires_at=NOW + timedelta(minutes=10))
    assert take(session).id == code.id


def test_an_early_receipt_that_names_our_own_number_is_used(session: Session) -> None:
    """Aliyun gives our number back; its receipt can be there before its answer."""
    delivery = put(session)
    parcel = take(session)
    receipts.record(session, [replace(report(), reference=str(delivery.id))], NOW)
    assert delivery.settled_at is None
    dispatch.record(session, parcel, ACCEPTED, now=NOW)
    assert delivery.state == DeliveryState.DELIVERED


def test_the_same_words_in_a_circle_are_stopped(session: Session) -> None:
    limit = parameters.in_force("telling.same_words", NOW.date()).value
    states = [put(session, slots={"code": "1", "minutes": 1}).state for _ in range(limit["times"])]
    assert set(states) == {DeliveryState.QUEUED}
    one_more = put(session, slots={"minutes": 1, "code": "1"})
    assert (one_more.state, one_more.happening) == (DeliveryState.STOPPED, Happening.LOOPED)
    assert one_more.settled_at == NOW
    assert put(session, slots={"code": "2", "minutes": 1}).state == DeliveryState.QUEUED
    assert put(session, slots={"code": "1", "minutes": 1}, address=phone(8)).state == (
        DeliveryState.QUEUED
    )
    later = NOW + timedelta(minutes=limit["within_minutes"])
    assert put(session, slots={"code": "1", "minutes": 1}, now=later).state == DeliveryState.QUEUED


def test_what_is_no_longer_true_does_not_leave(session: Session) -> None:
    gone, waiting = in_state(session, DeliveryState.ACCEPTED), put(session)
    assert outbox.withdraw(session, waiting, now=NOW, reason="the day was confirmed")
    assert not outbox.withdraw(session, gone, now=NOW, reason="the day was confirmed")
    assert waiting.error == "the day was confirmed"
    assert gone.state == DeliveryState.ACCEPTED


def test_a_sender_that_stops_gives_back_what_it_did_not_try(session: Session) -> None:
    delivery = put(session)
    dispatch.record(session, take(session), Answer(Fate.UNTRIED), now=NOW)
    assert (delivery.state, delivery.tries, delivery.due_at) == (DeliveryState.QUEUED, 0, NOW)
    assert take(session).id == delivery.id


def test_several_answers_are_written_at_once(session: Session) -> None:
    for number in range(4):
        put(session, address=phone(number))
    parcels = dispatch.claim(session, "sms", now=NOW, machine_now=NOW, limit=4)
    receipts.record(session, [report(number="2640:9", to=phone(1))], NOW)
    fates = [
        Answer(Fate.ACCEPTED, "tencent", "2640:8"),
        Answer(Fate.ACCEPTED, "tencent", "2640:9"),
        Answer(Fate.REFUSED, error="no such number"),
        Answer(Fate.UNKNOWN, error="time-out"),
    ]
    dispatch.record_all(session, list(zip(parcels, fates, strict=True)), now=NOW)
    states = [session.get_one(Delivery, parcel.id).state for parcel in parcels]
    assert states == ["accepted", "delivered", "failed", "uncertain"]


def test_whoever_listens_hears_what_became_of_a_message(session: Session) -> None:
    heard: list[str] = []

    def listen(_session: Session, delivery: Delivery, _now: Any) -> None:
        heard.append(delivery.state)

    delivery_steps.on_settled.append(listen)
    delivery_steps.on_accepted["sms"] = [listen]
    try:
        in_state(session, DeliveryState.DELIVERED)
        in_state(session, DeliveryState.STOPPED)
    finally:
        delivery_steps.on_settled.remove(listen)
        del delivery_steps.on_accepted["sms"]
    assert heard == ["accepted", "delivered", "stopped"]


def lost(session: Session) -> Delivery:
    return in_state(session, DeliveryState.UNCERTAIN)


def test_an_uncertain_one_is_asked_about_less_and_less_often(session: Session) -> None:
    delivery = lost(session)
    assert not uncertain.needs_asking(session, NOW)
    asked_at, times = NOW + dispatch.ASK_AFTER, 0
    while delivery.ask_at is not None:
        assert delivery.ask_at == asked_at
        [asked] = uncertain.questions(session, asked_at)
        assert (asked.id, asked.address, asked.reference) == (delivery.id, PHONE, str(delivery.id))
        assert uncertain.questions(session, asked_at) == []
        uncertain.settle(session, asked, Finding(Known.NOT_YET), now=asked_at)
        asked_at += uncertain.NEXT_ASK[times] if times < len(uncertain.NEXT_ASK) else LEASE
        times += 1
    assert times == len(uncertain.NEXT_ASK) + 1
    assert delivery.state == DeliveryState.UNCERTAIN  # for good, and counted
    assert uncertain.counts(session) == {"uncertain": 1}


def test_what_nobody_can_be_asked_about_stays_uncertain(session: Session) -> None:
    delivery = lost(session)
    uncertain.settle(session, question(delivery), Finding(Known.NEVER), now=NOW)
    assert (delivery.state, delivery.ask_at) == (DeliveryState.UNCERTAIN, None)


def test_what_the_provider_never_had_is_sent_again(session: Session) -> None:
    delivery = lost(session)
    uncertain.settle(session, question(delivery), Finding(Known.NEVER_TAKEN), now=NOW)
    assert take(session).id == delivery.id


def test_what_the_provider_knows_is_believed(session: Session) -> None:
    pair = [lost(session), lost(session)]
    for delivery, known in zip(pair, (Known.ARRIVED, Known.BOUNCED), strict=True):
        found = Finding(known, "tencent", f"2640:{known}")
        uncertain.settle(session, question(delivery), found, now=NOW)
    assert [one.state for one in pair] == [DeliveryState.DELIVERED, DeliveryState.FAILED]


def test_a_repeat_leaves_only_while_the_platform_knows_its_key(session: Session) -> None:
    delivery = lost(session)
    early, late = NOW + timedelta(minutes=5), NOW + timedelta(minutes=9)
    uncertain.settle(
        session, question(delivery), Finding(Known.REPEATABLE, repeat_until=early), now=NOW
    )
    session.flush()
    assert dispatch.claim(session, "sms", now=NOW, machine_now=late) == []
    assert uncertain.needs_tidying(session, now=NOW, machine_now=late)
    assert uncertain.give_up_repeats(session, now=NOW, machine_now=late) == 1
    assert (delivery.state, delivery.ask_at) == (DeliveryState.UNCERTAIN, None)


def test_a_receipt_that_overtakes_a_repeat_keeps_it_from_leaving(session: Session) -> None:
    delivery = lost(session)
    uncertain.settle(session, question(delivery), FINDINGS[Happening.REPEATED], now=NOW)
    receipts.record(session, [replace(report(), reference=str(delivery.id))], NOW)
    assert delivery.state == DeliveryState.DELIVERED
    assert dispatch.claim(session, "sms", now=NOW, machine_now=NOW) == []
