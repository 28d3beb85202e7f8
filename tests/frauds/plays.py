"""How each fraud of `patterns.yaml` is done. A play of the same name as its row; one that is turned
away raises `Hindered`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time, timedelta

from models import EventKind, StaffKin
from models.term_steps import ExitCause
from services.days import backfilling, duty, leaves, roll
from services.days.duty import Duty, Fence
from services.days.leaves import Wish
from services.days.roll import Marks
from services.terms import exits, settling
from services.terms.exits import Leaving
from tests import builders
from tests.builders import at
from tests.frauds.stage import Place, picture
from tests.services.days.stage import lend
from tests.services.month import say

WED, THU = date(2022, 4, 6), date(2022, 4, 7)
MANY = tuple(f"工友{number}" for number in range(12))
GATE = (35.55, 116.83)


def _marked(place: Place, days: list[date], *kinds: EventKind) -> None:
    """What village staff said of 甲一, evening after evening."""
    for day in days:
        for kind in kinds:
            say(place.session, place.workers["甲一"], day, kind)


def _signs(place: Place, days: list[date]) -> None:
    """甲一 signs in at a person's times, and the head confirms."""
    for order, day in enumerate(days):
        place.writes("甲一", "打卡", f"{day} 07:{order * 7 % 40:02d}")
        say(place.session, place.workers["甲一"], day, EventKind.CONFIRMED)
    place.session.commit()


def ghost_on_the_roll(place: Place) -> None:
    place.employ("甲一", phone=False)
    _marked(place, place.planned("甲一"), EventKind.PRESENT, EventKind.CONFIRMED)


def ghost_on_paper(place: Place) -> None:
    place.employ("甲一", phone=False)
    _on_paper(place, lambda _: 1)


def ghost_on_good_paper(place: Place) -> None:
    place.employ("甲一", phone=False)
    _on_paper(place, lambda day: day.day)


def _on_paper(place: Place, photo_of: Callable[[date], int]) -> None:
    for day in place.planned("甲一"):
        place.photographs(day, ["甲一"], picture(photo_of(day)))
        _marked(place, [day], EventKind.CONFIRMED)


def hung_on_the_roll(place: Place) -> None:
    place.employ("甲一", phone=False)


def signs_and_rests(place: Place) -> None:
    place.employ("甲一")
    _signs(place, place.planned("甲一"))


stand_in_with_the_phone = signs_and_rests


def _help(place: Place, *names: str) -> None:
    """One phone, declared for all of these, signs for each of them."""
    place.employ(*names, phone=False)
    contact = builders.create_contact(place.session, address_key="o-闺女")
    for name in names:
        lend(place.session, place.workers[name], contact, place.clerk, at(f"{WED} 06:00"))
    place.session.commit()
    for order, _ in enumerate(names):
        place.writes("闺女", "打卡", f"{WED} 07:{order * 7 + 3:02d}")
        place.writes("闺女", "1", f"{WED} 07:{order * 7 + 4:02d}")


def one_phone_for_three(place: Place) -> None:
    _help(place, "甲一", "乙二", "丙三")


def child_for_two_parents(place: Place) -> None:
    _help(place, "甲一", "乙二")
    assert place.kinds("甲一") == place.kinds("乙二") == [EventKind.CHECKIN]


def three_in_one_second(place: Place) -> None:
    place.employ("甲一", "乙二", "丙三")
    for name in place.workers:
        place.writes(name, "打卡", f"{WED} 07:00")


def cadre_with_three_phones(place: Place) -> None:
    place.employ("甲一", "乙二", "丙三")
    for order, name in enumerate(place.workers):
        place.writes(name, "打卡", f"{WED} 07:0{order}")


def clockwork(place: Place) -> None:
    place.employ("甲一")
    for day in place.planned("甲一")[:12]:
        place.writes("甲一", "打卡", f"{day} 07:00")


def yesterdays_photo(place: Place) -> None:
    place.employ("甲一", "乙二")
    place.shows("甲一", picture(1), f"{WED} 07:01")
    place.shows("乙二", picture(2), f"{THU} 07:05")
    place.shows("甲一", picture(1, quality=40), f"{THU} 07:09")


def photos_of_dogs(place: Place) -> None:
    place.employ("甲一")
    for order, day in enumerate(place.planned("甲一")[:5]):
        place.shows("甲一", picture(order), f"{day} 07:{order * 7:02d}")


def one_photo_for_two(place: Place) -> None:
    place.employ("甲一", "乙二")
    place.shows("甲一", picture(1), f"{WED} 07:01")
    place.shows("乙二", picture(1, quality=60), f"{WED} 07:05")


def phone_of_the_dead(place: Place) -> None:
    place.employ("甲一")
    held = place.workers["甲一"]
    _signs(place, [day for day in place.planned("甲一") if day <= date(2022, 4, 20)])
    now = at("2022-04-21 09:00")
    what = Leaving(ExitCause.DIED, date(2022, 4, 12), "火化名单")
    made = exits.report(place.session, held, what, place.head, now)
    settling.take(place.session, made, "propose", place.town, now, "核实了")
    settling.take(place.session, made, "approve", place.office["approver"], now)


