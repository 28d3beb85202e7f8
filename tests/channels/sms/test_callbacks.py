from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.inbound import Inbound
from channels.sms.callbacks import MAX_BODY, UnreadableCallback, read_messages, read_receipts
from channels.sms.entries import Receipt
from channels.sms.providers import PROVIDERS

NAMES = ("tencent", "aliyun")
TENCENT_RECEIPT = {
    "user_receive_time": "2022-04-06 08:03:04",
    "nationcode": "86",
    "mobile": "13800001234",
    "report_status": "SUCCESS",
    "errmsg": "DELIVRD",
    "description": "用户短信送达成功",
    "sid": "2640:168",
}
ALIYUN_RECEIPT = {
    "phone_number": "13800001234",
    "send_time": "2022-04-06 08:03:01",
    "report_time": "2022-04-06 08:03:04",
    "success": False,
    "err_code": "MK:0011",
    "err_msg": "空号",
    "sms_size": "1",
    "biz_id": "9006^0",
    "out_id": "d-1",
}
TENCENT_MESSAGE = {
    "extend": "12",
    "mobile": "13800001234",
    "nationcode": "86",
    "sign": "兖州公益岗",
    "text": "打卡",
    "time": 1649203384,
}
ALIYUN_MESSAGE = {
    "phone_number": "13800001234",
    "send_time": "2022-04-06 08:03:04",
    "content": "打卡",
    "sign_name": "兖州公益岗",
    "dest_code": "1234",
    "sequence_id": 1234567890,
}
AT = datetime(2022, 4, 6, 0, 3, 4, tzinfo=UTC)


def posted(*entries: Any) -> bytes:
    return json.dumps(list(entries)).encode()


def test_a_tencent_receipt() -> None:
    found = read_receipts("tencent", posted(TENCENT_RECEIPT))
    assert (found.messages, found.flaws) == ((), ())
    assert found.receipts == (
        Receipt(
            provider="tencent",
            provider_id="2640:168",
            phone="13800001234",
            delivered=True,
            code="DELIVRD",
            description="用户短信送达成功",
            happened_at=AT,
        ),
    )


def test_a_failed_tencent_receipt() -> None:
    failed = {**TENCENT_RECEIPT, "report_status": "FAIL", "errmsg": "MK:0001"}
    (receipt,) = read_receipts("tencent", posted(failed)).receipts
    assert (receipt.delivered, receipt.code) == (False, "MK:0001")


def test_an_aliyun_receipt_brings_our_reference_back() -> None:
    assert read_receipts("aliyun", posted(ALIYUN_RECEIPT)).receipts == (
        Receipt(
            provider="aliyun",
            provider_id="9006^0",
            phone="13800001234",
            delivered=False,
            code="MK:0011",
            description="空号",
            happened_at=AT,
            reference="d-1",
        ),
    )


@pytest.mark.parametrize("time", [1649203384, "1649203384", "2022-04-06 08:03:04"])
def test_a_tencent_message_is_an_object_and_has_no_id(time: object) -> None:
    found = read_messages("tencent", json.dumps({**TENCENT_MESSAGE, "time": time}).encode())
    digest = hashlib.sha1("打卡".encode()).hexdigest()
    assert found.messages[0] == Inbound(
        channel="sms",
        sender="13800001234",
        kind="text",
        dedupe_key=f"u:13800001234|{time}|{digest}",
        sent_at=AT,
        text="打卡",
        details={"extend": "12", "sign": "兖州公益岗"},
    )


def test_a_repeated_tencent_message_has_one_key_and_others_have_another() -> None:
    variants: list[dict[str, object]] = [{}, {}, {"text": "退订"}, {"time": 1649203385}]
    variants.append({"mobile": "13800001235"})
    keys = [
        read_messages("tencent", posted({**TENCENT_MESSAGE, **change})).messages[0].dedupe_key
        for change in variants
    ]
    assert keys[0] == keys[1]
    assert len(set(keys)) == 4


