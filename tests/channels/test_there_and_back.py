"""From the outbox over HTTP to the stand-in's phones, and back by its reports and receipts, through
our real doors and a real database; with what goes wrong in life."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker
from werkzeug.serving import WSGIRequestHandler, make_server

from bot.inbox import Inbox
from bot.sms import sms_door
from bot.web import mount_wechat
from channels.wechat.envelope import WechatDoor
from models import Contact, Delivery
from models.telling import DeliveryState
from sandbox.app import create_app
from sandbox.config import Config
from sandbox.world import World
from scheduler.carriers import Carrier
from scheduler.composition import make_card_carriers, make_sms_carrier, make_wechat_api
from scheduler.wechat_mail import MassCarrier, TemplateCarrier
from scheduler.works import machine_time
from services import card_consents, chat_windows, dispatch, outbox, uncertain
from settings import Settings, decode_aes_key, load
from tests.builders import NOW
from tests.scheduler.test_works import Hand
from tests.talk import OFFICE
from wording import load_book

LI = "o-sandbox-liguixiang"
PHONE = "13800000005"
BOOK = load_book()
NAME = {"name": "李**", "number": "2022000001"}


class Quiet(WSGIRequestHandler):
    """Writes no line for each request."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


@contextmanager
def served(app: Flask, listening: socket.socket) -> Iterator[None]:
    server = make_server(
        "127.0.0.1", 0, app, threaded=True, request_handler=Quiet, fd=listening.fileno()
    )
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()


def port(stack: ExitStack) -> tuple[socket.socket, str]:
    listening = stack.enter_context(socket.socket())
    listening.bind(("127.0.0.1", 0))
    listening.listen(64)
    return listening, f"http://127.0.0.1:{listening.getsockname()[1]}"


@dataclass(frozen=True)
class Street:
    """Both sides, and the carriers between them."""

    world: World
    sessions: sessionmaker[Session]
    carriers: Mapping[str, Carrier]

    def phone(self, **act: Any) -> Any:
        return requests.post(
            f"{self.world.config.own_url}/phone/send", json={"openid": LI, **act}, timeout=20
        ).json()

    def fault(self, target: str, kind: str, **more: Any) -> None:
        self.world.faults.add({"target": target, "kind": kind, **more})

    def put(self, channel: str, key: str, slots: Any, **more: Any) -> Any:
        with self.sessions.begin() as session:
            return outbox.enqueue(
                session, channel=channel, key=key, slots=slots, cause="test", now=NOW, **more
            ).id

    def to_li(self, channel: str, key: str = "card.case_news", slots: Any = None) -> Any:
        with self.sessions() as session:
            contact = session.scalars(select(Contact).where(Contact.address_key == LI)).one()
        return self.put(channel, key, slots or NAME, contact=contact)

    def send(self, channel: str) -> None:
        """Carry what is due: claim, call, record."""
        with self.sessions.begin() as session:
            parcels = dispatch.claim(session, channel, now=NOW, machine_now=machine_time(), limit=9)
        for parcel in parcels:
            answer = self.carriers[channel].carry(parcel)
            with self.sessions.begin() as session:
                dispatch.record(session, parcel, answer, now=NOW)

    def ask(self) -> None:
        """Ask what became of what is uncertain."""
        later = NOW + dispatch.ASK_AFTER
        with self.sessions.begin() as session:
            questions = uncertain.questions(session, later)
        for question in questions:
            finding = self.carriers[question.channel].find_out(question)
            with self.sessions.begin() as session:
                uncertain.settle(session, question, finding, now=NOW)

    def state(self, key: Any) -> str:
        with self.sessions() as session:
            return session.get_one(Delivery, key).state

    def left(self, template: str = "case_news") -> int:
        with self.sessions() as session:
            contact = session.scalars(select(Contact).where(Contact.address_key == LI)).one()
            return card_consents.consents(session, contact, template)

    def cards(self) -> list[str]:
        """What arrived on the phone."""
        sent = self.world.ledger.sent_by_service("wechat", LI)
        return [entry.text for entry in sent if entry.detail.get("channel") != "passive"]


def make_app(settings: Settings, sessions: sessionmaker[Session]) -> Flask:
    app = Flask("street")
    inbox = Inbox(sessions, Hand(), OFFICE, BOOK)
    assert settings.wechat_aes_key is not None
    door = WechatDoor(
        token=settings.wechat_token or "",
        app_id=settings.wechat_app_id or "",
        original_id="",
        aes_key=decode_aes_key(settings.wechat_aes_key.get_secret_value()),
        mode="safe",
    )
    mount_wechat(app, inbox, door)
    secret = "sandbox-sms-callback"
    app.register_blueprint(sms_door(inbox, providers=settings.sms_accounts, secret=secret))
    return app


@pytest.fixture
def street(seeded_sessions: sessionmaker[Session]) -> Iterator[Street]:
    with ExitStack() as stack:
        ours, our_url = port(stack)
        theirs, their_url = port(stack)
        account = {"secret_id": "id", "secret_key": "key", "app_id": "1400000000"}
        settings = load(
            sandbox=True,
            wechat_api_url=their_url,
            sms_api_url=their_url,
            sms_accounts={"tencent": account, "aliyun": {**account, "share": 0}},
        )
        config = Config(
            port=theirs.getsockname()[1],
            service_url=our_url,
            event_delay_seconds=0.01,
            sms_receipt_seconds=0.01,
            start_at=NOW.isoformat(),
        )
        world = World(config)
        stack.enter_context(served(make_app(settings, seeded_sessions), ours))
        stack.enter_context(served(create_app(world), theirs))
        stack.callback(world.close)
        api = make_wechat_api(settings, seeded_sessions)
        sms = make_sms_carrier(settings, seeded_sessions, BOOK)
        assert sms is not None
        cards = make_card_carriers(settings, seeded_sessions, api, BOOK)
        yield Street(world, seeded_sessions, {**cards, "sms": sms})


