"""The worker's sign: what is kept with it, and that nothing technical refuses it."""

from __future__ import annotations

import io
from datetime import date, time, timedelta

import pytest
from PIL import Image, ImageDraw
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import postbook
from channels.inbound import Inbound as Letter
from handlers.desk import Desk, Office
from models import AttendanceEvent, CheckInPhoto, CheckInPoint, Contact, Conversation, EventKind
from services.days import codes, photos, places, signing
from services.days.duty import Duty, Fence, set_plan
from services.days.signing import Sign
from services.materials import Miss
from tests.builders import at
from tests.services.days.stage import DAY, Village, village

MORNING = at("2022-04-06 07:10")
GATE = Fence(35.5510, 116.8280, 200)


@pytest.fixture
def place(seeded: Session) -> Village:
    return village(seeded)


def fenced(place: Village) -> None:
    set_plan(
        place.session,
        place.workers[0].post,
        Duty(time(6), time(8), 240, weekdays="1234567", needs_checkout=True, fence=GATE),
        from_on=date(2022, 4, 1),
        acting=place.town,
        now=MORNING,
    )


def standing(place: Village) -> signing.Standing:
    found = signing.standing_of(place.session, place.contacts[0].id, MORNING)
    assert found is not None
    return found


def page_of(place: Village, contact: Contact, day: date = DAY) -> postbook.Page:
    letter = Letter(channel=contact.channel, sender=contact.address_key, kind="text",
                    dedupe_key="m:1", text="打卡")  # fmt: skip
    place.session.merge(Conversation(contact_id=contact.id, turned_at=MORNING))
    place.session.flush()
    page = postbook.glance(place.session, letter, day)
    assert page is not None
    return page


def test_a_page_brings_the_same_standing_along(place: Village) -> None:
    fenced(place)
    signing.sign(place.session, standing(place), place.contacts[0].id, Sign(), MORNING)
    known = page_of(place, place.contacts[0]).on_post
    read = standing(place)
    assert read.first_at == MORNING
    assert signing.standing_of(place.session, place.contacts[0].id, MORNING, known) == read
    on_the_seventh = MORNING + timedelta(days=1)
    later = signing.standing_of(place.session, place.contacts[0].id, on_the_seventh, known)
    assert later is not None
    assert (later.day, later.first_at) == (DAY + timedelta(days=1), None)


def test_what_a_page_brought_holds_until_a_sign_is_written_down(place: Village) -> None:
    worker = place.contacts[0]
    desk = Desk(place.session, worker.id, "wechat", MORNING, Office("", ""),
                on_post=page_of(place, worker).on_post)  # fmt: skip
    signing.sign(place.session, standing(place), worker.id, Sign(), MORNING, later=desk.later)
    desk.write_down()
    again = signing.standing_of(place.session, worker.id, MORNING, desk.on_post)
    assert again is not None
    assert again.first_at == MORNING


def test_a_page_knows_nothing_of_who_is_on_no_post_yet(place: Village) -> None:
    worker = place.contacts[0]
    person, worker.person_id = worker.person_id, None
    known = page_of(place, worker).on_post
    assert signing.standing_of(place.session, worker.id, MORNING, known) is None
    worker.person_id = person
    place.session.flush()
    assert signing.standing_of(place.session, worker.id, MORNING, known) == standing(place)


def test_a_sign_by_word(place: Village) -> None:
    signing.sign(place.session, standing(place), place.contacts[0].id, Sign(), MORNING)
    kept = place.session.scalars(select(AttendanceEvent)).one()
    assert (kept.day_on, kept.kind, kept.happened_at) == (DAY, EventKind.CHECKIN, MORNING)
    assert kept.contact_id == place.contacts[0].id


def test_the_plan_in_force_and_the_first_sign_of_the_day_come_along(place: Village) -> None:
    fenced(place)
    set_plan(place.session, place.workers[0].post, Duty(time(9), time(10), 60),
             from_on=date(2022, 5, 1), acting=place.town, now=MORNING)  # fmt: skip
    before = standing(place)
    assert before.duty == Duty(time(6), time(8), 240, "1234567", needs_checkout=True, fence=GATE)
    assert before.first_at is None
    signing.sign(place.session, before, place.contacts[0].id, Sign(), MORNING)
    assert standing(place).first_at == MORNING


@pytest.mark.parametrize(
    ("point", "evidence"),
    [
        ((35.5512, 116.8281), {"distance_m": 20, "inside": True}),
        ((35.5780, 116.8281), {"distance_m": 3000, "inside": False, "outside": True}),
    ],
)
def test_only_the_coarse_distance_stays_with_the_sign(
    place: Village, point: tuple[float, float], evidence: dict[str, object]
) -> None:
    fenced(place)
    signing.sign_with_point(
        place.session, standing(place), place.contacts[0].id, sign=Sign(), point=point, now=MORNING
    )
    kept = place.session.scalars(select(AttendanceEvent)).one()
    assert kept.evidence == evidence
    held = place.session.scalars(select(CheckInPoint)).one()
    assert held.point == f"{point[0]:.6f},{point[1]:.6f}"
    assert places.forget_points(place.session, MORNING + timedelta(days=29)) == 0
    assert places.forget_points(place.session, MORNING + timedelta(days=31)) == 1


def test_a_posts_code_holds_for_its_window_and_the_next(place: Village) -> None:
    post_id = place.workers[0].post_id
    code = codes.code_at(post_id, MORNING)
    assert codes.is_right(post_id, code, MORNING)
    assert codes.is_right(post_id, code, codes.holds_until(MORNING) + timedelta(minutes=5))
    assert not codes.is_right(post_id, code, MORNING + timedelta(minutes=61))
    assert codes.code_at(post_id + 1, MORNING) != code


def picture(*, quality: int = 90, size: tuple[int, int] = (640, 480), shift: int = 0) -> bytes:
    """A street with a few things in it, as a JPEG."""
    image = Image.new("L", (640, 480), 200)
    draw = ImageDraw.Draw(image)
    for number in range(12):
        left = 40 * number + shift
        draw.rectangle((left, 30 * (number % 7), left + 90, 200 + 20 * number), fill=number * 20)
    written = io.BytesIO()
    image.resize(size).save(written, "JPEG", quality=quality)
    return written.getvalue()


def test_the_same_photo_is_known_again_and_another_is_not(place: Village) -> None:
    first = photos.look_of(picture())
    again = photos.look_of(picture(quality=40, size=(320, 240)))
    other = photos.look_of(picture(shift=150))
    assert photos.unlike(first, again) <= 6
    assert photos.unlike(first, other) > 12


def test_a_photo_is_fetched_afterwards_and_the_sign_stands_anyway(place: Village) -> None:
    contact = place.contacts[0].id
    for media in ("m-1", "m-2", "m-3"):
        signing.sign_with_photo(
            place.session, standing(place), contact, sign=Sign(), media_id=media, now=MORNING
        )
    first, second, third = photos.take(place.session, MORNING)
    assert not photos.is_due(place.session, MORNING)
    photos.keep(place.session, first.event_id, picture(), MORNING)
    photos.keep(place.session, second.event_id, b"\xff\xd8\xff no picture", MORNING)
    photos.miss(place.session, third.event_id, Miss.GONE, MORNING)
    held = place.session.scalars(select(CheckInPhoto).order_by(CheckInPhoto.event_id)).all()
    assert [photo.state for photo in held] == ["kept", "unusable", "lost"]
    assert held[0].picture_hash == photos.look_of(picture())
    assert held[0].attachment_id is not None
    assert standing(place).first_at == MORNING
