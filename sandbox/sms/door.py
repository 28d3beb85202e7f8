"""The one address of the SMS providers: POST /, told apart by their headers."""

import time

from flask import Blueprint, Response, abort, request

from sandbox.sms.aliyun import Aliyun
from sandbox.sms.gateway import Gateway
from sandbox.sms.tencent import Tencent
from sandbox.wechat.answers import broken
from sandbox.world import World


def sms_door(world: World, gateway: Gateway) -> Blueprint:
    """Answers Tencent's and Aliyun's clients."""
    door = Blueprint("sms", __name__)
    tencent, aliyun = Tencent(world, gateway), Aliyun(world, gateway)

    @door.post("/")
    def send() -> Response:
        if request.headers.get("X-TC-Action"):
            provider: Tencent | Aliyun = tencent
        elif request.headers.get("x-acs-action"):
            provider = aliyun
        else:
            abort(400, "neither X-TC-Action nor x-acs-action")
        fault = world.faults.take(provider.target, "html", "html_200", "errcode")
        if fault:
            return broken(fault)
        answer = provider.answer(request)
        # The text is on the phone by now: for the caller this is a time-out after acceptance.
        hanging = world.faults.take(provider.target, "hang")
        if hanging:
            time.sleep(hanging.seconds)
        return answer

    return door
