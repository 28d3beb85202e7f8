"""The door's translator for WeChat: who may come in, what was said, how the answer is wrapped.

    Refused     nothing in the request may be acted on; `why` is one word for the log
        bad_signature   a parameter is missing or the signature is not ours
        too_large       more than 256 KB
        stale           signed, but more than ten minutes away from now: a replay, or a wrong clock
        plain_body      signed, but not encrypted where the mode demands it: the signature does not
                        cover the body, so anybody who saw one request may have written this one
        undecipherable  signed, and not made with our AES key
        wrong_app       signed and sealed for another app id
        wrong_account   signed, and addressed to another account

Once the signature holds, a body that cannot be read is a `Letter` without an `Inbound`: logged and
acknowledged, because any other answer shows the resident an error and brings the letter back twice.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from channels.inbound import Inbound
from channels.wechat.cipher import Envelope, Undecipherable, WrongApp, is_signed, sign
from channels.wechat.reading import read_message
from channels.wechat.wire import Node, Unreadable, cdata, read_fields

MAX_BODY = 256 * 1024
FRESH_SECONDS = 600
SUCCESS = b"success"

Mode: TypeAlias = Literal["plain", "compatible", "safe"]


class Refused(Exception):
    """Nothing in the request may be acted on. `signature_held` tells a replay or a misconfiguration
    (the platform's own signature, so 200 may be answered) from a stranger.
    """

    def __init__(self, why: str, *, signature_held: bool = False) -> None:
        super().__init__(why)
        self.why = why
        self.signature_held = signature_held


@dataclass(frozen=True)
class Letter:
    """What a signed request said. `inbound` is None when the body could not be understood; `flaw`
    then says in English, without the body, what was wrong with it.
    """

    inbound: Inbound | None
    flaw: str = ""
    account: str = ""
    _door: WechatDoor | None = None

    def reply(self, text: str, *, now: float) -> bytes:
        """The answer's body: a passive text reply, sealed if the letter was; `success` for "".

        The text is sent whole: the platform's limit of 2,048 bytes is the caller's to keep.
        """
        if not text or self.inbound is None:
            return SUCCESS
        xml = (
            f"<xml><ToUserName>{cdata(self.inbound.sender)}</ToUserName>"
            f"<FromUserName>{cdata(self.account)}</FromUserName>"
            f"<CreateTime>{int(now)}</CreateTime><MsgType><![CDATA[text]]></MsgType>"
            f"<Content>{cdata(text)}</Content></xml>"
        ).encode("utf-8", "replace")
        return self._door.seal(xml, now=now) if self._door else xml


class WechatDoor:
    """Checks, opens and answers the platform's requests for one account (platform.md 1).

    Holds no state between requests and may be shared by threads. `now` is always the real clock in
    Unix seconds, also where the service's own clock has been moved: it is compared with the
    transport's timestamp.
    """

    def __init__(
        self,
        *,
        token: str,
        app_id: str,
        original_id: str | None = None,
        aes_key: bytes | None = None,
        mode: Mode = "safe",
    ) -> None:
        if mode != "plain" and aes_key is None:
            raise ValueError(f"mode {mode} needs an AES key")
        self._token = token
        self._original_id = original_id
        self._mode = mode
        self._envelope = Envelope(app_id=app_id, aes_key=aes_key) if aes_key else None

    def verify_url(self, args: Mapping[str, str], *, now: float) -> str:
        """The echo that proves to the platform that the token is ours. Raises `Refused`."""
        self._check(args, "signature", now=now)
        return args.get("echostr", "")

    def open(self, args: Mapping[str, str], body: bytes, *, now: float) -> Letter:
        """What a request says. Raises `Refused`, and nothing else whatever the input."""
        if len(body) > MAX_BODY:
            raise Refused("too_large")
        if self._expects_envelope(args):
            return self._open_sealed(args, body, now=now)
        self._check(args, "signature", now=now)
        return self._read(body, sealed=False)

    def seal(self, xml: bytes, *, now: float) -> bytes:
        """A reply in the platform's envelope, signed with a fresh nonce."""
        assert self._envelope is not None, "only a letter that came sealed is answered sealed"
        sealed, timestamp, nonce = self._envelope.seal(xml), str(int(now)), secrets.token_hex(8)
        signature = sign(self._token, timestamp, nonce, sealed)
        return (
            f"<xml><Encrypt><![CDATA[{sealed}]]></Encrypt>"
            f"<MsgSignature><![CDATA[{signature}]]></MsgSignature>"
            f"<TimeStamp>{timestamp}</TimeStamp><Nonce><![CDATA[{nonce}]]></Nonce></xml>"
        ).encode()

    def _expects_envelope(self, args: Mapping[str, str]) -> bool:
        if self._mode == "compatible":
            return args.get("encrypt_type") == "aes"
        return self._mode == "safe"

    def _open_sealed(self, args: Mapping[str, str], body: bytes, *, now: float) -> Letter:
        # The plain signature is worth less than msg_signature, which covers the ciphertext; it is
        # looked at first so that a stranger's body is not even parsed.
        if signed := "signature" in args:
            self._check(args, "signature", now=now)
        try:
            sealed = read_fields(body).get("Encrypt")
        except Unreadable as error:
            if not signed:
                raise Refused("bad_signature") from None
            return Letter(inbound=None, flaw=str(error))
        if not isinstance(sealed, str) or not sealed:
            raise Refused("plain_body", signature_held=signed)
        self._check(args, "msg_signature", sealed, now=now)
        return self._read(self._unseal(sealed), sealed=True)

    def _unseal(self, sealed: str) -> bytes:
        assert self._envelope is not None, "the constructor saw to it"
        try:
            return self._envelope.unseal(sealed)
        except Undecipherable:
            raise Refused("undecipherable", signature_held=True) from None
        except WrongApp:
            raise Refused("wrong_app", signature_held=True) from None

    def _read(self, xml: bytes, *, sealed: bool) -> Letter:
        try:
            fields = read_fields(xml)
            account = self._addressee(fields)
            return Letter(
                inbound=read_message(fields, xml),
                account=account,
                _door=self if sealed else None,
            )
        except Unreadable as error:
            return Letter(inbound=None, flaw=str(error))

    def _addressee(self, fields: Mapping[str, Node]) -> str:
        account = fields.get("ToUserName")
        if not isinstance(account, str):
            raise Unreadable("ToUserName is missing, repeated or nested")
        if self._original_id and account != self._original_id:
            raise Refused("wrong_account", signature_held=True)
        return account

    def _check(self, args: Mapping[str, str], name: str, *more: str, now: float) -> None:
        timestamp, nonce = args.get("timestamp", ""), args.get("nonce", "")
        given = args.get(name, "")
        if not (timestamp and nonce and given):
            raise Refused("bad_signature")
        if not is_signed(given, self._token, timestamp, nonce, *more):
            raise Refused("bad_signature")
        is_number = timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12
        if not is_number or abs(now - int(timestamp)) > FRESH_SECONDS:
            raise Refused("stale", signature_held=True)
