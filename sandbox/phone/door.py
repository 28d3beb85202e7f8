"""The phone page and the doors behind it, which other programs may use as well."""

from pathlib import Path
from typing import Any

from flask import Blueprint, Response, abort, request, send_from_directory

from sandbox.acts import PLACES, ActError
from sandbox.control import RequestError, json_object
from sandbox.mini import MiniProgram
from sandbox.people import Person
from sandbox.phone.pictures import SAMPLES, sample_picture
from sandbox.phones import Phones
from sandbox.sms.gateway import Gateway
from sandbox.world import World

STATIC = Path(__file__).with_name("static")
MOST_ENTRIES = 1500
MOST_PICTURE_BYTES = 2 * 1024 * 1024
PICTURE_TYPES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})


def phone_door(world: World, phones: Phones, gateway: Gateway) -> Blueprint:
    """The page, its files, its state, and what the people do."""
    door = Blueprint("phone", __name__)
    _add_page(door, world)
    _add_pictures(door, world)

    @door.post("/phone/send")
    def send() -> dict[str, Any]:
        return phones.act(json_object())

    @door.post("/phone/sms")
    def write_sms() -> dict[str, Any]:
        return _write_sms(world, gateway, json_object())

    mini = MiniProgram(world, phones)

    @door.post("/phone/mini")
    def use_mini_program() -> dict[str, Any]:
        return mini.act(json_object())

    @door.post("/phone/login-code")
    def login_code() -> dict[str, Any]:
        return {"code": world.codes.make(phones.openid_of(json_object()))}

    return door


def _write_sms(world: World, gateway: Gateway, said: dict[str, Any]) -> dict[str, Any]:
    person: Person | None = world.directory.find(str(said.get("person", "")))
    phone = str(said.get("phone") or (person.phone if person else ""))
    text = str(said.get("text", ""))
    if not phone or not text:
        raise ActError("an SMS needs text, and phone or person")
    before = world.ledger.last_seq
    status = gateway.reply(phone, text)
    fresh = world.ledger.entries(after=before)
    answers = [one.as_json() for one in fresh if one.writer == "service" and one.who == phone]
    return {"status": status, "replies": answers}


def _add_page(door: Blueprint, world: World) -> None:
    @door.get("/")
    def page() -> Response:
        return send_from_directory(STATIC, "phone.html")

    @door.get("/phone/static/<path:name>")
    def static_file(name: str) -> Response:
        return send_from_directory(STATIC, name)

    @door.get("/phone/state")
    def state() -> dict[str, Any]:
        try:
            after = int(request.args.get("after", "0"))
        except ValueError as error:
            raise RequestError("after must be a number") from error
        now = world.clock.now()
        return {
            "now": now.isoformat(timespec="seconds"),
            "account": world.config.account_name,
            "menu": world.menu.published,
            "people": [world.directory.as_json(one) for one in world.directory.people],
            "places": list(PLACES),
            "samples": SAMPLES,
            "scenes": [
                {"scene": one.scene, "label": one.label, "ticket": one.ticket}
                for one in world.scenes.living(now)
            ],
            "faults": world.faults.active(),
            "last": world.ledger.last_seq,
            "entries": [one.as_json() for one in world.ledger.entries(after=after)[-MOST_ENTRIES:]],
        }


def _add_pictures(door: Blueprint, world: World) -> None:
    @door.get("/phone/samples/<name>.png")
    def sample(name: str) -> Response:
        return Response(sample_picture(name)[1], content_type="image/png")

    @door.get("/phone/pictures/<media_id>")
    def picture(media_id: str) -> Response:
        medium = world.media.get(media_id, world.clock.now())
        if medium is None:
            abort(404)
        return Response(medium.content, content_type=medium.mime)

    @door.post("/phone/pictures")
    def upload() -> dict[str, Any]:
        found = request.files.get("picture")
        content = found.read(MOST_PICTURE_BYTES + 1) if found else b""
        if not found or not content or found.mimetype not in PICTURE_TYPES:
            raise ActError("send one picture: PNG, JPEG, GIF or WebP")
        if len(content) > MOST_PICTURE_BYTES:
            raise ActError("a photo has at most 2 MB")
        name = Path(found.filename or "photo").stem
        medium = world.media.put(content, mime=found.mimetype, name=name, at=world.clock.now())
        return {"media_id": medium.media_id, "url": f"/phone/pictures/{medium.media_id}"}
