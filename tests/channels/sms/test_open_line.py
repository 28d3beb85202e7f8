"""The line under Tencent's SDK: kept open, straight, and honest about what never left."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from channels.sms.gateway import Account, Rejected, Remedy, SmsGateway, Unknown
from channels.sms.tencent import TencentGateway
from tests.channels.standin import Say, StandIn, serving

TAKEN = {"SerialNo": "2640:1", "Fee": 1, "Code": "Ok"}
ANSWER = Say({"Response": {"SendStatusSet": [TAKEN], "RequestId": "r-1"}})
VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    with serving() as stand_in:
        stand_in.script("/", ANSWER)
        yield stand_in


def gateway(origin: str) -> SmsGateway:
    return TencentGateway(Account("id", "key", "sign", "1400000000", origin, 5))


def send(by: SmsGateway) -> str:
    return by.send(phone="13800001234", template_id="1", params=(), reference="d-1").provider_id


def test_one_connection_carries_many_messages(provider: StandIn) -> None:
    by = gateway(provider.origin)
    for _ in range(3):
        assert send(by) == "2640:1"
    assert len({asked.peer for asked in provider.asked}) == 1


def test_each_sender_has_its_own_connection(provider: StandIn) -> None:
    together = threading.Barrier(4, timeout=10)

    def wait(_asked: object) -> Say:
        together.wait()
        return ANSWER

    provider.script("/", wait)
    by = gateway(provider.origin)
    for _ in range(2):
        senders = [threading.Thread(target=send, args=(by,)) for _ in range(4)]
        for one in senders:
            one.start()
        for one in senders:
            one.join()
    assert len(provider.asked) == 8
    assert len({asked.peer for asked in provider.asked}) == 4


def test_a_connection_that_the_provider_closed_is_not_used_again(provider: StandIn) -> None:
    by = gateway(provider.origin)
    provider.script("/", Say(cut=True), ANSWER)
    with pytest.raises(Unknown):
        send(by)
    assert send(by) == "2640:1"


def test_a_redirection_is_not_followed(provider: StandIn) -> None:
    provider.script("/", Say(status=302, location=f"{provider.origin}/elsewhere"))
    with pytest.raises(Unknown):
        send(gateway(provider.origin))
    assert [asked.path for asked in provider.asked] == ["/"]


def test_where_the_environment_names_a_proxy_it_is_asked(
    provider: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", provider.origin)
    assert send(gateway("http://sms.invalid")) == "2640:1"
    (asked,) = provider.asked
    assert asked.headers["host"] == "sms.invalid"


class _Deaf(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        raise AssertionError("it was read")


@pytest.fixture
def stranger(tmp_path: Path) -> Iterator[str]:
    """The origin of a server whose certificate nobody vouches for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_self_signed(tmp_path / "own.pem"))
    server = HTTPServer(("127.0.0.1", 0), _Deaf)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # it is hung up on
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"https://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def _self_signed(path: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "stranger")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    own = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(own + made.public_bytes(serialization.Encoding.PEM))
    return path


def test_a_stranger_is_told_nothing(stranger: str) -> None:
    with pytest.raises(Rejected) as caught:
        send(gateway(stranger))
    assert caught.value.remedy is Remedy.RETRYABLE
