"""Each fraud about days is caught as `patterns.yaml` says, or honestly not."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import select

from models import Anomaly
from rules.anomalies import signals
from services.anomalies import looking, sampling
from services.procedure import Hindered
from tests.builders import region
from tests.frauds import plays
from tests.frauds.stage import APRIL, Place
from tests.talk import Talk

HERE = Path(__file__).parent


@cache
def table(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((HERE / name).read_text(encoding="utf-8"))
    return found


PATTERNS = [
    pytest.param(name, id=f"{row['number']}-{name}") for name, row in table("patterns.yaml").items()
]


@pytest.mark.parametrize("name", PATTERNS)
def test_a_pattern(talk: Talk, name: str) -> None:
    row, place = table("patterns.yaml")[name], Place(talk)
    refused = None
    try:
        getattr(plays, name)(place)
    except Hindered as hindered:
        refused = hindered.obstacles[0].key
    place.night()
    assert refused == row.get("refused")
    assert place.caught() == {signal: set(who) for signal, who in row["caught"].items()}
    assert place.counted("甲一") == row["counted"]
    assert place.held() == set(row.get("held", ()))
    answered = row["caught"] or row.get("refused") or row.get("held") or row["counted"] == 0
    assert answered or row["not_caught"], "say why nothing finds it"


def test_every_signal_has_a_pattern_that_shows_it() -> None:
    shown = {signal for row in table("patterns.yaml").values() for signal in row["caught"]}
    assert shown == signals(APRIL).keys()


def test_no_number_is_forgotten(root: Path) -> None:
    here = {row["number"] for row in table("patterns.yaml").values()}
    elsewhere = table("elsewhere.yaml")
    assert here | elsewhere.keys() == {f"F-{number:02d}" for number in range(1, 18)}
    assert all((root / path).is_file() for path in elsewhere.values())


def test_town_and_district_see_it_and_no_other_town(talk: Talk) -> None:
    place = Place(talk)
    plays.three_in_one_second(place)
    place.night()
    seen = {
        code: len(looking.of_area(place.session, region(place.session, code), APRIL))
        for code in ("yanzhou", "xinyan", "v-xinyan-wangjiazhuang", "yandian")
    }
    assert seen == {"yanzhou": 3, "xinyan": 3, "v-xinyan-wangjiazhuang": 3, "yandian": 0}


def test_what_no_signal_finds_is_still_in_the_weeks_draw(talk: Talk) -> None:
    place = Place(talk)
    plays.signs_and_rests(place)
    place.night("2022-04-29 04:00")
    row = sampling.draw(place.session, region(place.session, "xinyan"), talk.clock.at)
    assert row is not None
    assert str(place.workers["甲一"].id) in {key for key, _, _ in row.population}
    assert place.session.scalars(select(Anomaly)).all() == []
