"""Tencent Cloud's SMS, through its own SDK (platform.md 8.3).

A successful call still carries a verdict per number, and a failed one raises; both end in the same
table, `tencent.yaml`. The SDK wraps every failure to reach the provider into one exception; what it
wraps tells whether the request left.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml
from tencentcloud.common.credential import Credential
from tencentcloud.common.exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.sms.v20210111.models import (
    PullSmsSendStatusByPhoneNumberRequest,
    SendSmsRequest,
)
from tencentcloud.sms.v20210111.sms_client import SmsClient

from channels.inbound import Inbound
from channels.sms.entries import (
    Entry,
    Receipt,
    details_of,
    digest,
    moment,
    needed,
    phone_of,
    text_of,
)
from channels.sms.gateway import (
    Accepted,
    Account,
    Fate,
    Rejected,
    Remedy,
    SmsError,
    Trace,
    Unknown,
)
from channels.sms.gateway import judge as judge_by
from channels.sms.open_line import Answer, OpenLine, is_direct
from channels.transport import never_left

ORIGIN = "https://sms.tencentcloudapi.com"
REGION = "ap-guangzhou"
MAX_REFERENCE_BYTES = 511
NETWORK_WAIT_SECONDS = 60
RECORD_LINES = 100
RECORD_MARGIN = timedelta(minutes=2)
"""Our clock and the provider's may differ, though not by more than the signature allows."""

TABLE: dict[str, Any] = yaml.safe_load(
    Path(__file__).with_name("tencent.yaml").read_text(encoding="utf-8")
)


class _Connection:
    """What the SDK calls through, in place of its own (`tencentcloud.common.http.request`)."""

    request_length = 0

    def __init__(self, account: Account, *, authorities: str) -> None:
        seconds = account.timeout_seconds
        self._line = OpenLine(
            account.url or ORIGIN, timeout_seconds=seconds, authorities=authorities
        )

    def request(self, method: str, url: str, body: str, headers: Mapping[str, str]) -> Answer:
        assert method == "POST"
        return self._line.post(url, body, headers)


class TencentGateway:
    """One SMS application of one account. Safe to share between threads."""

    name = "tencent"

    def __init__(self, account: Account) -> None:
        url = urlsplit(account.url or ORIGIN)
        profile = HttpProfile(
            protocol=url.scheme, endpoint=url.netloc, reqTimeout=account.timeout_seconds
        )
        credential = Credential(account.secret_id, account.secret_key)
        self._client = SmsClient(credential, REGION, ClientProfile(httpProfile=profile))
        if is_direct(account.url or ORIGIN):
            own = self._client.request.conn
            self._client.request.conn = _Connection(account, authorities=own.certification)
        self._app_id, self._sign_name = account.app_id, account.sign_name

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

    def find(self, *, phone: str, reference: str, sent_at: datetime) -> Trace | None:
        """See `SmsGateway.find`. The record holds what the carriers have reported, and nothing
        before (PullSmsSendStatusByPhoneNumber)."""
        request = PullSmsSendStatusByPhoneNumberRequest()
        request.PhoneNumber = f"+86{phone}"
        request.SmsSdkAppId = self._app_id
        request.BeginTime = int((sent_at - RECORD_MARGIN).timestamp())
        request.Offset, request.Limit = 0, RECORD_LINES
        answer = self._call(request)
        for line in answer.PullSmsSendStatusSet or []:
            if line.SessionContext == reference:
                arrived = line.ReportStatus == "SUCCESS"
                fate = Fate.DELIVERED if arrived else Fate.BOUNCED
                return Trace(fate, str(line.SerialNo or ""), str(line.Description or ""))
        return None

    def _call(self, request: SendSmsRequest | PullSmsSendStatusByPhoneNumberRequest) -> Any:
        try:
            if isinstance(request, SendSmsRequest):
                return self._client.SendSms(request)
            return self._client.PullSmsSendStatusByPhoneNumber(request)
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
        return Accepted(str(verdict.SerialNo), int(verdict.Fee) if verdict.Fee else None)


def judge(code: str) -> SmsError:
    """The error for a code of the provider's, by the table."""
    return judge_by(TABLE, code)


def _explain(error: TencentCloudSDKException) -> SmsError:
    code = str(error.code)
    if code == "ClientNetworkError":
        if error.__context__ is not None and never_left(error.__context__):
            return Rejected(code, Remedy.RETRYABLE, wait_seconds=NETWORK_WAIT_SECONDS)
        return Unknown(code)
    # Without a request id the SDK speaks for itself, about an answer it could not read.
    return judge(code) if error.requestId else Unknown(code)


def read_receipt(entry: Entry) -> Receipt:
    return Receipt(
        provider="tencent",
        provider_id=needed(entry, "sid"),
        phone=phone_of(entry, "mobile"),
        delivered=needed(entry, "report_status") == "SUCCESS",
        code=text_of(entry, "errmsg"),
        description=text_of(entry, "description"),
        happened_at=moment(entry.get("user_receive_time")),
    )


def read_message(entry: Entry) -> Inbound:
    # There is no id. A repetition has the same time and text; two equal texts differ in the second.
    phone, text, time = phone_of(entry, "mobile"), text_of(entry, "text"), text_of(entry, "time")
    return Inbound(
        channel="sms",
        sender=phone,
        kind="text",
        dedupe_key=f"u:{phone}|{time[:32]}|{digest(text)}",
        sent_at=moment(entry.get("time")),
        text=text,
        details=details_of(entry, "extend", "sign"),
    )
