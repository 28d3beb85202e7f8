"""The SMS providers: a new one is one file beside this one, and one row here.

A row says how an account is opened, how one entry of a callback is read, and what the provider
wants to hear when its callback has been taken. The stand-in's own third provider in
`tests/channels/sms/test_third_provider.py` shows all that is needed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from channels.inbound import Inbound
from channels.sms import aliyun, tencent
from channels.sms.entries import Entry, Receipt
from channels.sms.gateway import Account, SmsGateway


@dataclass(frozen=True)
class Provider:
    """One provider: `open` makes its gateway, the readers read one entry of a callback each;
    `place` is how it writes the nth variable of a registered text."""

    open: Callable[[Account], SmsGateway]
    read_receipt: Callable[[Entry], Receipt]
    read_message: Callable[[Entry], Inbound]
    acknowledgement: bytes
    place: str = "{{{0}}}"


_ANSWERS: Mapping[str, bytes] = {
    provider: json.dumps(answer, ensure_ascii=False).encode()
    for provider, answer in json.loads(
        Path(__file__).with_name("answers.json").read_text(encoding="utf-8")
    ).items()
}

PROVIDERS: dict[str, Provider] = {
    "tencent": Provider(
        tencent.TencentGateway, tencent.read_receipt, tencent.read_message, _ANSWERS["tencent"]
    ),
    "aliyun": Provider(
        aliyun.AliyunGateway,
        aliyun.read_receipt,
        aliyun.read_message,
        _ANSWERS["aliyun"],
        place="${{p{0}}}",
    ),
}
