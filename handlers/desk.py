"""The desk a counter works at: who is in front of it, when, and with which tools."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy.orm import Session

from handlers.once import once
from models import Contact, Person
from models.prepared import Write
from services import identity
from services.clock import business_date
from services.days.signing import Foreknown


@dataclass(frozen=True)
class Office:
    """What the running service knows of itself and may tell residents."""

    district_phone: str
    public_url: str


@dataclass(frozen=True)
class Desk:
    """One turn's surroundings. `now` is the business clock; nothing below reads another."""

    session: Session
    contact_id: uuid.UUID
    channel: str
    now: datetime
    office: Office
    answer_waits: bool = True
    """False where no office answered the writer, so that nobody need look."""
    on_post: Foreknown | None = None
    """How the writer stood on their post when the turn began, where that was read."""
    later: list[Write] = field(default_factory=list)
    """Rows that are kept with the turn, all at once; `write_down` for whoever must read them."""

    @once
    def contact(self) -> Contact:
        """Who writes. Read when somebody asks: most answers in a form need only the id.

        A number that nobody was known by is looked at anew: its worker may have been put on a post
        since it first wrote (R-3.5c)."""
        contact = self.session.get_one(Contact, self.contact_id)
        if self.channel == "sms" and contact.person_id is None:
            identity.recognise(self.session, contact, self.now)
        return contact

    def write_down(self) -> None:
        """Keep now what was left for the turn's end; `on_post` holds no longer."""
        if self.later:
            self.__dict__["on_post"] = None  # frozen for everybody else
        while self.later:
            self.later.pop(0).run(self.session.connection())

    @property
    def today(self) -> date:
        return business_date(self.now)

    @property
    def person(self) -> Person | None:
        """Who the writer has proved to be; None before binding."""
        return self.contact.person
