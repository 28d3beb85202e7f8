"""The week's sample: nobody chooses it, anybody can draw it again, and visits weigh on the next."""

from __future__ import annotations

import random
from datetime import date

import pytest
from sqlalchemy import delete, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from models import Anomaly, Finding, SpotCheck, SpotDraw
from rules.anomalies import Candidate, draw, is_too_regular, speed_kmh, village_weight
from services.anomalies import rates, sampling, spot_checks
from services.anomalies.spot_checks import Report
from services.procedure import Hindered
from tests.builders import at
from tests.services.days.stage import Village, village

NOW = at("2022-04-06 05:00")
WELL = Report(date(2022, 4, 7), Finding.AT_WORK)


@pytest.fixture
def place(seeded: Session) -> Village:
    return village(seeded, workers=30)


def drawn(place: Village) -> SpotDraw:
    assert place.town.region is not None
    row = sampling.draw(place.session, place.town.region, NOW)
    assert row is not None
    return row


def checks(place: Village) -> list[SpotCheck]:
    return list(place.session.scalars(select(SpotCheck)))


def test_a_sample_is_drawn_once_a_week(place: Village) -> None:
    row = drawn(place)
    assert place.town.region is not None
    assert sampling.draw(place.session, place.town.region, NOW) is None
    assert len(row.population) == 30
    assert [one.cause for one in checks(place)] == ["lot"] * 2
    assert sampling.is_true(place.session, row)


def test_a_sample_that_was_meddled_with_shows(place: Village) -> None:
    row = drawn(place)
    place.session.execute(delete(SpotCheck).where(SpotCheck.id == checks(place)[0].id))
    assert not sampling.is_true(place.session, row)


def test_a_draw_cannot_be_changed(place: Village) -> None:
    row = drawn(place)
    row.seed = "another"
    with pytest.raises(DBAPIError, match="only ever added"):
        place.session.flush()


def test_high_scores_are_visited_besides(place: Village) -> None:
    for number, worker in enumerate(place.workers[:3]):
        place.session.add(Anomaly(
            month_on=date(2022, 4, 1), signal="travel", region_id=place.place.id,
            engagement_id=worker.id, weight=30 + number, count=1, days=[], found_at=NOW,
        ))  # fmt: skip
    place.session.flush()
    row = drawn(place)
    by_score = {one.engagement_id for one in checks(place) if one.cause == "score"}
    assert len(by_score) == 2
    assert by_score <= {worker.id for worker in place.workers[:3]}
    assert sampling.is_true(place.session, row)


def test_order_does_not_matter_and_weight_does() -> None:
    people = [Candidate(str(number), 400 if number < 50 else 100, 0) for number in range(100)]
    mixed = random.Random(1).sample(people, 100)
    terms = {"by_lot": 10, "by_score": 0, "score_from": 30}
    assert draw("seed", people, **terms) == draw("seed", mixed, **terms)
    heavy = [key for seed in range(200) for key, _ in draw(str(seed), people, **terms)]
    share = sum(int(key) < 50 for key in heavy) / len(heavy)
    assert 0.7 < share < 0.88, "four times the weight: about four fifths of the sample"


def test_pure_parts() -> None:
    assert not is_too_regular([at("2022-04-06 08:00")] * 9, 60)
    assert is_too_regular([at("2022-04-06 08:00")] * 10, 60)
    assert speed_kmh(30_000, 300) == pytest.approx(360)
    assert speed_kmh(500, 1) == 0
    assert (village_weight(0, 0), village_weight(9, 0), village_weight(0, 9)) == (100, 400, 50)


def test_a_finding_weighs_on_the_next_draw(place: Village) -> None:
    drawn(place)
    first, second = checks(place)
    spot_checks.finish(place.session, first, place.town,
                       Report(date(2022, 4, 7), Finding.ABSENT, "地里没人"),
                       at("2022-04-07 10:00"))  # fmt: skip
    second.cause = "score"
    spot_checks.finish(place.session, second, place.town, WELL, at("2022-04-07 11:00"))
    assert place.town.region is not None
    weights = spot_checks.village_weights(place.session, place.town.region, date(2022, 4, 8))
    assert weights == {place.place.id: 175}
    rate = rates.false_alarms(place.session, place.town.region, date(2022, 4, 1))
    assert (rate.wrong, rate.of) == (1, 1)


@pytest.mark.parametrize(
    ("report", "why"),
    [
        (Report(date(2022, 4, 5), Finding.AT_WORK), "anomaly.wrong_day"),
        (Report(date(2022, 4, 9), Finding.AT_WORK), "anomaly.wrong_day"),
        (Report(date(2022, 4, 7), Finding.UNKNOWN, " "), "anomaly.say_what"),
    ],
)
def test_what_a_report_must_be(place: Village, report: Report, why: str) -> None:
    drawn(place)
    with pytest.raises(Hindered, match=why):
        spot_checks.finish(place.session, checks(place)[0], place.town, report,
                           at("2022-04-08 10:00"))  # fmt: skip


def test_a_village_visits_nobody(place: Village) -> None:
    drawn(place)
    with pytest.raises(Hindered, match="not_your_role"):
        spot_checks.finish(place.session, checks(place)[0], place.head, WELL,
                           at("2022-04-08 10:00"))  # fmt: skip


def test_a_check_is_done_once(place: Village) -> None:
    drawn(place)
    one = checks(place)[0]
    spot_checks.finish(place.session, one, place.town, WELL, at("2022-04-08 10:00"))
    with pytest.raises(Hindered, match="moved_on"):
        spot_checks.finish(place.session, one, place.town, WELL, at("2022-04-08 11:00"))
