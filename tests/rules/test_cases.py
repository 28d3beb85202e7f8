"""Every case in rules/cases, asked the way the terminal asks."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest

from rules import answers, strict_yaml
from rules.errors import RuleError

TODAY = date(2026, 11, 24)
CASES: list[dict[str, Any]] = [
    case
    for path in sorted((strict_yaml.ROOM / "cases").glob("*.yaml"))
    for case in strict_yaml.load(path)
]
CLAUSES = {
    *(f"R-3.2{letter}" for letter in "abcdefghij"),
    *(f"R-3.3{letter}" for letter in "defgh"),
    "R-2.5", "R-3.1e", "R-3.4d", "R-4.3b", "R-A2",
}  # fmt: skip


def as_json(value: Any) -> Any:
    """The value as JSON would carry it: dates as text."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return [as_json(item) for item in value]
    if isinstance(value, dict):
        return {key: as_json(item) for key, item in value.items()}
    return value


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_case(case: dict[str, Any]) -> None:
    given = as_json(case["given"])
    if "refused" in case:
        with pytest.raises(RuleError) as refused:
            answers.answer(given, today=TODAY)
        assert refused.value.code == case["refused"]
        return
    answer = answers.answer(given, today=TODAY)
    answer.pop("trace", None)
    assert answer == as_json(case["expect"])


def test_every_clause_has_a_case() -> None:
    assert CLAUSES - {case["clause"] for case in CASES} == set()


def test_cases_have_the_form() -> None:
    for case in CASES:
        assert case.keys() in (
            {"name", "clause", "given", "expect"},
            {"name", "clause", "given", "refused"},
        )
        assert re.search("[\u4e00-\u9fff]", case["name"])
    assert len({case["name"] for case in CASES}) == len(CASES)
