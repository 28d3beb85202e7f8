"""The menu below the chat, and QR codes that carry a scene."""

import io
from datetime import timedelta
from typing import Any

import segno
from flask import Blueprint, Response, request

from sandbox.shelves import MOST_TEMPORARY_SECONDS, Scene
from sandbox.wechat.answers import Desk, RefusedError, agree, body
from sandbox.world import World

NO_MENU = 46003
TOP_BYTES, SUB_BYTES = 16, 60
BAD_MENU_COUNT, BAD_NAME_SIZE, BAD_KEY = 40016, 40018, 40019
BAD_SCENE = 40053
MOST_SCENE = 64


def add_endpoints(door: Blueprint, desk: Desk) -> None:
    """menu create, get, delete; qrcode create and its picture."""
    world = desk.world

    @door.post("/cgi-bin/menu/create")
    def create_menu() -> dict[str, Any]:
        menu = body()
        _check_buttons(menu.get("button"), most=3, name_bytes=TOP_BYTES)
        world.menu.published = menu
        return agree()

    @door.get("/cgi-bin/menu/get")
    def get_menu() -> dict[str, Any]:
        if world.menu.published is None:
            raise RefusedError(NO_MENU, "menu no exist")
        return {"menu": world.menu.published}

    @door.get("/cgi-bin/menu/delete")
    def delete_menu() -> dict[str, Any]:
        world.menu.published = None
        return agree()

    @door.post("/cgi-bin/qrcode/create")
    def create_qrcode() -> dict[str, Any]:
        return _create_qrcode(world, body())

    @door.get("/cgi-bin/showqrcode")
    def show_qrcode() -> Response:
        scene = world.scenes.by_ticket(request.args.get("ticket", ""))
        if scene is None:
            return Response("invalid ticket", 404, content_type="text/plain")
        return Response(_picture(scene), content_type="image/png")


def _check_buttons(buttons: object, *, most: int, name_bytes: int) -> None:
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= most:
        raise RefusedError(BAD_MENU_COUNT, "invalid button size")
    for button in buttons:
        name = str(button.get("name", ""))
        if not 0 < len(name.encode()) <= name_bytes:
            raise RefusedError(BAD_NAME_SIZE, f"invalid button name size: {name}")
        if button.get("sub_button"):
            _check_buttons(button["sub_button"], most=5, name_bytes=SUB_BYTES)
        elif not (button.get("key") or button.get("url")):
            raise RefusedError(BAD_KEY, f"invalid button key size: {name}")


def _create_qrcode(world: World, asked: dict[str, Any]) -> dict[str, Any]:
    action = str(asked.get("action_name", ""))
    info = asked.get("action_info", {}).get("scene", {})
    name = str(info.get("scene_str") or info.get("scene_id") or "")
    if not 0 < len(name) <= MOST_SCENE:
        raise RefusedError(BAD_SCENE, "invalid action info")
    if action.startswith("QR_LIMIT"):
        scene = world.scenes.make(name, until=None)
        return {"ticket": scene.ticket, "url": scene.url}
    seconds = min(int(asked.get("expire_seconds", 60)), MOST_TEMPORARY_SECONDS)
    until = world.clock.now() + timedelta(seconds=seconds)
    scene = world.scenes.make(name, until=until)
    return {"ticket": scene.ticket, "expire_seconds": seconds, "url": scene.url}


def _picture(scene: Scene) -> bytes:
    out = io.BytesIO()
    segno.make(scene.url, error="m").save(out, kind="png", scale=8, border=3)
    return out.getvalue()
