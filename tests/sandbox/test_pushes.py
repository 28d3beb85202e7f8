"""What people do reaches the service in WeChat's format, and its answers are judged strictly."""

import time
from collections.abc import Callable
from typing import Any

import pytest
import requests

from sandbox.acts import BUILDERS, shown_as
from sandbox.world import World
from tests.sandbox.conftest import LI, Caller, served_world
from tests.sandbox.fake_service import FakeService

Eventually = Callable[[Callable[[], bool]], None]


@pytest.mark.parametrize("mode", ["plain", "compatible", "safe"])
def test_a_text_goes_there_and_the_answer_comes_back_in_every_mode(mode: str) -> None:
    with served_world(wechat_mode=mode) as (world, service):
        answer = Caller(world).say("您好 ]]> <b>")
        assert [one["text"] for one in answer["replies"]] == ["您说：您好 ]]> <b>"] or mode
        assert service.messages[0]["Content"] == "您好 ]]> <b>"
        assert service.messages[0]["ToUserName"] == "gh_sandbox00000"
        assert (answer["status"], answer["attempts"]) == (200, 1)


def test_the_signature_has_the_machines_time_and_the_message_the_sandboxs(
    caller: Caller, service: FakeService
) -> None:
    caller.say("几点了")
    assert abs(int(service.queries[0]["timestamp"]) - time.time()) < 60
    assert int(service.messages[0]["CreateTime"]) // 3600 == 1649206800 // 3600  # 2022-04-06 09


ACTS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"kind": "image", "picture": "身份证正面"}, {"MsgType": "image"}),
    ({"kind": "voice", "recognition": "俺想报名"}, {"MsgType": "voice", "Recognition": "俺想报名"}),
    ({"kind": "video"}, {"MsgType": "video"}),
    ({"kind": "shortvideo"}, {"MsgType": "shortvideo"}),
    ({"kind": "location", "place": "村委会"}, {"MsgType": "location", "Label": "村委会"}),
    (
        {"kind": "location", "latitude": 35.5, "longitude": 116.8},
        {"Location_X": "35.500000", "Location_Y": "116.800000"},
    ),
    ({"kind": "link", "title": "网页", "url": "http://example.test/"}, {"Title": "网页"}),
    ({"kind": "follow"}, {"Event": "subscribe"}),
    ({"kind": "unfollow"}, {"Event": "unsubscribe"}),
    ({"kind": "click", "key": "apply"}, {"Event": "CLICK", "EventKey": "apply"}),
    ({"kind": "view", "key": "http://example.test/"}, {"Event": "VIEW"}),
    ({"kind": "scan", "scene": "v-1"}, {"Event": "subscribe", "EventKey": "qrscene_v-1"}),
    ({"kind": "enter_location", "place": "村委会"}, {"Event": "LOCATION", "Precision": "30.0"}),
    ({"kind": "event", "event": "something_new"}, {"Event": "something_new"}),
    (
        {"kind": "consent", "template_id": "t", "accept": False},
        {"Event": "subscribe_msg_popup_event"},
    ),
    ({"kind": "raw", "fields": {"MsgType": "event", "Event": ["a", "b"]}}, {"Event": ["a", "b"]}),
]


@pytest.mark.parametrize(("act", "wanted"), ACTS, ids=lambda one: str(one.get("kind", "")))
def test_every_act_has_the_fields_of_the_platform(
    act: dict[str, Any], wanted: dict[str, Any], caller: Caller, service: FakeService
) -> None:
    service.answer = lambda message: None
    answer = caller.post("/phone/send", {"person": "李桂香", **act})
    assert answer["problem"] is None
    got = service.messages[0]
    assert {name: got.get(name) for name in wanted} == wanted
    assert ("MsgId" in got) == (got["MsgType"] != "event")


def test_every_act_can_be_shown_in_a_chat() -> None:
    tried = {act["kind"] for act, _ in ACTS} | {"text"}
    assert tried == set(BUILDERS)
    assert all(shown_as({"kind": kind, "text": "字"}) for kind in tried)


def test_a_voice_that_was_not_recognised_has_no_such_element(
    caller: Caller, service: FakeService
) -> None:
    caller.post("/phone/send", {"openid": LI, "kind": "voice"})
    assert "Recognition" not in service.messages[0]


