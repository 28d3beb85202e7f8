"""A provider of short messages in a process of its own: `python -m tests.faults.provider PORT`.

It accepts whatever it is sent, after a moment, and counts by the sender's own number of a message.
`GET /counts` gives {reference: how often}. Speaks as much of Tencent's API as one send needs.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ANSWER_SECONDS = float(os.environ.get("ANSWER_SECONDS", "0.004"))


class Provider(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), Window)
        self.counts: Counter[str] = Counter()
        self.lock = threading.Lock()

    def handle_error(self, request: object, client_address: object) -> None:
        """A caller that was killed is no news here."""


class Window(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Provider

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        reference = asked["SessionContext"]
        with self.server.lock:
            self.server.counts[reference] += 1
            serial = f"{reference}:{self.server.counts[reference]}"
        time.sleep(ANSWER_SECONDS)
        [number] = asked["PhoneNumberSet"]
        verdict = {"SerialNo": serial, "PhoneNumber": number, "Fee": 1, "Code": "Ok"}
        self._say({"Response": {"SendStatusSet": [verdict], "RequestId": serial}})

    def do_GET(self) -> None:
        with self.server.lock:
            counts = dict(self.server.counts)
        self._say(counts)

    def _say(self, body: Any) -> None:
        content = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


if __name__ == "__main__":
    Provider(int(sys.argv[1])).serve_forever()
