"""The whole procedure, played by residents and staff against the real processes on both databases:
one town each, in which all files share the calendar."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest

from tests import databases
from tests.procedure.company import Company, open_account
from tests.scenarios.town import running_house

FILES = sorted(Path(__file__).parent.glob("*.yaml"))
CLOCK = "tests.procedure.hurried_clock"


@pytest.mark.timeout(400)
@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_from_the_application_to_the_first_day(
    database: str, tmp_path: Path, worker_id: str
) -> None:
    with ExitStack() as open_ones:
        url = f"sqlite:///{tmp_path / 'town.db'}"
        if database == "postgres":
            engine = open_ones.enter_context(databases.postgres_database(f"procedure_{worker_id}"))
            url = engine.url.render_as_string(hide_password=False)
        town = open_ones.enter_context(running_house(url, clock=CLOCK))
        second_head = open_account(town, "gulouzhuren", "town_head", "gulou")
        lines: list[str] = []
        company = Company(town, lines.append, hired={"gulouzhuren": second_head})
        failures = company.play_all(FILES)
    assert not failures, "\n".join(failures.values())
    assert len(lines) > 300
