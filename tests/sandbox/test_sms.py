"""The SMS providers, driven by Tencent's own client where there is one."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import requests
from tencentcloud.common.credential import Credential
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.sms.v20210111 import models
from tencentcloud.sms.v20210111.sms_client import SmsClient

from sandbox.sms.gateway import segments
from sandbox.world import World
from tests.sandbox.conftest import Caller, served_world
from tests.sandbox.fake_service import FakeService

Eventually = Callable[[Callable[[], bool]], None]
RECEIPT = "/sms/sandbox-sms-callback/tencent/receipt"
UPLINK = "/sms/sandbox-sms-callback/tencent/uplink"


def tencent(world: World) -> Any:
    profile = HttpProfile(protocol="http", endpoint=f"127.0.0.1:{world.config.port}", reqTimeout=3)
    return SmsClient(Credential("id", "key"), "ap-beijing", ClientProfile(httpProfile=profile))


def request(*numbers: str, params: tuple[str, ...] = ("482913",)) -> Any:
    made = models.SendSmsRequest()
    made.PhoneNumberSet = list(numbers)
    made.SmsSdkAppId, made.SignName, made.TemplateId = "1400000000", "兖州公益岗", "1001"
    made.TemplateParamSet, made.SessionContext = list(params), "delivery-7"
    return made


def test_tencents_client_sends_and_the_receipt_comes_back(
    caller: Caller, world: World, service: FakeService, eventually: Eventually
) -> None:
    caller.post("/sandbox/sms-templates", {"1001": "验证码{1}，五分钟内有效。"})
    answer = tencent(world).SendSms(request("+8613800000001")).SendStatusSet[0]
    assert (answer.Code, answer.SessionContext) == ("Ok", "delivery-7")
    [sms] = caller.get("/log/sms?phone=13800000001")
    assert sms["text"] == "【兖州公益岗】验证码482913，五分钟内有效。"
    assert sms["message_id"] == answer.SerialNo
    assert (sms["params"], sms["provider"], sms["segments"]) == (["482913"], "tencent", 1)
    assert sms["at"].startswith("2022-04-06T09:0")
    eventually(lambda: bool(service.posted.get(RECEIPT)))
    [[report]] = service.posted[RECEIPT]
    assert (report["sid"], report["report_status"]) == (answer.SerialNo, "SUCCESS")
    query = models.PullSmsSendStatusByPhoneNumberRequest()
    query.BeginTime, query.Offset, query.Limit, query.PhoneNumber = 0, 0, 10, "+8613800000001"
    query.SmsSdkAppId = "1400000000"
    [row] = tencent(world).PullSmsSendStatusByPhoneNumber(query).PullSmsSendStatusSet
    assert (row.SerialNo, row.ReportStatus) == (answer.SerialNo, "SUCCESS")


def test_every_number_has_its_own_code(caller: Caller, world: World) -> None:
    caller.post(
        "/faults", {"target": "sms", "kind": "code", "value": "LimitExceeded.PhoneNumberDailyLimit"}
    )
    numbers = ("+8613800000001", "+8613800000002", "+86110")
    codes = [one.Code for one in tencent(world).SendSms(request(*numbers)).SendStatusSet]
    assert codes == [
        "LimitExceeded.PhoneNumberDailyLimit",
        "Ok",
        "InvalidParameterValue.IncorrectPhoneNumber",
    ]
    assert [one["phone"] for one in caller.get("/log/sms")] == ["13800000002"]


@pytest.mark.parametrize("params", [(), ("1", "2"), ("http://x.test",)])
def test_parameters_that_the_template_cannot_take_are_refused(
    params: tuple[str, ...], caller: Caller, world: World
) -> None:
    caller.post("/sandbox/sms-templates", {"1001": "验证码{1}"})
    with pytest.raises(TencentCloudSDKException, match="Param"):
        tencent(world).SendSms(request("+8613800000001", params=params))


def test_a_call_without_signature_is_refused(caller: Caller) -> None:
    for headers in ({"X-TC-Action": "SendSms"}, {"x-acs-action": "SendSms"}):
        answer = requests.post(f"{caller.url}/", json={}, headers=headers, timeout=10)
        assert "Signature" in answer.text
    assert requests.post(f"{caller.url}/", json={}, timeout=10).status_code == 400


@pytest.mark.parametrize(
    ("kind", "receipts"), [("twice", ["SUCCESS", "SUCCESS"]), ("never", []), ("failed", ["FAIL"])]
)
def test_receipts_can_go_wrong(
    kind: str, receipts: list[str], caller: Caller, world: World, service: FakeService
) -> None:
    caller.post("/faults", {"target": "sms_receipt", "kind": kind})
    tencent(world).SendSms(request("+8613800000001"))
    world.ledger.wait_for(lambda _: False, seconds=0.6)
    got = [report["report_status"] for [report] in service.posted.get(RECEIPT, [])]
    assert got == receipts
    assert len(caller.get("/log/sms")) == (kind != "failed")


def test_a_receipt_can_come_before_the_answer(
    caller: Caller, world: World, service: FakeService
) -> None:
    caller.post("/faults", {"target": "sms_receipt", "kind": "before"})
    tencent(world).SendSms(request("+8613800000001"))
    assert len(service.posted[RECEIPT]) == 1


def test_the_provider_can_answer_with_a_web_page_or_too_late(caller: Caller, world: World) -> None:
    wanted = [{"target": "sms", "kind": "html"}, {"target": "sms", "kind": "hang", "seconds": 5}]
    caller.post("/faults", wanted)
    for sent in (0, 1):
        with pytest.raises(TencentCloudSDKException):
            tencent(world).SendSms(request("+8613800000001"))
        assert len(caller.get("/log/sms")) == sent


def test_a_person_without_wechat_writes_to_the_service(
    caller: Caller, service: FakeService
) -> None:
    answer = caller.post("/phone/sms", {"person": "周秀兰", "text": "俺想报名"})
    assert answer["status"] == 200
    [uplink] = service.posted[UPLINK]
    assert (uplink["mobile"], uplink["text"]) == ("13800000005", "俺想报名")


def test_two_equal_texts_differ_in_their_second(caller: Caller, service: FakeService) -> None:
    for _ in range(2):
        caller.post("/phone/sms", {"person": "周秀兰", "text": "1"})
    assert len({uplink["time"] for uplink in service.posted[UPLINK]}) == 2


def test_aliyun_takes_single_and_batch_sends(caller: Caller) -> None:
    headers = {"Authorization": "ACS3-HMAC-SHA256 Credential=x", "x-acs-action": "SendSms"}
    query = {"PhoneNumbers": "13800000001", "SignName": "公益岗", "TemplateCode": "SMS_1"}
    query |= {"TemplateParam": json.dumps({"code": "482913"}), "OutId": "delivery-7"}
    caller.post("/sandbox/sms-templates", {"SMS_1": "验证码${code}"})
    answer = requests.post(f"{caller.url}/", params=query, headers=headers, timeout=10).json()
    assert answer["Code"] == "OK"
    form = {
        "PhoneNumberJson": '["13800000002"]',
        "SignNameJson": '["公益岗"]',
        "TemplateCode": "SMS_1",
        "TemplateParamJson": '[{"code": "7"}]',
    }
    headers["x-acs-action"] = "SendBatchSms"
    assert requests.post(f"{caller.url}/", data=form, headers=headers, timeout=10).json()["BizId"]
    form["SignNameJson"] = "[]"
    broken = requests.post(f"{caller.url}/", data=form, headers=headers, timeout=10)
    assert (broken.status_code, broken.json()["Code"]) == (200, "isv.INVALID_PARAMETERS")
    texts = [one["text"] for one in caller.get("/log/sms")]
    assert texts == ["【公益岗】验证码482913", "【公益岗】验证码7"]
    headers["x-acs-action"] = "QuerySendDetails"
    details = requests.post(
        f"{caller.url}/",
        params={"PhoneNumber": "13800000001", "BizId": answer["BizId"]},
        headers=headers,
        timeout=10,
    ).json()
    assert details["SmsSendDetailDTOs"]["SmsSendDetailDTO"][0]["SendStatus"] == 3


def test_an_uplink_in_aliyuns_form() -> None:
    with served_world(sms_provider="aliyun") as (world, service):
        Caller(world).post("/phone/sms", {"phone": "13800000005", "text": "退订"})
        [[uplink]] = service.posted[UPLINK.replace("tencent", "aliyun")]
        assert (uplink["phone_number"], uplink["content"]) == ("13800000005", "退订")


@pytest.mark.parametrize(
    ("length", "parts"), [(1, 1), (70, 1), (71, 2), (134, 2), (135, 3), (201, 3), (202, 4)]
)
def test_a_long_text_is_charged_in_parts(length: int, parts: int) -> None:
    assert segments("字" * length) == parts
