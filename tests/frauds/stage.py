"""A village in April 2022 on which frauds are played: workers' letters go through the inbox, staff
act by the verbs behind the console's buttons, the clock by its own works with time moved."""

from __future__ import annotations

import io
import random
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from channels.wechat.media import Media
from models import (
    Anomaly,
    AttendanceDay,
    AttendanceEvent,
    Contact,
    Engagement,
    EventKind,
    MonthLine,
    Person,
    Role,
)
from scheduler import anomaly_works, days_works
from scheduler.works import Works
from services import attachments
from services.acting import Acting
from services.days import confirming, deriving, roll
from services.days.confirming import Answers
from services.days.roll import Marks
from tests import builders
from tests.builders import at
from tests.services import month
from tests.services.cross_checks.stage import row_of, sheet_of, take
from tests.services.month import VILLAGE
from tests.talk import Talk

APRIL = date(2022, 4, 1)
LAST = date(2022, 4, 30)
END = "2022-05-03 04:00"
"""After the last late arrival of the month."""
FULL_FEN = 83_333


@dataclass
class Place:
    """王家庄, its workers by name, its clerk and head, and the town above it."""

    talk: Talk
    workers: dict[str, Engagement] = field(default_factory=dict)
    contacts: dict[str, Contact] = field(default_factory=dict)
    pictures: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        session = self.session
        self.works = Works(
            sessions=self.talk.inbox.sessions, clock=self.talk.clock, carriers={}, fetch=self._fetch
        )
        self.clerk = builders.create_acting(session, Role.VILLAGE_CLERK, VILLAGE)
        self.office = month.create_office(session)
        self.head, self.town = self.office["head"], self.office["town"]

    @property
    def session(self) -> Session:
        return self.talk.session

    # --- who is there ---------------------------------------------------------------------

    def employ(self, *names: str, phone: bool = True) -> None:
        """Put people on the village's post since 1 April, with an account and a phone each."""
        for name in names:
            worker = month.create_worker(self.session, name=name)
            self.workers[name] = worker
            if phone:
                self.give_phone(name)
        self.session.commit()

    def give_phone(self, name: str) -> None:
        person = self.workers[name].person
        self.contacts[name] = builders.create_contact(
            self.session, address_key=f"o-{name}", person_id=person.id,
            bound_at=at("2022-04-01 06:00"),
        )  # fmt: skip

    def ids(self, names: Collection[str]) -> tuple[uuid.UUID, ...]:
        return tuple(self.workers[name].id for name in names)

    # --- what they do ---------------------------------------------------------------------

    def writes(self, name: str, words: str, when: str | datetime) -> str:
        self._move(when)
        return self.talk(words, who=name)

    def stands(self, name: str, where: tuple[float, float], when: str | datetime) -> str:
        self._move(when)
        return self.talk.send(who=name, shown="[place]", kind="location", latitude=where[0],
                              longitude=where[1])  # fmt: skip

    def shows(self, name: str, picture: bytes, when: str | datetime) -> str:
        """Send a photo, which the clock fetches afterwards."""
        media_id = f"photo-{len(self.pictures)}"
        self.pictures[media_id] = picture
        self._move(when)
        said = self.talk.photo(media_id, who=name)
        days_works.fetch_photos(self.works)
        return said

    def calls(self, day: date, names: Sequence[str], *, absent: Sequence[str] = (),
              seconds: int = 300, when: str = "09:00") -> None:  # fmt: skip
        """The clerk's roll-call of a day, which took so long."""
        marks = Marks(present=self.ids(names), absent=self.ids(absent))
        roll.call(self.session, self.clerk, day, marks, source="console", seconds=seconds,
                  now=at(f"{day} {when}"))  # fmt: skip

    def photographs(self, day: date, names: Sequence[str], photo: bytes) -> None:
        """The clerk's paper sheet of a day, with its photo."""
        now = at(f"{day} 18:30")
        kept = attachments.attach(
            self.session, attachments.Upload("sheet.jpg", photo), subject=("region", VILLAGE),
            kind="attendance_sheet", acting=self.clerk, now=now,
        )  # fmt: skip
        roll.call(self.session, self.clerk, day, Marks(present=self.ids(names)), source="sheet",
                  seconds=300, now=now, attachment_id=kept.id)  # fmt: skip

    def confirms(self, day: date, names: Sequence[str], *, denied: Sequence[str] = (),
                 seconds: int = 300) -> None:  # fmt: skip
        """The head's round of a day."""
        now = at(f"{day} 17:40")
        found = confirming.open_round(self.session, self.head, day, source="console", now=now)
        assert found is not None
        said = Answers(self.ids(names), self.ids(denied))
        confirming.answer(self.session, found, self.head, said, now + timedelta(seconds=seconds))

    def lists(self, kind: str, name: str, since_on: date, when: str) -> None:
        """A department's list names somebody of April."""
        rows = [row_of(self.workers[name].person, since_on)]
        take(self.session, sheet_of(kind, rows), kind, self.office["clerk"], at(when))
        self.session.commit()

    # --- what comes of it -----------------------------------------------------------------

    def night(self, when: str = END) -> None:
        """The clock's night: days are closed and odd things looked for."""
        self.session.commit()
        self._move(when)
        ids = [worker.id for worker in self.workers.values()]
        deriving.derive(self.session, ids, from_on=APRIL, to_on=LAST, now=self.talk.clock.at)
        self.session.commit()
        anomaly_works.find_anomalies(self.works)
        self.session.expire_all()

    def caught(self) -> dict[str, set[str]]:
        """Signal → the workers it names, or `the village`."""
        names = {worker.id: name for name, worker in self.workers.items()}
        found: dict[str, set[str]] = {}
        for row in self.session.scalars(select(Anomaly).where(Anomaly.month_on == APRIL)):
            who = names[row.engagement_id] if row.engagement_id else "the village"
            found.setdefault(row.signal, set()).add(who)
        return found

    def held(self) -> set[str]:
        """Whose money is held by a list: their month is not approved, their record not paid."""
        month.gather(self.session, self.office)
        asked = select(Person.name).join(MonthLine, MonthLine.person_id == Person.id)
        return set(self.session.scalars(asked.where(MonthLine.held_hit_id.is_not(None))))

    def counted(self, name: str) -> int:
        """How many days of April count for somebody."""
        asked = select(AttendanceDay.counted).where(
            AttendanceDay.engagement_id == self.workers[name].id,
            AttendanceDay.day_on.between(APRIL, LAST),
        )
        return sum(self.session.scalars(asked))

    def planned(self, name: str) -> list[date]:
        """The days of April on which somebody has to work."""
        worker = self.workers[name]
        deriving.derive(self.session, [worker.id], from_on=APRIL, to_on=LAST, now=at(END))
        asked = select(AttendanceDay.day_on).where(
            AttendanceDay.engagement_id == worker.id, AttendanceDay.planned
        )
        return sorted(self.session.scalars(asked))

    def kinds(self, name: str) -> list[EventKind]:
        """What has been said of somebody, in order."""
        asked = select(AttendanceEvent.kind).where(
            AttendanceEvent.engagement_id == self.workers[name].id
        )
        return list(self.session.scalars(asked.order_by(AttendanceEvent.id)))

    def acting(self, role: Role, code: str) -> Acting:
        return builders.create_acting(self.session, role, code)

    def _move(self, when: str | datetime) -> None:
        self.talk.clock.at = at(when) if isinstance(when, str) else when

    def _fetch(self, media_id: str) -> Media:
        return Media(self.pictures[media_id], "image/jpeg")


def picture(number: int, *, quality: int = 90) -> bytes:
    """A photo of its own for each number; a lower quality is the same photo sent on."""
    chance = random.Random(number)
    small = Image.new("L", (9, 8))
    small.putdata([chance.randrange(256) for _ in range(72)])
    written = io.BytesIO()
    small.resize((360, 320)).convert("RGB").save(written, "JPEG", quality=quality)
    return written.getvalue()
