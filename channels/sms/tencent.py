"""Tencent Cloud's SMS, through its own SDK (platform.md 8.3).

A successful call still carries a verdict per number, and a failed one raises; both end in the same
table, `tencent.yaml`. The SDK wraps every failure to reach the provider into one exception; what it
wraps tells whether the request left.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml
from tencentcloud.common.credential import Credential
from tencentcloud.common.exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.sms.v20210111.models import SendSmsRequest
from tencentcloud.sms.v20210111.sms_client import SmsClient

from channels.sms.gateway import Accepted, Rejected, Remedy, SmsError, Unknown
from channels.transport import LOOPBACK, never_left

REGION = "ap-guangzhou"
MAX_REFERENCE_BYTES = 511
NETWORK_WAIT_SECONDS = 60

TABLE: dict[str, Any] = yaml.safe_load(
    Path(__file__).with_name("tencent.yaml").read_text(encoding="utf-8")
)


class TencentGateway:
    """One SMS application of one account. Safe to share between threads."""

    name = "tencent"

    def __init__(
        self,
        *,
        secret_id: str,
        secret_key: str,
        app_id: str,
        sign_name: str,
        origin: str = "https://sms.tencentcloudapi.com",
        timeout_seconds: int = 10,
    ) -> None:
        url = urlsplit(origin)
        profile = HttpProfile(protocol=url.scheme, endpoint=url.netloc, reqTimeout=timeout_seconds)
        credential = Credential(secret_id, secret_key)
        self._client = SmsClient(credential, REGION, ClientProfile(httpProfile=profile))
        if url.hostname in LOOPBACK:
            # The SDK takes the environment's proxy even for a local stand-in.
            self._client.request.conn.proxy = None
        self._app_id, self._sign_name = app_id, sign_name

    def send(
        self, *, phone: str, template_id: str, params: Sequence[str], reference: str
    ) -> Accepted:
        """See `SmsGateway.send`. A reference has at most 511 bytes."""
        if len(reference.encode()) > MAX_REFERENCE_BYTES:
            raise ValueError("the reference is longer than 511 bytes")
        request = SendSmsRequest()
        request.PhoneNumberSet = [f"+86{phone}"]
        request.SmsSdkAppId = self._app_id
        request.SignName = self._sign_name
        request.TemplateId = template_id
        request.TemplateParamSet = list(params)
        request.SessionContext = reference
        return self._verdict(self._call(request))

    def _call(self, request: SendSmsRequest) -> Any:
        try:
            return self._client.SendSms(request)
        except TencentCloudSDKException as error:
            # The SDK's text may hold a whole answer, and a whole answer the phone number.
            failure = _explain(error)
        raise failure

    def _verdict(self, response: Any) -> Accepted:
        verdicts = response.SendStatusSet or []
        if len(verdicts) != 1:
            raise Unknown("no verdict")
        (verdict,) = verdicts
        if verdict.Code != "Ok":
            raise judge(str(verdict.Code))
        if not verdict.SerialNo:
            raise Unknown("no serial number")
        return Accepted(str(verdict.SerialNo), int(verdict.Fee or 1))


def judge(code: str) -> SmsError:
    """The error for a code of the provider's, by the table."""
    for name in (code, code.partition(".")[0]):
        if name in TABLE["retryable"]:
            return Rejected(code, Remedy.RETRYABLE, wait_seconds=TABLE["retryable"][name])
        if name in TABLE["unknown"]:
            return Unknown(code)
        if name in TABLE["account"]:
            return Rejected(code, Remedy.ACCOUNT)
        if name in TABLE["permanent"]:
            break
    return Rejected(code, Remedy.PERMANENT)


def _explain(error: TencentCloudSDKException) -> SmsError:
    code = str(error.code)
    if code == "ClientNetworkError":
        if error.__context__ is not None and never_left(error.__context__):
            return Rejected(code, Remedy.RETRYABLE, wait_seconds=NETWORK_WAIT_SECONDS)
        return Unknown(code)
    # Without a request id the SDK speaks for itself, about an answer it could not read.
    return judge(code) if error.requestId else Unknown(code)
