"""The whole web process over HTTP: from the platform's bytes to the reply's, in every mode.

wechatpy's crypto is the other side of the wire. Sandbox settings, but a real database and door.
"""

from __future__ import annotations

import base64
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import xmltodict
from flask.testing import FlaskClient
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session, sessionmaker
from wechatpy.crypto import WeChatCrypto

import wsgi
from models import Inbound
from settings import SANDBOX_DEFAULTS, load
from tests.builders import id_number
from tests.channels.wechat.envelopes import NONCE, sign
from wording import load_book

BOOK = load_book()
TOKEN = SANDBOX_DEFAULTS["wechat_token"]
APP_ID = SANDBOX_DEFAULTS["wechat_app_id"]
ACCOUNT = "gh_sandbox00000"
AES_KEY = SANDBOX_DEFAULTS["wechat_aes_key"]


@dataclass
class Platform:
    """Posts to the service as WeChat does, and opens what comes back."""

    client: FlaskClient
    mode: str
    posted: int = 0

    def post(self, xml: str | bytes, *, at: float | None = None, signature: str = "") -> Any:
        body = xml.encode() if isinstance(xml, str) else xml
        stamp = str(int(at or time.time()))
        query = {"signature": sign(TOKEN, stamp, NONCE), "timestamp": stamp, "nonce": NONCE}
        if self.mode != "plain":
            sealed = self.crypto().encrypt_message(body.decode(), NONCE, stamp)
            query |= {
                "encrypt_type": "aes",
                "msg_signature": xmltodict.parse(sealed)["xml"]["MsgSignature"],
            }
            body = sealed.encode()
        if signature:
            query |= {"signature": signature, "msg_signature": signature}
        return self.client.post("/wechat", query_string=query, data=body)

    def say(self, text: str, **more: Any) -> str:
        """The words of the reply; "" when the service only acknowledges."""
        self.posted += 1
        answer = self.post(text_xml(text, number=self.posted), **more)
        assert answer.status_code == 200
        return self.opened(answer)

    def opened(self, answer: Any) -> str:
        body = answer.get_data(as_text=True)
        if body in {"", "success"}:
            return ""
        document = xmltodict.parse(body)["xml"]
        if self.mode != "plain":
            plain = self.crypto().decrypt_message(
                body, document["MsgSignature"], document["TimeStamp"], document["Nonce"]
            )
            document = xmltodict.parse(plain)["xml"]
        assert document["FromUserName"] == ACCOUNT
        return str(document["Content"])

    def crypto(self) -> WeChatCrypto:
        return WeChatCrypto(TOKEN, AES_KEY, APP_ID)


def text_xml(text: str, *, number: int = 1, sender: str = "o-1") -> str:
    return (
        f"<xml><ToUserName>{ACCOUNT}</ToUserName><FromUserName>{sender}</FromUserName>"
        f"<CreateTime>{int(time.time())}</CreateTime><MsgType>text</MsgType>"
        f"<Content><![CDATA[{text}]]></Content><MsgId>{number}</MsgId></xml>"
    )


def event_xml(name: str) -> str:
    return (
        f"<xml><ToUserName>{ACCOUNT}</ToUserName><FromUserName>o-1</FromUserName>"
        f"<CreateTime>{int(time.time())}</CreateTime><MsgType>event</MsgType>"
        f"<Event>{name}</Event></xml>"
    )


