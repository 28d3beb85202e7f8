"""Our translators and the stand-in for the outside world, each written without the other in view.

Both over real HTTP: the sandbox posts to a tiny service made of our doors, and our clients call it.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
import requests
from werkzeug.serving import make_server

from channels.inbound import Inbound
from channels.sms.callbacks import read_messages, read_receipts
from channels.sms.entries import Receipt
from channels.sms.gateway import Account, Rejected, Remedy, Unknown
from channels.sms.providers import PROVIDERS
from channels.sms.tencent import TencentGateway
from channels.wechat.api import WechatApi
from channels.wechat.envelope import Mode, WechatDoor
from channels.wechat.errors import Action, OutcomeUnknown, WechatError
from channels.wechat.line import Credentials, Line
from channels.wechat.tokens import MemoryTokenStore
from sandbox.app import create_app
from sandbox.config import Config
from sandbox.world import World
from settings import decode_aes_key
from tests.channels.standin import Asked, Say, serving

OPENID = "o-sandbox-liguixiang"
PHONE = "13800000005"


@dataclass
class Service:
    """What our doors understood."""

    door: WechatDoor
    inbound: list[Inbound] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)

    def on_wechat(self, asked: Asked) -> Say:
        letter = self.door.open(asked.args, asked.body, now=time.time())
        assert letter.inbound is not None
        self.inbound.append(letter.inbound)
        reply = letter.reply(f"听见了：{letter.inbound.text}]]>", now=time.time())
        return Say(reply, content_type="application/xml")

    def on_receipt(self, asked: Asked) -> Say:
        self.receipts += read_receipts("tencent", asked.body).receipts
        return Say(PROVIDERS["tencent"].acknowledgement)

    def on_uplink(self, asked: Asked) -> Say:
        self.inbound += read_messages("tencent", asked.body).messages
        return Say(PROVIDERS["tencent"].acknowledgement)


@dataclass(frozen=True)
class Town:
    """Both sides of the street."""

    world: World
    service: Service

    @property
    def url(self) -> str:
        return self.world.config.own_url

    def post(self, path: str, **body: Any) -> Any:
        return requests.post(self.url + path, json=body, timeout=20).json()

    def api(self, *, read_seconds: float = 10.0) -> WechatApi:
        config = self.world.config
        line = Line(
            origin=self.url,
            credentials=Credentials(config.wechat_app_id, config.wechat_app_secret),
            store=MemoryTokenStore(),
            timeout=(2.0, read_seconds),
        )
        return WechatApi(line)

    def gateway(self) -> TencentGateway:
        return TencentGateway(Account("id", "key", "兖州公益岗", "1400000000", self.url, 2))

    def send_sms(self) -> str:
        gateway = self.gateway()
        return gateway.send(
            phone=PHONE, template_id="1001", params=("1",), reference="d-1"
        ).provider_id


@contextmanager
def town(mode: Mode = "safe") -> Iterator[Town]:
    with serving() as front, socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(64)
        config = Config(
            port=listening.getsockname()[1],
            service_url=front.origin,
            wechat_mode=cast(Any, mode),
            event_delay_seconds=0.01,
            sms_receipt_seconds=0.01,
            start_at="2022-04-06T09:00:00+08:00",
        )
        service = Service(
            WechatDoor(
                token=config.wechat_token,
                app_id=config.wechat_app_id,
                original_id=config.wechat_original_id,
                aes_key=decode_aes_key(config.wechat_aes_key),
                mode=mode,
            )
        )
        front.script("/wechat", service.on_wechat)
        front.script("/sms/sandbox-sms-callback/tencent/receipt", service.on_receipt)
        front.script("/sms/sandbox-sms-callback/tencent/uplink", service.on_uplink)
        world = World(config)
        server = make_server(
            "127.0.0.1", config.port, create_app(world), threaded=True, fd=listening.fileno()
        )
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield Town(world, service)
        finally:
            world.close()
            server.shutdown()
            thread.join()
            server.server_close()


@pytest.fixture(scope="module")
def shared() -> Iterator[Town]:
    with town() as made:
        yield made


@pytest.fixture
def here(shared: Town) -> Town:
    shared.world.reset()
    shared.service.inbound.clear()
    shared.service.receipts.clear()
    return shared


def eventually(true: Callable[[], bool]) -> None:
    patience = threading.Event()
    for _ in range(200):
        if true():
            return
        patience.wait(0.025)
    raise AssertionError("it did not happen within five seconds")


def refusal(call: Callable[[], object]) -> Action:
    with pytest.raises(WechatError) as caught:
        call()
    return caught.value.action


@pytest.mark.parametrize("mode", ["plain", "compatible", "safe"])
def test_a_word_and_its_answer_survive_the_way(mode: Mode) -> None:
    with town(mode) as made:
        outcome = made.post("/phone/send", openid=OPENID, kind="text", text="俺想报名<&>")
        (inbound,) = made.service.inbound
        assert (inbound.sender, inbound.kind, inbound.text) == (OPENID, "text", "俺想报名<&>")
        (answer,) = [reply["text"] for reply in outcome["replies"]]
        assert answer == "听见了：俺想报名<&>]]>"


def test_a_place_a_scan_and_a_click_are_understood(here: Town) -> None:
    here.post("/phone/send", openid=OPENID, kind="location", place="村委会")
    here.post("/phone/send", openid=OPENID, kind="click", key="check_in")
    place, click = here.service.inbound
    assert (place.kind, place.latitude, place.longitude) == ("location", 35.5486, 116.7702)
    assert (click.event, click.event_key) == ("click", "check_in")


def test_customer_messages_keep_to_the_window(here: Town) -> None:
    api = here.api()
    assert refusal(lambda: api.send_text(OPENID, "早")) is Action.WINDOW
    assert refusal(lambda: api.send_text("o-nobody", "早")) is Action.RECIPIENT
    here.post("/phone/send", openid=OPENID, kind="text", text="在吗")
    api.send_text(OPENID, "在")
    shown = requests.get(f"{here.url}/log/wechat", params={"openid": OPENID}, timeout=5).json()
    assert shown[-1]["text"] == "在"


def test_expired_tokens_and_faults_on_the_line(here: Town) -> None:
    api = here.api(read_seconds=0.3)
    here.post("/phone/send", openid=OPENID, kind="text", text="在吗")
    api.send_text(OPENID, "一")
    here.post("/faults", target="token", kind="expire_tokens")
    api.send_text(OPENID, "二")
    for kind, action in (("html", Action.TRANSIENT), ("html_200", Action.TRANSIENT)):
        here.post("/faults", target="custom/send", kind=kind)
        assert refusal(lambda: api.send_text(OPENID, "三")) is action
    here.post("/faults", target="custom/send", kind="errcode", value="45009")
    assert refusal(lambda: api.send_text(OPENID, "三")) is Action.DAY_QUOTA
    here.post("/faults", target="custom/send", kind="hang", seconds=1)
    with pytest.raises(OutcomeUnknown):
        api.send_text(OPENID, "四")


def test_a_template_message_is_sent_once_and_reported(here: Town) -> None:
    here.post("/phone/send", openid=OPENID, kind="follow")
    api, fields = here.api(), {"thing1": "申请已受理", "phrase2": "已受理"}
    ids = {api.send_template(OPENID, "t1", fields=fields, client_msg_id="d-1") for _ in range(2)}
    (number,) = ids
    eventually(lambda: any(i.event == "templatesendjobfinish" for i in here.service.inbound))
    report = here.service.inbound[-1]
    assert (report.details["MsgID"], report.details["Status"]) == (number, "success")


def test_menu_code_and_media(here: Town) -> None:
    api = here.api()
    api.publish_menu({"button": [{"type": "click", "name": "打卡", "key": "check_in"}]})
    api.delete_menu()
    for permanent in (True, False):
        qr = api.create_qr("v-42", permanent=permanent, seconds=600)
        picture = requests.get(qr.image_url, timeout=5)
        assert picture.headers["Content-Type"] == "image/png"
    media_id = here.world.media.put(
        picture.content, mime="image/jpeg", name="qr", at=here.world.clock.now()
    ).media_id
    media = api.fetch_media(media_id)
    assert (media.content, media.content_type) == (picture.content, "image/png")
    assert refusal(lambda: api.fetch_media("gone")) is Action.CONTENT


def test_a_login_code_works_once(here: Town) -> None:
    api, code = here.api(), here.post("/phone/login-code", openid=OPENID)["code"]
    assert api.code_to_openid(code) == OPENID
    assert refusal(lambda: api.code_to_openid(code)) is Action.CONTENT


def test_a_short_message_its_receipt_and_the_answer(here: Town) -> None:
    number = here.send_sms()
    eventually(lambda: bool(here.service.receipts))
    (receipt,) = here.service.receipts
    assert (receipt.provider_id, receipt.phone, receipt.delivered) == (number, PHONE, True)
    assert receipt.happened_at is not None
    assert here.post("/phone/sms", phone=PHONE, text="打卡")["status"] == 200
    (inbound,) = here.service.inbound
    assert (inbound.channel, inbound.sender, inbound.text) == ("sms", PHONE, "打卡")
    assert inbound.sent_at is not None


def test_faults_of_the_short_messages(here: Town) -> None:
    here.post("/faults", target="sms", kind="code", value="FailedOperation.PhoneNumberInBlacklist")
    with pytest.raises(Rejected) as caught:
        here.send_sms()
    assert caught.value.remedy is Remedy.PERMANENT
    for kind in ("html", "html_200"):
        here.post("/faults", target="sms", kind=kind)
        with pytest.raises(Unknown):
            here.send_sms()
    here.post("/faults", target="sms_receipt", kind="failed")
    here.send_sms()
    eventually(lambda: any(not one.delivered for one in here.service.receipts))
