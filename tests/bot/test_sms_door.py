"""The SMS webhooks: only who knows the path is heard, nothing acts twice, nothing is lost."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from bot.inbox import Inbox
from bot.sms import sms_door
from handlers.desk import Office
from models import Contact, Delivery, Inbound
from models.telling import DeliveryState, Receipt
from services import dispatch, outbox
from services.dispatch import Answer, Fate
from tests.builders import NOW, phone
from wording import load_book

SECRET = "long-and-unguessable"
RECEIPT, UPLINK = f"/sms/{SECRET}/tencent/receipt", f"/sms/{SECRET}/tencent/uplink"


@dataclass(frozen=True)
class Stopped:
    """A clock that stands still."""

    at: datetime = NOW

    def now(self, session: Session) -> datetime:
        return self.at


@pytest.fixture
def client(seeded_sessions: sessionmaker[Session]) -> Iterator[FlaskClient]:
    inbox = Inbox(seeded_sessions, Stopped(), Office("0537-0000000", "http://x"), load_book())
    app = Flask("door")
    app.config["MAX_CONTENT_LENGTH"] = 256 * 1024
    app.register_blueprint(sms_door(inbox, providers=["tencent"], secret=SECRET))
    with app.test_client() as client:
        yield client


def uplink(text: str, *, moment: str = "2022-04-06 09:00:00", number: str = "") -> dict[str, Any]:
    return {
        "extend": "",
        "mobile": number or phone(3),
        "nationcode": "86",
        "sign": "",
        "text": text,
        "time": moment,
    }


def status(number: str = "2640:1", *, arrived: bool = True) -> list[dict[str, str]]:
    return [
        {
            "user_receive_time": "2022-04-06 09:00:00",
            "nationcode": "86",
            "mobile": phone(3),
            "report_status": "SUCCESS" if arrived else "FAIL",
            "errmsg": "DELIVRD" if arrived else "UNDELIV",
            "description": "用户短信送达成功",
            "sid": number,
        }
    ]


def replies(sessions: sessionmaker[Session]) -> list[str]:
    with sessions() as session:
        rows = session.scalars(select(Delivery).order_by(Delivery.created_at, Delivery.id)).all()
        return [outbox.slots_of(row)["text"] for row in rows]


def accept_one(sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as session:
        outbox.enqueue(
            session, channel="sms", address=phone(3), key="sms.reply", slots={}, cause="t", now=NOW
        )
        session.flush()
        [parcel] = dispatch.claim(session, "sms", now=NOW, machine_now=NOW)
        dispatch.record(session, parcel, Answer(Fate.ACCEPTED, "tencent", "2640:1"), now=NOW)


def states(sessions: sessionmaker[Session]) -> list[str]:
    with sessions() as session:
        return [str(state) for state in session.scalars(select(Delivery.state))]


def count(sessions: sessionmaker[Session], table: Any) -> int:
    with sessions() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_what_somebody_writes_is_heard_and_answered_by_sms(
    client: FlaskClient, seeded_sessions: sessionmaker[Session]
) -> None:
    answer = client.post(UPLINK, json=uplink("您好"))
    assert (answer.status_code, answer.get_json()) == (200, {"result": 0, "errmsg": "OK"})
    with seeded_sessions() as session:
        delivery = session.scalars(select(Delivery)).one()
        inbound = session.scalars(select(Inbound)).one()
        contact = session.scalars(select(Contact)).one()
        assert (delivery.channel, delivery.key) == ("sms", "sms.reply")
        assert (delivery.address, delivery.contact_id) == (phone(3), contact.id)
        assert outbox.slots_of(delivery) == {"text": inbound.reply}


def test_the_same_message_twice_is_answered_once(
    client: FlaskClient, seeded_sessions: sessionmaker[Session]
) -> None:
    for _ in range(2):
        assert client.post(UPLINK, json=uplink("您好")).status_code == 200
    assert len(replies(seeded_sessions)) == 1
    client.post(UPLINK, json=uplink("您好", moment="2022-04-06 09:00:01"))
    assert len(replies(seeded_sessions)) == 2


def test_no_key_shows_who_wrote_or_what(
    client: FlaskClient, seeded_sessions: sessionmaker[Session]
) -> None:
    client.post(UPLINK, json=uplink("370899195901230041"))
    with seeded_sessions() as session:
        kept = session.scalars(select(Inbound)).one()
    shown = f"{kept.dedupe_key} {kept.content}"
    assert phone(3) not in shown
    assert "370899195901230041" not in shown
    assert hashlib.sha1(b"370899195901230041").hexdigest() not in shown


def test_an_answer_lost_between_two_commits_leaves_with_the_repetition(
    client: FlaskClient,
    seeded_sessions: sessionmaker[Session],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(outbox, "enqueue", lambda *_args, **_more: 1 / 0)
        assert client.post(UPLINK, json=uplink("您好")).status_code == 500
    assert replies(seeded_sessions) == []
    assert client.post(UPLINK, json=uplink("您好")).status_code == 200
    assert len(replies(seeded_sessions)) == 1
    assert count(seeded_sessions, Inbound) == 1


def test_a_receipt_settles_the_message(
    client: FlaskClient, seeded_sessions: sessionmaker[Session]
) -> None:
    accept_one(seeded_sessions)
    answer = client.post(RECEIPT, json=status())
    assert (answer.status_code, answer.get_json()) == (200, {"result": 0, "errmsg": "OK"})
    assert states(seeded_sessions) == [DeliveryState.DELIVERED]


def test_receipts_twice_and_of_unknown_messages_are_taken(
    client: FlaskClient, seeded_sessions: sessionmaker[Session]
) -> None:
    accept_one(seeded_sessions)
    for number in ("2640:1", "2640:1", "2640:2"):
        assert client.post(RECEIPT, json=status(number)).status_code == 200
    assert count(seeded_sessions, Receipt) == 2
    assert states(seeded_sessions) == [DeliveryState.DELIVERED]


def test_a_receipt_that_cannot_be_read_costs_the_others_nothing(
    client: FlaskClient, seeded_sessions: sessionmaker[Session]
) -> None:
    accept_one(seeded_sessions)
    posted = [{"sid": 1}, None, *status(arrived=False)]
    assert client.post(RECEIPT, json=posted).status_code == 200
    assert states(seeded_sessions) == [DeliveryState.FAILED]


def test_what_is_not_json_is_refused(client: FlaskClient) -> None:
    for path in (RECEIPT, UPLINK):
        for body in (b"", b"{", b"<xml/>", b"\xff\xfe"):
            assert client.post(path, data=body).status_code == 400, (path, body)


def test_a_huge_body_is_refused(client: FlaskClient) -> None:
    assert client.post(UPLINK, data=b"[" + b" " * 300_000 + b"]").status_code in (400, 413)


def test_whoever_does_not_know_the_path_finds_nothing(
    client: FlaskClient, seeded_sessions: sessionmaker[Session]
) -> None:
    for given in ("", "x", SECRET + "x", SECRET[:-1], "密", "%00"):
        for end in ("receipt", "uplink"):
            answer = client.post(f"/sms/{given}/{end}", data=json.dumps(uplink("您好")))
            assert answer.status_code == 404, given
    assert count(seeded_sessions, Inbound) == 0


def test_the_doors_only_take_posts(client: FlaskClient) -> None:
    assert client.get(RECEIPT).status_code == 405


def test_a_landline_or_foreign_number_is_logged_and_acknowledged(
    client: FlaskClient, seeded_sessions: sessionmaker[Session]
) -> None:
    assert client.post(UPLINK, json=uplink("您好", number="05373412345")).status_code == 200
    assert count(seeded_sessions, Inbound) == 0