@pytest.fixture(autouse=True)
def one_engine(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The service opens the test's database, with connections that the fixtures close."""
    monkeypatch.setattr("models.opening.make_engine", lambda *_args, **_more: engine)


@pytest.fixture
def platform_in(seeded_sessions: sessionmaker[Session]) -> Callable[[str], Platform]:
    def start(mode: str) -> Platform:
        app = wsgi.create_app(load(sandbox=True, wechat_mode=mode))
        return Platform(app.test_client(), mode)

    return start


@pytest.fixture(params=["plain", "compatible", "safe"])
def platform(request: pytest.FixtureRequest, platform_in: Callable[[str], Platform]) -> Platform:
    return platform_in(request.param)


@pytest.fixture
def plain(platform_in: Callable[[str], Platform]) -> Platform:
    return platform_in("plain")


def test_a_question_is_answered_in_every_mode(platform: Platform) -> None:
    said = [platform.say(text) for text in ("查条件", "1", "1", "1970年5月2日", "4")]
    assert BOOK.text("eligibility.ask_born") in said[2]
    assert "方案三（二）" in said[-1]


def test_the_address_is_verified(plain: Platform) -> None:
    stamp = str(int(time.time()))
    query = {"signature": sign(TOKEN, stamp, NONCE), "timestamp": stamp, "nonce": NONCE}
    answer = plain.client.get("/wechat", query_string={**query, "echostr": "5837"})
    assert (answer.status_code, answer.get_data(as_text=True)) == (200, "5837")
    stale = {**query, "signature": "0" * 40, "echostr": "5837"}
    assert plain.client.get("/wechat", query_string=stale).status_code == 403


@pytest.mark.parametrize("signature", ["0" * 40, "x", "签名"])
def test_a_stranger_is_turned_away(platform: Platform, signature: str) -> None:
    assert platform.post(text_xml("您好"), signature=signature).status_code == 403


def test_an_old_request_is_turned_away(platform: Platform) -> None:
    assert platform.post(text_xml("您好"), at=time.time() - 3600).status_code == 403


def test_a_repeated_post_gets_the_same_reply(
    platform: Platform, seeded_sessions: sessionmaker[Session]
) -> None:
    xml = text_xml("查条件", number=77)
    replies = {platform.opened(platform.post(xml)) for _ in range(3)}
    assert len(replies) == 1
    with seeded_sessions() as session:
        assert session.scalar(select(func.count()).select_from(Inbound)) == 1


@pytest.mark.parametrize(
    "xml",
    [
        "garbage",
        "<xml></xml>",
        "<xml><a></xml>",
        "<!DOCTYPE x [<!ENTITY e 'boom'>]><xml><Content>&e;</Content></xml>",
        "<xml><MsgType>text</MsgType></xml>",
        "",
    ],
)
def test_what_cannot_be_read_is_acknowledged(plain: Platform, xml: str) -> None:
    answer = plain.post(xml)
    assert (answer.status_code, answer.get_data()) == (200, b"success")


def test_a_huge_body_is_refused(plain: Platform) -> None:
    assert plain.post(b"x" * (wsgi.BODY_LIMIT_BYTES + 1)).status_code == 413


@pytest.mark.parametrize("name", ["VIEW", "TEMPLATESENDJOBFINISH", "of_next_year"])
def test_an_event_without_an_answer_is_acknowledged(platform: Platform, name: str) -> None:
    answer = platform.post(event_xml(name))
    assert answer.status_code == 200
    assert platform.opened(answer) == ""


def test_a_new_follower_is_welcomed(platform: Platform) -> None:
    welcome = BOOK.text("menu.welcome").split("\n", maxsplit=1)[0]
    assert welcome in platform.opened(platform.post(event_xml("subscribe")))


@pytest.mark.parametrize("text", ["]]&gt;", "<b>", "&amp;", "😀" * 300])
def test_odd_words_get_a_well_formed_reply(platform: Platform, text: str) -> None:
    assert platform.say(text)


def break_down(*_args: object) -> None:
    raise ZeroDivisionError("a bug")


def test_a_bug_is_an_apology_and_still_200(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.inbox.converse", break_down)
    assert platform.say("您好") == BOOK.text("dialog.apology")


def test_the_log_of_a_bug_shows_nobodys_words_or_numbers(
    plain: Platform, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("bot.inbox.converse", break_down)
    plain.say(f"俺叫王桂兰，{id_number()}，13800000001")
    written = "".join(capfd.readouterr())
    assert "turn_failed" in written
    assert not re.search(f"{id_number()}|13800000001|王桂兰", written)


def test_the_database_is_asked_how_it_is(plain: Platform) -> None:
    answer = plain.client.get("/healthz")
    assert (answer.status_code, answer.get_json()) == (200, {"status": "ok"})


def test_the_clock_can_be_moved_in_the_sandbox(plain: Platform) -> None:
    to = "2025-06-14T08:00:00+08:00"
    assert plain.client.post("/sandbox/clock", json={"now": to}).status_code == 200
    assert plain.client.get("/sandbox/clock").get_json()["now"].startswith("2025-06-14T00:00")


@pytest.mark.parametrize("body", [None, [], {}, {"now": "tomorrow"}, {"now": "2025-06-14T08:00"}])
def test_a_clock_is_not_moved_by_nonsense(plain: Platform, body: object) -> None:
    answer = plain.client.post("/sandbox/clock", json=body)
    assert answer.status_code == 400
    assert "now" in answer.get_json()["error"]


def test_nobody_moves_the_clock_outside_the_sandbox(
    seeded_sessions: sessionmaker[Session],
) -> None:
    own = {
        "secret_key": secrets.token_urlsafe(32),
        "field_keys": "1:" + base64.b64encode(secrets.token_bytes(32)).decode(),
    }
    real = {**SANDBOX_DEFAULTS, **own, "sandbox": False}
    client = wsgi.create_app(load(**real)).test_client()
    assert client.get("/sandbox/clock").status_code == 404
    assert client.post("/sandbox/clock", json={"now": "2025-06-14T08:00:00+08:00"}).status_code in {
        404,
        405,
    }
