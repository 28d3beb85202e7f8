"""The shelf of dated values: what it refuses to hold, and what it says before the first date."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from rules import messages, parameters, strict_yaml
from rules.errors import BadRuleFile, NotInForce, RuleError

GOOD = """\
description: Lowest age
unit: years
values:
  2022-01-01: {value: 45, reference: plan, status: found}
  2025-01-01: {value: 46, reference: law, status: assumed}
"""
BAD = {
    "unknown key": (GOOD + "note: x\n", "file_wrong_form"),
    "missing unit": (GOOD.replace("unit: years\n", ""), "file_wrong_form"),
    "duplicate date": (GOOD.replace("2025-01-01", "2022-01-01"), "file_duplicate_key"),
    "duplicate key": (GOOD.replace("unit: years", "unit: a\nunit: b"), "file_duplicate_key"),
    "unsorted dates": (GOOD.replace("2025-01-01", "2021-01-01"), "file_wrong_form"),
    "key is no date": (GOOD.replace("2025-01-01", "later"), "file_wrong_form"),
    "impossible date": (GOOD.replace("2025-01-01", "2025-13-01"), "file_unreadable"),
    "no reference": (GOOD.replace("reference: plan", "reference: ''"), "file_wrong_form"),
    "reference missing": (GOOD.replace(" reference: plan,", ""), "file_wrong_form"),
    "unknown status": (GOOD.replace("status: found", "status: sure"), "file_wrong_form"),
    "unknown value key": (GOOD.replace("status: found", "status: found, by: x"), "file_wrong_form"),
    "no value": (GOOD.replace("value: 45", "value: null"), "file_wrong_form"),
    "no dates": ("description: x\nunit: y\nvalues: {}\n", "file_wrong_form"),
    "not a table": ("- a\n", "file_wrong_form"),
    "not YAML": ("a: [\n", "file_unreadable"),
}


def write(folder: Path, text: str) -> Path:
    (folder / "topic").mkdir()
    (folder / "topic" / "name.yaml").write_text(text, encoding="utf-8")
    return folder


def test_value_by_date(tmp_path: Path) -> None:
    parameter = parameters.load_folder(write(tmp_path, GOOD))["topic.name"]
    assert parameter.on(date(2022, 1, 1)).value == 45
    assert parameter.on(date(2024, 12, 31)).value == 45
    last = parameter.on(date(2025, 1, 1))
    assert (last.value, last.reference, last.status) == (46, "law", "assumed")
    assert not last.is_certain
    with pytest.raises(NotInForce) as early:
        parameter.on(date(2021, 12, 31))
    assert early.value.values["since"] == date(2022, 1, 1)


@pytest.mark.parametrize(("text", "code"), BAD.values(), ids=BAD.keys())
def test_unsound_files_are_refused(tmp_path: Path, text: str, code: str) -> None:
    with pytest.raises(BadRuleFile) as refused:
        parameters.load_folder(write(tmp_path, text))
    assert refused.value.code == code
    assert "name.yaml" in messages.say(refused.value)


def test_duplicate_key_names_its_line(tmp_path: Path) -> None:
    with pytest.raises(BadRuleFile) as refused:
        parameters.load_folder(write(tmp_path, GOOD + "unit: again\n"))
    assert refused.value.values["line"] == 6


def test_words_are_not_booleans(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("on: no\nyes: true\n", encoding="utf-8")
    assert strict_yaml.load(path) == {"on": "no", "yes": True}


def test_shelf_is_sound_and_the_plan_is_found() -> None:
    shelf = {parameter.name: parameter for parameter in parameters.all_parameters()}
    assert len(shelf) >= 70
    assert shelf["term.subsidy_months"].values[0].status == "found"
    assert shelf["notice.notice_days"].values[0].status == "assumed"
    for parameter in shelf.values():
        assert parameter.description
        assert parameter.unit


def test_what_the_plan_leaves_open_is_shown_to_staff() -> None:
    assumed = {value.name for value in parameters.assumptions(date(2022, 4, 6))}
    assert {"notice.notice_days", "term.rural_ext_max_months", "eligibility.exclusions"} <= assumed
    assert "eligibility.older_rural_age_min" not in assumed
    assert "retirement.flexible_early_max_months" not in assumed


def test_unknown_parameter_is_an_error() -> None:
    with pytest.raises(RuleError) as error:
        parameters.in_force("eligibility.misspelt", date(2022, 4, 6))
    assert error.value.code == "unknown_parameter"


def test_programme_did_not_hold_before_it_began() -> None:
    with pytest.raises(NotInForce):
        parameters.in_force("eligibility.older_rural_age_min", date(2021, 12, 31))
    first = parameters.in_force_or_first("term.subsidy_months", date(2021, 3, 1))
    assert first.value == 36


def test_every_error_code_has_its_sentence_and_every_sentence_its_code() -> None:
    raised: set[str] = set()
    for path in strict_yaml.ROOM.rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        names = r"RuleError|BadRuleFile|InvalidQuestion|NotInForce|UnknownYear|UnknownTown"
        raised |= set(
            re.findall(rf"(?:{names}|QuotaNotIssued|UnfitList)\(\s*\"([a-z0-9_]+)\"", source)
        )
    problems = re.search(r"Problem = Literal\[(.*?)\]", _id_source(), re.DOTALL)
    assert problems
    raised |= {f"id_{problem}" for problem in re.findall(r'"([a-z]+)"', problems[1])}
    assert raised == set(messages.templates())


def test_sentences_take_the_same_values_in_both_languages() -> None:
    for code, texts in messages.templates().items():
        assert texts.keys() == {"en", "zh"}, code
        slots = [set(re.findall(r"\{(\w+)\}", texts[language])) for language in ("en", "zh")]
        assert slots[1] <= slots[0], code


def _id_source() -> str:
    return (strict_yaml.ROOM / "id_number.py").read_text(encoding="utf-8")
