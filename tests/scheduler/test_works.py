"""What the clock does, against the stand-in of WeChat and the SMS provider over real HTTP."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker

from models import ChannelRest, Delivery, Material, new_id
from models.telling import DeliveryState, Happening
from sandbox.world import World
from scheduler import mail_works
from scheduler.carriers import Carrier, WechatCarrier
from scheduler.composition import make_sms_carrier, make_wechat_api
from scheduler.mail_works import HandOut
from scheduler.pace import Pace, SqlCount
from scheduler.sending import Sender
from scheduler.works import Works
from services import dispatch, materials, outbox, uncertain
from services.dispatch import BACK_OFF, LEASE
from services.uncertain import Finding, Known, Question
from settings import load
from tests.builders import NOW, create_contact, create_conversation, phone
from tests.sandbox.conftest import LI, served_world
from wording import load_book

PHONE = phone(9)
PICTURE = b"\x89PNG\r\n\x1a\n" + b"paper" * 100


class Hand:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.at = NOW

    def now(self, session: Session) -> datetime:
        return self.at


@pytest.fixture
def world() -> Iterator[World]:
    with served_world(start_at=NOW.isoformat()) as (world, _service):
        yield world


@pytest.fixture
def works(world: World, sessions: sessionmaker[Session]) -> Works:
    """The works as they are composed in sandbox mode, on the test's database and clock."""
    url = world.config.own_url
    settings = load(sandbox=True, wechat_api_url=url, sms_api_url=url)
    book = load_book()
    api = make_wechat_api(settings, sessions)
    sms = make_sms_carrier(settings, sessions, book)
    assert sms is not None
    carriers: dict[str, Carrier] = {
        "wechat": WechatCarrier(api, book),
        "sms": sms,
    }
    return Works(sessions=sessions, clock=Hand(), carriers=carriers, fetch=api.fetch_media)


@pytest.fixture
def hand(works: Works) -> Hand:
    assert isinstance(works.clock, Hand)
    return works.clock


def put(works: Works, **more: Any) -> Any:
    given: dict[str, Any] = {
        "channel": "sms",
        "address": PHONE,
        "key": "sms.one_time_code",
        "slots": {"code": "135790", "minutes": 10},
        "cause": "test",
        "now": NOW,
    }
    with works.sessions.begin() as session:
        return outbox.enqueue(session, **{**given, **more}).id


def is_due(works: Works, channel: str) -> bool:
    """Whether the clock would hand something out on this channel."""
    handed: list[str] = []
    works.hand = lambda channel, ids: handed.extend([channel] * len(ids))
    look = HandOut()
    if look.is_due(works):
        look.hand(works)
    return channel in handed


def send(works: Works, channel: str) -> int:
    """Let a sender have all that is due; how many it was."""
    with works.sessions() as session:
        ids = dispatch.due(session, channel, now=works.clock.now(session), limit=50)
    assert Sender(works, Pace(SqlCount(works.sessions, works.machine), {})).deliver(channel, ids)
    return len(ids)


def delivery(works: Works, key: Any) -> Delivery:
    with works.sessions() as session:
        return session.get_one(Delivery, key)


def on_the_phone(world: World) -> list[dict[str, Any]]:
    return [entry.as_json() for entry in world.ledger.sent_by_service("sms", PHONE)]


def test_a_code_arrives_as_its_registered_text_and_no_other_time(
    works: Works, world: World
) -> None:
    book = load_book()
    world.sms_templates.load({"one_time_code": "验证码{1}，{2}分钟内有效。"})
    key = put(works)
    assert is_due(works, "sms")
    assert send(works, "sms") == 1
    assert not is_due(works, "sms")
    assert send(works, "sms") == 0
    [sms] = on_the_phone(world)
    assert sms["text"] == f"【{book.text('sms.sign')}】验证码135790，10分钟内有效。"
    sent = delivery(works, key)
    assert (sent.state, sent.provider) == (DeliveryState.ACCEPTED, "tencent")
    assert sent.provider_id == sms["message_id"]


