"""The answer to an offer: asked twice, safe to repeat, and nobody else's."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from models import Application, ApplicationStatus, Engagement, EngagementStatus
from services import quotas
from tests.builders import region
from tests.talk import Talk
from tests.transcripts.scenes import applied, bound, engaged, started

S = ApplicationStatus


def offered(talk: Talk) -> None:
    bound(talk, "v-xinyan-wangjiazhuang")
    applied(talk)
    engaged(talk)
    talk.session.commit()


def case(talk: Talk) -> Application:
    return talk.session.scalars(select(Application)).one()


def taken(talk: Talk) -> int:
    return quotas.taken(talk.session, 2022, region(talk.session, "xinyan"), "rural")


def test_yes_counts_only_after_the_second_question(talk: Talk) -> None:
    offered(talk)
    talk("接受")
    assert case(talk).offer_accepted_at is None
    talk("1")
    accepted_at = case(talk).offer_accepted_at
    assert accepted_at is not None
    talk("接受")
    assert case(talk).offer_accepted_at == accepted_at


def test_no_gives_the_place_back(talk: Talk) -> None:
    offered(talk)
    assert taken(talk) == 1
    talk("不去了")
    assert taken(talk) == 1
    talk("1")
    assert case(talk).status == S.DECLINED
    assert taken(talk) == 0
    assert talk.session.scalars(select(Engagement.status)).one() == EngagementStatus.ENDED


def test_a_yes_can_be_taken_back_until_the_first_day(talk: Talk) -> None:
    offered(talk)
    talk("接受")
    talk("1")
    talk("不去了")
    talk("1")
    assert case(talk).status == S.DECLINED


@pytest.mark.parametrize("words", ["3", "随便", "啊", "不知道", "1和2", "🙂"])
def test_what_is_no_answer_decides_nothing(talk: Talk, words: str) -> None:
    offered(talk)
    talk("不去了")
    assert talk(words)
    assert case(talk).status == S.APPROVED


def test_a_photo_is_no_answer(talk: Talk) -> None:
    offered(talk)
    talk("接受")
    assert talk.photo()
    assert case(talk).offer_accepted_at is None


def test_the_offer_can_end_between_the_two_questions(talk: Talk) -> None:
    offered(talk)
    talk("接受")
    case(talk).status = S.DECLINED
    talk.session.commit()
    assert "现在答复不了" in talk("1")
    assert case(talk).offer_accepted_at is None


def test_somebody_else_has_no_offer(talk: Talk) -> None:
    offered(talk)
    talk.who = "王大成"
    bound(talk, "v-xinyan-wangjiazhuang", number="370899196703100013")
    talk.session.commit()
    assert "没有等您答复的岗位" in talk("接受")
    assert "没查到您的上岗记录" in talk("工作证")


def test_who_is_on_the_post_cannot_decline_it_any_more(talk: Talk) -> None:
    offered(talk)
    started(talk)
    talk.session.commit()
    assert "没有等您答复的岗位" in talk("不去了")
    assert case(talk).status == S.ON_POST


def test_the_card_names_nobody_in_full(talk: Talk) -> None:
    offered(talk)
    started(talk)
    talk.session.commit()
    shown = talk("工作证")
    assert "李桂香" not in shown
    assert "370899" not in shown
    assert "P2022-0001" in shown
    one = talk.session.scalars(select(Engagement)).one()
    assert one.worker_code in shown
    one.status = EngagementStatus.SUSPENDED
    talk.session.commit()
    assert "暂停" in talk("工作证")
