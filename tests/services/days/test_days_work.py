"""What days put on whose worklist."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from models import EventKind
from services.acting import Acting
from services.days import backfilling, deriving, leaves
from services.days.days_work import Days
from services.days.leaves import Wish
from tests.builders import at
from tests.services.days.stage import DAY, said, village


def lines(session: Session, acting: Acting, now: datetime) -> dict[str, int]:
    return {item.key: item.slots["count"] for item in Days().items(session, acting, now, 20)}


def test_each_office_sees_its_own(seeded: Session) -> None:
    place = village(seeded, workers=3)
    said(seeded, place.workers[0], EventKind.CHECKIN, at("2022-04-06 07:00"))
    ids = [worker.id for worker in place.workers]
    evening, noon = at("2022-04-06 18:00"), at("2022-04-07 12:30")
    deriving.derive(seeded, ids, from_on=DAY, to_on=DAY, now=evening)
    assert lines(seeded, place.head, at("2022-04-06 17:00")) == {}
    assert lines(seeded, place.head, evening) == {"work.days_confirm": 3}
    assert lines(seeded, place.clerk, evening) == {}
    wish = Wish("personal", date(2022, 4, 8), date(2022, 4, 8))
    leaves.ask(seeded, place.workers[1], wish, acting=leaves.asker(place.contacts[1]), now=evening)
    backfilling.ask(seeded, place.workers[2], DAY, contact=place.contacts[2], reason="forgot",
                    source="wechat", now=at("2022-04-06 21:00"))  # fmt: skip
    assert lines(seeded, place.head, noon) == {"work.days_leave": 1, "work.days_backfill": 1}
    assert lines(seeded, place.clerk, noon) == {"work.days_backfill": 1}
    assert lines(seeded, place.town, evening) == {}
    assert lines(seeded, place.town, noon) == {"work.days_open": 3}
