"""`gyg rules ask`: order, words for every bad line, never a crash."""

from __future__ import annotations

import io
import json
from datetime import date
from typing import Any

import pytest

from rules.terminal import ask_lines, run_ask

TODAY = date(2026, 11, 24)
GOOD = '{"ask":"age","born_on":"1981-12-10","on":"2026-12-10"}'
ELIGIBILITY: dict[str, Any] = {
    "ask": "eligibility",
    "ruleset": "yanzhou-2022",
    "reference_on": "2022-04-30",
    "track": "rural",
    "born_on": "1970-05-02",
    "sex": "female",
    "retire_category": None,
    "groups": [],
    "unemployed": None,
    "zero_employment_household": None,
}
URBAN_TERM: dict[str, Any] = {
    "ask": "term",
    "track": "urban",
    "started_on": "2022-06-15",
    "months_used": 0,
    "born_on": "1977-06-14",
    "retire_category": "F50",
    "first_approved_on": "2022-06-15",
}


def ask(question: Any) -> dict[str, Any]:
    line = question if isinstance(question, str | bytes) else json.dumps(question)
    (answer,) = ask_lines([line], today=TODAY)
    found: dict[str, Any] = json.loads(answer.line)
    assert answer.ok is ("error" not in found)
    return found


BAD_LINES: dict[str, tuple[Any, str]] = {
    "empty": ("", "empty"),
    "not JSON": ("{", "not JSON"),
    "too deep": ("[" * 100_000, "not JSON"),
    "NaN": ('{"ask":"split","amount_fen":NaN}', "not JSON"),
    "endless digits": ('{"ask":"split","amount_fen":' + "9" * 5000 + "}", "not JSON"),
    "not an object": ("[1]", "object"),
    "not UTF-8": (b'{"ask":"\xff"}', "UTF-8"),
    "key twice": ('{"ask":"age","ask":"age"}', "twice"),
    "no kind": ({"born_on": "1981-12-10"}, '"ask" is missing'),
    "unknown kind": ({"ask": "weather"}, "weather"),
    "kind is a list": ({"ask": ["age"]}, "ask"),
    "missing key": ({"ask": "age", "born_on": "1981-12-10"}, '"on" is missing'),
    "extra key": ({**ELIGIBILITY, "name": "x"}, '"name"'),
    "null date": ({"ask": "age", "born_on": None, "on": "2026-12-10"}, '"born_on"'),
    "month 13": ({"ask": "age", "born_on": "2022-13-01", "on": "2026-12-10"}, '"born_on"'),
    "compact date": ({"ask": "age", "born_on": "20220101", "on": "2026-12-10"}, '"born_on"'),
    "week date": ({"ask": "age", "born_on": "2022-W01-1", "on": "2026-12-10"}, '"born_on"'),
    "date is a number": ({"ask": "age", "born_on": 20220101, "on": "2026-12-10"}, '"born_on"'),
    "not yet born": ({"ask": "age", "born_on": "2027-01-01", "on": "2026-12-10"}, "2027-01-01"),
    "boolean amount": ({"ask": "split", "amount_fen": True}, "true"),
    "float amount": ({"ask": "split", "amount_fen": 833.34}, "833.34"),
    "text amount": ({"ask": "split", "amount_fen": "83334"}, "amount_fen"),
    "negative amount": ({"ask": "split", "amount_fen": -1}, "amount_fen"),
    "huge amount": ({"ask": "split", "amount_fen": 10**16}, "amount_fen"),
    "endless months": ({"ask": "instalments", "annual_fen": 1, "months": 10**6}, "months"),
    "no notice days": ({"ask": "notice", "posted_on": "2026-09-23", "working_days": 0}, "working"),
    "unknown year": ({"ask": "notice", "posted_on": "2031-01-05", "working_days": 5}, "2031"),
    "crossing a year": ({"ask": "notice", "posted_on": "2026-12-30", "working_days": 5}, "2027"),
    "unknown set": ({**ELIGIBILITY, "ruleset": "yanzhou-2030"}, "yanzhou-2022, yanzhou-2024"),
    "set is a path": ({**ELIGIBILITY, "ruleset": "../quotas/2022"}, "ruleset"),
    "unknown track": ({**ELIGIBILITY, "track": "sea"}, "rural, urban"),
    "unknown group": ({**ELIGIBILITY, "groups": ["rich"]}, "rich"),
    "groups is a text": ({**ELIGIBILITY, "groups": "disabled"}, "groups"),
    "groups hold null": ({**ELIGIBILITY, "groups": [None]}, "groups"),
    "fact is a word": ({**ELIGIBILITY, "unemployed": "yes"}, "unemployed"),
    "fact is a number": ({**ELIGIBILITY, "unemployed": 1}, "unemployed"),
    "man with F50": ({**ELIGIBILITY, "sex": "male", "retire_category": "F50"}, "F50"),
    "unknown category": ({**ELIGIBILITY, "retire_category": "F60"}, "F60"),
    "unborn": ({**ELIGIBILITY, "born_on": "2022-05-01"}, "2022-05-01"),
    "before the plan": ({**ELIGIBILITY, "reference_on": "2021-12-31"}, "2022-01-01"),
    "no category": ({**URBAN_TERM, "retire_category": None}, "retire_category"),
    "no birth": ({**URBAN_TERM, "born_on": None}, "born_on"),
    "no approval": ({**URBAN_TERM, "first_approved_on": None}, "first_approved_on"),
    "negative months": ({**URBAN_TERM, "months_used": -1}, "months_used"),
    "after the calendar": ({**URBAN_TERM, "started_on": "9999-01-01"}, "9999-01-01"),
    "law before all": (
        {"ask": "retirement", "born_on": "1900-01-01", "category": "M60", "law_on": "1950-01-01"},
        "1978-06-02",
    ),
    "birth at the end of time": (
        {"ask": "retirement", "born_on": "9990-01-01", "category": "M60", "law_on": "2026-01-01"},
        "9990-01-01",
    ),
    "half a surrogate": (
        '{"ask":"quota","year":2022,"town":"\\ud800","track":"rural"}',
        "No town",
    ),
    "id is a number": ({"ask": "id_number", "text": 370899197706150029}, "text"),
    "year not issued": (
        {"ask": "quota", "year": 2024, "town": "新兖镇", "track": "rural"},
        "not been issued",
    ),
}


