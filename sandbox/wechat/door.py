"""WeChat's server API as the service calls it: one blueprint, one check of the token."""

import time

from flask import Blueprint, Response, request

from sandbox.phones import Phones
from sandbox.wechat import accounts, cards, custom, identity, logins, mass, media, menus
from sandbox.wechat.answers import INVALID_TOKEN, INVALID_URL, Desk, RefusedError, broken, refuse
from sandbox.world import World

OPEN_TO_ALL = frozenset(
    {"stable_token", "classic_token", "show_qrcode", "authorize", "oauth_token", "code_to_session"}
)


def wechat_door(world: World, phones: Phones) -> Blueprint:
    """All endpoints, with the switchable faults in front of and behind them."""
    door = Blueprint("wechat", __name__)
    desk = Desk(world, phones)
    for part in (accounts, cards, custom, identity, logins, mass, media, menus):
        part.add_endpoints(door, desk)
    _add_guard(door, world)
    return door


def _add_guard(door: Blueprint, world: World) -> None:
    @door.before_request
    def check() -> Response | None:
        fault = world.faults.take(request.path, "errcode", "html", "html_200")
        if fault:
            return broken(fault)
        endpoint = str(request.endpoint).removeprefix("wechat.")
        token = request.args.get("access_token")
        if endpoint not in OPEN_TO_ALL and not world.tokens.accepts(token):
            return refuse(INVALID_TOKEN)
        return None

    @door.after_request
    def hang(response: Response) -> Response:
        # The work is done by now: for the caller this is a time-out after acceptance.
        fault = world.faults.take(request.path, "hang")
        if fault:
            time.sleep(fault.seconds)
        return response

    @door.errorhandler(RefusedError)
    def say_no(refusal: RefusedError) -> Response:
        return refuse(refusal.errcode, refusal.detail, **refusal.more)

    @door.route("/cgi-bin/<path:rest>", methods=["GET", "POST"])
    @door.route("/wxa/<path:rest>", methods=["GET", "POST"])
    def unknown(rest: str) -> Response:
        return refuse(INVALID_URL, rest)
