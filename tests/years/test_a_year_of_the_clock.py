"""A year of the village with its clock at every due time: each notice counted, none missing, none
twice. What had to be told follows from the cast alone; what was told, from the messages."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy.orm import Session, sessionmaker

from tests.years import notices
from tests.years.clocked import LAST, ClockedVillage, live_until
from tests.years.told import due, told

FILE = Path(__file__).with_name("told.txt")


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_year_of_the_clock_tells_everything_once(sessions: sessionmaker[Session]) -> None:
    village = ClockedVillage(sessions)
    live_until(village, LAST)
    with sessions() as session:
        notices.nothing_was_told_twice(session)
        found, wanted = Counter(told(session, village)), Counter(due())
    assert {one: times for one, times in found.items() if times > 1} == {}, "told twice"
    assert sorted(wanted - found) == [], "never told"
    assert sorted(found - wanted) == [], "told without a cause"
    the_report_is_what_was_read_last(Counter(kind for kind, _, _ in found))


def the_report_is_what_was_read_last(kinds: Counter[str]) -> None:
    """`GYG_REPORT=1` writes it anew."""
    text = "".join(f"{kind}  {kinds[kind]}\n" for kind in sorted(kinds))
    if os.environ.get("GYG_REPORT"):
        FILE.write_text(text, "utf-8")
    assert text == FILE.read_text("utf-8")
