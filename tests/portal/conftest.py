"""The mini-program's street: the stand-in's phones and platform, our doors, a real database, and
HTTP between them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import requests
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

import wsgi
from channels.wechat.mini import MiniProgram
from models import Contact, Delivery, Message, Person
from portal.mini import Portal, mini_door
from portal.passes import Passes
from portal.push import push_door
from sandbox.app import create_app
from sandbox.config import Config
from sandbox.mini import mini_openid
from sandbox.world import World
from scheduler.composition import make_card_carriers, make_wechat_api
from scheduler.works import machine_time
from services import card_consents, dispatch, mini_program, telling
from services.clock import Clock
from settings import load
from tests.builders import NOW, create_person, region
from tests.channels.test_there_and_back import BOOK, LI, PHONE, Street, make_app, port, served
from tests.scheduler.test_works import Hand

RESULT = {"year": 2022, "month": 3, "amount_fen": 85000, "until_on": "2022-04-12"}
LATER = NOW + timedelta(days=3)
"""Nobody has written for so long that the chat is shut."""
MINI = mini_openid(LI)


@dataclass(frozen=True)
class Lane(Street):
    """Both sides, with the mini-program on 李桂香's phone."""

    url: str = ""

    def mini(self, do: str, **more: Any) -> Any:
        said = {"openid": LI, "do": do, **more}
        url = f"{self.world.config.own_url}/phone/mini"
        return requests.post(url, json=said, timeout=20).json()

    def chat(self, text: str) -> str:
        """What the service account answers."""
        said = self.phone(kind="text", text=text)
        assert said["problem"] is None
        return "\n".join(reply["text"] for reply in said["replies"])

    def knock(self, method: str, path: str, **more: Any) -> requests.Response:
        """Whatever somebody might send to our door."""
        return requests.request(method, self.url + path, timeout=20, **more)

    def bind_chat(self) -> Any:
        """李桂香 writes, and is known by her chat; the person's key."""
        self.chat("您好")
        with self.sessions.begin() as session:
            village = region(session, "v-xinyan-xinghualing")
            person = create_person(session, phone=PHONE, village_id=village.id)
            contact = session.scalars(select(Contact).where(Contact.address_key == LI)).one()
            contact.person, contact.bound_at = person, NOW
            return person.id

    def join(self) -> None:
        """Log in, ask for a code, and send it from the chat."""
        assert self.mini("log_in")["status"] == 200
        code = self.mini("code")["answer"]["code"]
        assert "6位数" in self.chat("小程序")
        assert "接上了" in self.chat(code)

    def mini_contact(self, session: Session) -> Contact:
        return session.scalars(select(Contact).where(Contact.address_key == MINI)).one()

    def ticks(self, template: str = "month_result") -> int:
        with self.sessions() as session:
            return card_consents.consents(session, self.mini_contact(session), template)

    def tell(self, person_id: Any, kind: str = "month_whole", **slots: Any) -> Any:
        """Tell a result when the chat's window is long shut; the message's key."""
        with self.sessions.begin() as session:
            person = session.get_one(Person, person_id)
            slots = {**RESULT, **slots}
            message = telling.tell(
                session, kind=kind, person=person, slots=slots, cause="test", now=LATER
            )
            return message.id

    def carry(self) -> None:
        """Carry what is due in the mini-program by then: claim, call, record."""
        with self.sessions.begin() as session:
            parcels = dispatch.claim(
                session, "mini", now=LATER, machine_now=machine_time(), limit=9
            )
        for parcel in parcels:
            answer = self.carriers["mini"].carry(parcel)
            with self.sessions.begin() as session:
                dispatch.record(session, parcel, answer, now=LATER)

    def message(self, key: Any) -> Message:
        with self.sessions() as session:
            return session.get_one(Message, key)

    def deliveries(self, key: Any) -> dict[str, tuple[str, str | None]]:
        """By channel: the state, and the provider."""
        with self.sessions() as session:
            rows = session.scalars(select(Delivery).where(Delivery.message_id == key))
            return {one.channel: (one.state, one.provider) for one in rows}


@pytest.fixture
def lane(seeded_sessions: sessionmaker[Session]) -> Iterator[Lane]:
    with ExitStack() as stack:
        ours, our_url = port(stack)
        theirs, their_url = port(stack)
        settings = load(
            sandbox=True, wechat_api_url=their_url, wechat_mini_app_id=Config.wechat_mini_app_id
        )
        stack.callback(mini_program.know, load(sandbox=True))
        mini_program.know(settings)
        config = Config(
            port=theirs.getsockname()[1],
            service_url=our_url,
            event_delay_seconds=0.01,
            start_at=NOW.isoformat(),
        )
        world = World(config)
        app = make_app(settings, seeded_sessions)
        app.config["MAX_CONTENT_LENGTH"] = wsgi.BODY_LIMIT_BYTES
        clock: Clock = Hand()
        program = MiniProgram(wsgi.make_mini_line(settings))
        portal = Portal(seeded_sessions, clock, BOOK, program, Passes("secret" * 6))
        app.register_blueprint(mini_door(portal))
        app.register_blueprint(push_door(portal, wsgi.make_mini_envelope(settings)))
        stack.enter_context(served(app, ours))
        stack.enter_context(served(create_app(world), theirs))
        stack.callback(world.close)
        api = make_wechat_api(settings, seeded_sessions)
        cards = make_card_carriers(settings, seeded_sessions, api, BOOK)
        yield Lane(world, seeded_sessions, cards, url=our_url)
