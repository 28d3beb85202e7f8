"""Nothing is lost and nothing doubled, whoever is killed. Few messages and short waits here; at
full length: `python -m tests.faults`, and what was seen stands in docs/faults.md."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.plays import PLAYS, Play, perform, set_up

MESSAGES = 150
HOLDS = 5 * 8
"""What one sending process has in its hands: a batch for each of its threads."""

QUICK = [play for play in PLAYS if play.is_quick]


@pytest.fixture
def folder() -> Iterator[Path]:
    """Not below pytest's own folder, which it shuts to the user that a database runs as."""
    with tempfile.TemporaryDirectory(prefix="gyg-faults-") as made:
        yield Path(made)


@pytest.mark.parametrize("play", QUICK, ids=lambda play: play.name)
def test_none_is_lost_and_none_is_doubled(play: Play, folder: Path) -> None:
    if play.kind is not None and play.kind.missing:
        pytest.skip(play.kind.missing)
    told = perform(play, folder, MESSAGES, hurried=True)
    assert (told.after.messages, told.after.lost, told.after.doubled) == (MESSAGES, 0, 0)
    states = told.after.states
    assert set(states) <= {"accepted", "uncertain"}
    assert states.get("uncertain", 0) <= HOLDS
    unknown_that_left = told.after.sent_of_uncertain
    assert told.after.sent == states["accepted"] + unknown_that_left


def test_a_second_clock_takes_over_from_one_that_was_killed(folder: Path) -> None:
    play = Play("takeover", "sqlite", None, (), lambda _stage, _database: None)
    with set_up(play, folder, hurried=True) as (on, _database):
        on.start("clock")
        on.until(lambda: bool(on.leader()[0]))
        first, _until = on.leader()
        on.start("standby")
        on.kill("clock")
        on.until(lambda: on.leader()[0] not in {"", first})
        on.fill(5)
        on.until(lambda: on.settled() == 5)
        assert on.sent().total() == 5
