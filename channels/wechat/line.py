"""The line to WeChat's server API: one request, one answer or one typed error.

The access token and the AppSecret travel in query strings, and the HTTP library puts addresses into
its exceptions. So every error is made new, after the library's own has been let go.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from time import monotonic, time
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from channels.transport import LOOPBACK, never_left
from channels.wechat.errors import (
    Action,
    BadAnswer,
    OutcomeUnknown,
    Refusal,
    Unreachable,
    WechatError,
)
from channels.wechat.tokens import Token, TokenKeeper, TokenStore

CONNECTIONS = 32
"""Connections kept open, so that as many senders need not wait for each other."""

CHUNK = 64 * 1024

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Credentials:
    """Of one account."""

    app_id: str
    app_secret: str

    def __repr__(self) -> str:
        return f"Credentials(app_id={self.app_id!r})"


class Line:
    """Calls the platform. Safe to share between threads."""

    def __init__(
        self,
        *,
        origin: str,
        credentials: Credentials,
        store: TokenStore,
        timeout: tuple[float, float] = (3.05, 10.0),
        clock: Callable[[], float] = time,
    ) -> None:
        """`origin` stands for https://api.weixin.qq.com; `timeout`: seconds to connect, to read."""
        self.origin = origin.rstrip("/")
        self.credentials = credentials
        self._timeout, self._clock = timeout, clock
        self._keeper = TokenKeeper(store=store, fetch=self._fetch_token, clock=clock)
        self._session = requests.Session()
        # A proxy of the environment is right for the platform and wrong for a local stand-in.
        self._session.trust_env = urlsplit(self.origin).hostname not in LOOPBACK
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(pool_maxsize=CONNECTIONS))

    def with_token(self, ask: Callable[[str], Answer]) -> Answer:
        """What `ask` returns for a valid token: a rejected one is renewed, and `ask` repeated once.

        Raises what `ask` raises, and `WechatError` when there is no token to be had.
        """
        token = self._keeper.current()
        try:
            return ask(token)
        except Refusal as refusal:
            if refusal.action is not Action.TOKEN:
                raise
            rejection = refusal
        renewed = self._keeper.renew(token)
        if renewed == token:
            raise rejection
        return ask(renewed)

    def ask(
        self, method: str, path: str, *, params: Mapping[str, Any], body: Any = None
    ) -> dict[str, Any]:
        """The JSON object that one request is answered with. Raises `WechatError`."""
        response = self._request(method, path, params=params, body=body)
        secrets = (self.credentials.app_secret, str(params.get("access_token") or ""))
        return read_answer(response.content, secrets=secrets)

    def post(self, path: str, body: Any, *, method: str = "POST") -> dict[str, Any]:
        """What `ask` gives for a call with a valid access token. Raises `WechatError`."""
        return self.with_token(
            lambda token: self.ask(method, path, params={"access_token": token}, body=body)
        )

    def download(
        self, path: str, *, params: Mapping[str, Any], limit: int, seconds: float
    ) -> bytes:
        """The body that a GET is answered with. Raises `WechatError`: `BadAnswer` with the action
        `CONTENT` beyond `limit` bytes, `OutcomeUnknown` beyond `seconds`.
        """
        until = monotonic() + seconds
        response = self._request("GET", path, params=params, stream=True)
        try:
            content = bytearray()
            for chunk in response.iter_content(CHUNK):
                content += chunk
                if len(content) > limit:
                    raise BadAnswer(Action.CONTENT, f"more than {limit} bytes")
                if monotonic() > until:
                    raise OutcomeUnknown(f"not complete after {seconds} seconds")
            return bytes(content)
        except requests.RequestException as error:
            failure = _explain(error)
        finally:
            response.close()
        raise failure

    def _request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any],
        body: Any = None,
        stream: bool = False,
    ) -> requests.Response:
        try:
            response = self._session.request(
                method,
                f"{self.origin}/{path.lstrip('/')}",
                params=params,
                # Escapes would be shown to people as they are: the platform wants raw UTF-8.
                data=None if body is None else json.dumps(body, ensure_ascii=False).encode(),
                headers={"Content-Type": "application/json; charset=utf-8"},
                timeout=self._timeout,
                stream=stream,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            failure = _explain(error)
        else:
            _check_status(response)
            return response
        raise failure

    def _fetch_token(self, *, force: bool) -> Token:
        asked = {
            "grant_type": "client_credential",
            "appid": self.credentials.app_id,
            "secret": self.credentials.app_secret,
            "force_refresh": force,
        }
        try:
            answer = self.ask("POST", "cgi-bin/stable_token", params={}, body=asked)
            text, lifetime = answer.get("access_token"), answer.get("expires_in")
            if isinstance(text, str) and text and isinstance(lifetime, int):
                now = self._clock()
                return Token(text, expires_at=now + lifetime, fetched_at=now)
            reason = "the answer holds no token"
        except (BadAnswer, OutcomeUnknown) as error:
            reason = str(error)
        # Whatever became of this request: the call that needed the token was not made.
        raise Unreachable(f"no access token: {reason}")


def read_answer(content: bytes, *, secrets: Iterable[str] = ()) -> dict[str, Any]:
    """The JSON object, when it says nothing bad. Raises `Refusal` or `BadAnswer`.

    `secrets` are struck out, should the platform quote them back at us.
    """
    try:
        answer = json.loads(content.decode("utf-8", "replace"), strict=False)
        if not isinstance(answer, dict):
            raise ValueError
        code = int(answer.get("errcode") or 0)
    except (ValueError, TypeError, RecursionError):
        answer, code = {}, None
    if code is None:
        raise BadAnswer(Action.TRANSIENT, "the body is not a JSON object")
    if code:
        detail = str(answer.get("errmsg", ""))
        for secret in filter(None, secrets):
            detail = detail.replace(secret, "***")
        raise Refusal(code, detail, answer)
    return answer


def _check_status(response: requests.Response) -> None:
    status = response.status_code
    if status == 200:
        return
    response.close()
    passes = status >= 500 or status in (408, 429)
    raise BadAnswer(Action.TRANSIENT if passes else Action.ACCOUNT, f"HTTP {status}")


def _explain(error: requests.RequestException) -> WechatError:
    """Names only the kind of failure: the original's text holds the address and its secrets."""
    kind = type(error).__name__
    return Unreachable(kind) if never_left(error) else OutcomeUnknown(kind)
