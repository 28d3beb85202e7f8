"""A worker without a phone is not named as silent where paper or a visit speaks for them; a ghost
with the same perfect month is."""

from __future__ import annotations

import uuid
from datetime import date

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from models import Anomaly, AttendanceEvent, EventKind, Finding, SpotCheck
from rules import parameters
from services import attachments
from services.anomalies import looking, sampling
from services.attachments import Upload
from services.days import deriving
from tests.builders import at, region
from tests.services.days.stage import Village, village
from tests.services.month import working_days

APRIL, LAST = date(2022, 4, 1), date(2022, 4, 30)
DAY = date(2022, 4, 12)
END = at("2022-05-03 04:00")


@pytest.fixture
def place(seeded: Session) -> Village:
    return village(seeded, workers=2)


def photo(place: Village, number: int) -> uuid.UUID:
    """A photo of a sheet of its own for each number."""
    upload = Upload("sheet.jpg", b"\xff\xd8\xff" + bytes([number]))
    kept = attachments.attach(place.session, upload, subject=("region", place.place.code),
                              kind="attendance_sheet", acting=place.clerk, now=END)  # fmt: skip
    return kept.id


def live(place: Village, worker: int, photos: list[uuid.UUID | None]) -> None:
    """A perfect April: the head confirms, the clerk calls: on paper where there is a photo, or by
    voice."""
    for day, sheet in zip(working_days(), photos, strict=True):
        kind = EventKind.SHEET if sheet else EventKind.PRESENT
        for said, kept in ((kind, sheet), (EventKind.CONFIRMED, None)):
            moment = at(f"{day} 18:00")
            place.session.add(AttendanceEvent(
                engagement_id=place.workers[worker].id, day_on=day, kind=said, happened_at=moment,
                recorded_at=moment, source="sheet" if kept else "console", attachment_id=kept,
            ))  # fmt: skip
    place.session.flush()
    ids = [place.workers[worker].id]
    deriving.derive(place.session, ids, from_on=APRIL, to_on=LAST, now=END)


def visit(place: Village, worker: int, on: date, finding: Finding) -> None:
    """Somebody of the town went there on a day."""
    draw = sampling.draw(place.session, region(place.session, "xinyan"), at(f"{DAY} 06:00"))
    assert draw is not None
    place.session.execute(delete(SpotCheck))
    place.session.add(SpotCheck(
        draw_id=draw.id, engagement_id=place.workers[worker].id, cause="score", score=30,
        due_on=on, done_at=at(f"{on} 15:00"), done_on=on, finding=finding,
    ))  # fmt: skip
    place.session.flush()


def silent(place: Village) -> set[int]:
    looking.find(place.session, APRIL, END)
    named = set(place.session.scalars(
        select(Anomaly.engagement_id).where(Anomaly.signal == "silent")
    ))  # fmt: skip
    return {at for at, worker in enumerate(place.workers) if worker.id in named}


def many(place: Village, photos: int, *, of: int | None = None) -> list[uuid.UUID | None]:
    """So many different photos for April's 21 days: for `of` of them, the others without."""
    days = len(working_days())
    kept = [photo(place, number) for number in range(photos)]
    held: list[uuid.UUID | None] = [kept[day % photos] for day in range(days if of is None else of)]
    return held + [None] * (days - len(held))


def test_a_photographed_sheet_of_each_day_speaks_for_a_worker_without_a_phone(
    place: Village,
) -> None:
    live(place, 0, many(place, len(working_days())))
    live(place, 1, [None] * len(working_days()))
    assert silent(place) == {1}


@pytest.mark.parametrize(
    ("photos", "of", "named"),
    [(19, 19, False), (18, 18, True), (1, None, True), (10, None, True)],
    ids=["nine in ten days", "fewer", "one photo for all", "each photo twice"],
)
def test_one_photo_stands_for_one_day(
    place: Village, photos: int, of: int | None, named: bool
) -> None:
    live(place, 0, many(place, photos, of=of))
    assert silent(place) == ({0} if named else set())


@pytest.mark.parametrize(
    ("on", "finding", "named"),
    [
        (DAY, Finding.AT_WORK, False),
        (date(2022, 2, 10), Finding.EXCUSED, False),
        (date(2022, 1, 20), Finding.AT_WORK, True),
        (DAY, Finding.UNKNOWN, True),
    ],
)
def test_whoever_was_met_lately_is_not_silent(
    place: Village, on: date, finding: Finding, named: bool
) -> None:
    live(place, 0, [None] * len(working_days()))
    visit(place, 0, on, finding)
    assert silent(place) == ({0} if named else set())


def test_a_visit_that_found_nobody_outweighs_all_paper(place: Village) -> None:
    live(place, 0, many(place, len(working_days())))
    visit(place, 0, DAY, Finding.ABSENT)
    assert silent(place) == {0}


def test_who_signs_on_paper_is_drawn_more_often(place: Village) -> None:
    live(place, 0, many(place, len(working_days())))
    draw = sampling.draw(place.session, region(place.session, "xinyan"), END)
    assert draw is not None
    weights = {key: weight for key, weight, _ in draw.population}
    more = int(parameters.in_force("anomaly.sheet_weight", APRIL).value)
    assert more > 100
    on_paper, by_voice = (weights[str(worker.id)] for worker in place.workers)
    assert (on_paper, by_voice) == (more, 100)
    assert sampling.is_true(place.session, draw)
