"""The platform's manner of speaking: JSON in HTTP 200 with an errcode inside."""

from dataclasses import dataclass
from typing import Any

from flask import Response, jsonify, request

from sandbox.faults import Fault
from sandbox.phones import Phones
from sandbox.world import World

INVALID_TOKEN = 40001
UNKNOWN_OPENID = 40003
INVALID_URL = 40066
BAD_JSON = 47001
HTML = "<html><head><title>502 Bad Gateway</title></head><body>502 Bad Gateway</body></html>"

MESSAGES = {
    -1: "system error",
    40001: "invalid credential, access_token is invalid or not latest",
    40003: "invalid openid",
    40007: "invalid media_id",
    40013: "invalid appid",
    40029: "invalid code",
    40032: "invalid openid list size",
    40066: "invalid url",
    40125: "invalid appsecret",
    40163: "code been used",
    42001: "access_token expired",
    43004: "require subscribe",
    43101: "user refuse to accept the msg",
    45002: "content size out of limit",
    45009: "reach max api daily quota limit",
    45011: "api minute-quota reach limit, must slower, retry next minute",
    45015: "response out of time limit or subscription is canceled",
    45028: "has no masssend quota",
    45047: "out of response count limit",
    45065: "clientmsgid exist",
    47001: "data format error",
    47003: "argument invalid!",
}


class RefusedError(Exception):
    """The platform says no: carries errcode, and a detail for errmsg."""

    def __init__(self, errcode: int, detail: str = "", **more: object) -> None:
        super().__init__(errcode)
        self.errcode, self.detail, self.more = errcode, detail, more


@dataclass(frozen=True)
class Desk:
    """What the endpoints share."""

    world: World
    phones: Phones


def refuse(errcode: int, detail: str = "", **more: object) -> Response:
    """The platform's way to say no."""
    text = MESSAGES.get(errcode, "refused by the sandbox")
    return jsonify(errcode=errcode, errmsg=f"{text} {detail}".strip(), **more)


def agree(**more: object) -> dict[str, object]:
    """The platform's way to say yes."""
    return {"errcode": 0, "errmsg": "ok", **more}


def body() -> dict[str, Any]:
    """The request's JSON object, whatever its Content-Type says; RefusedError 47001 otherwise."""
    found = request.get_json(force=True, silent=True)
    if not isinstance(found, dict):
        raise RefusedError(BAD_JSON)
    return found


def broken(fault: Fault) -> Response:
    """The answer of a fault that spoils one call."""
    if fault.kind == "html":
        return Response(HTML, status=502, content_type="text/html")
    if fault.kind == "html_200":
        return Response(HTML, content_type="text/html")
    return refuse(int(fault.value or -1))
