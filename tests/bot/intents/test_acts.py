"""No phrase sets off an act that its writer did not ask for (requirements section 5)."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.intents import understand

HERE = Path(__file__).parent
ROWS = [
    line.split("\t")
    for name in ("acts.tsv", "acts2.tsv")  # the second was written before it was measured
    for line in (HERE / name).read_text("utf-8").splitlines()
]
TRAPS = [phrase for act, phrase in ROWS if act == "-"]
REQUESTS = [(act, phrase) for act, phrase in ROWS if act != "-"]
PIECES = [
    *"今天上午打卡到了啊的不没他老李确认退订别发请假吗昨替",
    "，",
    "？",
    "说",
    "都来了",
    "签到",
]


def test_there_are_enough_traps_and_requests() -> None:
    assert len(TRAPS) >= 270
    assert len(REQUESTS) >= 120


@pytest.mark.parametrize("phrase", TRAPS)
def test_a_trap_sets_off_nothing(phrase: str) -> None:
    assert not understand(phrase).act


@pytest.mark.parametrize(("act", "phrase"), REQUESTS)
def test_a_plain_request_is_an_act(act: str, phrase: str) -> None:
    understood = understand(phrase)
    assert (understood.intent, understood.act) == (act, True)


@pytest.mark.parametrize("code", ["T", "TD", "td", "Ｔ", "R", "r "])
def test_bare_codes_unsubscribe_at_once_only_by_sms(code: str) -> None:
    assert understand(code, channel="sms").act
    assert understand(code, channel="sms").intent == "unsubscribe"
    assert not understand(code, channel="wechat").act


@pytest.mark.parametrize("answer", ["1", "2", "R", "T", "一", "中", "好"])
def test_an_answer_to_an_open_question_is_never_an_act(answer: str) -> None:
    assert not understand(answer, open_question=True).act


@pytest.mark.parametrize(
    "tail", ["了吗", "了没有", "是啥意思", "咋弄", "？", "，俺就是问问", "，老李说的"]
)
@pytest.mark.parametrize("act", ["打卡", "签到", "退订", "确认", "请假"])
def test_a_question_about_an_act_is_not_the_act(act: str, tail: str) -> None:
    assert not understand(act + tail).act


@pytest.mark.parametrize(
    "head", ["俺不是要", "别", "先别", "俺没", "昨天", "老李", "替俺娘", "书记说", "要是", "不"]
)
@pytest.mark.parametrize("act", ["打卡", "签到", "退订", "确认", "请假"])
def test_denials_and_other_people_are_not_the_act(head: str, act: str) -> None:
    assert not understand(head + act).act


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_a_word_of_denial_question_or_another_person_always_stops_an_act(text: str) -> None:
    if any(mark in text for mark in ("不", "没", "他", "老李", "吗", "？", "昨", "替")):
        assert not understand(text).act


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=600))
def test_no_text_makes_it_fail(text: str) -> None:
    understood = understand(text)
    assert understood.intent
    assert 0 <= understood.confidence <= 1


def test_repetition_does_not_make_it_slow() -> None:
    """A blow-up of the grammars would run into the suite's time-out."""
    for piece in ("今天", "今天上午", "到了", "打卡啊", "了啊哈呀吧", "别发了", "一一"):
        assert understand(piece * 200).intent
