"""A third provider is one file and one row. This is the file; the row is `with_row`."""

from __future__ import annotations

import json
import random
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
import requests

from channels.inbound import Inbound
from channels.sms.callbacks import read_messages, read_receipts
from channels.sms.entries import Entry, Receipt, needed, phone_of, text_of
from channels.sms.gateway import Accepted, Account, Rejected, Remedy, Trace, Unknown
from channels.sms.providers import PROVIDERS, Provider
from scheduler.sms_mail import Route, SmsCarrier
from services.dispatch import Fate, Parcel
from tests.channels.standin import Say, StandIn, serving
from wording import load_book
from wording.sms import sms_templates

PHONE = "13800001234"


@dataclass(frozen=True)
class PigeonGateway:
    account: Account
    name: str = "pigeon"

    def send(
        self, *, phone: str, template_id: str, params: Sequence[str], reference: str
    ) -> Accepted:
        asked = {"to": phone, "template": template_id, "words": list(params), "ref": reference}
        try:
            answer = requests.post(f"{self.account.url}/coo", json=asked, timeout=2).json()
        except requests.RequestException:
            raise Unknown("no answer") from None
        if answer["said"] != "coo":
            raise Rejected(answer["said"], Remedy.RETRYABLE, wait_seconds=60)
        return Accepted(answer["ring"], 1)

    def find(self, *, phone: str, reference: str, sent_at: datetime) -> Trace | None:
        return None


def read_receipt(entry: Entry) -> Receipt:
    return Receipt(
        provider="pigeon",
        provider_id=needed(entry, "ring"),
        phone=phone_of(entry, "to"),
        delivered=text_of(entry, "landed") == "yes",
        code=text_of(entry, "landed"),
        description="",
        happened_at=None,
    )


def read_message(entry: Entry) -> Inbound:
    return Inbound(
        channel="sms",
        sender=phone_of(entry, "from"),
        kind="text",
        dedupe_key=f"p:{needed(entry, 'ring')}",
        text=text_of(entry, "words"),
    )


@pytest.fixture
def with_row(monkeypatch: pytest.MonkeyPatch) -> None:
    row = Provider(PigeonGateway, read_receipt, read_message, b'{"said": "coo"}')
    monkeypatch.setitem(PROVIDERS, "pigeon", row)


@pytest.fixture
def loft() -> Iterator[StandIn]:
    with serving() as stand_in:
        yield stand_in


class Health:
    def __init__(self, **weights: int) -> None:
        self.given = weights
        self.stumbles: Counter[str] = Counter()

    def weights(self) -> Mapping[str, int]:
        return self.given

    def failed(self, provider: str, reason: str) -> None:
        self.stumbles[provider] += 1

    def slow(self, provider: str, reason: str) -> None: ...


def parcel() -> Parcel:
    slots = {"code": "135790", "minutes": 10}
    at = datetime(2022, 4, 6, tzinfo=UTC)
    return Parcel(uuid.uuid4(), at, "sms", PHONE, "sms.one_time_code", slots)


def carrier(loft: StandIn, health: Health, shares: Mapping[str, int]) -> SmsCarrier:
    templates = sms_templates(load_book())
    account = Account("id", "key", "兖州公益岗", "1400000000", loft.origin, 2)
    routes = [
        Route(PROVIDERS[name].open(account), share, {"one_time_code": "1001"}, "兖州公益岗")
        for name, share in shares.items()
    ]
    return SmsCarrier(routes, templates, health, random.Random(7))


def tencent(code: str = "Ok") -> Say:
    verdict = {"SerialNo": "2640:1", "PhoneNumber": f"+86{PHONE}", "Fee": 1, "Code": code}
    return Say({"Response": {"SendStatusSet": [verdict], "RequestId": "r"}})


@pytest.mark.usefixtures("with_row")
def test_it_sends_and_is_heard(loft: StandIn) -> None:
    loft.script("/coo", Say({"said": "coo", "ring": "17"}))
    answer = carrier(loft, Health(), {"pigeon": 100}).carry(parcel())
    assert (answer.fate, answer.provider, answer.provider_id) == (Fate.ACCEPTED, "pigeon", "17")
    landed = json.dumps({"ring": 17, "to": PHONE, "landed": "yes"}).encode()
    assert read_receipts("pigeon", landed).receipts[0].delivered
    words = json.dumps({"ring": 18, "from": PHONE, "words": "打卡"}).encode()
    assert read_messages("pigeon", words).messages[0].text == "打卡"


@pytest.mark.usefixtures("with_row")
def test_it_takes_its_share(loft: StandIn) -> None:
    loft.script("/coo", Say({"said": "coo", "ring": "17"}))
    loft.script("/", tencent())
    whole = carrier(loft, Health(), {"tencent": 75, "pigeon": 25})
    sent = Counter(whole.carry(parcel()).provider for _ in range(120))
    assert 20 <= sent["pigeon"] <= 40
    assert sent["tencent"] == 120 - sent["pigeon"]


@pytest.mark.usefixtures("with_row")
def test_who_has_no_weight_left_gets_nothing_while_another_has(loft: StandIn) -> None:
    loft.script("/coo", Say({"said": "coo", "ring": "17"}))
    whole = carrier(loft, Health(tencent=0), {"tencent": 75, "pigeon": 25})
    assert {whole.carry(parcel()).provider for _ in range(20)} == {"pigeon"}


@pytest.mark.usefixtures("with_row")
@pytest.mark.parametrize("code", ["RequestLimitExceeded", "AuthFailure.SecretIdNotFound"])
def test_what_one_did_not_take_goes_by_another_at_once(loft: StandIn, code: str) -> None:
    loft.script("/", tencent(code))
    loft.script("/coo", Say({"said": "coo", "ring": "17"}))
    health = Health(pigeon=0)
    answer = carrier(loft, health, {"tencent": 75, "pigeon": 25}).carry(parcel())
    assert (answer.fate, answer.provider) == (Fate.ACCEPTED, "pigeon")
    assert health.stumbles == {"tencent": 1}


@pytest.mark.usefixtures("with_row")
@pytest.mark.parametrize(
    ("said", "fate"),
    [
        (tencent("InternalError.Timeout"), Fate.UNKNOWN),
        (Say(cut=True), Fate.UNKNOWN),
        (tencent("FailedOperation.PhoneNumberInBlacklist"), Fate.REFUSED),
        (tencent("LimitExceeded.PhoneNumberDailyLimit"), Fate.POSTPONED),
    ],
)
def test_what_may_have_been_sent_or_may_not_be_goes_by_no_other(
    loft: StandIn, said: Say, fate: Fate
) -> None:
    loft.script("/", said)
    loft.script("/coo", Say({"said": "coo", "ring": "17"}))
    answer = carrier(loft, Health(pigeon=0), {"tencent": 75, "pigeon": 25}).carry(parcel())
    assert answer.fate is fate
    assert "/coo" not in [asked.path for asked in loft.asked]


@pytest.mark.usefixtures("with_row")
def test_the_channel_rests_only_when_no_account_may_send(loft: StandIn) -> None:
    loft.script("/", tencent("AuthFailure.SecretIdNotFound"))
    loft.script("/coo", Say({"said": "tired"}))
    answer = carrier(loft, Health(), {"tencent": 75, "pigeon": 25}).carry(parcel())
    assert (answer.fate, answer.provider, answer.stops_channel) == (Fate.POSTPONED, "pigeon", False)
