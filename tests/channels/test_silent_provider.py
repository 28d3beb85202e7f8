"""A provider that takes messages and brings nothing loses its share, and has it back with its
receipts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from scheduler.sms_mail import SmsCarrier
from scheduler.works import machine_time
from services import receipt_silence, sms_health
from services.clock import business_date
from tests.builders import NOW
from tests.channels.test_there_and_back import (
    PHONE,
    Street,
    eventually,
    street,  # noqa: F401 - the fixture
)

TODAY = business_date(NOW)
CODE = {"code": "135790", "minutes": 10}
MANY = 20
HALF_A_LOOK = timedelta(seconds=15)


def send(street: Street, count: int) -> None:  # noqa: F811 - the fixture's name
    for number in range(count):
        street.put("sms", "sms.one_time_code", CODE, address=f"1380000{number + 1000}")
    for _ in range(count):
        street.send("sms")


def test_no_receipts_cost_a_provider_its_share(street: Street) -> None:  # noqa: F811
    street.fault("sms_receipt", "never", times=MANY)
    send(street, MANY)
    soon, later = machine_time(), machine_time() + timedelta(minutes=11)
    with street.sessions.begin() as session:
        assert receipt_silence.find(session, soon, TODAY) == [], "they may still come"
        [found] = receipt_silence.find(session, later, TODAY)
        assert (found.provider, found.took, found.silent) == ("tencent", MANY, MANY)
        weights = []
        for look in range(14):
            moment = later + look * HALF_A_LOOK
            receipt_silence.weigh(session, moment, TODAY)
            weights.append(sms_health.weights(session, moment)["tencent"])
    assert weights[::2] == [750, 625, 500, 375, 250, 125, 0]
    carrier = street.carriers["sms"]
    assert isinstance(carrier, SmsCarrier)
    eventually(lambda: carrier.health.weights().get("tencent") == 0)
    halves = replace(carrier, routes=[replace(route, share=50) for route in carrier.routes])
    now_shared = replace(street, carriers={"sms": halves})
    now_shared.put("sms", "sms.one_time_code", CODE, address=PHONE)
    now_shared.send("sms")
    [shown] = street.world.ledger.sent_by_service("sms", PHONE)
    assert shown.detail["provider"] == "aliyun"


def test_who_answers_keeps_its_share(street: Street) -> None:  # noqa: F811
    street.fault("sms_receipt", "never", times=MANY // 2 - 1)
    send(street, MANY)

    def silent() -> int:
        with street.sessions() as session:
            later = machine_time() + timedelta(minutes=11)
            return len(receipt_silence.find(session, later, TODAY))

    eventually(lambda: not silent())
