"""Alibaba Cloud's SMS API, version 2017-05-25: POST / with the action in a header.

SendSms has its parameters in the query string, SendBatchSms in the form. Business errors come in
HTTP 200 with a Code that is not "OK".
"""

import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from flask import Request, Response, jsonify

from sandbox.sms.gateway import Gateway, Sms, bare_number, segments
from sandbox.world import World

MOST_NUMBERS, MOST_BATCH = 1000, 100


class AliyunError(Exception):
    """A refusal of the whole call, as the provider's Code."""


@dataclass(frozen=True)
class Aliyun:
    """The provider's front desk."""

    world: World
    gateway: Gateway
    target: ClassVar[str] = "sms/aliyun"

    def answer(self, request: Request) -> Response:
        """The response to any action."""
        more: dict[str, Any] = {}
        code = "OK"
        try:
            if "ACS3-HMAC-SHA256" not in request.headers.get("Authorization", ""):
                raise AliyunError("SignatureDoesNotMatch")
            more = self._act(request.headers.get("x-acs-action", ""), request.values)
        except AliyunError as error:
            code = str(error)
        return jsonify(Code=code, Message=code, RequestId=secrets.token_hex(16), **more)

    def _act(self, action: str, values: Mapping[str, str]) -> dict[str, Any]:
        fault = self.world.faults.take(self.target, "code")
        if fault:
            raise AliyunError(fault.value)
        if action == "SendSms":
            numbers = values.get("PhoneNumbers", "").split(",")
            if len(numbers) > MOST_NUMBERS:
                raise AliyunError("isv.MOBILE_COUNT_OVER_LIMIT")
            rows = [
                (one, values.get("SignName", ""), _read(values, "TemplateParam")) for one in numbers
            ]
            return self._send(rows, values)
        if action == "SendBatchSms":
            return self._send(self._batch(values), values)
        if action == "QuerySendDetails":
            return self._details(values)
        raise AliyunError("InvalidAction.NotFound")

    def _batch(self, values: Mapping[str, str]) -> list[tuple[str, str, Any]]:
        numbers, signs = _read(values, "PhoneNumberJson"), _read(values, "SignNameJson")
        params = _read(values, "TemplateParamJson") or [{} for _ in numbers]
        if not len(numbers) == len(signs) == len(params) <= MOST_BATCH:
            raise AliyunError("isv.INVALID_PARAMETERS")
        return list(zip(numbers, signs, params, strict=True))

    def _send(self, rows: list[tuple[str, str, Any]], values: Mapping[str, str]) -> dict[str, Any]:
        template_id, out_id = values.get("TemplateCode", ""), values.get("OutId", "")
        biz_id = f"{self.world.next_number()}^0"
        for number, _, params in rows:
            if not re.fullmatch(r"1[3-9]\d{9}", bare_number(str(number))):
                raise AliyunError("isv.MOBILE_NUMBER_ILLEGAL")
            if not self.world.sms_templates.fits(template_id, params):
                raise AliyunError("isv.TEMPLATE_MISSING_PARAMETERS")
        for number, sign, params in rows:
            texts = {str(name): str(value) for name, value in params.items()}
            text = self.world.sms_templates.render(template_id, texts)
            sms = Sms(
                provider="aliyun",
                message_id=biz_id,
                phone=bare_number(str(number)),
                sign=sign,
                template_id=template_id,
                params=texts,
                reference=out_id,
                text=f"【{sign}】{text}" if sign else text,
                at=self.world.clock.now(),
            )
            self.gateway.put_on_phone(sms, receipt)
        return {"BizId": biz_id}

    def _details(self, values: Mapping[str, str]) -> dict[str, Any]:
        found = self.gateway.sends_to(bare_number(values.get("PhoneNumber", "")))
        biz_id = values.get("BizId")
        rows = [
            {
                "PhoneNum": one.phone,
                "Content": one.text,
                "OutId": one.reference,
                "TemplateCode": one.template_id,
                "SendDate": f"{one.at:%Y-%m-%d %H:%M:%S}",
                "SendStatus": 3 if one.delivered else 2,
                "ErrCode": "DELIVERED" if one.delivered else "UNDELIV",
            }
            for one in found
            if biz_id in (None, "", one.message_id)
        ]
        return {"TotalCount": len(rows), "SmsSendDetailDTOs": {"SmsSendDetailDTO": rows}}


def _read(values: Mapping[str, str], name: str) -> Any:
    try:
        return json.loads(values.get(name) or "{}")
    except ValueError as error:
        raise AliyunError("isv.INVALID_JSON_PARAM") from error


def receipt(sms: Sms) -> list[dict[str, object]]:
    """The status report as it is posted to the service."""
    moment = f"{sms.at:%Y-%m-%d %H:%M:%S}"
    return [
        {
            "phone_number": sms.phone,
            "send_time": moment,
            "report_time": moment,
            "success": sms.delivered,
            "err_code": "DELIVERED" if sms.delivered else "UNDELIV",
            "err_msg": "用户接收成功" if sms.delivered else "用户接收失败",
            "sms_size": str(segments(sms.text)),
            "biz_id": sms.message_id,
            "out_id": sms.reference,
        }
    ]
