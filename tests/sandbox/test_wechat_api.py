"""WeChat's server API: tokens, windows, consents, counts, and the things it keeps."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import requests

from sandbox.shelves import TokenDesk
from sandbox.world import World
from tests.sandbox.conftest import LI, Caller
from tests.sandbox.fake_service import FakeService

Eventually = Callable[[Callable[[], bool]], None]
CREDENTIALS = {"appid": "wx0000000000sandbox", "secret": "sandbox-secret"}
SUN = "o-sandbox-sunlixin"


def text_to(openid: str, text: str = "您好") -> dict[str, Any]:
    return {"touser": openid, "msgtype": "text", "text": {"content": text}}


def card_to(openid: str, value: str = "已受理", **more: Any) -> dict[str, Any]:
    return {"touser": openid, "template_id": "T1", "data": {"thing1": {"value": value}}, **more}


def test_the_stable_token_stays_and_the_old_one_dies(caller: Caller) -> None:
    ask = {"grant_type": "client_credential", **CREDENTIALS}
    first, second = (caller.post("/cgi-bin/stable_token", ask) for _ in range(2))
    assert first == second
    assert first["expires_in"] == 7200
    query = "&".join(f"{name}={value}" for name, value in CREDENTIALS.items())
    old, new = (caller.get(f"/cgi-bin/token?{query}")["access_token"] for _ in range(2))
    assert caller.get(f"/cgi-bin/menu/get?access_token={old}")["errcode"] == 40001
    assert caller.get(f"/cgi-bin/menu/get?access_token={new}")["errcode"] == 46003


@pytest.mark.parametrize(("wrong", "errcode"), [("appid", 40013), ("secret", 40125)])
def test_wrong_credentials_are_refused(wrong: str, errcode: int, caller: Caller) -> None:
    answer = caller.post("/cgi-bin/stable_token", {**CREDENTIALS, wrong: "x"})
    assert answer["errcode"] == errcode


def test_a_forced_token_kills_the_former_and_has_a_limit() -> None:
    now = [1000.0]
    desk = TokenDesk(lambda: now[0])
    first = desk.stable(force=False)
    forced = desk.stable(force=True)
    assert first
    assert forced
    assert not desk.accepts(first.text)
    assert desk.accepts(forced.text)
    assert desk.stable(force=True) is None
    now[0] += 31
    assert desk.stable(force=True)
    now[0] += 7201
    assert not desk.accepts(forced.text)


@pytest.mark.parametrize("token", ["", "?access_token=wrong"])
def test_without_a_good_token_nothing_happens(token: str, caller: Caller, world: World) -> None:
    caller.say("您好")
    answer = caller.post(f"/cgi-bin/message/custom/send{token}", text_to(LI))
    assert answer["errcode"] == 40001
    assert [one.kind for one in world.ledger.sent_by_service("wechat")] == ["text"]


def test_an_unknown_endpoint_has_the_platforms_word_for_it(caller: Caller) -> None:
    assert caller.api("no/such/thing", {})["errcode"] == 40066


def test_five_customer_messages_in_48_hours_after_a_message(caller: Caller, world: World) -> None:
    send = "message/custom/send"
    assert caller.api(send, text_to(LI))["errcode"] == 45015
    caller.say("您好")
    codes = [caller.api(send, text_to(LI))["errcode"] for _ in range(6)]
    assert codes == [0, 0, 0, 0, 0, 45047]
    caller.say("再问一句")
    world.clock.advance(timedelta(hours=48, seconds=1))
    assert caller.api(send, text_to(LI))["errcode"] == 45015


def test_three_customer_messages_in_a_minute_after_a_click(caller: Caller, world: World) -> None:
    caller.post("/phone/send", {"openid": LI, "kind": "click", "key": "menu"})
    codes = [caller.api("message/custom/send", text_to(LI))["errcode"] for _ in range(4)]
    assert codes == [0, 0, 0, 45047]
    caller.post("/phone/send", {"openid": LI, "kind": "click", "key": "menu"})
    world.clock.advance(timedelta(seconds=61))
    assert caller.api("message/custom/send", text_to(LI))["errcode"] == 45015


def test_who_left_gets_nothing_any_more(caller: Caller) -> None:
    caller.say("您好")
    caller.post("/phone/send", {"openid": LI, "kind": "unfollow"})
    assert caller.api("message/custom/send", text_to(LI))["errcode"] == 45015
    assert caller.api("message/template/send", card_to(LI))["errcode"] == 43004
    assert caller.api("message/template/send", card_to("o-nobody"))["errcode"] == 40003


@pytest.mark.parametrize(
    ("body", "errcode"),
    [
        (text_to(LI, "字" * 700), 45002),
        ({"touser": LI, "msgtype": "image", "image": {"media_id": "gone"}}, 40007),
        ({"touser": LI, "msgtype": "dance", "dance": {}}, 40008),
        ([], 47001),
    ],
)
def test_customer_messages_are_checked(body: Any, errcode: int, caller: Caller) -> None:
    caller.say("您好")
    assert caller.api("message/custom/send", body)["errcode"] == errcode


def test_a_template_message_is_sent_once_for_one_client_id(
    caller: Caller, world: World, service: FakeService, eventually: Eventually
) -> None:
    caller.say("您好")
    body = card_to(LI, client_msg_id="delivery-7")
    first, second = (caller.api("message/template/send", body) for _ in range(2))
    assert first == second
    cards = [one for one in world.ledger.sent_by_service("wechat", LI) if one.kind == "card"]
    assert [one.text for one in cards] == ["已受理"]
    eventually(lambda: len(service.messages) == 2)
    event = service.messages[1]
    assert (event["Event"], event["MsgID"]) == ("TEMPLATESENDJOBFINISH", str(first["msgid"]))


@pytest.mark.parametrize("value", ["", "字" * 21, "两\n行"])
def test_a_field_that_the_template_cannot_hold_is_named(value: str, caller: Caller) -> None:
    caller.say("您好")
    answer = caller.api("message/template/send", card_to(LI, value))
    assert answer["errcode"] == 47003
    assert "thing1" in answer["errmsg"]


def test_one_consent_is_one_subscription_message(
    caller: Caller, service: FakeService, eventually: Eventually
) -> None:
    send = "message/subscribe/bizsend"
    caller.say("您好")
    assert caller.api(send, card_to(LI))["errcode"] == 43101
    caller.post("/phone/send", {"openid": LI, "kind": "consent", "template_id": "T1"})
    assert [caller.api(send, card_to(LI))["errcode"] for _ in range(2)] == [0, 43101]
    eventually(lambda: service.messages[-1].get("Event") == "subscribe_msg_sent_event")


def test_a_mass_message_reaches_a_follower_four_times_a_month(
    caller: Caller, world: World, service: FakeService, eventually: Eventually
) -> None:
    for openid in (LI, SUN):
        caller.say("您好", openid)
    body = {"filter": {"is_to_all": True}, "msgtype": "text", "text": {"content": "开会"}}
    for number in range(5):
        answer = caller.api("message/mass/sendall", {**body, "clientmsgid": f"a-{number}"})
        assert answer["errcode"] == 0
    again = caller.api("message/mass/sendall", {**body, "clientmsgid": "a-0"})
    assert again["errcode"] == 45065
    got = [one for one in world.ledger.sent_by_service("wechat", LI) if one.text == "开会"]
    assert len(got) == 4
    world.clock.advance(timedelta(days=31))
    caller.api("message/mass/send", {**body, "touser": [LI, SUN]})
    assert caller.api("message/mass/send", {**body, "touser": [LI]})["errcode"] == 40032
    got = [one for one in world.ledger.sent_by_service("wechat", LI) if one.text == "开会"]
    assert len(got) == 5
    eventually(lambda: any(m.get("Event") == "MASSSENDJOBFINISH" for m in service.messages))


def test_the_menu_is_checked_published_and_deleted(caller: Caller) -> None:
    menu = {"button": [{"type": "click", "name": "打卡", "key": "checkin"}]}
    token = caller.post("/cgi-bin/stable_token", CREDENTIALS)["access_token"]
    long_name = {"button": [{"type": "click", "name": "名字太长了吧", "key": "k"}]}
    assert caller.api("menu/create", long_name)["errcode"] == 40018
    assert caller.api("menu/create", {"button": menu["button"] * 4})["errcode"] == 40016
    assert caller.api("menu/create", {"button": [{"name": "打卡"}]})["errcode"] == 40019
    assert caller.api("menu/create", menu)["errcode"] == 0
    assert caller.get(f"/cgi-bin/menu/get?access_token={token}")["menu"] == menu
    assert caller.get("/phone/state")["menu"] == menu
    assert caller.get(f"/cgi-bin/menu/delete?access_token={token}")["errcode"] == 0
    assert caller.get("/phone/state")["menu"] is None


def test_a_qr_code_can_be_printed_and_scanned(caller: Caller, service: FakeService) -> None:
    made = caller.api(
        "qrcode/create",
        {"action_name": "QR_LIMIT_STR_SCENE", "action_info": {"scene": {"scene_str": "v-1"}}},
    )
    picture = requests.get(f"{caller.url}/cgi-bin/showqrcode?ticket={made['ticket']}", timeout=10)
    assert picture.content.startswith(b"\x89PNG")
    caller.post("/sandbox/qr-labels", {"v-1": "杏花岭村"})
    caller.post("/phone/send", {"openid": LI, "kind": "scan", "scene": "杏花岭村"})
    assert service.messages[0]["EventKey"] == "qrscene_v-1"
    assert service.messages[0]["Ticket"] == made["ticket"]


def test_a_temporary_qr_code_ends(caller: Caller, world: World) -> None:
    body = {"expire_seconds": 60, "action_name": "QR_STR_SCENE"}
    caller.api("qrcode/create", {**body, "action_info": {"scene": {"scene_str": "s"}}})
    assert [one["scene"] for one in caller.get("/phone/state")["scenes"]] == ["s"]
    world.clock.advance(timedelta(seconds=61))
    assert caller.get("/phone/state")["scenes"] == []


def test_a_photo_can_be_fetched_for_three_days(
    caller: Caller, world: World, service: FakeService
) -> None:
    caller.post("/phone/send", {"openid": LI, "kind": "image", "picture": "household"})
    message = service.messages[0]
    token = caller.post("/cgi-bin/stable_token", CREDENTIALS)["access_token"]
    url = f"{caller.url}/cgi-bin/media/get?access_token={token}&media_id={message['MediaId']}"
    got = requests.get(url, timeout=10)
    assert got.headers["Content-Type"] == "image/png"
    assert got.content == requests.get(message["PicUrl"], timeout=10).content
    assert got.content.startswith(b"\x89PNG")
    world.clock.advance(timedelta(days=3))
    assert requests.get(url, timeout=10).json()["errcode"] == 40007


def test_an_uploaded_picture_can_be_sent(caller: Caller) -> None:
    token = caller.post("/cgi-bin/stable_token", CREDENTIALS)["access_token"]
    url = f"{caller.url}/cgi-bin/media/upload?access_token={token}&type="
    files = {"media": ("qr.png", b"\x89PNG", "image/png")}
    kept = requests.post(url + "image", files=files, timeout=10).json()
    assert requests.post(url + "image", timeout=10).json()["errcode"] == 41005
    assert requests.post(url + "dance", files=files, timeout=10).json()["errcode"] == 40004
    caller.say("您好")
    body = {"touser": LI, "msgtype": "image", "image": {"media_id": kept["media_id"]}}
    assert caller.api("message/custom/send", body)["errcode"] == 0


def test_followers_and_tags(caller: Caller) -> None:
    token = caller.post("/cgi-bin/stable_token", CREDENTIALS)["access_token"]
    info = f"/cgi-bin/user/info?access_token={token}&openid="
    assert caller.get(info + LI)["subscribe"] == 0
    assert caller.get(info + "o-nobody")["errcode"] == 40003
    caller.say("您好")
    tag = caller.api("tags/create", {"tag": {"name": "杏花岭"}})["tag"]["id"]
    assert caller.api("tags/create", {"tag": {"name": "杏花岭"}})["errcode"] == 45157
    members = {"tagid": tag, "openid_list": [LI]}
    assert caller.api("tags/members/batchtagging", members)["errcode"] == 0
    assert caller.get(info + LI)["tagid_list"] == [tag]
    assert caller.get(f"/cgi-bin/tags/get?access_token={token}")["tags"][0]["count"] == 1
    assert caller.api("user/tag/get", {"tagid": tag})["data"]["openid"] == [LI]
    caller.api("tags/members/batchuntagging", members)
    assert caller.get(f"/cgi-bin/user/get?access_token={token}")["data"]["openid"] == [LI]
    assert caller.get(info + LI)["tagid_list"] == []


def test_a_login_code_works_once(caller: Caller) -> None:
    query = "&".join(f"{name}={value}" for name, value in CREDENTIALS.items())
    code = caller.post("/phone/login-code", {"person": "李桂香"})["code"]
    web = f"/sns/oauth2/access_token?{query}&code={code}"
    assert caller.get(web)["openid"] == LI
    assert caller.get(web)["errcode"] == 40029
    code = caller.post("/phone/login-code", {"person": "李桂香"})["code"]
    session = caller.get(f"/sns/jscode2session?{query}&js_code={code}")
    assert session["openid"] != LI
    code = caller.post("/phone/login-code", {"person": "李桂香"})["code"]
    token = caller.post("/cgi-bin/stable_token", CREDENTIALS)["access_token"]
    number = caller.post(f"/wxa/business/getuserphonenumber?access_token={token}", {"code": code})
    assert number["phone_info"]["purePhoneNumber"] == "13800000001"


def test_the_oauth_page_comes_back_with_code_and_state(caller: Caller) -> None:
    answer = requests.get(
        f"{caller.url}/connect/oauth2/authorize",
        params={"redirect_uri": "http://127.0.0.1/back", "state": "abc", "openid": SUN},
        allow_redirects=False,
        timeout=10,
    )
    assert answer.headers["Location"].startswith("http://127.0.0.1/back?code=")
    assert answer.headers["Location"].endswith("&state=abc")
