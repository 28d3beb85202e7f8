"""A worker with an old phone, enrolled with its proved number: the first short message counts."""

from __future__ import annotations

import pytest
from sqlalchemy.event import listen
from sqlalchemy.orm import Session

from models import Engagement, EngagementStatus
from tests.builders import create_person, phone
from tests.services.days.stage import village
from tests.talk import Talk

NUMBER = phone(4321)
UNKNOWN = "没有您的上岗记录"


@pytest.fixture
def held(seeded: Session) -> Engagement:
    """Somebody on a post with that number."""
    one = village(seeded).workers[0]
    lent = create_person(seeded, phone=NUMBER)
    one.person.phone, one.person.phone_index = NUMBER, lent.phone_index
    lent.phone, lent.phone_index = None, None
    seeded.commit()
    return one


def test_the_first_short_message_checks_in(talk: Talk, held: Engagement) -> None:
    assert "记上了" in talk("打卡", who=NUMBER)
    assert "记过了" in talk("打卡", who=NUMBER)
    assert UNKNOWN in talk("打卡", who=phone(4322))


def test_a_number_that_several_have_is_nobodys(talk: Talk, held: Engagement) -> None:
    create_person(talk.session, phone=NUMBER)
    talk.session.commit()
    assert UNKNOWN in talk("打卡", who=NUMBER)


def test_a_number_that_nobody_proved_is_nobodys(talk: Talk, held: Engagement) -> None:
    held.person.phone_verified_at = None
    talk.session.commit()
    assert UNKNOWN in talk("打卡", who=NUMBER)


def test_who_is_on_no_post_says_who_they_are_as_ever(talk: Talk, held: Engagement) -> None:
    held.status = EngagementStatus.ENDED
    talk.session.commit()
    assert "记上了" not in talk("打卡", who=NUMBER)
    assert "同意" in talk("报名", who=NUMBER)


@pytest.fixture
def late(talk: Talk, held: Engagement) -> Engagement:
    """Their number wrote before anybody had put it down as theirs."""
    held.person.phone_verified_at = None
    talk.session.commit()
    assert UNKNOWN in talk("打卡", who=NUMBER)
    held.person.phone_verified_at = talk.clock.at
    talk.session.commit()
    return held


@pytest.mark.parametrize(
    ("word", "said"), [("打卡", "记上了"), ("考勤", "该上工"), ("请假", "从哪天")]
)
def test_who_wrote_before_they_were_registered_is_known_at_the_next_message(
    talk: Talk, late: Engagement, word: str, said: str
) -> None:
    assert said in talk(word, who=NUMBER)
    assert "记过了" in talk("打卡", who=NUMBER) or word != "打卡"


def test_who_took_their_consent_back_is_not_recognised_again(talk: Talk, late: Engagement) -> None:
    assert "记上了" in talk("打卡", who=NUMBER)
    assert "撤回" in talk("我的信息", who=NUMBER)
    talk("撤回同意", who=NUMBER)
    assert "撤回了" in talk("是", who=NUMBER)
    assert UNKNOWN in talk("打卡", who=NUMBER)


def test_a_bound_worker_is_looked_for_by_nothing_more(talk: Talk, held: Engagement) -> None:
    talk("打卡", who=NUMBER)
    talk.wait(days=1)
    statements: list[str] = []
    listen(talk.connection, "before_cursor_execute", lambda *given: statements.append(given[2]))
    assert "记上了" in talk("打卡", who=NUMBER)
    assert not [one for one in statements if "FROM consent" in one or "phone_index" in one]
