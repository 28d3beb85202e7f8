"""Village staff by phone: pairing, the day's work, a demand, a review's result; bad input."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Contact, Post, PostStatus, Role, StaffContact
from models.talk import TicketKind
from services import ticket_desk, tickets, village_desk
from services.acting import Acting
from services.ticket_desk import Answer
from tests.builders import NOW, at, create_acting, create_application, region
from tests.services import month as stage
from tests.talk import Talk
from tests.transcripts import pay_scenes
from tests.transcripts.scenes import SCENES

VILLAGE = "v-xinyan-wangjiazhuang"


@pytest.fixture
def clerk(seeded: Session) -> Acting:
    return create_acting(seeded, Role.VILLAGE_CLERK, VILLAGE)


def pair(talk: Talk, clerk: Acting) -> str:
    assert clerk.staff is not None
    code = village_desk.offer(talk.session, clerk.staff, talk.clock.at)
    talk.session.commit()
    return talk(f"绑定工作微信 {code}")


def test_a_code_pairs_once(talk: Talk, clerk: Acting) -> None:
    assert "绑好了，周经办" in pair(talk, clerk)
    code = talk.said[0].split()[-1]
    assert "不对" in talk(f"绑定工作微信{code}", who="王大成")
    assert "请先在工作台" in talk("今天有啥要办", who="王大成")


def test_a_code_grows_old(talk: Talk, clerk: Acting) -> None:
    assert clerk.staff is not None
    code = village_desk.offer(talk.session, clerk.staff, talk.clock.at)
    talk.session.commit()
    talk.wait(minutes=11)
    assert "不对" in talk(f"绑定工作微信 {code}")


def test_a_new_code_voids_the_one_before(talk: Talk, clerk: Acting) -> None:
    assert clerk.staff is not None
    first = village_desk.offer(talk.session, clerk.staff, talk.clock.at)
    village_desk.offer(talk.session, clerk.staff, talk.clock.at)
    talk.session.commit()
    assert "不对" in talk(f"绑定工作微信 {first}")


def test_guessing_ends(talk: Talk, clerk: Acting) -> None:
    assert clerk.staff is not None
    code = village_desk.offer(talk.session, clerk.staff, talk.clock.at)
    talk.session.commit()
    for guess in range(5):
        talk(f"绑定工作微信 {(int(code) + guess + 1) % 1000000:06d}")
    assert "不对" in talk(f"绑定工作微信 {code}")
    assert talk.session.scalars(select(StaffContact.bound_at)).one() is None


@pytest.mark.parametrize("words", ["今天有啥要办", "报岗位需求", "录评议", "待办"])
def test_strangers_learn_only_how_to_pair(talk: Talk, words: str) -> None:
    assert "请先在工作台" in talk(words)


def test_what_waits_today_the_most_urgent_first(talk: Talk, clerk: Acting) -> None:
    for late in range(7):
        create_application(talk.session, due_on=(NOW + timedelta(days=late - 1)).date())
    talk.session.commit()
    pair(talk, clerk)
    reply = talk("今天有啥要办")
    lines = [line for line in reply.split("\n") if line[:1].isdigit()]
    assert len(lines) == 5
    assert "超期" in lines[0]
    assert "另外还有2件" in reply


def test_nothing_waits(talk: Talk, clerk: Acting) -> None:
    pair(talk, clerk)
    assert "没有要办的" in talk("待办")


def test_whose_role_ended_works_no_more(talk: Talk, clerk: Acting) -> None:
    pair(talk, clerk)
    assert clerk.staff is not None
    clerk.staff.disabled_at = NOW
    talk.session.commit()
    assert "请先在工作台" in talk("今天有啥要办")


def test_leaving(talk: Talk, clerk: Acting) -> None:
    pair(talk, clerk)
    assert "解绑了" in talk("解绑工作微信")
    assert "请先在工作台" in talk("今天有啥要办")
    assert "请先在工作台" in talk("解绑工作微信")


def test_a_demand_from_the_phone(talk: Talk, clerk: Acting) -> None:
    pair(talk, clerk)
    talk("报岗位需求")
    for answer in ("河道保洁员", "1", "2", "捡河道垃圾", "看着办"):
        reply = talk(answer)
    assert "请回一个数字" in reply
    for answer in ("2", "村南小河两岸", "20", "河边垃圾没人管"):
        reply = talk(answer)
    assert "河道保洁员，2人" in reply
    assert "报上去了" in talk("1")
    post = talk.session.scalars(select(Post).where(Post.name == "河道保洁员")).one()
    assert (post.status, post.headcount, post.track) == (PostStatus.DEMANDED, 2, "rural")
    assert (post.category, post.hours_per_week) == ("public_service", 20)
    assert post.region.code == VILLAGE


def test_a_demand_that_may_not_be_is_said_so(talk: Talk, clerk: Acting) -> None:
    pair(talk, clerk)
    talk("报岗位需求")
    for answer in ("退役士兵专项岗", "1", "2", "站岗", "2", "村口", "20", "有需要", "1"):
        reply = talk(answer)
    assert "没报上去" in reply
    assert "退役军人" in reply
    assert not talk.session.scalars(select(Post).where(Post.status == PostStatus.DEMANDED)).all()


def test_a_demand_can_be_dropped(talk: Talk, clerk: Acting) -> None:
    pair(talk, clerk)
    talk("报岗位需求")
    for answer in ("保洁员", "1", "2", "扫街", "2", "村里", "20", "有需要", "2"):
        reply = talk(answer)
    assert "没有报" in reply


def test_an_answer_that_could_not_be_sent_is_shown_with_the_next_message(talk: Talk) -> None:
    talk("您好")
    contact = talk.session.scalars(select(Contact)).one()
    request = tickets.Request(TicketKind.HELP, words="补贴", contact=contact,
                              place=region(talk.session, VILLAGE))  # fmt: skip
    one = tickets.open_ticket(talk.session, request, talk.clock.at)
    talk.session.commit()
    talk.wait(days=3)
    town = create_acting(talk.session, Role.TOWN_CLERK, "xinyan")
    ticket_desk.act(talk.session, one, Answer("reply", "下月十号到账"), town, talk.clock.at)
    talk.session.commit()
    assert "下月十号到账" in talk("您好")
    assert "下月十号到账" not in talk("您好")
    assert "下月十号到账" in talk(f"人工 {one.number}")


def test_the_months_sheet_is_signed_on_a_computer(talk: Talk) -> None:
    assert "请先在工作台" in talk("月表咋签")
    SCENES["paired"](talk, "village_head")
    talk.session.commit()
    assert "电脑后台签" in talk("月表咋签")
    SCENES["paired"](talk.__class__(talk.connection, talk.session, talk.clock, "周会计"),
                     "village_clerk")  # fmt: skip
    talk.session.commit()
    assert "由村（社区）负责人签" in talk("月表咋签", who="周会计")


def test_a_sheet_that_waits_says_where_it_is_signed(talk: Talk) -> None:
    talk.clock.at = at("2022-05-03 09:00")
    pay_scenes.worked(talk)
    stage.gather(talk.session, stage.create_office(talk.session))
    SCENES["paired"](talk.__class__(talk.connection, talk.session, talk.clock, "韩书记"))
    talk.session.commit()
    reply = talk("今天有啥要办", who="韩书记")
    assert "月表（1人）等您签" in reply
    assert "月表在后台签" in reply


def test_how_a_sick_worker_is_reported(talk: Talk) -> None:
    assert "谁请假" in talk("王保国病了咋报")
    SCENES["paired"](talk, "village_head")
    talk.session.commit()
    assert "考勤员点名时写“张三请假”" in talk("王保国病了咋报")
    assert "没有等着批的假" in talk("1")
