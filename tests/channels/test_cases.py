"""Every channel through one harness: a row says what goes out on the wire, what comes back, and
what becomes of the message (`cases/*.yaml`, written from platform.md and not from our tables)."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from channels.sms.gateway import Account
from channels.sms.providers import PROVIDERS
from channels.wechat.api import WechatApi
from channels.wechat.line import Credentials, Line
from channels.wechat.mass import MassMail
from channels.wechat.subscriptions import Subscriptions
from channels.wechat.tokens import MemoryTokenStore, Token
from scheduler.carriers import Carrier, WechatCarrier
from scheduler.sms_mail import Route, SmsCarrier
from scheduler.wechat_mail import (
    Cards,
    MassCarrier,
    SubscriptionCarrier,
    TemplateCarrier,
)
from services.dispatch import Answer, Parcel
from services.uncertain import Known, Question
from tests.channels.standin import Say, StandIn, serving
from wording import load_book
from wording.cards import load_cards
from wording.sms import sms_templates

HERE = Path(__file__).parent / "cases"
BOOK = load_book()
PHONE = "13800001234"
KEY = uuid.UUID("00000000-0000-7000-8000-000000000001")
CALLED_AT = datetime(2022, 4, 6, 1, 0, tzinfo=UTC)
STABLE = "/cgi-bin/stable_token"


def cases(name: str) -> Mapping[str, Any]:
    return dict(yaml.safe_load((HERE / name).read_text(encoding="utf-8")))


WECHAT, SMS = cases("wechat.yaml"), cases("sms.yaml")


class Notes:
    """The providers' health, written down."""

    def __init__(self) -> None:
        self.stumbles: Counter[str] = Counter()

    def weights(self) -> Mapping[str, int]:
        return {}

    def failed(self, provider: str, reason: str) -> None:
        assert PHONE not in reason
        self.stumbles[provider] += 1

    def slow(self, provider: str, reason: str) -> None:
        self.failed(provider, reason)


@pytest.fixture
def platform() -> Iterator[StandIn]:
    with serving() as stand_in:
        yield stand_in


def said(answer: Mapping[str, Any]) -> Say:
    if "json" in answer:
        return Say(answer["json"])
    if "html" in answer:
        return Say(b"<html>Bad Gateway</html>", status=answer["html"], content_type="text/html")
    return Say(hang=answer.get("hang", 0.0), cut=answer.get("cut", False))


def parcel_of(row: Mapping[str, Any], address: str) -> Parcel:
    return Parcel(
        id=KEY,
        lease_until=CALLED_AT,
        channel=row["channel"],
        address=row.get("address", address),
        key=row["key"],
        slots=row["slots"],
    )


def holds(wanted: Any, found: Any) -> bool:
    """Whether all that is wanted stands in what was found, however much else does."""
    if isinstance(wanted, Mapping):
        return all(name in found and holds(part, found[name]) for name, part in wanted.items())
    return bool(wanted == found)


def check_fate(row: Mapping[str, Any], answer: Answer) -> None:
    assert answer.fate == row["fate"], answer
    assert answer.stops_channel == row.get("stops", False)
    if "wait_seconds" in row:
        assert answer.retry_in == timedelta(seconds=row["wait_seconds"])
    if "segments" in row:
        assert answer.segments == row["segments"]
    if "provider_id" in row:
        assert answer.provider_id == row["provider_id"]
    assert str(answer.error or "").startswith(row.get("error", ""))
    assert PHONE not in str(answer.error)


TICK_HERE = "https://mp.example.test/tick"


def wechat_carriers(platform: StandIn) -> dict[str, Carrier]:
    old = Token("old", expires_at=2e9, fetched_at=0.0)
    line = Line(
        origin=platform.origin,
        credentials=Credentials("wx0123456789abcdef", "secret"),
        store=MemoryTokenStore(old),
        timeout=(2.0, 0.3),
    )
    api, subscriptions = WechatApi(line), Subscriptions(line)
    cards = Cards(load_cards(), {"case_news": "T-case_news"})
    return {
        "wechat": WechatCarrier(api, BOOK),
        "template": TemplateCarrier(api, cards),
        "subscription": SubscriptionCarrier(subscriptions, cards, page=TICK_HERE),
        "mini": SubscriptionCarrier(subscriptions, cards, mini=True),
        "mass": MassCarrier(MassMail(line), BOOK),
    }


