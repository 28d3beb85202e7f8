"""The notification matrix (requirements 3.9): each cell has its kind, and each kind its caller."""

from __future__ import annotations

import ast
import re

import pytest

from services.telling_kinds import Audience, Channel, Kind, kind, kinds
from services.visits import Way
from tests.house.tree import python, syntax

A = Audience
CELLS: dict[str, tuple[tuple[str, Audience], ...]] = {
    "morning reminder": (("morning_reminder", A.WORKER),),
    "absent by window end": (
        ("day_unsigned", A.WORKER), ("unsigned_list", A.VILLAGE_HEAD), ("absence_town", A.TOWN),
    ),
    "absent": (("day_not_counted", A.WORKER), ("absence_visit", A.VILLAGE_STAFF)),
    "day to be confirmed": (
        ("confirm_due", A.VILLAGE_HEAD), ("confirm_overdue", A.TOWN),
        ("unconfirmed_week", A.DISTRICT),
    ),
    "month result": (
        ("month_whole", A.WORKER), ("month_part", A.WORKER), ("month_nothing", A.WORKER),
    ),
    "term end": (
        ("term_notice", A.WORKER), ("term_notice_early", A.WORKER),
        ("term_notice_head", A.VILLAGE_HEAD), ("term_undecided_town", A.TOWN),
        ("term_undecided_district", A.DISTRICT),
    ),
    "accident": (
        ("accident_village", A.VILLAGE_STAFF), ("accident_town", A.TOWN),
        ("accident_district", A.DISTRICT),
    ),
    "insurance gap": (("insurance_gap_town", A.TOWN), ("insurance_gap_district", A.DISTRICT)),
    "objection": (("objection_town", A.TOWN), ("objection_district", A.DISTRICT)),
    "list hit": (
        ("list_hit_employees", A.WORKER), ("list_hit_pensions", A.WORKER),
        ("list_hit_head", A.VILLAGE_HEAD), ("list_hit_town", A.TOWN),
        ("list_hit_district", A.DISTRICT),
    ),
    "evening result": (("day_counted", A.WORKER), ("day_waits", A.WORKER)),
    "case": (("case_approved", A.APPLICANT), ("case_refused", A.APPLICANT)),
}  # fmt: skip


@pytest.mark.parametrize("cell", CELLS)
def test_a_cell_has_its_kind(cell: str) -> None:
    for name, audience in CELLS[cell]:
        assert kind(name).audience is audience


def test_what_decides_about_money_and_terms_goes_by_two_ways_and_ends_at_the_door() -> None:
    for name in ("month_part", "month_nothing", "term_notice"):
        row = kind(name)
        assert row.at_once
        assert not row.refusable
        assert row.channels[-1] is Channel.VISIT
        assert row.unread_by is not None
    assert set(Way) == {"phone", "door"}


def test_who_has_not_signed_hears_by_wechat_and_then_by_sms() -> None:
    row = kind("day_unsigned")
    assert row.channels == (Channel.CHAT, Channel.SMS)
    assert not row.at_once, "one after the other"
    assert row.valid_minutes is not None, "true for this day only"


def test_an_accident_waits_for_no_morning() -> None:
    for name, _ in CELLS["accident"]:
        assert not kind(name).quiet_hours


def _said() -> tuple[set[str], list[re.Pattern[str]]]:
    """Every string of the code, and the shapes of those put together when it runs."""
    words: set[str] = set()
    shapes: list[re.Pattern[str]] = []
    for path in python(below=("services", "handlers", "bot", "scheduler", "console")):
        for node in ast.walk(syntax(path)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                words.add(node.value)
            elif isinstance(node, ast.JoinedStr):
                parts = [
                    re.escape(str(part.value)) if isinstance(part, ast.Constant) else "[a-z_]+"
                    for part in node.values
                ]
                if re.search(r"[a-z]{2,}", "".join(p for p in parts if p != "[a-z_]+")):
                    shapes.append(re.compile("".join(parts)))
    return words, shapes


WORDS, SHAPES = _said()


@pytest.mark.parametrize("row", kinds().values(), ids=lambda row: row.name)
def test_a_kind_has_its_caller(row: Kind) -> None:
    assert row.name in WORDS or any(shape.fullmatch(row.name) for shape in SHAPES)