def test_a_provider_that_refuses_for_now_is_asked_again_later(
    works: Works, world: World, hand: Hand
) -> None:
    code = "LimitExceeded.PhoneNumberThirtySecondLimit"
    world.faults.add({"target": "sms", "kind": "code", "value": code})
    key = put(works)
    assert send(works, "sms") == 1
    waiting = delivery(works, key)
    assert (waiting.state, waiting.due_at) == (DeliveryState.QUEUED, NOW + timedelta(seconds=30))
    assert code in (waiting.error or "")
    hand.at += timedelta(seconds=30)
    assert send(works, "sms") == 1
    assert delivery(works, key).state == DeliveryState.ACCEPTED


def test_a_wrong_number_is_final(works: Works, world: World) -> None:
    world.faults.add(
        {"target": "sms", "kind": "code", "value": "FailedOperation.PhoneNumberInBlacklist"}
    )
    key = put(works)
    send(works, "sms")
    failed = delivery(works, key)
    assert (failed.state, failed.settled_at) == (DeliveryState.FAILED, NOW)
    assert PHONE not in (failed.error or "")


def test_an_empty_purse_stops_the_channel_and_loses_nothing(works: Works, world: World) -> None:
    code = "FailedOperation.InsufficientBalanceInSmsPackage"
    world.faults.add({"target": "sms", "kind": "code", "value": code})
    first, second = put(works), put(works, slots={"code": "246802", "minutes": 10})
    assert send(works, "sms") == 2
    assert not is_due(works, "sms")
    rows = [delivery(works, key) for key in (first, second)]
    assert [row.state for row in rows] == [DeliveryState.QUEUED] * 2
    assert [row.tries for row in rows] == [0, 0]
    assert {row.happening for row in rows} == {Happening.POSTPONED, Happening.GIVEN_BACK}
    with works.sessions() as session:
        assert code in (session.get_one(ChannelRest, "sms").error or "")


def test_an_answer_that_breaks_off_is_uncertain_and_never_repeated(
    works: Works, world: World, hand: Hand
) -> None:
    world.faults.add({"target": "sms", "kind": "html"})
    key = put(works)
    send(works, "sms")
    assert delivery(works, key).state == DeliveryState.UNCERTAIN
    hand.at += BACK_OFF[-1]
    assert send(works, "sms") == 0


def test_an_expired_code_does_not_leave(works: Works, world: World, hand: Hand) -> None:
    key = put(works, expires_at=NOW + timedelta(minutes=10))
    hand.at += timedelta(minutes=10)
    assert not is_due(works, "sms")
    assert mail_works.has_untidy_mail(works)
    assert mail_works.tidy_mail(works) == 1
    assert delivery(works, key).state == DeliveryState.FAILED
    assert on_the_phone(world) == []


def test_what_a_dead_sender_left_becomes_uncertain(works: Works, world: World) -> None:
    key = put(works)
    with works.sessions.begin() as session:
        dispatch.claim(session, "sms", now=NOW, machine_now=works.machine() - LEASE)
    assert mail_works.has_untidy_mail(works)
    assert mail_works.tidy_mail(works) == 1
    assert delivery(works, key).state == DeliveryState.UNCERTAIN
    assert not mail_works.has_untidy_mail(works)


def test_a_bug_in_a_carrier_is_uncertain_and_does_not_stop_the_others(works: Works) -> None:
    class Broken:
        def carry(self, parcel: dispatch.Parcel) -> dispatch.Answer:
            raise ZeroDivisionError

        def find_out(self, question: Question) -> Finding:
            raise ZeroDivisionError

    works.carriers = {"sms": Broken()}
    keys = [put(works), put(works)]
    assert send(works, "sms") == 2
    assert [delivery(works, key).state for key in keys] == [DeliveryState.UNCERTAIN] * 2