@pytest.mark.parametrize(("question", "words"), BAD_LINES.values(), ids=BAD_LINES.keys())
def test_a_bad_line_is_answered_in_words(question: Any, words: str) -> None:
    assert words in ask(question)["error"]


def test_order_is_kept_and_one_bad_line_harms_no_other() -> None:
    lines = [GOOD, "{", '{"ask":"split","amount_fen":83334}', ""]
    stdout = io.StringIO()
    assert run_ask(lines, stdout, today=TODAY) == 1
    answers = [json.loads(line) for line in stdout.getvalue().splitlines()]
    assert answers[0] == {"age": 45}
    assert answers[2] == {"province_fen": 33334, "city_fen": 16667, "district_fen": 33333}
    assert ["error" in answer for answer in answers] == [False, True, False, True]


def test_all_good_is_status_0_and_today_defaults() -> None:
    stdout = io.StringIO()
    lines = ["\ufeff" + GOOD, json.dumps(URBAN_TERM) + "\r\n"]
    assert run_ask((line.encode() for line in lines), stdout) == 0
    assert len(stdout.getvalue().splitlines()) == 2


def test_unknown_facts_may_be_left_out() -> None:
    known = {key: value for key, value in ELIGIBILITY.items() if value is not None}
    assert ask(known) == ask(ELIGIBILITY)


def test_eligibility_answer_has_exactly_its_keys() -> None:
    assert list(ask(ELIGIBILITY)) == ["outcome", "matched", "becomes_eligible_on", "trace"]


def test_rural_term_does_not_need_the_urban_keys() -> None:
    question = {"ask": "term", "track": "rural", "started_on": "2022-04-01", "months_used": 0}
    nulls = {"born_on": None, "retire_category": None, "first_approved_on": None}
    assert ask(question) == ask({**question, **nulls})


def test_id_number_that_is_not_valid_is_an_answer_with_its_reason() -> None:
    found = ask({"ask": "id_number", "text": "37O899197706150029"})
    assert (found["valid"], found["problem"]) == (False, "letters")
    assert found["suggestion"] == "370899197706150029"
    assert found["reason"]


def test_a_future_birth_depends_on_the_day_asked() -> None:
    question = {"ask": "id_number", "text": "370899197706150029", "on": "1977-06-14"}
    assert ask(question)["problem"] == "future"
    assert ask({**question, "on": "1977-06-15"})["valid"]


def test_chinese_sentences_on_request() -> None:
    (answer,) = ask_lines(["[]"], today=TODAY, language="zh")
    assert "对象" in json.loads(answer.line)["error"]
