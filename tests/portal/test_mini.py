"""The mini-program there and back: log-in, joining, ticks, a message, its report; and what goes
wrong in life."""

from __future__ import annotations

import time
from typing import Any

import pytest
import structlog.testing
from itsdangerous import TimestampSigner
from sqlalchemy import func, select

from models import Contact, Inbound, Message, MessageState, OneTimeCode, Person, new_id
from models.telling import DeliveryState
from portal.brake import Brake
from portal.mini import ASKS_A_MINUTE, BODY_LIMIT_BYTES
from portal.passes import SECONDS, Passes
from services import identity, mini_program
from settings import load
from tests.builders import NOW, create_contact
from tests.channels.test_there_and_back import LI, PHONE, eventually
from tests.portal.conftest import MINI, Lane

ONCE = "page-0001"


def reasons(message: Message) -> list[str]:
    return [f"{one['channel']}:{one['why']}" for one in message.trace]


def test_a_tick_brings_one_result_and_its_report_settles_it(lane: Lane) -> None:
    person = lane.bind_chat()
    lane.join()
    told = lane.mini("tick", templates=["month_result"])
    assert told["status"] == 200
    assert {"id": "month_result", "title": "补贴核算结果提醒", "left": 1} in told["answer"][
        "templates"
    ]
    key = lane.tell(person)
    assert lane.ticks() == 0, "spent when it is chosen"
    assert reasons(lane.message(key))[:2] == ["chat:no_chat", "mini:mini"]
    lane.carry()
    eventually(lambda: lane.deliveries(key)["mini"] == (DeliveryState.DELIVERED, "wechat_mini"))
    assert lane.message(key).state == MessageState.TOLD
    assert lane.message(key).channel == "mini"
    card = lane.world.ledger.sent_by_service("wechat", LI)[-1]
    assert card.detail["channel"] == "mini"
    assert "850.00元" in card.text
    again = lane.message(lane.tell(person, until_on="2022-05-12"))
    assert "mini:no_mini_consent" in reasons(again), "each tick pays for one"


@pytest.mark.parametrize("fault", ["failed", "before", "twice", "never"])
def test_reports_fail_come_early_twice_or_never(lane: Lane, fault: str) -> None:
    person = lane.bind_chat()
    lane.join()
    lane.mini("tick", templates=["month_paid"])
    key = lane.tell(person, "pay_paid", tail="6222")
    lane.fault("wechat_report", fault)
    lane.carry()
    ends = {"failed": DeliveryState.FAILED, "never": DeliveryState.ACCEPTED}
    state = ends.get(fault, DeliveryState.DELIVERED)
    eventually(lambda: lane.deliveries(key)["mini"][0] == state)
    if fault == "failed":
        assert "template" in lane.deliveries(key), "the next way"
        assert lane.ticks("month_paid") == 0


def test_a_refusal_voids_the_ticks_and_the_next_way_is_taken(lane: Lane) -> None:
    person = lane.bind_chat()
    lane.join()
    for _ in range(2):
        lane.mini("tick", templates=["month_paid"])
    lane.world.windows.consent(MINI, "month_paid", accepted=False)  # and nobody told us
    key = lane.tell(person, "pay_paid", tail="6222")
    assert lane.ticks("month_paid") == 1
    lane.carry()
    assert lane.deliveries(key)["mini"][0] == DeliveryState.FAILED
    assert lane.ticks("month_paid") == 0
    assert lane.deliveries(key)["template"][0] == DeliveryState.QUEUED


def test_what_never_left_costs_no_tick(lane: Lane) -> None:
    person = lane.bind_chat()
    lane.join()
    lane.mini("tick", templates=["month_paid"])
    lane.fault("subscribe/send", "errcode", value="47003")
    key = lane.tell(person, "pay_paid", tail="6222")
    lane.carry()
    assert lane.deliveries(key)["mini"][0] == DeliveryState.FAILED
    assert lane.ticks("month_paid") == 1


def test_ticks_are_counted_once_and_a_no_voids_them(lane: Lane) -> None:
    lane.mini("log_in")
    first = lane.mini("tick", templates=["month_result", "reminder"])
    assert first["answer"]["repeated"] is False
    again = lane.mini("tick", templates=["month_result", "reminder"], once=first["once"])
    assert again["answer"]["repeated"] is True
    assert lane.ticks() == lane.ticks("reminder") == 1, "once, though the platform pushed it too"
    lane.mini("tick", templates=["month_result"], answer="acceptWithAudio")
    assert lane.ticks() == 2
    lane.mini("tick", templates=["month_result"], answer="filter")
    assert lane.ticks() == 2
    lane.mini("tick", templates=["month_result"], answer="reject")
    assert lane.ticks() == 0
    lane.mini("tick", templates=["reminder"], answer="ban")
    assert lane.ticks("reminder") == 0


def test_a_tick_taken_back_in_the_settings_of_wechat_counts_no_more(lane: Lane) -> None:
    lane.mini("log_in")
    for _ in range(3):
        lane.mini("tick", templates=["month_result"])
    assert lane.ticks() == 3
    lane.mini("switch_off", template="month_result")
    assert lane.ticks() == 0


