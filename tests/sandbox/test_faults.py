"""Each trouble that can be switched on happens as often as was asked, and then no more."""

import time
from collections.abc import Callable
from typing import Any

import pytest
import requests

from sandbox.faults import API_KINDS, RECEIPT_KINDS, WEBHOOK_KINDS, FaultDesk, FaultError
from sandbox.world import World
from tests.sandbox.conftest import LI, Caller, served_world
from tests.sandbox.fake_service import FakeService

Eventually = Callable[[Callable[[], bool]], None]
SEND = "message/custom/send"
HELLO = {"touser": LI, "msgtype": "text", "text": {"content": "您好"}}


def test_a_duplicate_has_the_same_id_and_another_nonce(
    caller: Caller, service: FakeService, eventually: Eventually
) -> None:
    caller.post("/faults", {"target": "webhook", "kind": "duplicate"})
    assert len(caller.say("您好")["replies"]) == 1
    eventually(lambda: len(service.messages) == 2)
    assert len({message["MsgId"] for message in service.messages}) == 1
    caller.say("第二句")
    assert len(service.messages) == 3


def test_lost_answers_post_three_times_and_show_the_system_line(
    caller: Caller, service: FakeService, world: World
) -> None:
    caller.post("/faults", {"target": "webhook", "kind": "lost_answer"})
    outcome = caller.say("您好")
    assert outcome["replies"] == []
    assert [message["Content"] for message in service.messages] == ["您好"] * 3
    assert world.ledger.entries()[-1].writer == "system"


def test_two_messages_can_change_places(caller: Caller, service: FakeService) -> None:
    caller.post("/faults", {"target": "webhook", "kind": "reorder", "seconds": 30})
    assert "held back" in caller.say("第一句")["problem"]
    caller.say("第二句")
    assert [message["Content"] for message in service.messages] == ["第二句", "第一句"]


def test_a_message_can_be_late(
    caller: Caller, service: FakeService, eventually: Eventually
) -> None:
    caller.post("/faults", {"target": "webhook", "kind": "delay", "seconds": 0.1})
    caller.say("您好")
    eventually(lambda: len(service.messages) == 1)


def test_an_errcode_is_answered_so_many_times(caller: Caller) -> None:
    caller.say("您好")
    caller.post("/faults", {"target": SEND, "kind": "errcode", "value": 45009, "times": 2})
    assert [caller.api(SEND, HELLO)["errcode"] for _ in range(3)] == [45009, 45009, 0]


@pytest.mark.parametrize(("kind", "status"), [("html", 502), ("html_200", 200)])
def test_a_web_page_instead_of_json(kind: str, status: int, caller: Caller, world: World) -> None:
    caller.post("/faults", {"target": "menu/get", "kind": kind})
    answer = requests.get(f"{caller.url}/cgi-bin/menu/get", timeout=10)
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "text/html")


def test_a_hanging_call_has_done_its_work(caller: Caller, world: World) -> None:
    caller.say("您好")
    caller.post("/faults", {"target": SEND, "kind": "hang", "seconds": 1.5})
    token = world.tokens.stable(force=False)
    assert token
    url = f"{caller.url}/cgi-bin/{SEND}?access_token={token.text}"
    with pytest.raises(requests.Timeout):
        requests.post(url, json=HELLO, timeout=0.4)
    assert [one.detail["channel"] for one in world.ledger.sent_by_service("wechat", LI)] == [
        "passive",
        "custom",
    ]


def test_all_tokens_can_expire_at_once(caller: Caller, world: World) -> None:
    token = world.tokens.stable(force=False)
    assert token
    caller.post("/faults", {"kind": "expire_tokens"})
    answer = caller.get(f"/cgi-bin/menu/get?access_token={token.text}")
    assert answer["errcode"] == 40001


def test_faults_can_be_listed_and_switched_off(caller: Caller) -> None:
    wanted = [{"target": "webhook", "kind": "duplicate"}, {"target": "sms", "kind": "html"}]
    first, second = caller.post("/faults", wanted)["faults"]
    left = requests.delete(f"{caller.url}/faults/{first['number']}", timeout=10).json()["faults"]
    assert left == [second]
    assert requests.delete(f"{caller.url}/faults", timeout=10).json() == {"faults": []}


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"target": "webhook", "kind": "dance"},
        {"target": "sms_receipt", "kind": "duplicate"},
        {"target": SEND, "kind": "errcode"},
        {"target": SEND, "kind": "html", "times": "many"},
    ],
)
def test_a_fault_that_nothing_would_use_is_refused(wanted: dict[str, Any]) -> None:
    with pytest.raises(FaultError):
        FaultDesk().add(wanted)


def test_no_kind_belongs_to_two_sorts_of_target() -> None:
    assert not WEBHOOK_KINDS & RECEIPT_KINDS
    assert not (WEBHOOK_KINDS | RECEIPT_KINDS) & API_KINDS


def test_a_slow_service_is_posted_to_again_while_it_still_works() -> None:
    with served_world(retry_seconds=0.3) as (world, service):
        service.answer = lambda message: time.sleep(0.5)
        assert Caller(world).say("您好")["attempts"] == 3


@pytest.mark.parametrize(
    ("kind", "statuses"),
    [
        ("before", ["success"]),
        ("twice", ["success", "success"]),
        ("failed", ["failed:user block"]),
        ("never", []),
    ],
)
def test_reports_on_template_messages_come_as_asked(
    caller: Caller,
    world: World,
    service: FakeService,
    eventually: Eventually,
    kind: str,
    statuses: list[str],
) -> None:
    caller.post("/phone/send", {"openid": LI, "kind": "follow"})
    caller.post("/faults", {"target": "wechat_report", "kind": kind})
    body = {"touser": LI, "template_id": "t1", "data": {"thing1": {"value": "过了"}}}

    def reported() -> list[str]:
        return [one["Status"] for one in service.messages if "Status" in one]

    caller.api("message/template/send", body)
    if kind == "before":
        assert reported() == statuses
    eventually(lambda: len(reported()) == len(statuses))
    assert reported() == statuses
    assert not world.faults.active()


def test_a_fault_can_hit_one_of_two_providers(caller: Caller, world: World) -> None:
    caller.post("/faults", {"target": "aliyun", "kind": "code", "value": "isv.OUT_OF_SERVICE"})
    assert world.faults.take("sms/tencent") is None
    assert world.faults.take("sms/aliyun", "code")


def test_a_mini_program_sends_by_its_own_openid(caller: Caller) -> None:
    body = {"touser": f"mini-{LI}", "template_id": "t1", "data": {"thing1": {"value": "过了"}}}
    assert caller.api("message/subscribe/send", body)["errcode"] == 43101
    caller.post("/phone/send", {"openid": LI, "kind": "consent", "template_id": "t1"})
    assert caller.api("message/subscribe/send", body)["errcode"] == 43101, (
        "ticks of another account"
    )
    caller.post("/phone/mini", {"openid": LI, "do": "tick", "templates": ["t1"]})
    assert caller.api("message/subscribe/send", {**body, "touser": LI})["errcode"] == 40003
    assert caller.api("message/subscribe/send", body)["msgid"]
    assert caller.api("message/subscribe/send", body)["errcode"] == 43101, "each tick pays for one"
