"""Aliyun's SMS, through its own SDK (platform.md 8.2), which is an extra (`pip install
gongyigang[aliyun]`) and imported only where an account is opened.

Business errors come as HTTP 200 with a `Code` that is not "OK", others are raised; both end in the
same table, `aliyun.yaml`. Parameters have names: ours are p1, p2, … in the order of the template.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import yaml

from channels.inbound import Inbound
from channels.sms.entries import (
    PROVIDERS_ZONE,
    Entry,
    FlawError,
    Receipt,
    details_of,
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
    judge,
)
from channels.transport import never_left

ORIGIN = "https://dysmsapi.aliyuncs.com"
MAX_REFERENCE = 255
NETWORK_WAIT_SECONDS = 60
RECORD_LINES = 50
WAITING, DELIVERED = 1, 3
"""SendStatus of the record; 2 is a failure."""

TABLE: dict[str, Any] = yaml.safe_load(
    Path(__file__).with_name("aliyun.yaml").read_text(encoding="utf-8")
)


class AliyunGateway:
    """One account. Safe to share between threads."""

    name = "aliyun"

    def __init__(self, account: Account) -> None:
        self._sdk, self._client, self._options = _open_client(account)
        self._sign_name = account.sign_name

    def send(
        self, *, phone: str, template_id: str, params: Sequence[str], reference: str
    ) -> Accepted:
        """See `SmsGateway.send`. A reference has at most 255 characters. The answer does not tell
        how many segments are charged; the receipt does."""
        if len(reference) > MAX_REFERENCE:
            raise ValueError("the reference is longer than 255 characters")
        named = {f"p{number}": value for number, value in enumerate(params, start=1)}
        request = self._sdk.SendSmsRequest(
            phone_numbers=phone,
            sign_name=self._sign_name,
            template_code=template_id,
            template_param=json.dumps(named, ensure_ascii=False),
            out_id=reference,
        )
        body = _call(lambda: self._client.send_sms_with_options(request, self._options))
        if not body.biz_id:
            raise Unknown("no BizId")
        return Accepted(str(body.biz_id), None)

    def find(self, *, phone: str, reference: str, sent_at: datetime) -> Trace | None:
        """See `SmsGateway.find`. The record shows no BizId (QuerySendDetails, 30 days)."""
        request = self._sdk.QuerySendDetailsRequest(
            phone_number=phone,
            send_date=f"{sent_at.astimezone(PROVIDERS_ZONE):%Y%m%d}",
            page_size=RECORD_LINES,
            current_page=1,
        )
        body = _call(lambda: self._client.query_send_details_with_options(request, self._options))
        lines = body.sms_send_detail_dtos
        for line in (lines.sms_send_detail_dto if lines else None) or []:
            if line.out_id == reference:
                return Trace(_fate(line.send_status), "", str(line.err_code or ""))
        return None


def _open_client(account: Account) -> tuple[ModuleType, Any, Any]:
    from alibabacloud_dysmsapi20170525 import models  # noqa: PLC0415 - an extra
    from alibabacloud_dysmsapi20170525.client import Client  # noqa: PLC0415 - an extra
    from alibabacloud_tea_openapi.models import Config  # noqa: PLC0415 - an extra
    from darabonba.runtime import RuntimeOptions  # noqa: PLC0415 - an extra

    url = urlsplit(account.url or ORIGIN)
    milliseconds = account.timeout_seconds * 1000
    config = Config(
        access_key_id=account.secret_id,
        access_key_secret=account.secret_key,
        protocol=url.scheme.upper(),
        endpoint=url.netloc,
        connect_timeout=milliseconds,
        read_timeout=milliseconds,
    )
    options = RuntimeOptions(
        autoretry=False,
        connect_timeout=milliseconds,
        read_timeout=milliseconds,
    )
    return models, Client(config), options


def _call(ask: Callable[[], Any]) -> Any:
    """The body of an answer that says OK. Raises `SmsError`, made new: the SDK's own text may hold
    a whole request, and a whole request the phone number."""
    try:
        body = ask().body
    except Exception as error:  # the SDK raises its own kinds, and lets the HTTP library's through
        failure = _explain(error)
    else:
        code = str(body.code or "")
        if code == "OK":
            return body
        failure = judge(TABLE, code) if code else Unknown("no code")
    raise failure


def _explain(error: Exception) -> SmsError:
    causes = _causes(error)
    for one in causes:
        code, status = getattr(one, "code", None), getattr(one, "status_code", None)
        if code and status is not None:  # the provider's own answer
            return judge(TABLE, str(code))
    kind = next((type(one).__name__ for one in causes if isinstance(one, OSError)), "BadAnswer")
    if any(never_left(one) for one in causes):
        return Rejected(kind, Remedy.RETRYABLE, wait_seconds=NETWORK_WAIT_SECONDS)
    return Unknown(kind)


def _causes(error: BaseException) -> list[BaseException]:
    """The error, and all that it was made from."""
    found: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if one is None or one in found:
            continue
        found.append(one)
        inner = getattr(one, "inner_exception", None)
        waiting += [one.__cause__, one.__context__]
        waiting += [inner] if isinstance(inner, BaseException) else []
    return found


def _fate(status: object) -> Fate:
    if status == WAITING:
        return Fate.SENT
    return Fate.DELIVERED if status == DELIVERED else Fate.BOUNCED


def read_receipt(entry: Entry) -> Receipt:
    if not isinstance(entry.get("success"), bool):
        raise FlawError("success is neither true nor false")
    return Receipt(
        provider="aliyun",
        provider_id=needed(entry, "biz_id"),
        phone=phone_of(entry, "phone_number"),
        delivered=entry["success"],
        code=text_of(entry, "err_code"),
        description=text_of(entry, "err_msg"),
        happened_at=moment(entry.get("report_time")),
        reference=text_of(entry, "out_id"),
    )


def read_message(entry: Entry) -> Inbound:
    return Inbound(
        channel="sms",
        sender=phone_of(entry, "phone_number"),
        kind="text",
        dedupe_key=f"q:{needed(entry, 'sequence_id')[:64]}",
        sent_at=moment(entry.get("send_time")),
        text=text_of(entry, "content"),
        details=details_of(entry, "dest_code", "sign_name"),
    )