def test_an_answer_is_written_down_although_the_database_was_busy(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, failures = dispatch.record_all, [1, 1]

    def busy(*given: Any, **more: Any) -> None:
        if failures:
            failures.pop()
            raise OperationalError("", {}, Exception("database is locked"))
        real(*given, **more)

    monkeypatch.setattr(dispatch, "record_all", busy)
    monkeypatch.setattr("scheduler.sending.RECORD_PAUSES", (0.0, 0.0, 0.0))
    key = put(works)
    assert send(works, "sms") == 1
    assert (delivery(works, key).state, failures) == (DeliveryState.ACCEPTED, [])


def test_told_to_stop_a_sender_gives_back_what_it_did_not_try(works: Works) -> None:
    key = put(works)
    works.stopping.set()
    send(works, "sms")
    assert delivery(works, key).happening == Happening.GIVEN_BACK
    works.stopping.clear()
    send(works, "sms")
    assert delivery(works, key).state == DeliveryState.ACCEPTED


def test_what_the_provider_says_when_asked_settles_it(works: Works, hand: Hand) -> None:
    found = {"state": Known.NOT_YET}

    class Knowing:
        def carry(self, parcel: dispatch.Parcel) -> dispatch.Answer:
            return dispatch.Answer(dispatch.Fate.UNKNOWN, error="time-out")

        def find_out(self, question: Question) -> Finding:
            assert (question.address, question.reference) == (PHONE, str(key))
            return Finding(found["state"], "tencent", "2640:7")

    works.carriers = {"sms": Knowing()}
    key = put(works)
    send(works, "sms")
    assert not mail_works.has_questions(works)
    hand.at += dispatch.ASK_AFTER
    assert mail_works.has_questions(works)
    assert mail_works.ask_providers(works) == 0
    assert not mail_works.has_questions(works)
    found["state"] = Known.ARRIVED
    hand.at += uncertain.NEXT_ASK[0]
    assert mail_works.ask_providers(works) == 1
    assert delivery(works, key).state == DeliveryState.DELIVERED


def test_a_carrier_that_breaks_when_asked_leaves_it_uncertain(works: Works, hand: Hand) -> None:
    class Broken:
        def carry(self, parcel: dispatch.Parcel) -> dispatch.Answer:
            raise ZeroDivisionError

        def find_out(self, question: Question) -> Finding:
            raise ZeroDivisionError

    works.carriers = {"sms": Broken()}
    key = put(works)
    send(works, "sms")
    hand.at += dispatch.ASK_AFTER
    assert mail_works.ask_providers(works) == 0
    assert delivery(works, key).state == DeliveryState.UNCERTAIN


def test_a_text_that_nobody_registered_or_worded_is_refused(works: Works) -> None:
    unknown, gap = put(works, key="sms.nothing"), put(works, slots={"code": "1"})
    unworded = put(works, channel="wechat", address=LI, key="materials.nothing")
    send(works, "sms")
    send(works, "wechat")
    for key in (unknown, gap, unworded):
        assert delivery(works, key).state == DeliveryState.FAILED


def test_a_long_answer_is_cut_to_three_parts(works: Works, world: World) -> None:
    put(works, key="sms.reply", slots={"text": "您好，" * 300})
    send(works, "sms")
    [sms] = on_the_phone(world)
    assert len(sms["params"][0]) == 3 * 67 - len("【兖州人社】")


def test_a_channel_without_carrier_keeps_its_mail(works: Works) -> None:
    works.carriers = {}
    put(works)
    assert not is_due(works, "sms")


def write(world: World, works: Works) -> Any:
    """Li has written just now: her window is open, here and there."""
    follower = world.directory.known(LI)
    assert follower is not None
    follower.following = True
    world.windows.open(LI, "message", world.clock.now())
    with works.sessions.begin() as session:
        contact = create_contact(session, address_key=LI)
        create_conversation(session, contact_id=contact.id, turned_at=NOW)
        return contact.id


def put_material(world: World, works: Works, **more: Any) -> Any:
    medium = world.media.put(PICTURE, mime="image/png", name="paper", at=world.clock.now())
    given: dict[str, Any] = {
        "kind": "id_front",
        "media_id": medium.media_id,
        "received_at": NOW,
        "next_try_at": NOW,
    }
    with works.sessions.begin() as session:
        material = Material(id=new_id(), **{**given, **more})
        session.add(material)
        return material.id


def state_of(works: Works, key: Any) -> str:
    with works.sessions() as session:
        return session.get_one(Material, key).state


def test_a_photo_is_fetched_and_kept(works: Works, world: World) -> None:
    key = put_material(world, works, contact_id=write(world, works))
    assert works.has_materials()
    assert works.fetch_materials() == 1
    assert not works.has_materials()
    with works.sessions() as session:
        material = session.get_one(Material, key)
        assert materials.picture(material) == PICTURE
        assert material.content_type == "image/png"


def test_a_photo_that_is_gone_is_told_by_customer_service(works: Works, world: World) -> None:
    key = put_material(world, works, contact_id=write(world, works), media_id="no-such-media")
    works.fetch_materials()
    assert state_of(works, key) == "lost"
    assert send(works, "wechat") == 1
    [told] = world.ledger.sent_by_service("wechat", LI)
    assert told.text == load_book().text("materials.lost", sent_on="2022-04-06")


@pytest.mark.parametrize("fault", [{"kind": "errcode", "value": "-1"}, {"kind": "html"}])
def test_a_platform_in_trouble_is_asked_again(
    works: Works, world: World, hand: Hand, fault: dict[str, Any]
) -> None:
    key = put_material(world, works, contact_id=write(world, works))
    world.faults.add({"target": "media/get", **fault})
    works.fetch_materials()
    assert state_of(works, key) == "waiting"
    hand.at += timedelta(seconds=materials.BACK_OFF_SECONDS[0])
    works.fetch_materials()
    assert state_of(works, key) == "kept"


def test_what_is_no_picture_is_unusable(works: Works, world: World) -> None:
    medium = world.media.put(b"MZ-program", mime="image/png", name="x", at=world.clock.now())
    contact = write(world, works)
    key = put_material(world, works, contact_id=contact, media_id=medium.media_id)
    works.fetch_materials()
    assert state_of(works, key) == "unusable"


WECHAT_FAULTS = [
    ("45015", DeliveryState.FAILED),
    ("43004", DeliveryState.FAILED),
    ("45047", DeliveryState.FAILED),
    ("-1", DeliveryState.QUEUED),
    ("45011", DeliveryState.QUEUED),
    ("45009", DeliveryState.QUEUED),
    ("48001", DeliveryState.QUEUED),
    ("40001", DeliveryState.QUEUED),
    ("45065", DeliveryState.ACCEPTED),
]


@pytest.mark.parametrize(("code", "state"), WECHAT_FAULTS)
def test_what_the_platform_says_decides(
    works: Works, world: World, code: str, state: DeliveryState
) -> None:
    write(world, works)
    world.faults.add({"target": "custom/send", "kind": "errcode", "value": code})
    slots = {"sent_on": "2022-04-06"}
    key = put(works, channel="wechat", address=LI, key="materials.lost", slots=slots)
    send(works, "wechat")
    assert delivery(works, key).state == state


def test_a_broken_answer_to_a_customer_service_message_is_uncertain(
    works: Works, world: World
) -> None:
    write(world, works)
    world.faults.add({"target": "custom/send", "kind": "html"})
    slots = {"sent_on": "2022-04-06"}
    key = put(works, channel="wechat", address=LI, key="materials.lost", slots=slots)
    send(works, "wechat")
    assert delivery(works, key).state == DeliveryState.UNCERTAIN
