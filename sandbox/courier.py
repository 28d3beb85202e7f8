"""Carries what people do to the service's webhook, as the platform does.

Signed and, by mode, encrypted; dropped after five seconds without an answer and posted again, three
tries in all; the answer decrypted and checked as strictly as the platform checks it. When the
platform would show "暂时无法提供服务", the outcome names the problem.
"""

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import requests

from sandbox.clock import real_seconds
from sandbox.config import Config
from sandbox.wire import Envelope, EnvelopeError, from_xml, sign, to_xml

TEXT_BYTES = 2048


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of one push: the reply's fields (None for "nothing to say") or a problem."""

    status: int | None
    reply: Mapping[str, Any] | None = None
    problem: str | None = None
    attempts: int = 1
    elapsed_ms: int = 0


@dataclass(frozen=True, kw_only=True)
class Push:
    """One request to the webhook, ready to be posted more than once."""

    query: Mapping[str, str]
    body: bytes
    openid: str = field(default="")


class Courier:
    """Posts to one service with one account's secrets."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._envelope = Envelope(aes_key=config.wechat_aes_key, app_id=config.wechat_app_id)

    def pack(self, fields: Mapping[str, Any]) -> Push:
        """Sign the message with a fresh nonce and the machine's time, and encrypt it by mode."""
        config, xml = self._config, to_xml(fields)
        stamp, nonce = str(real_seconds()), secrets.token_hex(5)
        query = {"signature": sign(config.wechat_token, stamp, nonce)}
        query |= {"timestamp": stamp, "nonce": nonce, "openid": str(fields["FromUserName"])}
        if config.wechat_mode == "plain":
            return Push(query=query, body=xml.encode(), openid=query["openid"])
        sealed = self._envelope.seal(xml)
        query |= {"encrypt_type": "aes"}
        query |= {"msg_signature": sign(config.wechat_token, stamp, nonce, sealed)}
        compatible = config.wechat_mode == "compatible"
        shown = dict(fields) if compatible else {"ToUserName": fields["ToUserName"]}
        return Push(
            query=query, body=to_xml({**shown, "Encrypt": sealed}).encode(), openid=query["openid"]
        )

    def post(self, push: Push, *, lose_answers: bool = False) -> Outcome:
        """Post until there is an answer or the tries are used up.

        `lose_answers` throws every answer away, as a broken line would: the service did its work,
        and gets the same message again.
        """
        started = time.monotonic()
        outcome = Outcome(status=None, problem="never posted")
        for attempt in range(1, self._config.tries + 1):
            outcome = self._post_once(push, attempt=attempt, started=started)
            final = outcome.status == 200
            if final and not lose_answers:
                return outcome
        if lose_answers:
            return Outcome(
                status=None,
                problem="the answers were lost on the way",
                attempts=self._config.tries,
                elapsed_ms=_since(started),
            )
        return outcome

    def _post_once(self, push: Push, *, attempt: int, started: float) -> Outcome:
        try:
            with requests.Session() as session:
                session.trust_env = False
                answer = session.post(
                    self._config.webhook_url,
                    params=push.query,
                    data=push.body,
                    headers={"Content-Type": "text/xml", "User-Agent": "Mozilla/4.0"},
                    timeout=self._config.retry_seconds,
                    allow_redirects=False,
                )
        except requests.Timeout:
            problem = f"no answer in {self._config.retry_seconds:g} s"
            return Outcome(
                status=None, problem=problem, attempts=attempt, elapsed_ms=_since(started)
            )
        except requests.RequestException:
            time.sleep(min(0.2, self._config.retry_seconds))
            return Outcome(
                status=None,
                problem=f"nobody answers at {self._config.webhook_url}",
                attempts=attempt,
                elapsed_ms=_since(started),
            )
        reply, problem_found = self._read(answer, push)
        return Outcome(
            status=answer.status_code,
            reply=reply,
            problem=problem_found,
            attempts=attempt,
            elapsed_ms=_since(started),
        )

    def _read(
        self, answer: requests.Response, push: Push
    ) -> tuple[dict[str, Any] | None, str | None]:
        if answer.status_code != 200:
            return None, f"HTTP {answer.status_code}"
        if answer.content in (b"", b"success"):
            return None, None
        try:
            fields = from_xml(answer.content.decode())
            if self._config.wechat_mode == "safe" or "Encrypt" in fields:
                fields = self._open(fields)
            return fields, _complaint(fields, openid=push.openid, config=self._config)
        except (EnvelopeError, UnicodeDecodeError) as error:
            return None, str(error)

    def _open(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        names = ("Encrypt", "MsgSignature", "TimeStamp", "Nonce")
        if any(not isinstance(fields.get(name), str) for name in names):
            raise EnvelopeError(f"in safe mode the answer needs {', '.join(names)}")
        sealed, signature, stamp, nonce = (str(fields[name]) for name in names)
        if signature != sign(self._config.wechat_token, stamp, nonce, sealed):
            raise EnvelopeError("the answer's MsgSignature is wrong")
        return from_xml(self._envelope.open(sealed))

    def verify(self) -> Outcome:
        """The GET with which the platform checks a webhook when it is entered in the console."""
        stamp, nonce, echo = str(real_seconds()), secrets.token_hex(5), secrets.token_hex(8)
        query = {"signature": sign(self._config.wechat_token, stamp, nonce)}
        query |= {"timestamp": stamp, "nonce": nonce, "echostr": echo}
        started = time.monotonic()
        try:
            with requests.Session() as session:
                session.trust_env = False
                answer = session.get(
                    self._config.webhook_url, params=query, timeout=self._config.retry_seconds
                )
        except requests.RequestException as error:
            return Outcome(status=None, problem=type(error).__name__, elapsed_ms=_since(started))
        good = answer.status_code == 200 and answer.text == echo
        return Outcome(
            status=answer.status_code,
            problem=None if good else "the answer is not the echostr",
            elapsed_ms=_since(started),
        )


def _since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)


def _complaint(fields: Mapping[str, Any], *, openid: str, config: Config) -> str | None:
    if fields.get("ToUserName") != openid:
        return "the answer's ToUserName is not the person who wrote"
    if fields.get("FromUserName") != config.wechat_original_id:
        return "the answer's FromUserName is not the account's original id"
    if not str(fields.get("CreateTime", "")).isdigit():
        return "the answer's CreateTime is not a whole number"
    if fields.get("MsgType") == "text":
        size = len(str(fields.get("Content") or "").encode())
        if not 0 < size <= TEXT_BYTES:
            return f"the answer's text has {size} bytes, allowed are 1 to {TEXT_BYTES}"
    return None