def test_the_page_forgets_whose_it_is_and_so_does_the_chat(lane: Lane) -> None:
    person = lane.bind_chat()
    lane.join()
    assert lane.mini("look")["answer"]["joined"] is True
    lane.mini("leave")
    assert lane.mini("look")["answer"]["joined"] is False
    lane.join()
    assert "断开了" in lane.chat("断开小程序")
    assert lane.mini("look")["answer"]["joined"] is False
    lane.mini("tick", templates=["month_result"])
    assert "mini:no_mini" in reasons(lane.message(lane.tell(person)))


def test_a_code_works_once_and_only_the_last_one(lane: Lane) -> None:
    lane.bind_chat()
    lane.mini("log_in")
    first = lane.mini("code")["answer"]["code"]
    second = lane.mini("code")["answer"]
    assert second["code"] in second["say"]
    lane.chat("小程序")
    assert "不对，或者过时" in lane.chat(first)
    lane.chat("小程序")
    assert "接上了" in lane.chat(second["code"])
    with lane.sessions() as session:
        kept = session.scalars(select(OneTimeCode)).all()
        assert all(second["code"] not in str(vars(one).values()) for one in kept)
    assert "换一个" in lane.chat("小程序")
    assert "6位数" in lane.chat("1")
    assert "不对，或者过时" in lane.chat(second["code"])
    assert lane.mini("look")["answer"]["joined"] is True, "a wrong code changes nothing"


def test_codes_cannot_be_guessed_for_long(lane: Lane) -> None:
    lane.bind_chat()
    lane.mini("log_in")
    code = lane.mini("code")["answer"]["code"]
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    for _ in range(5):
        lane.chat("小程序")
        assert "不对，或者过时" in lane.chat(wrong)
    lane.chat("小程序")
    assert "不对，或者过时" in lane.chat(code)


def test_who_has_not_said_who_they_are_is_asked_first(lane: Lane) -> None:
    assert "登记" in lane.chat("小程序")


def test_another_phone_takes_the_mini_program_with_the_chat(lane: Lane) -> None:
    key = lane.bind_chat()
    lane.join()
    with lane.sessions.begin() as session:
        person = session.get_one(Person, key)
        other = create_contact(session)
        claimed = {"person": str(key), "village": person.village_id}
        identity.bind(session, other, claimed, PHONE, NOW)
        assert lane.mini_contact(session).person_id is None


@pytest.mark.parametrize("code", ["nonsense", "", "x" * 200, None, 7, ["a"]])
def test_a_bad_code_logs_nobody_in(lane: Lane, code: Any) -> None:
    answer = lane.knock("POST", "/mini/login", json={"code": code})
    assert answer.status_code == 400
    assert answer.json()["error"] in {"bad_code", "bad_request"}
    assert answer.json()["say"]
    with lane.sessions() as session:
        assert not session.scalars(select(Contact).where(Contact.channel == "mini")).all()


def test_a_code_of_wechats_works_once(lane: Lane) -> None:
    code = lane.world.codes.make(LI)
    assert lane.knock("POST", "/mini/login", json={"code": code}).status_code == 200
    again = lane.knock("POST", "/mini/login", json={"code": code})
    assert (again.status_code, again.json()["error"]) == (400, "bad_code")


@pytest.mark.parametrize(
    ("kind", "value", "status", "error"),
    [
        ("errcode", "45011", 429, "too_often"),
        ("errcode", "40226", 403, "risky"),
        ("errcode", "40125", 503, "unavailable"),
        ("html", None, 503, "unavailable"),
        ("html_200", None, 503, "unavailable"),
    ],
)
def test_a_platform_that_says_no(
    lane: Lane, kind: str, value: str | None, status: int, error: str
) -> None:
    lane.fault("jscode2session", kind, **({"value": value} if value else {}))
    told = lane.mini("log_in")
    assert (told["status"], told["answer"]["error"]) == (status, error)


def test_nothing_secret_is_logged_or_told(lane: Lane) -> None:
    lane.bind_chat()
    with structlog.testing.capture_logs() as lines:
        told = lane.knock("POST", "/mini/login", json={"code": lane.world.codes.make(LI)}).json()
        lane.knock("POST", "/mini/login", json={"code": "guessed-code"})
        lane.knock("GET", "/mini/me", headers={"Authorization": f"Bearer {told['session']}x"})
    assert set(told) == {"session", "expires_in", "joined", "templates"}
    assert [one["why"] for one in lines if one["event"] == "mini.refused"] == [
        "bad_code",
        "log_in_again",
    ]
    written = str(lines)
    for secret in (told["session"], MINI, LI, "guessed-code", "sandbox-mini-secret"):
        assert secret not in written