def test_a_follower_who_scans_sends_scan(caller: Caller, service: FakeService) -> None:
    caller.post("/phone/send", {"openid": LI, "kind": "follow"})
    caller.post("/phone/send", {"openid": LI, "kind": "scan", "scene": "v-1"})
    assert (service.messages[1]["Event"], service.messages[1]["EventKey"]) == ("SCAN", "v-1")


def test_two_equal_events_in_one_second_differ_in_their_time(
    caller: Caller, service: FakeService
) -> None:
    for _ in range(3):
        caller.post("/phone/send", {"openid": LI, "kind": "click", "key": "menu"})
    assert len({message["CreateTime"] for message in service.messages}) == 3


def test_message_ids_never_repeat_even_after_a_restart(world: World) -> None:
    assert World(world.config).next_number() > world.next_number()


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (b'{"errcode": 0}', "not well-formed"),
        (b"<xml><MsgType>text</MsgType></xml>", "safe mode the answer needs"),
        ("字" * 700, "2100 bytes"),
    ],
)
def test_an_answer_the_platform_would_refuse_is_named(
    answer: str | bytes, problem: str, caller: Caller, service: FakeService, world: World
) -> None:
    service.answer = lambda message: answer
    outcome = caller.say("您好")
    assert problem in outcome["problem"]
    assert outcome["replies"] == []
    assert world.ledger.entries()[-1].text.startswith("该公众号暂时无法提供服务")


def test_an_answer_to_somebody_else_is_refused(caller: Caller, service: FakeService) -> None:
    def to_another(message: dict[str, Any]) -> str:
        message["FromUserName"] = "o-somebody-else"
        return "给您"

    service.answer = to_another
    assert "ToUserName" in caller.say("您好")["problem"]


def test_silence_is_no_problem(caller: Caller, service: FakeService) -> None:
    service.answer = lambda message: None
    outcome = caller.say("您好")
    assert (outcome["replies"], outcome["problem"]) == ([], None)


def test_without_an_answer_it_is_posted_three_times_with_one_id() -> None:
    with served_world(retry_seconds=0.2) as (world, service):
        slow = iter([0.5, 0.5, 0.0])

        def answer(message: dict[str, Any]) -> str:
            time.sleep(next(slow))
            return "来晚了"

        service.answer = answer
        outcome = Caller(world).say("您好")
        assert (outcome["attempts"], outcome["status"]) == (3, 200)
        assert len({message["MsgId"] for message in service.messages}) == 1
        assert len(service.messages) == 3


def test_three_times_no_answer_shows_the_system_line() -> None:
    with served_world(retry_seconds=0.1) as (world, service):
        service.answer = lambda message: time.sleep(0.3)
        outcome = Caller(world).say("您好")
        assert (outcome["attempts"], outcome["status"]) == (3, None)
        assert world.ledger.entries()[-1].writer == "system"


def test_nobody_at_the_services_address_is_said_so() -> None:
    with served_world(webhook_path=":1/nobody", retry_seconds=0.1) as (world, _):
        assert "nobody answers" in Caller(world).say("您好")["problem"]


def test_an_act_that_makes_no_sense_gets_a_sentence(caller: Caller) -> None:
    for act in (
        {},
        {"person": "无此人", "kind": "text", "text": "1"},
        {"person": "周秀兰", "kind": "text", "text": "1"},
        {"openid": LI, "kind": "dance"},
        {"openid": LI, "kind": "text"},
        {"openid": LI, "kind": "location", "place": "月球"},
        {"openid": LI, "kind": "image", "picture": "没有的照片"},
        {"openid": LI, "kind": "raw"},
    ):
        answer = requests.post(f"{caller.url}/phone/send", json=act, timeout=10)
        assert answer.status_code == 400
        assert answer.json()["error"]


def test_the_webhook_is_verified_as_in_the_console(caller: Caller) -> None:
    assert caller.post("/sandbox/verify", {}) == {"status": 200, "problem": None}


def test_a_page_of_another_site_cannot_play_with_the_phones(caller: Caller) -> None:
    answer = requests.post(
        f"{caller.url}/phone/send",
        json={"openid": LI, "kind": "text", "text": "1"},
        headers={"Sec-Fetch-Site": "cross-site"},
        timeout=10,
    )
    assert answer.status_code == 403
