"""A tiny service for the sandbox to talk to. Reads and writes WeChat's format through wechatpy, so
that the sandbox's own crypto has an independent judge."""

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import xmltodict
from wechatpy.crypto import WeChatCrypto
from wechatpy.replies import TextReply
from wechatpy.utils import check_signature

from sandbox.config import Config

Message = dict[str, Any]


class FakeService:
    """Answers each push with `answer(message)`; keeps all that it got."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.messages: list[Message] = []
        self.queries: list[dict[str, str]] = []
        self.posted: dict[str, list[Any]] = {}
        self.clocks: list[str] = []
        self.answer: Callable[[Message], str | bytes | None] = echo
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = False
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def receive(self, query: dict[str, str], body: str) -> bytes:
        """Judge a push as wechatpy does, and answer it."""
        check_signature(
            self.config.wechat_token, query["signature"], query["timestamp"], query["nonce"]
        )
        if query.get("encrypt_type") == "aes":
            body = self._crypto().decrypt_message(
                body, query["msg_signature"], query["timestamp"], query["nonce"]
            )
        message = dict(xmltodict.parse(body)["xml"])
        with self._lock:
            self.messages.append(message)
            self.queries.append(query)
        return self._write(self.answer(message), message, query)

    def _write(self, said: str | bytes | None, message: Message, query: dict[str, str]) -> bytes:
        if said is None:
            return b"success"
        if isinstance(said, bytes):
            return said
        reply = TextReply(
            content=said, source=message["ToUserName"], target=message["FromUserName"]
        )
        xml: str = reply.render()
        if self.config.wechat_mode != "safe":
            return xml.encode()
        sealed: str = self._crypto().encrypt_message(xml, query["nonce"], query["timestamp"])
        return sealed.encode()

    def _crypto(self) -> Any:
        config = self.config
        return WeChatCrypto(config.wechat_token, config.wechat_aes_key, config.wechat_app_id)


def echo(message: Message) -> str | None:
    """What was written, or the name of the event."""
    if message["MsgType"] == "event":
        return f"事件 {message['Event']} {message.get('EventKey') or ''}".strip()
    return f"您说：{message.get('Content', message['MsgType'])}"


def _handler(service: FakeService) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the library's name
            query = {key: rows[0] for key, rows in parse_qs(urlsplit(self.path).query).items()}
            check_signature(
                service.config.wechat_token,
                query["signature"],
                query["timestamp"],
                query["nonce"],
            )
            self._send(query["echostr"].encode())

        def do_POST(self) -> None:  # the library's name
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            path = urlsplit(self.path).path
            query = {key: rows[0] for key, rows in parse_qs(urlsplit(self.path).query).items()}
            if path == "/wechat":
                self._send(service.receive(query, body))
                return
            if path == "/sandbox/clock":
                service.clocks.append(json.loads(body)["now"])
            service.posted.setdefault(path, []).append(json.loads(body))
            self._send(b'{"result": 0, "errmsg": "OK"}')

        def _send(self, body: bytes) -> None:
            try:
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            except OSError:  # the platform did not wait for us
                self.close_connection = True

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    return Handler
