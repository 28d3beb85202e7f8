"""Tencent Cloud's SMS API, version 2021-01-11: POST / with the action in a header."""

import re
import secrets
import time
from dataclasses import dataclass
from typing import Any, ClassVar

from flask import Request, Response, jsonify

from sandbox.sms.gateway import Gateway, Sms, bare_number
from sandbox.world import World

MOST_NUMBERS = 200
MOST_SKEW_SECONDS = 600
_AUTHORIZATION = re.compile(
    r"TC3-HMAC-SHA256 Credential=\S+/\d{4}-\d\d-\d\d/sms/tc3_request, "
    r"SignedHeaders=[\w;-]+, Signature=[0-9a-f]{64}"
)


class TencentError(Exception):
    """A refusal of the whole call."""


@dataclass(frozen=True)
class Tencent:
    """The provider's front desk."""

    world: World
    gateway: Gateway
    target: ClassVar[str] = "sms/tencent"
    """What a fault may name: `sms` is both providers, `tencent` only this one."""

    def answer(self, request: Request) -> Response:
        """The response to any action, errors in the provider's own form."""
        try:
            self._check(request)
            body = request.get_json(force=True, silent=True)
            if not isinstance(body, dict):
                raise TencentError("InvalidParameter")
            answer = self._act(request.headers.get("X-TC-Action", ""), body)
        except TencentError as error:
            answer = {"Error": {"Code": str(error), "Message": f"the sandbox says {error}"}}
        return jsonify(Response={**answer, "RequestId": secrets.token_hex(16)})

    def _check(self, request: Request) -> None:
        if not _AUTHORIZATION.fullmatch(request.headers.get("Authorization", "")):
            raise TencentError("AuthFailure.SignatureFailure")
        stamp = request.headers.get("X-TC-Timestamp", "")
        if not stamp.isdigit() or abs(time.time() - int(stamp)) > MOST_SKEW_SECONDS:
            raise TencentError("InternalError.RequestTimeException")

    def _act(self, action: str, body: dict[str, Any]) -> dict[str, Any]:
        if action == "SendSms":
            return self._send(body)
        if action == "PullSmsSendStatusByPhoneNumber":
            return self._statuses(body)
        raise TencentError("InvalidAction")

    def _send(self, body: dict[str, Any]) -> dict[str, Any]:
        numbers = body.get("PhoneNumberSet") or []
        if not numbers or len(numbers) > MOST_NUMBERS:
            raise TencentError("LimitExceeded.PhoneNumberCountLimit")
        if not body.get("SmsSdkAppId") or not body.get("TemplateId"):
            raise TencentError("MissingParameter")
        params = {str(i): str(one) for i, one in enumerate(body.get("TemplateParamSet") or [], 1)}
        self._check_params(str(body["TemplateId"]), params)
        return {"SendStatusSet": [self._send_one(str(one), body, params) for one in numbers]}

    def _check_params(self, template_id: str, params: dict[str, str]) -> None:
        limit = self.world.config.sms_parameter_limit
        if not self.world.sms_templates.fits(template_id, params):
            raise TencentError("FailedOperation.TemplateParamSetNotMatchApprovedTemplate")
        if limit and any(len(one) > limit for one in params.values()):
            raise TencentError("InvalidParameterValue.TemplateParameterLengthLimit")
        if any("://" in one for one in params.values()):
            raise TencentError("InvalidParameterValue.TemplateParameterFormatError")

    def _send_one(
        self, number: str, body: dict[str, Any], params: dict[str, str]
    ) -> dict[str, Any]:
        world, phone = self.world, bare_number(number)
        fault = world.faults.take(self.target, "code")
        code = fault.value if fault else "Ok"
        if not re.fullmatch(r"1[3-9]\d{9}", phone):
            code = "InvalidParameterValue.IncorrectPhoneNumber"
        session = str(body.get("SessionContext") or "")
        serial = f"2640:{world.next_number()}"
        if code == "Ok":
            sign = str(body.get("SignName") or "")
            text = world.sms_templates.render(str(body["TemplateId"]), params)
            sms = Sms(
                provider="tencent",
                message_id=serial,
                phone=phone,
                sign=sign,
                template_id=str(body["TemplateId"]),
                params=params,
                reference=session,
                text=f"【{sign}】{text}" if sign else text,
                at=world.clock.now(),
            )
            self.gateway.put_on_phone(sms, receipt)
        return {
            "SerialNo": serial if code == "Ok" else "",
            "PhoneNumber": f"+86{phone}",
            "Fee": int(code == "Ok"),
            "SessionContext": session,
            "Code": code,
            "Message": "send success" if code == "Ok" else code,
            "IsoCode": "CN",
        }

    def _statuses(self, body: dict[str, Any]) -> dict[str, Any]:
        found = self.gateway.sends_to(bare_number(str(body.get("PhoneNumber", ""))))
        begin = int(body.get("BeginTime") or 0)
        rows = [
            {
                "UserReceiveTime": int(one.sent_at),
                "CountryCode": "86",
                "SubscriberNumber": one.phone,
                "PhoneNumber": f"+86{one.phone}",
                "SerialNo": one.message_id,
                "ReportStatus": "SUCCESS" if one.delivered else "FAIL",
                "Description": "DELIVRD" if one.delivered else "UNDELIV",
                "SessionContext": one.reference,
            }
            for one in found
            if one.sent_at >= begin
        ]
        return {"PullSmsSendStatusSet": rows[: int(body.get("Limit") or 100)]}


def receipt(sms: Sms) -> list[dict[str, str]]:
    """The status report as it is posted to the service."""
    return [
        {
            "user_receive_time": f"{sms.at:%Y-%m-%d %H:%M:%S}",
            "nationcode": "86",
            "mobile": sms.phone,
            "report_status": "SUCCESS" if sms.delivered else "FAIL",
            "errmsg": "DELIVRD" if sms.delivered else "UNDELIV",
            "description": "用户短信送达成功" if sms.delivered else "用户短信送达失败",
            "sid": sms.message_id,
        }
    ]
