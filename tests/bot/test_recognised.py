"""A worker with an old phone, enrolled with its proved number: the first short message counts."""

from __future__ import annotations

import pytest
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
