"""A day or a worker named in a sentence; days of a post that was left; staff who ask for a worker's
month."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from models import AttendanceEvent, Engagement, EventKind
from tests.builders import at
from tests.talk import Talk
from tests.transcripts.scenes import bound, left, on_post, paired, worker
from wording.hearing.term_words import hear_day_within


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("我3月31号的没算上", date(2022, 3, 31)),
        ("昨天的不对", date(2022, 4, 5)),
        ("1号我来了", date(2022, 4, 1)),
        ("大前天来了", date(2022, 4, 3)),
        ("今天的不对", date(2022, 4, 6)),
        ("1号和4号都不对", None),
        ("4月1号和3月31号", None),
        ("不对", None),
        ("4月31号", None),
    ],
)
def test_a_day_within_a_sentence(said: str, day: date | None) -> None:
    assert hear_day_within(said, date(2022, 4, 6)) == day


def test_a_dispute_hears_the_day_in_a_sentence(talk: Talk) -> None:
    talk.clock.at = at("2022-04-06 09:00")
    on_post(talk)
    talk("申诉")
    assert "今天的还没定" in talk("今天的不对")
    assert "2022年4月3日不在能申诉的日子里" in talk("3号我来了")
    assert "2022年4月1日那天" in talk("我1号来了，没算上")
    talk("书记看见的")
    asked = select(AttendanceEvent.day_on).where(AttendanceEvent.kind == EventKind.DISPUTED)
    assert talk.session.scalars(asked).all() == [date(2022, 4, 1)]


def test_who_has_left_still_sees_and_disputes_the_last_days(talk: Talk) -> None:
    talk.clock.at = at("2022-04-06 09:00")
    on_post(talk)
    held = talk.session.scalars(select(Engagement).order_by(Engagement.starts_on.desc())).first()
    assert held is not None
    held.ends_on = date(2022, 4, 6)
    left(talk)
    talk.session.commit()
    talk.clock.at = at("2022-05-03 09:00")
    shown = talk("我的考勤")
    assert shown.startswith("4月：该上工3天")
    assert shown.endswith("1 有不对的，申诉")
    assert "哪一天不对" in talk("申诉")
    assert "2022年4月1日不在能申诉的日子里" in talk("4月1号"), "more than a month ago"
    assert "2022年4月2日那天" in talk("4月2号")


def test_staff_who_ask_for_a_month_hear_where_it_is(talk: Talk) -> None:
    talk.clock.at = at("2022-04-06 18:00")
    talk.who = "韩书记"
    paired(talk)
    assert "工作台“考勤”里看" in talk("这个月考勤咋样")


def test_a_resident_without_a_post_is_told_as_before(talk: Talk) -> None:
    bound(talk)
    assert "没有您的上岗记录" in talk("我的考勤")


@pytest.fixture
def head(talk: Talk) -> Talk:
    talk.clock.at = at("2022-04-06 18:00")
    for name in ("王大成", "王大"):
        worker(talk, name)
    talk.who = "韩书记"
    paired(talk)
    return talk


@pytest.mark.parametrize("said", ["王大成不干了", "是王大成，他找着活了", "王大成"])
def test_who_has_left_is_heard_within_a_sentence(head: Talk, said: str) -> None:
    head("有人不干了")
    assert "因为啥" in head(said)
    head("1")
    assert "王大成" in head("昨天")


def test_a_name_of_nobody_is_asked_again(head: Talk) -> None:
    head("有人不干了")
    assert "没找到" in head("李四不干了")
