"""Days by chat: what must not act, what must not be refused, and a sentence for everything."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy import select

from models import (
    AttendanceEvent,
    Contact,
    Engagement,
    EngagementStatus,
    EventKind,
    Leave,
    LeaveState,
    Role,
    Staff,
    StaffContact,
    Ticket,
)
from models.days import CheckInHelper
from services.days import codes, deriving, duty, stand_ins, stoppages
from services.days.duty import Duty, Fence
from tests import builders
from tests.builders import at
from tests.services.days.stage import lend
from tests.talk import Talk
from tests.transcripts.scenes import SCENES, writer

MORNING = at("2022-04-06 07:10")


@pytest.fixture
def worker(talk: Talk) -> Engagement:
    """The writer is on a post, on a Wednesday morning."""
    talk.clock.at = MORNING
    SCENES["on_post"](talk)
    talk.session.commit()
    return talk.session.scalars(select(Engagement)).one()


def kinds(talk: Talk) -> Counter[str]:
    return Counter(talk.session.scalars(select(AttendanceEvent.kind)))


@pytest.mark.parametrize(
    "text", ["打卡", "到了", "上工了", "俺来了", "打咔", "今天来了啊，给俺记上"]
)
def test_these_words_check_in(talk: Talk, worker: Engagement, text: str) -> None:
    assert "07:10签到" in talk(text)
    assert kinds(talk) == {EventKind.CHECKIN: 1}


@pytest.mark.parametrize(
    "text",
    [
        "打开", "没打卡", "忘了打卡了夜来，能补不", "今天打卡了没有帮我看看",
        "几点之前打卡算不迟到",
        "俺闺女的手机能帮我打不", "拍照拍不了 说没权限", "俺不是要打卡", "打卡？", "替俺娘打卡",
        "这个月我打了多少天", "一天打几回", "书记说明天再打卡", "打打卡" * 160, "打卡机坏了",
    ],
)  # fmt: skip
def test_these_words_do_not(talk: Talk, worker: Engagement, text: str) -> None:
    assert talk(text)
    assert not kinds(talk)


@pytest.mark.parametrize(
    "text",
    [
        "俺不是要请假 就问问请假扣钱不",
        "请假找谁，书记不接电话",
        "过年放几天假",
        "请假到啥时候算旷工",
    ],
)
def test_a_question_about_leave_asks_for_none(talk: Talk, worker: Engagement, text: str) -> None:
    talk(text)
    assert talk.session.scalars(select(Leave)).all() == []


def test_a_question_about_a_day_names_no_day_of_leave(talk: Talk, worker: Engagement) -> None:
    talk("请假")
    answer = talk("明天歇着不")
    assert "因为啥请假" not in answer
    assert "2022年4月7日" in answer
    assert "因为啥请假" in talk("明天一天")


def test_twice_is_once(talk: Talk, worker: Engagement) -> None:
    talk("打卡")
    talk.wait(hours=1)
    assert "07:10已经记过了" in talk("打卡")
    assert kinds(talk) == {EventKind.CHECKIN: 1}


def test_a_message_that_was_kept_back_counts_from_its_sending(
    talk: Talk, worker: Engagement
) -> None:
    talk.clock.at = at("2022-04-07 01:10")
    reply = talk.send(text="打卡", sent_at=datetime.now(UTC) - timedelta(hours=18))
    assert "07:10签到" in reply or "07:09签到" in reply
    (event,) = talk.session.scalars(select(AttendanceEvent)).all()
    assert event.day_on == date(2022, 4, 6)
    assert event.recorded_at - event.happened_at > timedelta(hours=17)


def test_at_midnight_the_new_day_begins(talk: Talk, worker: Engagement) -> None:
    talk("打卡")
    talk.clock.at = at("2022-04-07 00:00")
    assert "00:00签到" in talk("打卡")
    days = talk.session.scalars(select(AttendanceEvent.day_on)).all()
    assert sorted(days) == [date(2022, 4, 6), date(2022, 4, 7)]


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        ("2022-04-06 04:10", "这会儿还早"),
        ("2022-04-06 11:00", "标了晚到"),
        ("2022-04-09 07:10", "休息日"),
        ("2022-05-02 07:10", "法定假日"),
    ],
)
def test_an_odd_hour_or_day_is_told_and_kept(
    talk: Talk, worker: Engagement, moment: str, said: str
) -> None:
    talk.clock.at = at(moment)
    assert said in talk("打卡")
    assert kinds(talk) == {EventKind.CHECKIN: 1}


def test_outside_the_fence_is_kept_with_its_distance(talk: Talk, worker: Engagement) -> None:
    fence = Duty(time(6), time(9), 240, weekdays="12345", fence=Fence(35.55, 116.83, 100))
    acting = builders.create_acting(talk.session, Role.TOWN_CLERK, "xinyan")
    duty.set_plan(talk.session, worker.post, fence, from_on=date(2022, 4, 1), acting=acting,
                  now=MORNING)  # fmt: skip
    talk.session.commit()
    assert "方便的话再发个位置" in talk("打卡")
    assert "离岗位约5560米" in talk.place(35.60, 116.83)
    found = talk.session.scalars(select(AttendanceEvent.evidence)).all()
    assert {"distance_m": 5560, "inside": False, "outside": True} in found


def test_the_posts_code_is_heard(talk: Talk, worker: Engagement) -> None:
    code = codes.code_at(worker.post_id, talk.clock.at)
    assert "岗位码对上了" in talk(f"打卡 {code}")
    assert "岗位码对不上" in talk(f"打卡 {(int(code) + 1) % 1_000_000:06d}")
    evidence = talk.session.scalars(select(AttendanceEvent.evidence)).all()
    assert evidence == [{"code": True}, {"code_wrong": True}]


def test_somebody_elses_phone_signs_only_where_that_was_declared(
    talk: Talk, worker: Engagement
) -> None:
    assert "没记上" in talk("打卡", who="王大成")
    assert not kinds(talk)
    contact = talk.session.scalars(select(Contact).where(Contact.address_key == "o-王大成")).one()
    acting = builders.create_acting(talk.session, Role.VILLAGE_CLERK, "v-xinyan-wangjiazhuang")
    for _ in range(2):
        lend(talk.session, worker, contact, acting, MORNING)
    talk.session.commit()
    assert "您是要替李桂香打卡吗" in talk("打卡", who="王大成")
    assert "家里人代打" in talk("1", who="王大成")
    (event,) = talk.session.scalars(select(AttendanceEvent)).all()
    assert (event.source, event.evidence) == ("helper", {"by_helper": True})
    (held,) = talk.session.scalars(select(CheckInHelper)).all()
    stand_ins.end(talk.session, held, acting, MORNING)
    talk.session.commit()
    assert "没记上" in talk("打卡", who="王大成")


def test_after_the_exit(talk: Talk, worker: Engagement) -> None:
    worker.status, worker.ended_on = EngagementStatus.ENDED, date(2022, 4, 5)
    talk.session.commit()
    assert "2022年4月5日离开了岗位" in talk("打卡")
    assert not kinds(talk)


def test_a_stoppage_is_paid_for_whoever_stayed_at_home(talk: Talk, worker: Engagement) -> None:
    acting = builders.create_acting(talk.session, Role.DISTRICT_CLERK, "yanzhou")
    district = acting.region
    assert district is not None
    row = stoppages.declare(
        talk.session, district, kind="weather", from_on=date(2022, 4, 6), to_on=date(2022, 4, 6),
        reason="暴雨红色预警", acting=acting, now=MORNING,
    )  # fmt: skip
    evening = at("2022-04-06 20:15")
    assert deriving.derive_day(talk.session, worker.id, date(2022, 4, 6), evening) == "stopped"
    stoppages.withdraw(talk.session, row, acting, MORNING)
    assert deriving.derive_day(talk.session, worker.id, date(2022, 4, 6), evening) == "unknown"


def test_a_check_in_is_not_lost_in_a_form_that_is_open(talk: Talk, worker: Engagement) -> None:
    talk("请假")
    talk("打卡")
    assert kinds(talk) == {EventKind.CHECKIN: 1}


def test_the_months_number_of_forgotten_signs_is_kept_to(talk: Talk, worker: Engagement) -> None:
    talk.clock.at = at("2022-04-15 09:00")
    for left in ("2回", "1回", "0回"):
        talk("补签")
        talk("1")
        assert f"还能补{left}" in talk("2") or left == "0回"
    assert "用完了" in talk("补签")
    assert kinds(talk)[EventKind.BACKFILL_ASKED] == 3


def test_a_head_neither_confirms_nor_answers_leave_of_their_own(
    talk: Talk, worker: Engagement
) -> None:
    talk("打卡")
    SCENES["paired"](talk)
    _is_the_worker(talk, worker)
    talk("明天请一天假")
    talk("2")
    talk("1")
    assert "没有等着批的假" in talk("批假")
    talk.clock.at = at("2022-04-06 18:00")
    assert "没有要您确认的人" in talk("确认考勤")
    assert talk.session.scalars(select(Leave.state)).one() == LeaveState.ASKED


def test_many_are_shown_some_at_a_time(talk: Talk, worker: Engagement) -> None:
    for number in range(13):
        SCENES["worker"](talk, f"工友{number}")
    talk.session.commit()
    talk.clock.at = at("2022-04-06 18:00")
    SCENES["paired"](talk.__class__(talk.connection, talk.session, talk.clock, "韩书记"))
    talk.session.commit()
    first = talk("全部确认", who="韩书记")
    assert "第1到10个（共14人）" in first
    second = talk("到 1 2 3", who="韩书记")
    assert "第11到14个（共14人）" in second
    back = talk("缺 1 2 3 4", who="韩书记")
    assert "到3人" in back
    assert "对不对" in back
    talk("1", who="韩书记")
    assert kinds(talk) == {EventKind.CONFIRMED: 3, EventKind.DENIED: 11}


def _is_the_worker(talk: Talk, worker: Engagement) -> None:
    member = talk.session.scalars(
        select(Staff)
        .join(StaffContact, StaffContact.staff_id == Staff.id)
        .where(StaffContact.contact_id == writer(talk).id)
    ).one()
    member.person_id = worker.person_id
    talk.session.commit()


@pytest.mark.parametrize(
    "text",
    [
        "到了，今天腿疼想请半天假", "打卡，下午请假", "俺到了，另外明天家里有事想请假",
        "请假半天，上午到了", "到了 明天请假行不",
    ],
)  # fmt: skip
def test_a_sign_beside_a_wish_for_leave_is_kept(talk: Talk, worker: Engagement, text: str) -> None:
    reply = talk(text)
    assert "07:10签到" in reply
    assert "假" in reply
    assert kinds(talk) == {EventKind.CHECKIN: 1}


@pytest.mark.parametrize(
    "text",
    [
        "没到，请假",
        "到了，今天来不了请假",
        "昨天到了，今天请假",
        "请假，到了医院再说",
    ],
)
def test_what_only_sounds_like_a_sign_beside_leave_is_none(
    talk: Talk, worker: Engagement, text: str
) -> None:
    assert talk(text)
    assert not kinds(talk)


@pytest.mark.parametrize(
    "words",
    [
        "用俺闺女手机打卡行不",
        "俺想用儿子的微信打卡",
        "能用俺老伴手机签到吗",
        "让别人替俺打卡中不",
    ],
)
def test_another_phone_is_asked_of_the_village(talk: Talk, worker: Engagement, words: str) -> None:
    assert "请村里登记家里人的手机" in talk(words)
    assert not kinds(talk), "nothing was signed"
    assert "跟镇街说了" in talk("1")
    ticket = talk.session.scalars(select(Ticket)).one()
    assert (ticket.level, ticket.answers) == ("town", {"about": "check_in_helper"})
    assert ticket.region is not None
    assert ticket.region.code == "v-xinyan-wangjiazhuang"


@pytest.mark.parametrize("words", ["用手机打卡", "手机打卡咋弄"])
def test_ones_own_phone_is_no_other_phone(talk: Talk, worker: Engagement, words: str) -> None:
    assert "请村里登记" not in talk(words)


def test_a_sign_beside_a_wish_for_leave_is_kept_inside_a_form_too(
    talk: Talk, worker: Engagement
) -> None:
    talk("俺想请假")
    assert "从哪天请到哪天" in talk("1")
    reply = talk("到了，今天想请半天假")
    assert "07:10签到" in reply
    assert "因为啥请假" in reply, "and the form goes on with what else was said"
    assert kinds(talk) == {EventKind.CHECKIN: 1}
