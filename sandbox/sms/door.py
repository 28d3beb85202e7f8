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
        fault = world.faults.take("sms", "html", "html_200", "errcode")
        if fault:
            return broken(fault)
        if request.headers.get("X-TC-Action"):
            answer = tencent.answer(request)
        elif request.headers.get("x-acs-action"):
            answer = aliyun.answer(request)
        else:
            abort(400, "neither X-TC-Action nor x-acs-action")
        # The text is on the phone by now: for the caller this is a time-out after acceptance.
        hanging = world.faults.take("sms", "hang")
        if hanging:
            time.sleep(hanging.seconds)
        return answer

    return door