def dead_on_a_list(place: Place) -> None:
    place.employ("甲一", "乙二")
    _signs(place, [day for day in place.planned("甲一") if day <= date(2022, 4, 20)])
    place.lists("deaths", "甲一", date(2022, 4, 12), "2022-04-21 09:00")


def job_beside_the_post(place: Place) -> None:
    place.employ("甲一")
    _signs(place, place.planned("甲一"))
    place.lists("employees", "甲一", date(2022, 4, 11), "2022-05-02 09:00")


def pension_beside_the_post(place: Place) -> None:
    place.employ("甲一")
    _signs(place, place.planned("甲一"))
    place.lists("pensions", "甲一", date(2022, 3, 1), "2022-05-02 09:00")


def shop_beside_the_post(place: Place) -> None:
    place.employ("甲一")
    _signs(place, place.planned("甲一"))
    place.lists("businesses", "甲一", date(2021, 6, 1), "2022-05-02 09:00")


def head_confirms_a_sister(place: Place) -> None:
    place.employ("甲一", "乙二")
    assert place.head.staff is not None
    place.session.add(StaffKin(
        staff_id=place.head.staff.id, person_id=place.workers["甲一"].person_id,
        relation="sister", declared_at=at(f"{WED} 06:00"),
    ))  # fmt: skip
    place.session.commit()
    place.writes("甲一", "打卡", f"{WED} 07:01")
    place.confirms(WED, ["甲一", "乙二"])
    assert place.kinds("甲一") == [EventKind.CHECKIN]
    assert place.kinds("乙二") == [EventKind.CONFIRMED]


def week_in_one_go(place: Place) -> None:
    place.employ("甲一")
    now = at("2022-04-13 16:00")
    for back in range(2, 8):
        day = now.date() - timedelta(days=back)
        marks = Marks(present=(place.workers["甲一"].id,))
        roll.call(place.session, place.clerk, day, marks, source="console", seconds=60, now=now)


def roll_in_seconds(place: Place) -> None:
    place.employ("甲一", *MANY, phone=False)
    place.calls(WED, list(place.workers), seconds=3)


def all_confirmed_unseen(place: Place) -> None:
    place.employ("甲一", *MANY, phone=False)
    place.confirms(WED, list(place.workers), seconds=5)


def resting_and_confirmed(place: Place) -> None:
    place.employ("甲一")
    held, now = place.workers["甲一"], at(f"{WED} 18:30")
    asked = leaves.ask(place.session, held, Wish("personal", WED, WED), acting=place.clerk,
                       now=at(f"{WED} 08:00"))  # fmt: skip
    place.confirms(WED, ["甲一"])
    leaves.answer(place.session, asked, acting=place.head, agree=True, remark="", now=now)


def empty_post(place: Place) -> None:
    place.employ("甲一")
    days = place.planned("甲一")
    _signs(place, [day for day in days if day <= date(2022, 4, 8)])
    gone = [day for day in days if day > date(2022, 4, 8)]
    _marked(place, gone, EventKind.PRESENT, EventKind.CONFIRMED)


def _forgot(place: Place, name: str, days: list[date]) -> None:
    for day in days:
        backfilling.ask(
            place.session, place.workers[name], day, contact=place.contacts[name],
            reason="phone", source="wechat", now=at("2022-04-30 20:00"),
        )  # fmt: skip


def backfills_at_months_end(place: Place) -> None:
    place.employ("甲一", "乙二")
    for name in place.workers:
        _forgot(place, name, place.planned("甲一")[-3:])


def a_fourth_backfill(place: Place) -> None:
    place.employ("甲一")
    _forgot(place, "甲一", place.planned("甲一")[-4:])


def _fence(place: Place, *, checkout: bool = False) -> None:
    plan = Duty(time(6), time(9), 240, weekdays="12345", needs_checkout=checkout,
                fence=Fence(*GATE, 200))  # fmt: skip
    duty.set_plan(place.session, place.workers["甲一"].post, plan, from_on=date(2022, 4, 1),
                  acting=place.town, now=at("2022-04-01 06:00"))  # fmt: skip
    place.session.commit()


def thirty_kilometres(place: Place) -> None:
    place.employ("甲一")
    place.stands("甲一", GATE, f"{WED} 07:00")
    place.stands("甲一", (GATE[0] + 0.27, GATE[1]), f"{WED} 07:05")


def same_coordinates(place: Place) -> None:
    place.employ("甲一")
    for order, day in enumerate(place.planned("甲一")[:3]):
        place.stands("甲一", GATE, f"{day} 07:{order * 7:02d}")


def outside_every_day(place: Place) -> None:
    place.employ("甲一")
    _fence(place)
    for order, day in enumerate(place.planned("甲一")[:5]):
        place.stands("甲一", (GATE[0] + 0.05 + order / 1000, GATE[1]), f"{day} 07:{order * 7:02d}")


def faked_well(place: Place) -> None:
    place.employ("甲一")
    _fence(place)
    for order, day in enumerate(place.planned("甲一")[:9]):
        spot = (GATE[0] + order / 20_000, GATE[1] - order / 30_000)
        place.stands("甲一", spot, f"{day} 07:{order * 13 % 50:02d}")