def test_aliyun_messages_come_in_an_array_with_ids() -> None:
    second = {**ALIYUN_MESSAGE, "sequence_id": 1234567891, "phone_number": "8613800001235"}
    first, other = read_messages("aliyun", posted(ALIYUN_MESSAGE, second)).messages
    assert first == Inbound(
        channel="sms",
        sender="13800001234",
        kind="text",
        dedupe_key="q:1234567890",
        sent_at=AT,
        text="打卡",
        details={"dest_code": "1234", "sign_name": "兖州公益岗"},
    )
    assert (other.sender, other.dedupe_key) == ("13800001235", "q:1234567891")


def test_characters_no_database_takes_are_dropped() -> None:
    body = json.dumps({**TENCENT_MESSAGE, "text": "打\x00\ud800卡"}).encode()
    assert read_messages("tencent", body).messages[0].text == "打卡"


BAD_RECEIPTS: dict[str, list[Any]] = {
    "tencent": [
        None,
        7,
        [],
        {},
        {**TENCENT_RECEIPT, "sid": ""},
        {**TENCENT_RECEIPT, "sid": ["1"]},
        {**TENCENT_RECEIPT, "mobile": "0537-3412345"},
        {**TENCENT_RECEIPT, "report_status": None},
    ],
    "aliyun": [
        None,
        {**ALIYUN_RECEIPT, "success": "false"},
        {**ALIYUN_RECEIPT, "biz_id": None},
        {**ALIYUN_RECEIPT, "phone_number": "65021234"},
    ],
}


@pytest.mark.parametrize(
    ("provider", "bad"), [(name, bad) for name in PROVIDERS for bad in BAD_RECEIPTS[name]]
)
def test_one_bad_receipt_does_not_cost_the_others(provider: str, bad: Any) -> None:
    good = TENCENT_RECEIPT if provider == "tencent" else ALIYUN_RECEIPT
    found = read_receipts(provider, posted(good, bad, good))
    assert len(found.receipts) == 2
    (flaw,) = found.flaws
    assert flaw.startswith("entry 2: ")
    assert "13800001234" not in flaw


@pytest.mark.parametrize("time", [None, "", "soon", "2022-13-06 08:03:04", 10**12, -1, [1]])
def test_a_bad_time_costs_only_the_time(time: object) -> None:
    receipt = {**TENCENT_RECEIPT, "user_receive_time": time}
    assert read_receipts("tencent", posted(receipt)).receipts[0].happened_at is None


@pytest.mark.parametrize("body", [b"", b"{", b"a=1&b=2", b"\xff\xfe", b"[" * 100_000])
@pytest.mark.parametrize("provider", NAMES)
def test_a_body_that_is_not_json_is_refused(provider: str, body: bytes) -> None:
    with pytest.raises(UnreadableCallback, match="JSON"):
        read_receipts(provider, body)
    with pytest.raises(UnreadableCallback, match="JSON"):
        read_messages(provider, body)


def test_a_huge_body_is_refused() -> None:
    with pytest.raises(UnreadableCallback, match="256"):
        read_receipts("tencent", b" " * (MAX_BODY + 1))


VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.sampled_from([*TENCENT_RECEIPT, *ALIYUN_MESSAGE, "text"]), inner)
    ),
)


@given(VALUES, st.sampled_from(NAMES))
def test_no_json_raises_anything(value: Any, provider: str) -> None:
    body = json.dumps(value).encode()
    entries = value if isinstance(value, list) else [value]
    receipts, messages = read_receipts(provider, body), read_messages(provider, body)
    assert len(receipts.receipts) + len(receipts.flaws) == len(entries)
    assert len(messages.messages) + len(messages.flaws) == len(entries)


def test_each_provider_is_answered_in_its_own_words() -> None:
    assert json.loads(PROVIDERS["tencent"].acknowledgement) == {"result": 0, "errmsg": "OK"}
    assert json.loads(PROVIDERS["aliyun"].acknowledgement) == {"code": 0, "msg": "接收成功"}
