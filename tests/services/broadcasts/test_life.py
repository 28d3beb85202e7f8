"""A broadcast from its draft to the last person, and what may go wrong on the way."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import (
    Broadcast,
    BroadcastRecipient,
    BroadcastState,
    Delivery,
    Message,
    MessageState,
    Role,
    Visit,
)
from models.telling import DeliveryState, Rank
from services import dispatch, outbox
from services.acting import Acting
from services.broadcasts import deciding, expansion, reach, recall, release, writing
from services.broadcasts.audience import Audience, Who
from services.broadcasts.texts import Words
from services.broadcasts.writing import Urgency
from services.dispatch import Answer, Fate
from services.procedure import Hindered
from tests.builders import (
    NOW,
    at,
    create_acting,
    create_contact,
    create_inbound,
    create_person,
    phone,
    region,
)
from tests.services.broadcasts.conftest import ELSEWHERE, WORDS, Approved, run, sheet, villagers


def keys(call: Any, *values: Any) -> set[str]:
    with pytest.raises(Hindered) as caught:
        call(*values)
    return {one.key for one in caught.value.obstacles}


def messages(session: Session, broadcast: Broadcast) -> list[Message]:
    found = select(Message).where(Message.cause == recall.cause_of(broadcast))
    return list(session.scalars(found.order_by(Message.id)))


def queued(session: Session) -> list[Delivery]:
    session.flush()
    return list(session.scalars(select(Delivery).where(Delivery.state == DeliveryState.QUEUED)))


def test_everybody_of_the_town_gets_it_once_and_nobody_else(
    seeded: Session, approved: Approved
) -> None:
    people = villagers(seeded, 7)
    villagers(seeded, 2, ELSEWHERE)
    broadcast = approved()
    assert broadcast.expected == 7
    assert run(seeded, broadcast, chunk=3) == 7
    told = messages(seeded, broadcast)
    assert {one.person_id for one in told} == {one.id for one in people}
    assert broadcast.state == BroadcastState.DONE
    assert release.to_release(seeded) == []


def test_who_has_an_open_chat_gets_it_there_the_others_by_sms_and_who_has_neither_at_the_door(
    seeded: Session, approved: Approved
) -> None:
    chatting, texting, unreachable = villagers(seeded, 3)
    create_inbound(seeded, create_contact(seeded, person_id=chatting.id), received_at=NOW)
    unreachable.phone_sealed = unreachable.phone_index = None
    run(seeded, approved())
    sent = {one.person_id: one for one in queued(seeded)}
    assert sent[chatting.id].channel == "wechat"
    assert sent[texting.id].channel == "sms"
    assert {one.rank for one in sent.values()} == {Rank.CROWD}
    assert seeded.scalars(select(Visit.person_id)).all() == [unreachable.id]


def test_the_words_are_filled_for_each(seeded: Session, approved: Approved) -> None:
    villagers(seeded, 1)
    run(seeded, approved())
    [delivery] = queued(seeded)
    slots = outbox.slots_of(delivery)
    assert slots["short"] == "李*香，4月10日上午8点半到新兖镇人社所培训，带身份证。"


def test_publicity_leaves_out_who_refused_it(seeded: Session, approved: Approved) -> None:
    [person] = villagers(seeded, 1)
    contact = create_contact(
        seeded, channel="sms", address_key=person.phone_index, opted_out_at=NOW
    )
    broadcast = approved(urgency=Urgency.PUBLICITY)
    run(seeded, broadcast)
    [message] = messages(seeded, broadcast)
    assert (message.state, message.ended_why) == (MessageState.WITHDRAWN, "opted_out")
    assert contact.opted_out_at == NOW


def test_nobody_agrees_to_their_own_words(seeded: Session, head: Acting) -> None:
    villagers(seeded, 1)
    one = writing.draft(seeded, region(seeded, "xinyan"), sheet(), head, NOW)
    deciding.submit(seeded, one, head, NOW)
    assert keys(deciding.approve, seeded, one, NOW, head, NOW) == {"broadcast.own_words"}
    assert one.state == BroadcastState.SUBMITTED


def test_who_changed_a_word_does_not_agree_either(
    seeded: Session, clerk: Acting, head: Acting
) -> None:
    villagers(seeded, 1)
    one = writing.draft(seeded, region(seeded, "xinyan"), sheet(), clerk, NOW)
    writing.edit(seeded, one, sheet(urgency=Urgency.SAFETY), head, NOW)
    deciding.submit(seeded, one, clerk, NOW)
    assert keys(deciding.approve, seeded, one, NOW, head, NOW) == {"broadcast.own_words"}


def test_a_changed_one_is_agreed_to_anew(
    seeded: Session, clerk: Acting, approved: Approved
) -> None:
    villagers(seeded, 1)
    broadcast = approved()
    writing.edit(seeded, broadcast, sheet(), clerk, NOW)
    assert (broadcast.state, broadcast.approved_by_id) == (BroadcastState.DRAFT, None)
    assert expansion.to_start(seeded, NOW) == []


def test_a_town_writes_to_its_own_people_only(seeded: Session, clerk: Acting) -> None:
    for code in ("gulou", "yanzhou"):
        found = keys(writing.draft, seeded, region(seeded, code), sheet(), clerk, NOW)
        assert found == {"obstacle.not_your_place"}


def test_a_village_writes_none(seeded: Session) -> None:
    village = create_acting(seeded, Role.VILLAGE_CLERK, "v-xinyan-wangjiazhuang")
    place = region(seeded, "v-xinyan-wangjiazhuang")
    assert keys(writing.draft, seeded, place, sheet(), village, NOW) == {"obstacle.not_your_role"}


def test_an_empty_audience_is_not_submitted(seeded: Session, clerk: Acting) -> None:
    waiting = sheet(audience=Audience(Who.WAITING))
    one = writing.draft(seeded, region(seeded, "xinyan"), waiting, clerk, NOW)
    assert keys(deciding.submit, seeded, one, clerk, NOW) == {"broadcast.empty_audience"}


@pytest.mark.parametrize(
    ("words", "key"),
    [
        (Words("", "有事"), "broadcast.title_needed"),
        (Words("通知", " "), "broadcast.body_needed"),
        (Words("通" * 33, "有事"), "broadcast.title_too_long"),
        (Words("通知", "{身份证号}，您好"), "broadcast.unknown_placeholder"),
        (Words("通知", "｛手机｝，您好"), "broadcast.unknown_placeholder"),
        (Words("通知", "{姓名，您好"), "broadcast.lone_brace"),
        (Words("{姓名}", "您好"), "broadcast.brace_in_title"),
        (Words("通知", "长" * 700, "短"), "broadcast.body_too_long"),
        (Words("通知", "长" * 200), "broadcast.sms_too_long"),
        (Words("通知", "打13800001234问"), "exposure.in_text"),
        (Words("通知", "有事", "370899197706150029"), "exposure.in_text"),
        (Words("通知", "{姓名}是残疾人，来开会"), "broadcast.hardship_with_name"),
        (Words("通知", "李桂香家是低保户"), "broadcast.hardship_of_somebody"),
    ],
)
def test_words_that_may_not_leave(seeded: Session, clerk: Acting, words: Words, key: str) -> None:
    place = region(seeded, "xinyan")
    villagers(seeded, 1)  # 李桂香
    assert key in keys(writing.draft, seeded, place, sheet(words=words), clerk, NOW)


def test_publicity_may_say_which_groups_may_apply(
    seeded: Session, clerk: Acting, head: Acting
) -> None:
    villagers(seeded, 1)
    words = Words("低保户、残疾人可以报名", "家里零就业的也可以，{村}村委会问。")
    one = writing.draft(seeded, region(seeded, "xinyan"), sheet(words=words), clerk, NOW)
    deciding.submit(seeded, one, clerk, NOW)
    deciding.approve(seeded, one, NOW, head, NOW)
    listed = sheet(words=words, audience=Audience(Who.LISTED))
    assert keys(writing.edit, seeded, one, listed, clerk, NOW) == {"broadcast.hardship_to_list"}


def test_it_waits_for_its_time(seeded: Session, clerk: Acting, head: Acting) -> None:
    villagers(seeded, 1)
    one = writing.draft(seeded, region(seeded, "xinyan"), sheet(), clerk, NOW)
    deciding.submit(seeded, one, clerk, NOW)
    deciding.approve(seeded, one, at("2022-04-07 08:00"), head, NOW)
    assert expansion.to_start(seeded, at("2022-04-07 07:59")) == []
    assert expansion.to_start(seeded, at("2022-04-07 08:00")) == [one]


def test_an_audience_that_shrank_meanwhile(seeded: Session, approved: Approved) -> None:
    stays, moved, forgotten = villagers(seeded, 3)
    broadcast = approved()
    expansion.start(seeded, broadcast, NOW)
    expansion.expand(seeded, broadcast, NOW)
    moved.village_id = None
    forgotten.forgotten_at = NOW
    seeded.flush()
    run(seeded, broadcast)
    assert [one.person_id for one in messages(seeded, broadcast)] == [stays.id]
    assert broadcast.expected == 3
    assert broadcast.state == BroadcastState.DONE


def test_an_audience_of_which_nobody_is_left(seeded: Session, approved: Approved) -> None:
    [person] = villagers(seeded, 1)
    broadcast = approved()
    person.village_id = None
    seeded.flush()
    assert run(seeded, broadcast) == 0
    assert broadcast.state == BroadcastState.DONE


def test_the_sweeper_finds_who_joined_and_who_was_lost(seeded: Session, approved: Approved) -> None:
    first = villagers(seeded, 2)
    broadcast = approved()
    run(seeded, broadcast)
    joined = villagers(seeded, 1)
    seeded.delete(seeded.get_one(BroadcastRecipient, (broadcast.id, first[0].id)))
    seeded.flush()
    later = NOW + timedelta(hours=1)
    assert expansion.to_sweep(seeded, later) == [broadcast]
    assert expansion.sweep(seeded, broadcast, later) == 2
    assert run(seeded, broadcast, later) == 2
    assert expansion.sweep(seeded, broadcast, later) == 0
    assert broadcast.state == BroadcastState.DONE
    assert joined[0].id in {one.person_id for one in messages(seeded, broadcast)}
    assert expansion.to_sweep(seeded, NOW + timedelta(days=8)) == []


def test_a_stop_in_the_middle_withdraws_what_waits_and_leaves_what_left(
    seeded: Session, clerk: Acting, approved: Approved
) -> None:
    villagers(seeded, 6)
    broadcast = approved()
    expansion.start(seeded, broadcast, NOW)
    while expansion.expand(seeded, broadcast, NOW, chunk=4):
        pass
    release.release(seeded, broadcast, NOW, chunk=4)
    [parcel] = dispatch.claim(seeded, "sms", now=NOW, machine_now=NOW)
    dispatch.record(seeded, parcel, Answer(Fate.ACCEPTED, "tencent", "1:1"), now=NOW)
    assert deciding.stop(seeded, broadcast, "写错了时间", clerk, NOW) == 3
    assert queued(seeded) == []
    states = [one.state for one in messages(seeded, broadcast)]
    assert sorted(states) == ["open", "withdrawn", "withdrawn", "withdrawn"]
    assert release.to_release(seeded) == []
    assert keys(deciding.resume, seeded, broadcast, create_acting(
        seeded, Role.TOWN_HEAD, "xinyan"), NOW) == {"broadcast.moved_on"}  # fmt: skip


def test_a_pause_takes_back_and_going_on_tells_each_once(
    seeded: Session, clerk: Acting, head: Acting, approved: Approved
) -> None:
    villagers(seeded, 5)
    broadcast = approved()
    expansion.start(seeded, broadcast, NOW)
    expansion.expand(seeded, broadcast, NOW)
    release.release(seeded, broadcast, NOW, chunk=3)
    assert deciding.pause(seeded, broadcast, "等一等", clerk, NOW) == 3
    assert queued(seeded) == []
    deciding.resume(seeded, broadcast, head, NOW)
    assert run(seeded, broadcast) == 5
    assert len(queued(seeded)) == 5
    told = seeded.scalar(select(func.count(BroadcastRecipient.message_id)))
    assert told == 5


def test_pausing_needs_a_reason(seeded: Session, clerk: Acting, approved: Approved) -> None:
    villagers(seeded, 1)
    broadcast = approved()
    expansion.start(seeded, broadcast, NOW)
    assert keys(deciding.pause, seeded, broadcast, " ", clerk, NOW) == {"broadcast.reason_needed"}


def test_the_same_words_to_one_phone_are_stopped_at_some_point(
    seeded: Session, approved: Approved
) -> None:
    village = region(seeded, "v-xinyan-wangjiazhuang").id
    for _ in range(8):
        create_person(seeded, village_id=village, phone=phone(77))
    run(seeded, approved(words=Words(WORDS.title, "明天停电。")))
    assert len(queued(seeded)) == 5


def test_staff_are_told_as_staff(seeded: Session, clerk: Acting, head: Acting) -> None:
    chief = create_acting(seeded, Role.VILLAGE_HEAD, "v-xinyan-wangjiazhuang")
    assert chief.staff is not None
    chief.staff.phone = phone(5)
    chosen = sheet(audience=Audience(Who.STAFF, roles=("village_head",)))
    one = writing.draft(seeded, region(seeded, "xinyan"), chosen, clerk, NOW)
    deciding.submit(seeded, one, clerk, NOW)
    deciding.approve(seeded, one, NOW, head, NOW)
    run(seeded, one)
    assert chief.staff.id in {message.staff_id for message in messages(seeded, one)}
    assert reach.report(seeded, one).total.people == one.expected
