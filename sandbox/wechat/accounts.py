"""Access tokens and the tickets made from them."""

import secrets
from typing import Any

from flask import Blueprint, Response, jsonify, request

from sandbox.shelves import TOKEN_SECONDS, Token
from sandbox.wechat.answers import Desk, RefusedError, agree, body

BAD_APP_ID = 40013
BAD_SECRET = 40125
TOO_OFTEN = 45009


def add_endpoints(door: Blueprint, desk: Desk) -> None:
    """stable_token, the old token, getticket."""

    @door.post("/cgi-bin/stable_token")
    def stable_token() -> Response:
        asked = body()
        check_credentials(desk, asked.get("appid"), asked.get("secret"), mini=True)
        token = desk.world.tokens.stable(force=asked.get("force_refresh") is True)
        if token is None:
            raise RefusedError(TOO_OFTEN, "force_refresh 20 times a day, 30 s apart")
        return _token_answer(token)

    @door.get("/cgi-bin/token")
    def classic_token() -> Response:
        check_credentials(desk, request.args.get("appid"), request.args.get("secret"))
        return _token_answer(desk.world.tokens.classic())

    @door.get("/cgi-bin/ticket/getticket")
    def get_ticket() -> dict[str, Any]:
        return agree(ticket=secrets.token_urlsafe(64), expires_in=TOKEN_SECONDS)


def check_credentials(desk: Desk, app_id: object, secret: object, *, mini: bool = False) -> None:
    """Refuse another app id or a wrong secret; `mini`: the mini-program's are good too."""
    config = desk.world.config
    known: dict[object, str] = {config.wechat_app_id: config.wechat_app_secret}
    if mini:
        known[config.wechat_mini_app_id] = config.wechat_mini_app_secret
    if app_id not in known:
        raise RefusedError(BAD_APP_ID)
    if secret != known[app_id]:
        raise RefusedError(BAD_SECRET)


def _token_answer(token: Token) -> Response:
    return jsonify(access_token=token.text, expires_in=TOKEN_SECONDS)
