"""A number means the menu that was seen last (ADR 18), by WeChat and by SMS."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from bot.standing import Standing
from models import Conversation, Leave
from tests.builders import phone
from tests.talk import Talk, ways_of_one
from tests.transcripts.scenes import SCENES


@pytest.fixture(params=["李桂香", phone(12)], ids=["wechat", "sms"])
def worker(talk: Talk, request: pytest.FixtureRequest) -> Talk:
    """Somebody on a post, in the middle of asking for leave."""
    talk.who = request.param
    SCENES["on_post"](talk)
    talk.session.commit()
    talk("请假")
    assert "因为啥" in talk("明天一天")
    return talk


def test_after_an_answer_with_a_menu_the_number_is_the_answers(worker: Talk) -> None:
    assert "接着办请假，回“2”" in worker("补贴")
    assert "您有啥事" in worker("1")


def test_one_number_more_goes_on_with_the_form(worker: Talk) -> None:
    worker("补贴")
    assert "因为啥" in worker("2")
    assert "家里有事" in worker("2")


@pytest.mark.parametrize("reply", ["5", "是", "不是", "1 3"])
def test_what_chooses_nothing_of_the_menu_decides_nothing(worker: Talk, reply: str) -> None:
    worker("4")
    worker("补贴")
    again = worker(reply)
    assert "照顾家人" in again
    assert "对不对" in again
    assert worker.session.scalars(select(Leave)).all() == []


def test_words_answer_the_form_at_once(worker: Talk) -> None:
    worker("补贴")
    assert "生病、看病" in worker("俺腿疼")


TWO_MATTERS = "今天雨下得大，来不了，俺请假行不，还有俺的补贴啥时候发，俺娘也想报名"


def test_the_second_matter_of_a_message_is_one_number_more(worker: Talk) -> None:
    worker("取消")
    assert "1. 现在请假" in worker(TWO_MATTERS)
    assert "在这里就能报" in worker("3")


def test_the_menu_of_the_first_matter_holds(worker: Talk) -> None:
    worker("取消")
    worker(TWO_MATTERS)
    assert "从哪天请" in worker("1")


def test_a_menu_holds_for_its_day(worker: Talk) -> None:
    worker("取消")
    worker("补贴")
    worker.wait(hours=18)
    assert "您有啥事" not in worker("1")


def test_a_menu_written_by_an_older_release_holds(talk: Talk) -> None:
    talk("菜单")
    row = talk.session.scalars(select(Conversation)).one()
    before = json.loads(row.standing or "")
    del before["offered_on"]
    row.standing = json.dumps(before)
    talk.session.commit()
    assert Standing.from_json(before).offered
    assert "报名" in talk("2")


def test_two_lists_in_one_reply_are_seen() -> None:
    assert ways_of_one("想找人，回“1”。\n咱接着办请假。\n1 生病\n2 家里有事") == 2
    assert ways_of_one("1 生病\n2 家里有事\n接着办请假，回“3”。") == 1
