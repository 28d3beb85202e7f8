"""Bad input about days and money (issue 4): a sentence each, nothing lost, nothing doubled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, time
from typing import Any

import pytest
from sqlalchemy import select

from models import (
    AttendanceEvent,
    Engagement,
    EngagementStatus,
    Payment,
    Role,
    Staff,
    SubsidyRecord,
)
from services import post_checks
from services.days import duty, leaves
from services.days.duty import Duty, Fence
from services.days.leaves import Wish
from services.pay import batches, results
from services.post_checks import Sheet
from services.procedure import Hindered
from tests import builders
from tests.builders import at
from tests.services.month import close, create_office, create_worker, mark_days, result_file
from tests.talk import Talk
from tests.transcripts.scenes import SCENES
from wording import load_book

VILLAGE = "v-xinyan-wangjiazhuang"
MORNING = at("2022-04-06 07:10")
LATER = at("2022-05-21 09:00")


@dataclass(frozen=True)
class Bad:
    """One thing done wrongly: how, the sentence it gets, and what is kept of it."""

    name: str
    does: Callable[[Talk, Engagement], str]
    said: str
    kept: dict[str, int]


def _twice(talk: Talk, _worker: Engagement) -> str:
    talk("打卡")
    return talk("打卡")


def _at(moment: str) -> Callable[[Talk, Engagement], str]:
    def write(talk: Talk, _worker: Engagement) -> str:
        talk.clock.at = at(moment)
        return talk("打卡")

    return write


def _yesterdays_photo(talk: Talk, _worker: Engagement) -> str:
    talk.photo("m-1")
    talk.wait(days=1)
    return talk.photo("m-1")


def _from_another_phone(talk: Talk, _worker: Engagement) -> str:
    return talk("替李桂香打卡", who="王大成") + talk("打卡", who="王大成")


def _after_exit(talk: Talk, worker: Engagement) -> str:
    worker.status, worker.ended_on = EngagementStatus.ENDED, date(2022, 4, 5)
    talk.session.commit()
    return talk("打卡")


def _before_start(talk: Talk, worker: Engagement) -> str:
    worker.starts_on = date(2022, 4, 11)
    talk.session.commit()
    return talk("打卡")


def _on_leave(talk: Talk, worker: Engagement) -> str:
    head = builders.create_acting(talk.session, Role.VILLAGE_HEAD, VILLAGE)
    clerk = builders.create_acting(talk.session, Role.VILLAGE_CLERK, VILLAGE)
    wish = Wish("personal", MORNING.date(), MORNING.date())
    asked = leaves.ask(talk.session, worker, wish, acting=clerk, now=at("2022-04-05 09:00"))
    leaves.answer(talk.session, asked, acting=head, agree=True, remark="", now=MORNING)
    talk.session.commit()
    return talk("打卡")


def _without_a_place(talk: Talk, worker: Engagement) -> str:
    town = builders.create_acting(talk.session, Role.TOWN_CLERK, "xinyan")
    fenced = Duty(time(6), time(9), 240, weekdays="12345", fence=Fence(35.55, 116.83, 100))
    duty.set_plan(talk.session, worker.post, fenced, from_on=date(2022, 4, 1), acting=town,
                  now=MORNING)  # fmt: skip
    talk.session.commit()
    return talk("打卡")


def _suspended(talk: Talk, _worker: Engagement) -> str:
    SCENES["suspended"](talk)
    talk.session.commit()
    return talk("打卡")


BAD = (
    Bad("twice", _twice, "07:10已经记过了", {"checkin": 1}),
    Bad("before dawn", _at("2022-04-06 03:50"), "这会儿还早", {"checkin": 1}),
    Bad("at midnight", _at("2022-04-07 00:00"), "记在2022年4月7日", {"checkin": 1}),
    Bad("at the last minute", _at("2022-04-06 23:59"), "标了晚到", {"checkin": 1}),
    Bad("yesterday's photo", _yesterdays_photo, "照片收到了", {"checkin": 2}),
    Bad("from another's phone", _from_another_phone, "没记上", {}),
    Bad("after exit", _after_exit, "2022年4月5日离开了岗位", {}),
    Bad("before the first day", _before_start, "2022年4月11日才上岗", {}),
    Bad("on leave", _on_leave, "您今天请着假。人来了就照来了记", {"checkin": 1}),
    Bad("on a holiday", _at("2022-05-02 07:10"), "法定假日", {"checkin": 1}),
    Bad("on a day of rest", _at("2022-04-09 07:10"), "休息日", {"checkin": 1}),
    Bad("with no place", _without_a_place, "发不了也算数", {"checkin": 1}),
    Bad("while suspended", _suspended, "算不算由镇街定", {"checkin": 1}),
)


@pytest.mark.parametrize("bad", [pytest.param(one, id=one.name) for one in BAD])
def test_a_check_in(talk: Talk, bad: Bad) -> None:
    talk.clock.at = MORNING
    SCENES["on_post"](talk)
    talk.session.commit()
    worker = talk.session.scalars(select(Engagement)).one()
    said = bad.does(talk, worker)
    assert bad.said in said
    assert Counter(talk.session.scalars(select(AttendanceEvent.kind))) == bad.kept


def _staff(talk: Talk, role: str) -> None:
    """Two workers, one of whom has signed in; who writes is the village's clerk or head."""
    talk.clock.at = at("2022-04-13 07:30")
    SCENES["on_post"](talk)
    talk("打卡")
    SCENES["worker"](talk, "乙二")
    talk.who = "韩书记"
    SCENES["paired"](talk, role)
    talk.session.commit()
    talk.clock.at = at("2022-04-13 18:00")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("点名 4月1号到30号全到", "只能点今天和昨天的名"),
        ("补记4月1号到11号，全到", "只能点今天和昨天的名"),
        ("这个月都全到", "点名要照着名单点"),
        ("4月全到", "点名要照着名单点"),
    ],
)
def test_a_clerk_marks_no_month_in_one_go(talk: Talk, words: str, said: str) -> None:
    _staff(talk, "village_clerk")
    assert said in talk(words)
    for answer in ("1", "全到", "1"):
        talk(answer)
    present = select(AttendanceEvent.day_on).where(AttendanceEvent.kind == "present")
    assert talk.session.scalars(present).all() == [date(2022, 4, 13)] * 2