@pytest.mark.parametrize("name", WECHAT)
def test_wechat(platform: StandIn, name: str) -> None:
    row = WECHAT[name]
    path = row["wire"]["path"]
    platform.script(STABLE, Say({"access_token": "new", "expires_in": 7200}))
    platform.script(path, *(said(answer) for answer in row.get("answers", [])))
    answer = wechat_carriers(platform)[row["send"]["channel"]].carry(parcel_of(row["send"], "oA"))
    calls = [asked for asked in platform.asked if asked.path == path]
    assert len(calls) == row.get("asked", 1)
    assert all(holds(row["wire"].get("body", {}), asked.fields) for asked in calls)
    check_fate(row, answer)


def sms_answer(provider: str, code: str) -> Say:
    if provider == "aliyun":
        return Say({"Code": code, "Message": PHONE, "BizId": "9006^0", "RequestId": "r"})
    verdict = {"SerialNo": "2640:1", "PhoneNumber": f"+86{PHONE}", "Fee": 0, "Code": code}
    return Say({"Response": {"SendStatusSet": [verdict], "RequestId": "r"}})


def sms_params(provider: str, asked: Any) -> list[str]:
    if provider == "aliyun":
        named = yaml.safe_load(asked.args["TemplateParam"])
        return [named[f"p{number}"] for number in range(1, len(named) + 1)]
    return list(asked.fields["TemplateParamSet"])


def sms_carrier(platform: StandIn, provider: str, notes: Notes) -> SmsCarrier:
    account = Account("id", "key", "兖州公益岗", "1400000000", platform.origin, 1)
    templates = sms_templates(BOOK)
    ids = {name: name for name in templates}
    route = Route(PROVIDERS[provider].open(account), 100, ids, "兖州公益岗")
    return SmsCarrier([route], templates, notes)


@pytest.mark.parametrize("provider", ["tencent", "aliyun"])
@pytest.mark.parametrize("name", SMS)
def test_sms(platform: StandIn, name: str, provider: str) -> None:
    row, notes = SMS[name], Notes()
    code = row.get("code", {}).get(provider, "Ok")
    answer = row.get("answer")
    platform.script("/", said(answer) if answer else sms_answer(provider, code))
    found = sms_carrier(platform, provider, notes).carry(parcel_of(row["send"], PHONE))
    assert len(platform.asked) == row.get("asked", 1)
    if "params" in row:
        assert sms_params(provider, platform.asked[0]) == row["params"]
    check_fate(row, found)
    assert notes.stumbles[provider] == row.get("stumbles", 0)


TENCENT_LINE = {"SessionContext": str(KEY), "SerialNo": "2640:1", "PhoneNumber": f"+86{PHONE}"}


@pytest.mark.parametrize(
    ("provider", "answer", "known", "number"),
    [
        ("tencent", {"Response": {"PullSmsSendStatusSet": [], "RequestId": "r"}}, "not_yet", None),
        (
            "tencent",
            {"Response": {"PullSmsSendStatusSet": [{**TENCENT_LINE, "ReportStatus": "SUCCESS"}]}},
            "arrived",
            "2640:1",
        ),
        (
            "tencent",
            {"Response": {"PullSmsSendStatusSet": [{**TENCENT_LINE, "ReportStatus": "FAIL"}]}},
            "bounced",
            "2640:1",
        ),
        (
            "tencent",
            {"Response": {"Error": {"Code": "FailedOperation", "Message": "x"}}},
            "not_yet",
            None,
        ),
        ("aliyun", {"Code": "OK", "SmsSendDetailDTOs": {"SmsSendDetailDTO": []}}, "not_yet", None),
        ("aliyun", {"Code": "OK"}, "not_yet", None),
        ("aliyun", {"Code": "isv.ACCOUNT_ABNORMAL"}, "not_yet", None),
        *(
            (
                "aliyun",
                {
                    "Code": "OK",
                    "SmsSendDetailDTOs": {
                        "SmsSendDetailDTO": [
                            {"OutId": "another", "SendStatus": 2},
                            {"OutId": str(KEY), "SendStatus": status, "ErrCode": "X"},
                        ]
                    },
                },
                known,
                None,
            )
            for status, known in ((1, "found"), (2, "bounced"), (3, "arrived"))
        ),
    ],
)
def test_a_providers_record_settles_what_is_uncertain(
    platform: StandIn, provider: str, answer: Any, known: str, number: str | None
) -> None:
    platform.script("/", Say(answer))
    question = Question(
        id=KEY,
        channel="sms",
        provider=None,
        address=PHONE,
        key="sms.one_time_code",
        reference=str(KEY),
        called_at=CALLED_AT,
    )
    finding = sms_carrier(platform, provider, Notes()).find_out(question)
    assert (finding.known, finding.provider_id) == (Known(known), number)
    assert len(platform.asked) == 1
