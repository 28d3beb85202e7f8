"""The demonstration's day on the post: workers, head and clerk at their phones, over the real
processes, with the evening's word at the end."""

from pathlib import Path

import pytest

from cli.processes import run
from sandbox.replay import Player
from sandbox.scenario import read_scenario
from tests.scenarios.town import running_house

FILES = sorted((Path(__file__).parent / "at_work").glob("*.yaml"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_day_at_work(path: Path, tmp_path: Path) -> None:
    lines: list[str] = []
    with running_house(f"sqlite:///{tmp_path / 'town.db'}") as town:
        run(dict(town.environment), "db", "demo", "--at-work", quiet=True)
        Player(town.phones, lines.append).play(read_scenario(path))
    assert len(lines) > len(read_scenario(path).steps)