def test_a_head_is_not_among_those_whom_the_head_confirms(talk: Talk) -> None:
    _staff(talk, "village_head")
    worker = talk.session.scalars(select(Engagement).order_by(Engagement.worker_code)).first()
    assert worker is not None
    member = talk.session.scalars(select(Staff).where(Staff.name == "韩书记")).one()
    member.person_id = worker.person_id
    talk.session.commit()
    said = talk("确认考勤")
    assert "有1个人是您本人或亲属，不用您确认，由镇街核" in said
    assert "李桂香" not in said
    talk("全到")
    talk("1")
    kinds = select(AttendanceEvent.kind).where(AttendanceEvent.engagement_id == worker.id)
    assert talk.session.scalars(kinds).all() == ["checkin"]


def test_a_bank_file_that_is_strange_half_or_there_twice(talk: Talk) -> None:
    office = create_office(talk.session)
    for name in ("甲一", "乙二", "丙三"):
        mark_days(talk.session, create_worker(talk.session, name=name))
    close(talk.session, office)
    batch = batches.make(talk.session, "rural", office["clerk"], LATER)
    half = result_file(talk.session, batch, rows={1})
    strange = replace(half, content=half.content + "\r\nB20220521-99-00007,833.33,成功,,".encode())
    read = results.read(talk.session, strange, office["finance"], LATER)
    assert [_words(one["key"], one["slots"]) for one in read.troubles] == [
        "第3行：流水号“B20220521-99-00007”不是我们发出去的，没有记。"
    ]
    with pytest.raises(Hindered) as again:
        results.read(talk.session, strange, office["finance"], LATER)
    [known] = again.value.obstacles
    assert _words(known.key, known.slots) == "这个文件2022年5月21日已经读过了，没有再记。"
    assert sorted(talk.session.scalars(select(Payment.state))) == ["paid", "waiting", "waiting"]
    results.read(talk.session, result_file(talk.session, batch), office["finance"], LATER)
    paid = talk.session.scalars(select(Payment).where(Payment.state == "paid")).all()
    assert sorted(one.amount_fen for one in paid) == [83_333] * 3
    assert len(talk.session.scalars(select(SubsidyRecord)).all()) == 3


@pytest.mark.parametrize(
    ("kind", "hours", "fen", "said"),
    [
        ("month", None, 189_999, "月报酬1899.99元，低于月最低工资1900.00元，不能这样定"),
        ("hour", 48, 83_333, "每月48小时×19.00元＝912.00元，月报酬833.33元不够，不能这样定"),
    ],
)
def test_a_rate_below_the_floor(
    talk: Talk, kind: str, hours: int | None, fen: int, said: str
) -> None:
    sheet = Sheet(
        track="rural", name="村道路保洁员", category="public_service", duties=("道路保洁",),
        headcount=1, worksite="南北主街", host_unit="村民委员会", responsible="村文书",
        hours_per_week=12, hours_per_month=hours, pay_kind=kind, pay_fen=fen,
    )  # fmt: skip
    place = builders.region(talk.session, VILLAGE)
    judged = post_checks.judge(talk.session, sheet, place, date(2022, 4, 6))
    assert said in " ".join(_words(one.key, one.slots) for one in judged.errors)
    enough = post_checks.judge(
        talk.session, replace(sheet, pay_fen=191_200), place, date(2022, 4, 6)
    )
    assert not [one for one in enough.errors if one.key.startswith("post.pay")]


def _words(key: str, slots: Mapping[str, Any]) -> str:
    return load_book().text(key, **slots)