@pytest.mark.parametrize(
    ("headers", "body", "status", "error"),
    [
        ({}, {"month_result": "accept"}, 400, "no_key"),
        ({"Idempotency-Key": "a b"}, {"month_result": "accept"}, 400, "no_key"),
        ({"Idempotency-Key": ONCE}, {"nobody-knows": "accept"}, 400, "unknown_template"),
        (
            {"Idempotency-Key": ONCE},
            {"month_result": "accept", "x": "accept"},
            400,
            "unknown_template",
        ),
        ({"Idempotency-Key": ONCE}, {"month_result": "perhaps"}, 400, "unknown_answer"),
        ({"Idempotency-Key": ONCE}, {"month_result": ["accept"]}, 400, "unknown_answer"),
        ({"Idempotency-Key": ONCE}, {}, 400, "bad_request"),
        ({"Idempotency-Key": ONCE}, {"errMsg": "requestSubscribeMessage:fail"}, 400, "bad_request"),
        ({"Idempotency-Key": ONCE}, ["month_result"], 400, "bad_request"),
        ({"Idempotency-Key": ONCE}, "x" * BODY_LIMIT_BYTES, 413, "too_large"),
        ({"Idempotency-Key": ONCE, "Authorization": "Bearer forged"}, {}, 401, "log_in_again"),
        ({"Idempotency-Key": ONCE, "Authorization": ""}, {}, 401, "log_in_again"),
    ],
)
def test_what_is_no_answer_is_refused_and_counts_nothing(
    lane: Lane, headers: dict[str, str], body: Any, status: int, error: str
) -> None:
    code = lane.world.codes.make(LI)
    pass_ = lane.knock("POST", "/mini/login", json={"code": code}).json()["session"]
    headers = {"Authorization": f"Bearer {pass_}", **headers}
    answer = lane.knock("POST", "/mini/consents", json=body, headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.json()["say"]
    assert lane.ticks() == 0


def test_a_body_that_is_no_json_is_refused(lane: Lane) -> None:
    answer = lane.knock("POST", "/mini/login", data=b"\xff{")
    assert (answer.status_code, answer.json()["error"]) == (400, "bad_request")


def test_who_asks_without_end_is_told_to_wait(lane: Lane) -> None:
    lane.mini("log_in")
    answers = [lane.mini("look")["status"] for _ in range(ASKS_A_MINUTE + 40)]
    assert answers[0] == 200
    assert 429 in answers


def test_a_session_ends_and_belongs_to_one_key(monkeypatch: pytest.MonkeyPatch) -> None:
    passes, key = Passes("a" * 40), new_id()
    written = f"Bearer {passes.write(key)}"
    assert passes.read(written) == key
    assert Passes("b" * 40).read(written) is None
    later = time.time() + SECONDS + 2
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda _self: int(later))
    assert passes.read(written) is None


def test_a_minute_has_its_share() -> None:
    now = [0.0]
    brake = Brake(2, clock=lambda: now[0])
    assert [brake.allows("a") for _ in range(3)] == [True, True, False]
    assert brake.allows("b")
    now[0] = 60.0
    assert brake.allows("a")


@pytest.mark.parametrize("path", ["/mini/push", "/mini/push?signature=x&timestamp=1&nonce=2"])
def test_the_push_lets_no_stranger_in(lane: Lane, path: str) -> None:
    assert lane.knock("POST", path, data=b"<xml><a>1</a></xml>").status_code == 403
    assert lane.knock("GET", path).status_code == 403


def test_the_service_accounts_signature_does_not_open_the_push(lane: Lane) -> None:
    fields = {"ToUserName": "gh", "FromUserName": MINI, "CreateTime": 1, "MsgType": "event"}
    push = lane.world.courier.pack({**fields, "Event": "subscribe_msg_change_event"})
    answer = lane.knock("POST", "/mini/push", params=push.query, data=push.body)
    assert answer.status_code == 403


def test_an_event_of_nothing_that_we_know_is_acknowledged(lane: Lane) -> None:
    fields = {"ToUserName": "gh", "FromUserName": MINI, "CreateTime": 1, "MsgType": "text"}
    for more in ({"Content": "您好", "MsgId": 1}, {"MsgType": "event", "Event": "user_enter"}):
        push = lane.world.mini_courier.pack({**fields, **more})
        answer = lane.knock("POST", "/mini/push", params=push.query, data=push.body)
        assert (answer.status_code, answer.text) == (200, "success")
    with lane.sessions() as session:
        assert session.scalar(select(func.count()).select_from(Inbound)) == 0


def test_who_was_told_to_wait_by_the_chat_is_not_reminded_in_the_mini_program(lane: Lane) -> None:
    person = lane.bind_chat()
    lane.join()
    lane.mini("tick", templates=["reminder"])
    lane.chat("退订")
    lane.chat("1")
    key = lane.tell(person, "morning_reminder", post="保洁员", at="07:30")
    assert "mini:opted_out" in reasons(lane.message(key))
    assert lane.ticks("reminder") == 1


def test_where_there_is_no_mini_program_nothing_is_said_of_it(lane: Lane) -> None:
    person = lane.bind_chat()
    lane.join()
    lane.mini("tick", templates=["month_result"])
    mini_program.know(load(sandbox=True))
    assert not any("mini" in one for one in reasons(lane.message(lane.tell(person))))
    assert "没有小程序" in lane.chat("小程序")
