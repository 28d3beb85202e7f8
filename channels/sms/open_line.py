"""The line on which an SDK calls its provider, where no proxy stands between.

An SDK signs a request, hands it to `requests` and reads the answer. Of what `requests` does for a
call, two thirds are of no use to a signed POST: it looks through the environment for a proxy and a
password, merges cookies, follows redirections. What remains is a pool of connections that stay
open, and that is urllib3's, on which `requests` itself stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import requests
from urllib3 import HTTPConnectionPool, HTTPResponse, HTTPSConnectionPool
from urllib3.util import parse_url

from channels.transport import LOOPBACK

CONNECTIONS = 64
"""As many as a process has senders at most (GYG_SENDER_THREADS); more would be closed after use."""


@dataclass(frozen=True)
class Answer:
    """What an SDK reads of an answer."""

    status_code: int
    headers: Mapping[str, str]
    content: bytes


class OpenLine:
    """Posts to one origin over connections that are kept. Safe to share between threads. Raises
    what urllib3 raises; `channels.transport.never_left` knows what it means. Nothing is tried
    twice, and no redirection is followed. `authorities` is a file of certificates."""

    def __init__(self, origin: str, *, timeout_seconds: float, authorities: str) -> None:
        self._pool = _pool(origin, timeout_seconds, authorities)

    def post(self, url: str, body: str, headers: Mapping[str, str]) -> Answer:
        """The whole answer, whatever its status. `url` may be whole, or a path."""
        path = parse_url(url).request_uri
        answer = self._pool.urlopen("POST", path, body, headers, retries=False, redirect=False)
        assert isinstance(answer, HTTPResponse)
        return Answer(answer.status, answer.headers, answer.data)


def is_direct(origin: str) -> bool:
    """Whether nothing stands between this machine and that origin. A local stand-in is never asked
    through a proxy."""
    if parse_url(origin).host in LOOPBACK:
        return True
    return not requests.utils.get_environ_proxies(origin)


def _pool(origin: str, timeout_seconds: float, authorities: str) -> HTTPConnectionPool:
    url = parse_url(origin)
    assert url.host is not None
    if url.scheme != "https":
        return HTTPConnectionPool(url.host, url.port, timeout=timeout_seconds, maxsize=CONNECTIONS)
    return HTTPSConnectionPool(
        url.host,
        url.port,
        timeout=timeout_seconds,
        maxsize=CONNECTIONS,
        cert_reqs="CERT_REQUIRED",
        ca_certs=authorities,
    )
