"""The opposite harm: whoever works and has trouble with the technology is paid in full. All of them
live through one April together."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, datetime, time, timedelta

import pytest

from models import EventKind
from services.days import backfilling, codes, disputes, duty
from services.days.duty import Duty, Fence
from tests import builders
from tests.builders import at
from tests.frauds.stage import APRIL, FULL_FEN, Place, picture
from tests.services import month
from tests.services.days.stage import lend
from tests.services.month import say
from tests.talk import Talk

Trouble = Callable[[Place, str, date, int], None]


def comes(name: str, day: date, *, hour: int = 7) -> datetime:
    """People come when they come."""
    chance = random.Random(f"{name}|{day}")
    return at(f"{day} {hour:02d}:00") + timedelta(seconds=chance.randrange(50 * 60))


def no_network(place: Place, name: str, day: date, order: int) -> None:
    """No signal at the worksite all month, and none at home: the clerk sees the worker."""
    say(place.session, place.workers[name], day, EventKind.PRESENT)


def no_phone(place: Place, name: str, day: date, order: int) -> None:
    """Signs the paper sheet in the village; the clerk photographs it."""
    place.photographs(day, [name], picture(1000 + order))


def bad_photo(place: Place, name: str, day: date, order: int) -> None:
    """The camera gives nothing that is a picture."""
    place.shows(name, b"\xff\xd8\xff no picture", comes(name, day))


def far_away(place: Place, name: str, day: date, order: int) -> None:
    """The phone believes itself in the next county."""
    place.stands(name, (35.80 + order / 1000, 116.99), comes(name, day))


def wrong_code(place: Place, name: str, day: date, order: int) -> None:
    """Reads the post's code off wrongly."""
    when = comes(name, day)
    right = int(codes.code_at(place.workers[name].post_id, when))
    place.writes(name, f"打卡 {(right + 1) % 1_000_000:06d}", when)


def always_late(place: Place, name: str, day: date, order: int) -> None:
    """The bus comes at ten."""
    place.writes(name, "打卡", comes(name, day, hour=10))


def daughters_phone(place: Place, name: str, day: date, order: int) -> None:
    """A daughter's phone, declared in the village, signs."""
    place.writes("闺女", "打卡", when := comes(name, day))
    place.writes("闺女", "1", when + timedelta(seconds=40))


def broken_phone(place: Place, name: str, day: date, order: int) -> None:
    """Three days without a phone: asked for afterwards, and somebody saw the worker."""
    if order not in {3, 4, 5}:
        place.writes(name, "打卡", comes(name, day))
        return
    now = at(f"{day} 20:30")
    held = place.workers[name]
    backfilling.ask(place.session, held, day, contact=place.contacts[name], reason="phone",
                    source="wechat", now=now)  # fmt: skip
    backfilling.answer(place.session, held, day, acting=place.clerk, seen=True, source="console",
                       now=now + timedelta(minutes=5))  # fmt: skip


def head_was_wrong(place: Place, name: str, day: date, order: int) -> None:
    """The head did not see the worker one day; the town asks the others and rules."""
    place.writes(name, "打卡", comes(name, day))
    if order != 7:
        return
    held, now = place.workers[name], at(f"{day} 20:40")
    say(place.session, held, day, EventKind.DENIED)
    place.session.commit()
    disputes.lodge(place.session, held, day, contact=place.contacts[name], words="俺去了",
                   source="wechat", now=now)  # fmt: skip
    disputes.rule(place.session, held, day, acting=place.town, present=True,
                  words="问过同组的人", now=now + timedelta(days=1))  # fmt: skip


def head_is_away(place: Place, name: str, day: date, order: int) -> None:
    """The head says nothing all month; the clerk and the worker do."""
    place.writes(name, "打卡", comes(name, day))
    say(place.session, place.workers[name], day, EventKind.PRESENT)


TROUBLES: tuple[Trouble, ...] = (
    no_network, no_phone, bad_photo, far_away, wrong_code, always_late, daughters_phone,
    broken_phone, head_was_wrong, head_is_away,
)  # fmt: skip
WITHOUT_PHONE = {"no_network", "no_phone", "daughters_phone"}
LOOKED_AT = {"no_network": {"silent"}, "far_away": {"outside_fence"}}
"""Whom a signal names all the same: somebody goes there and sees an honest worker. Nothing else
comes of it."""


@pytest.fixture
def april(talk: Talk) -> Place:
    place = Place(talk)
    for trouble in TROUBLES:
        place.employ(trouble.__name__, phone=trouble.__name__ not in WITHOUT_PHONE)
    _prepare(place)
    for order, day in enumerate(place.planned("no_network")):
        for trouble in TROUBLES:
            trouble(place, trouble.__name__, day, order)
        seen = [one.__name__ for one in TROUBLES if _head_sees(one, order)]
        for name in seen:
            say(place.session, place.workers[name], day, EventKind.CONFIRMED)
    place.night()
    return place


def _head_sees(trouble: Trouble, order: int) -> bool:
    return trouble is not head_is_away and not (trouble is head_was_wrong and order == 7)


def _prepare(place: Place) -> None:
    plan = Duty(time(6), time(9), 240, weekdays="12345", fence=Fence(35.55, 116.83, 200))
    duty.set_plan(place.session, place.workers["far_away"].post, plan, from_on=APRIL,
                  acting=place.town, now=at("2022-04-01 06:00"))  # fmt: skip
    contact = builders.create_contact(place.session, address_key="o-闺女")
    lend(place.session, place.workers["daughters_phone"], contact, place.clerk,
         at("2022-04-01 06:00"))  # fmt: skip
    place.session.commit()


def test_nobody_who_worked_is_short(april: Place) -> None:
    sheet = month.gather(april.session, april.office)
    names = {worker.id: name for name, worker in april.workers.items()}
    paid = {names[line.engagement_id]: (line.open_days, line.amount_fen)
            for line in month.lines(april.session, sheet)}  # fmt: skip
    assert paid == {trouble.__name__: (0, FULL_FEN) for trouble in TROUBLES}
    signals: dict[str, set[str]] = {}
    for signal, who in april.caught().items():
        for name in who:
            signals.setdefault(name, set()).add(signal)
    assert signals == LOOKED_AT


def test_a_worker_whose_phone_is_declared_for_her_mother_signs_for_both(talk: Talk) -> None:
    place, day = Place(talk), date(2022, 4, 6)
    place.employ("闺女")
    place.employ("娘", phone=False)
    lend(place.session, place.workers["娘"], place.contacts["闺女"], place.clerk,
         at(f"{day} 06:00"))  # fmt: skip
    place.session.commit()
    place.writes("闺女", "打卡", f"{day} 07:00")
    assert "您是要替娘打卡吗" in place.writes("闺女", "替俺娘打卡", f"{day} 07:01")
    assert "家里人代打" in place.writes("闺女", "1", f"{day} 07:02")
    assert place.kinds("闺女") == place.kinds("娘") == [EventKind.CHECKIN]
