"""The letters that are sent, signed as WeChat signs.

`check_in`: one worker after the other says that they are at work, each once: the turn that there
are most of. `form`: whole eligibility forms in order: the opening phrase, for whom, residence,
birth, groups (which decides, and keeps the decision with its trace). A hundred residents send their
first message, then all of these their second: every stretch of a run has the same mixture, and two
messages of one resident are not under way at once.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path
from typing import Literal, TypeAlias

from channels.wechat.cipher import Envelope, sign
from settings import decode_aes_key

Mode: TypeAlias = Literal["plain", "safe"]
Turn: TypeAlias = Literal["check_in", "form"]

TOKEN = "benchtoken"
APP_ID = "wx00000000bench000"
ACCOUNT = "gh_bench00000000"
AES_KEY = base64.b64encode(hashlib.sha256(b"bench").digest()).decode()[:43]
RESIDENTS = 2_000
SIDE_BY_SIDE = 100

CHECK_IN = "打卡"
"""`bench.house` checks that every answer to it stands for an attendance event."""

FORM = ("我够条件吗", "1", "1", "1970-5-2", "4")
"""One whole form; `bench.house` checks that it ends in a decision."""

_message_ids = count(time.time_ns() // 1_000)


def openid(number: int) -> str:
    """The sender of that number; as long as WeChat's own."""
    return f"oBench{number:022d}"


def worker(number: int) -> str:
    """The openid of the worker of that number; no resident has it."""
    return openid(10**9 + number)


def write_requests(file: Path, requests: Iterator[bytes], *, how_many: int) -> None:
    """Whole HTTP requests, separated by NUL, in the order in which they are to be sent."""
    file.write_bytes(b"\0".join(islice(requests, how_many)))


def requests(turn: Turn, mode: Mode, *, first: int = 0) -> Iterator[bytes]:
    """The requests of one kind of turn without end; check-ins from the worker `first` on."""
    if turn == "check_in":
        return (request(worker(number), CHECK_IN, mode) for number in count(first))
    return _forms(mode)


def _forms(mode: Mode) -> Iterator[bytes]:
    while True:
        for first in range(0, RESIDENTS, SIDE_BY_SIDE):
            for text in FORM:
                for number in range(first, first + SIDE_BY_SIDE):
                    yield request(openid(number), text, mode)


def request(sender: str, text: str, mode: Mode) -> bytes:
    """One POST as the platform sends it, with a message id of its own."""
    timestamp, nonce = str(int(time.time())), secrets.token_hex(5)
    body = _xml(sender, text, timestamp)
    query = f"signature={sign(TOKEN, timestamp, nonce)}&timestamp={timestamp}&nonce={nonce}"
    if mode == "safe":
        sealed = Envelope(app_id=APP_ID, aes_key=decode_aes_key(AES_KEY)).seal(body)
        query += f"&encrypt_type=aes&msg_signature={sign(TOKEN, timestamp, nonce, sealed)}"
        body = (
            f"<xml><ToUserName><![CDATA[{ACCOUNT}]]></ToUserName>"
            f"<Encrypt><![CDATA[{sealed}]]></Encrypt></xml>"
        ).encode()
    head = f"POST /wechat?{query} HTTP/1.1\r\nHost: bench\r\nContent-Type: text/xml\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def _xml(sender: str, text: str, timestamp: str) -> bytes:
    return (
        f"<xml><ToUserName><![CDATA[{ACCOUNT}]]></ToUserName>"
        f"<FromUserName><![CDATA[{sender}]]></FromUserName>"
        f"<CreateTime>{timestamp}</CreateTime><MsgType><![CDATA[text]]></MsgType>"
        f"<Content><![CDATA[{text}]]></Content><MsgId>{next(_message_ids)}</MsgId></xml>"
    ).encode()
