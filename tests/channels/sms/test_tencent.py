"""Tencent's SDK over real HTTP against a scripted stand-in."""

from __future__ import annotations

import socket
import traceback
from collections.abc import Iterator

import pytest
from tencentcloud.sms.v20210111 import errorcodes

from channels.sms.gateway import Accepted, Account, Rejected, Remedy, SmsError, SmsGateway, Unknown
from channels.sms.tencent import TABLE, TencentGateway, judge
from tests.channels.standin import Say, StandIn, serving

KEY = "sms-key-nobody-may-see"
PHONE = "13800001234"


@pytest.fixture
def provider() -> Iterator[StandIn]:
    with serving() as stand_in:
        yield stand_in


def verdict(code: str = "Ok", *, serial: str = "2640:1", fee: int = 1) -> dict[str, object]:
    return {
        "SerialNo": serial,
        "PhoneNumber": f"+86{PHONE}",
        "Fee": fee,
        "SessionContext": "d-1",
        "Code": code,
        "Message": f"about +86{PHONE}",
        "IsoCode": "CN",
    }


def says(*verdicts: dict[str, object]) -> Say:
    return Say({"Response": {"SendStatusSet": list(verdicts), "RequestId": "r-1"}})


def refuses(code: str) -> Say:
    error = {"Code": code, "Message": f"about +86{PHONE}"}
    return Say({"Response": {"Error": error, "RequestId": "r-1"}})


def send(
    provider: StandIn, *, origin: str | None = None, reference: str = "d-1", seconds: int = 5
) -> Accepted:
    gateway: SmsGateway = TencentGateway(
        Account("id", KEY, "兖州公益岗", "1400000000", origin or provider.origin, seconds)
    )
    return gateway.send(phone=PHONE, template_id="1001", params=("张**", "3"), reference=reference)


def failure(provider: StandIn, *, origin: str | None = None, seconds: int = 5) -> SmsError:
    with pytest.raises(SmsError) as caught:
        send(provider, origin=origin, seconds=seconds)
    shown = "".join(traceback.format_exception(caught.value))
    assert caught.value.__context__ is None
    assert KEY not in shown
    assert PHONE not in shown
    return caught.value


def test_a_message_is_asked_for_and_its_number_kept(provider: StandIn) -> None:
    provider.script("/", says(verdict(fee=2)))
    assert send(provider) == Accepted("2640:1", 2)
    (asked,) = provider.asked
    assert asked.headers["x-tc-action"] == "SendSms"
    assert asked.fields == {
        "PhoneNumberSet": ["+8613800001234"],
        "SmsSdkAppId": "1400000000",
        "SignName": "兖州公益岗",
        "TemplateId": "1001",
        "TemplateParamSet": ["张**", "3"],
        "SessionContext": "d-1",
    }


@pytest.mark.parametrize(
    ("code", "remedy", "seconds"),
    [
        ("LimitExceeded.PhoneNumberThirtySecondLimit", Remedy.LATER, 30),
        ("LimitExceeded.PhoneNumberDailyLimit", Remedy.LATER, 86400),
        ("RequestLimitExceeded.Sub", Remedy.RETRYABLE, 1),
        ("FailedOperation.PhoneNumberInBlacklist", Remedy.PERMANENT, 0),
        ("InvalidParameterValue.IncorrectPhoneNumber", Remedy.PERMANENT, 0),
        ("FailedOperation.InsufficientBalanceInSmsPackage", Remedy.ACCOUNT, 0),
        ("FailedOperation.SignatureIncorrectOrUnapproved", Remedy.ACCOUNT, 0),
        ("AuthFailure.SecretIdNotFound", Remedy.ACCOUNT, 0),
        ("InternalError.RequestTimeException", Remedy.ACCOUNT, 0),
        ("Tomorrow.NewCode", Remedy.PERMANENT, 0),
    ],
)
def test_a_verdict_and_a_refused_call_end_the_same(
    provider: StandIn, code: str, remedy: Remedy, seconds: int
) -> None:
    for answer in (says(verdict(code)), refuses(code)):
        provider.script("/", answer)
        error = failure(provider)
        assert isinstance(error, Rejected)
        assert (error.code, error.remedy, error.wait_seconds) == (code, remedy, seconds)


@pytest.mark.parametrize(
    "answer",
    [
        refuses("InternalError.Timeout"),
        refuses("InternalError.SomethingNew"),
        says(),
        says(verdict(), verdict()),
        says(verdict(serial="")),
        Say(b"<html>" + PHONE.encode(), content_type="text/html"),
        Say(b"<html>" + PHONE.encode(), status=502, content_type="text/html"),
        Say(b"nonsense"),
        Say({"Response": {}}),
        Say({}),
        Say(cut=True),
        Say(hang=1.5),
    ],
)
def test_what_nobody_can_tell_stays_open(provider: StandIn, answer: Say) -> None:
    provider.script("/", answer)
    assert isinstance(failure(provider, seconds=1), Unknown)
    assert len(provider.asked) == 1


def test_a_closed_door_means_nothing_was_sent(provider: StandIn) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        origin = f"http://127.0.0.1:{server.getsockname()[1]}"
    error = failure(provider, origin=origin)
    assert isinstance(error, Rejected)
    assert error.remedy is Remedy.RETRYABLE


def test_the_environments_proxy_is_not_for_loopback(
    provider: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    provider.script("/", says(verdict()))
    assert send(provider).provider_id == "2640:1"


def test_a_reference_fits_the_providers_511_bytes(provider: StandIn) -> None:
    provider.script("/", says(verdict()))
    send(provider, reference="字" * 170)
    with pytest.raises(ValueError, match="511"):
        send(provider, reference="字" * 171)


def test_the_table_names_each_code_once_and_only_codes_that_exist() -> None:
    known = {
        value for value in vars(errorcodes).values() if isinstance(value, str) and "." in value
    }
    # Common to all of Tencent's products, so not in the list of one.
    families = {"AuthFailure", "RequestLimitExceeded", "UnauthorizedOperation", "InternalError"}
    named = [code for group in TABLE.values() for code in group]
    assert len(named) == len(set(named))
    assert set(named) <= known | families


def test_a_whole_code_outweighs_its_family() -> None:
    assert isinstance(judge("InternalError.Other"), Unknown)
    assert isinstance(judge("InternalError.OtherError"), Rejected)
