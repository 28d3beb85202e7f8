"""How today stands, whether a day ahead is one of work, and the months before this one."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from models import AttendanceEvent, Engagement, EventKind, Role
from services.days import stoppages
from tests import builders
from tests.builders import at
from tests.talk import Talk
from tests.transcripts.scenes import SCENES

MORNING = at("2022-04-06 07:10")


@pytest.fixture
def worker(talk: Talk) -> Engagement:
    """The writer is on a post since the first of the month, on a Wednesday morning."""
    talk.clock.at = MORNING
    SCENES["on_post"](talk)
    talk.session.commit()
    return talk.session.scalars(select(Engagement)).one()


def test_today_is_told_and_a_sign_is_a_number_away(talk: Talk, worker: Engagement) -> None:
    assert "今天还没有您的签到" in talk("今天算不算")
    assert talk.session.scalars(select(AttendanceEvent)).all() == [], "the question signs nothing"
    assert "07:10签到" in talk("1")
    assert "今天07:10签到，记上了" in talk("今天算上了没")


def test_in_the_evening_today_is_told_with_its_reason(talk: Talk, worker: Engagement) -> None:
    talk("打卡")
    talk.clock.at = at("2022-04-06 20:30")
    reply = talk("今天算不算")
    assert "等村里确认" in reply
    assert "回“1”申诉" in reply
    assert "2022年4月6日" in talk("1")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("明天歇着不", "2022年4月7日要上工"),
        ("后天上班不", "2022年4月8日要上工"),
        ("礼拜六歇着不", "2022年4月9日是休息日"),
        ("今天上班不", "2022年4月6日要上工"),
    ],
)
def test_a_day_ahead_is_told_from_the_plan(
    talk: Talk, worker: Engagement, text: str, said: str
) -> None:
    assert said in talk(text)
    assert talk.session.scalars(select(AttendanceEvent)).all() == []


def test_a_holiday_is_told_from_the_calendar(talk: Talk, worker: Engagement) -> None:
    talk.clock.at = at("2022-05-01 09:00")
    assert "2022年5月2日是法定假日" in talk("明天歇着不")


def test_a_stoppage_is_told_and_one_taken_back_is_not(talk: Talk, worker: Engagement) -> None:
    acting = builders.create_acting(talk.session, Role.DISTRICT_CLERK, "yanzhou")
    assert acting.region is not None
    row = stoppages.declare(
        talk.session, acting.region, kind="weather", from_on=date(2022, 4, 7),
        to_on=date(2022, 4, 7), reason="暴雨红色预警", acting=acting, now=MORNING,
    )  # fmt: skip
    talk.session.commit()
    assert "区里说停工" in talk("明天歇着不")
    stoppages.withdraw(talk.session, row, acting, MORNING)
    talk.session.commit()
    assert "要上工" in talk("明天歇着不")


def test_before_the_first_day_and_after_the_last(talk: Talk, worker: Engagement) -> None:
    worker.starts_on = date(2022, 4, 11)
    talk.session.commit()
    assert "2022年4月11日才上岗" in talk("明天歇着不")
    worker.starts_on, worker.ends_on = date(2022, 4, 1), date(2022, 4, 6)
    talk.session.commit()
    assert "期满" in talk("明天歇着不")


@pytest.mark.parametrize("text", ["今天算不算", "明天歇着不", "上个月干了几天"])
def test_somebody_on_no_post_is_told_so(talk: Talk, text: str) -> None:
    assert "上岗记录" in talk(text, who="赵无事")


@pytest.mark.parametrize(
    "text", ["上个月干了几天", "4月干了几天", "上个月考勤", "俺上月出勤几天，看看"]
)
def test_the_last_month_is_shown_by_word(talk: Talk, worker: Engagement, text: str) -> None:
    talk.clock.at = at("2022-05-10 09:00")
    reply = talk(text)
    assert "4月：该上工" in reply
    assert "5月" not in reply


def test_the_last_month_is_a_number_after_this_one_and_back(talk: Talk, worker: Engagement) -> None:
    talk.clock.at = at("2022-05-10 09:00")
    shown = talk("我的考勤").split("\n")
    assert shown[0].startswith("5月到今天：")
    [number] = [line[0] for line in shown if line.endswith("看4月的")]
    back = talk(number).split("\n")
    assert back[0].startswith("4月：该上工")
    assert not any("3月" in line for line in back), "there is nothing before the first month"
    [number] = [line[0] for line in back if line.endswith("看这个月的")]
    assert talk(number).startswith("5月到今天：")


def test_a_month_before_the_first_day_says_so(talk: Talk, worker: Engagement) -> None:
    assert "3月还不在岗" in talk("上个月干了几天")
    assert talk("1").startswith("4月到今天：")


def test_a_question_in_a_dispute_is_answered_and_not_filed(talk: Talk, worker: Engagement) -> None:
    talk.clock.at = at("2022-04-07 09:00")
    talk("申诉")
    talk("1")
    assert "是理由，还是问事" in talk("俺这个月干了几天")
    reply = talk("2")
    assert "4月到今天" in reply
    assert "回“继续”接着填" in reply, "and the dispute is kept"
    assert _disputed(talk) == []
    assert "您说说咋回事" in talk("继续")
    assert "申诉记下了" in talk("就是来了")
    assert _disputed(talk) == ["就是来了"]


def test_what_reads_like_a_question_may_be_the_reason(talk: Talk, worker: Engagement) -> None:
    talk.clock.at = at("2022-04-07 09:00")
    talk("申诉")
    talk("1")
    talk("那天是村里停工，咋不算？")
    assert _disputed(talk) == []
    assert "申诉记下了" in talk("1")
    assert _disputed(talk) == ["那天是村里停工,咋不算?"]


def test_a_second_thought_after_the_question_is_the_reason(talk: Talk, worker: Engagement) -> None:
    talk.clock.at = at("2022-04-07 09:00")
    talk("申诉")
    talk("1")
    talk("能补不")
    assert "申诉记下了" in talk("俺那天来了，王大成见着了")
    assert _disputed(talk) == ["俺那天来了,王大成见着了"]


def _disputed(talk: Talk) -> list[str]:
    asked = select(AttendanceEvent.reason).where(AttendanceEvent.kind == EventKind.DISPUTED)
    return list(talk.session.scalars(asked))


def test_the_word_for_what_is_open_says_that_it_is_open(talk: Talk, worker: Engagement) -> None:
    talk.who = "周会计"
    SCENES["paired"](talk, "village_clerk")
    talk.who = "韩书记"
    SCENES["paired"](talk, "village_head")
    talk.session.commit()
    assert "点名：" in talk("点名", who="周会计")
    again = talk("点名", who="周会计")
    assert "还没完" in again
    assert "1 李桂香" in again
    assert "没看懂" not in again
    talk.clock.at = at("2022-04-06 18:00")
    assert "共1人" in talk("确认考勤", who="韩书记")
    again = talk("确认考勤", who="韩书记")
    assert "还没完" in again
    assert "1 李桂香" in again
    assert "没看懂" not in again


def test_a_sick_worker_is_told_in_the_roll_call(talk: Talk, worker: Engagement) -> None:
    talk.who = "周会计"
    SCENES["paired"](talk, "village_clerk")
    talk.session.commit()
    assert "张三请假" in talk("李桂香病了咋报")
    talk("1")
    assert "请假：李桂香" in talk("李桂香病了")


def test_a_mourners_own_pay_is_a_number_away(talk: Talk, worker: Engagement) -> None:
    reply = talk("俺老伴去世了，俺这个月的补贴啥时候发")
    assert "节哀" in reply
    assert "回“1”" in reply
    assert "您在岗，还没有算完的月份" in talk("1")
