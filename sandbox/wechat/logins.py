"""Logins of web pages and mini-programs: codes that work once."""

import secrets
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, redirect, request
from flask.typing import ResponseReturnValue

from sandbox.mini import mini_openid
from sandbox.wechat.accounts import check_credentials
from sandbox.wechat.answers import Desk, RefusedError, agree, body

BAD_CODE = 40029


def add_endpoints(door: Blueprint, desk: Desk) -> None:
    """OAuth, code2session, getuserphonenumber."""
    world = desk.world

    @door.get("/connect/oauth2/authorize")
    def authorize() -> ResponseReturnValue:
        # In life a page of the platform; here `openid` says which phone opened the link.
        openid = request.args.get("openid") or world.directory.people[0].openid or ""
        target = request.args.get("redirect_uri", "")
        answer = {"code": world.codes.make(openid), "state": request.args.get("state", "")}
        return redirect(f"{target}{'&' if '?' in target else '?'}{urlencode(answer)}")

    @door.get("/sns/oauth2/access_token")
    def oauth_token() -> dict[str, Any]:
        check_credentials(desk, request.args.get("appid"), request.args.get("secret"))
        return {
            "openid": _spend(desk, request.args.get("code")),
            "access_token": secrets.token_urlsafe(64),
            "refresh_token": secrets.token_urlsafe(64),
            "expires_in": 7200,
            "scope": "snsapi_base",
        }

    @door.get("/sns/jscode2session")
    def code_to_session() -> dict[str, Any]:
        check_credentials(desk, request.args.get("appid"), request.args.get("secret"), mini=True)
        openid = mini_openid(_spend(desk, request.args.get("js_code")))
        return {"openid": openid, "session_key": secrets.token_urlsafe(16)}

    @door.post("/wxa/business/getuserphonenumber")
    def phone_number() -> dict[str, Any]:
        person = world.directory.find(_spend(desk, body().get("code")))
        if person is None:
            raise RefusedError(BAD_CODE)
        number = {"phoneNumber": f"+86{person.phone}", "purePhoneNumber": person.phone}
        return agree(phone_info={**number, "countryCode": "86"})


def _spend(desk: Desk, code: object) -> str:
    openid = desk.world.codes.spend(str(code))
    if openid is None:
        raise RefusedError(BAD_CODE)
    return openid
