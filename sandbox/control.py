"""The strings of the puppet theatre: clock, faults, logs, and what a demonstration loads."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, jsonify, request

from sandbox.clock import read_moment
from sandbox.world import World


class RequestError(ValueError):
    """What was asked cannot be done; the text says why."""


def json_body() -> Any:
    """The request's JSON, whatever its Content-Type says; RequestError when it is none."""
    found = request.get_json(force=True, silent=True)
    if found is None:
        raise RequestError("the body must be JSON")
    return found


def json_object() -> dict[str, Any]:
    """The request's JSON object; RequestError when it is something else."""
    found = json_body()
    if not isinstance(found, dict):
        raise RequestError("the body must be a JSON object")
    return found


def control_door(world: World) -> Blueprint:
    """/clock, /faults, /log, /reset and /sandbox/…"""
    door = Blueprint("control", __name__)
    _add_clock(door, world)
    _add_faults(door, world)
    _add_logs(door, world)
    _add_loading(door, world)
    return door


def _add_clock(door: Blueprint, world: World) -> None:
    @door.get("/clock")
    def read_clock() -> dict[str, Any]:
        return {"now": world.clock.now().isoformat()}

    @door.post("/clock")
    def move_clock() -> dict[str, Any]:
        _move(world, json_object())
        problem = world.tell_service_the_time()
        told = {"service_told": problem is None, "problem": problem}
        return {"now": world.clock.now().isoformat(), **told}


def _move(world: World, asked: dict[str, Any]) -> None:
    try:
        if "to" in asked:
            world.clock.move_to(read_moment(str(asked["to"])))
            return
        days, minutes = asked.get("advance_days"), asked.get("advance_minutes")
        if days is None and minutes is None:
            raise RequestError("say to, advance_days or advance_minutes")
        world.clock.advance(timedelta(days=float(days or 0), minutes=float(minutes or 0)))
    except (ValueError, TypeError, OverflowError) as error:
        raise RequestError(f"that is no moment of time: {error}") from error


def _add_faults(door: Blueprint, world: World) -> None:
    @door.get("/faults")
    def list_faults() -> dict[str, Any]:
        return {"faults": world.faults.active()}

    @door.post("/faults")
    def switch_on() -> dict[str, Any]:
        asked = json_body()
        for one in asked if isinstance(asked, list) else [asked]:
            if not isinstance(one, dict):
                raise RequestError("a fault is a JSON object")
            if one.get("kind") == "expire_tokens":
                world.tokens.expire()
            else:
                world.faults.add(one)
        return list_faults()

    @door.delete("/faults")
    @door.delete("/faults/<int:number>")
    def switch_off(number: int | None = None) -> dict[str, Any]:
        world.faults.clear(number)
        return list_faults()


def _add_logs(door: Blueprint, world: World) -> None:
    @door.get("/log/wechat")
    def wechat_log() -> Response:
        sent = world.ledger.sent_by_service("wechat", request.args.get("openid"))
        return jsonify([entry.as_json() for entry in sent])

    @door.get("/log/sms")
    def sms_log() -> Response:
        sent = world.ledger.sent_by_service("sms", request.args.get("phone"))
        return jsonify([entry.as_json() for entry in sent])


def _add_loading(door: Blueprint, world: World) -> None:
    @door.post("/sandbox/sms-templates")
    def load_sms_templates() -> dict[str, Any]:
        return {"known": world.sms_templates.load(json_object())}

    @door.post("/sandbox/wechat-templates")
    def load_wechat_templates() -> dict[str, Any]:
        return {"known": world.wechat_templates.load(json_object())}

    @door.post("/sandbox/qr-labels")
    def label_scenes() -> dict[str, Any]:
        for scene, label in json_object().items():
            world.scenes.label(str(scene), str(label))
        return {"scenes": [vars(one) for one in world.scenes.living(world.clock.now())]}

    @door.post("/sandbox/verify")
    def verify_webhook() -> dict[str, Any]:
        outcome = world.courier.verify()
        return {"status": outcome.status, "problem": outcome.problem}

    @door.post("/reset")
    def reset() -> dict[str, Any]:
        world.reset()
        return {"reset": True}
