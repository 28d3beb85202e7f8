"""Every scenario, played against the real service on both databases: one town for each.

The scenarios share a town, as residents do: each has its own people, and sets the clock itself.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.replay import Player
from sandbox.scenario import read_scenario
from tests import databases
from tests.scenarios.town import running_town

FILES = sorted(Path(__file__).parent.glob("*.yaml"))


@pytest.fixture(scope="session")
def sqlite_town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_town(f"sqlite:///{tmp_path_factory.mktemp('town') / 'town.db'}") as phones:
        yield phones


@pytest.fixture(scope="session")
def postgres_town(worker_id: str) -> Iterator[str]:
    with (
        databases.postgres_database(f"town_{worker_id}") as engine,
        running_town(engine.url.render_as_string(hide_password=False)) as phones,
    ):
        yield phones


@pytest.fixture(params=["sqlite", "postgres"])
def town(request: pytest.FixtureRequest) -> str:
    phones: str = request.getfixturevalue(f"{request.param}_town")
    return phones


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_scenario(path: Path, town: str) -> None:
    lines: list[str] = []
    Player(town, lines.append).play(read_scenario(path))
    assert len(lines) > len(read_scenario(path).steps)