def eventually(true: Callable[[], bool]) -> None:
    patience = threading.Event()
    for _ in range(200):
        if true():
            return
        patience.wait(0.025)
    raise AssertionError("it did not happen within five seconds")


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        (None, DeliveryState.DELIVERED),
        ("before", DeliveryState.DELIVERED),
        ("twice", DeliveryState.DELIVERED),
        ("failed", DeliveryState.FAILED),
        ("never", DeliveryState.ACCEPTED),
    ],
)
def test_a_template_message_is_settled_by_its_report(
    street: Street, fault: str | None, state: str
) -> None:
    street.phone(kind="follow")
    if fault:
        street.fault("wechat_report", fault)
    key = street.to_li("template")
    street.send("template")
    eventually(lambda: street.state(key) == state)
    assert len(street.cards()) == 1


def test_a_time_out_after_acceptance_is_repeated_and_arrives_once(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    street.phone(kind="follow")
    template = street.carriers["template"]
    assert isinstance(template, TemplateCarrier)
    monkeypatch.setattr(template.api._line, "_timeout", (2.0, 0.3))
    street.fault("template/send", "hang", seconds=0.8)
    street.fault("wechat_report", "never")
    key = street.to_li("template")
    street.send("template")
    assert street.state(key) == DeliveryState.UNCERTAIN
    street.ask()
    street.send("template")
    assert street.state(key) == DeliveryState.ACCEPTED
    assert len(street.cards()) == 1


def test_a_consent_is_kept_spent_and_settled(street: Street) -> None:
    street.phone(kind="consent", template_id="case_news")
    eventually(lambda: street.left() == 1)
    with street.sessions.begin() as session:
        contact = session.scalars(select(Contact).where(Contact.address_key == LI)).one()
        assert card_consents.spend_consent(session, contact, "case_news", NOW)
    first = street.to_li("subscription")
    street.send("subscription")
    eventually(lambda: street.state(first) == DeliveryState.DELIVERED)
    second = street.to_li("subscription")
    street.send("subscription")
    assert street.state(second) == DeliveryState.FAILED
    assert street.left() == 0
    assert len(street.cards()) == 1


def test_a_report_is_no_sign_of_life(street: Street) -> None:
    street.phone(kind="follow")
    key = street.to_li("template")
    street.send("template")
    eventually(lambda: street.state(key) == DeliveryState.DELIVERED)
    with street.sessions() as session:
        contact = session.scalars(select(Contact).where(Contact.address_key == LI)).one()
        acts = {window.act for window in chat_windows.open_windows(session, contact, NOW)}
    assert acts == {"event"}


def test_a_storm_of_bad_tokens_stops_the_channel_and_loses_nothing(street: Street) -> None:
    street.phone(kind="follow")
    street.fault("template/send", "errcode", value="40001", times=2)
    key = street.to_li("template")
    street.send("template")
    assert street.state(key) == DeliveryState.QUEUED
    assert not street.cards()


@pytest.mark.parametrize(
    ("code", "state"),
    [("45009", DeliveryState.QUEUED), ("43004", DeliveryState.FAILED)],
)
def test_a_refusal_over_http(street: Street, code: str, state: str) -> None:
    street.phone(kind="follow")
    street.fault("template/send", "errcode", value=code)
    key = street.to_li("template")
    street.send("template")
    assert street.state(key) == state


def test_a_mass_message_goes_out_once_and_is_reported(street: Street) -> None:
    street.phone(kind="follow")
    carrier = street.carriers["mass"]
    assert isinstance(carrier, MassCarrier)
    tag = carrier.mass.create_tag("新兖镇")
    carrier.mass.tag_people(tag, [LI])
    key = street.put("mass", "dialog.more_text", {"text": "招人了"}, address=str(tag))
    street.send("mass")
    eventually(lambda: street.state(key) == DeliveryState.DELIVERED)
    assert street.cards() == ["招人了"]


CODE = {"code": "135790", "minutes": 10}


@pytest.mark.parametrize("provider", ["tencent", "aliyun"])
@pytest.mark.parametrize(
    ("fault", "state"),
    [
        (None, DeliveryState.DELIVERED),
        ("before", DeliveryState.DELIVERED),
        ("twice", DeliveryState.DELIVERED),
        ("failed", DeliveryState.FAILED),
        ("never", DeliveryState.ACCEPTED),
    ],
)
def test_a_short_message_is_settled_by_its_receipt(
    street: Street, provider: str, fault: str | None, state: str
) -> None:
    if provider == "aliyun":  # has no share while the other is well
        street.fault("tencent", "code", value="AuthFailure.SecretIdNotFound")
    if fault:
        street.fault("sms_receipt", fault)
    key = street.put("sms", "sms.one_time_code", CODE, address=PHONE)
    street.send("sms")
    eventually(lambda: street.state(key) == state)
    shown = street.world.ledger.sent_by_service("sms", PHONE)
    assert [entry.detail["provider"] for entry in shown] == [provider] * (fault != "failed")


def test_an_uplink_by_either_provider_is_answered_once(street: Street) -> None:
    for text in ("菜单", "TD"):
        requests.post(
            f"{street.world.config.own_url}/phone/sms",
            json={"phone": PHONE, "text": text},
            timeout=20,
        )
    street.send("sms")
    shown = street.world.ledger.sent_by_service("sms", PHONE)
    assert len(shown) == 2
    assert any("不往这个手机号发了" in entry.text for entry in shown)
