"""The worked examples of terms over the running service, with the time machine: asked by phone,
told before the end, undecided at the end, ended, and no sign is taken after the last day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from tests.builders import create_contact, phone
from tests.rules.test_vectors import VECTORS, day
from tests.scenarios.lives import Life, inside, move, running_on
from tests.scenarios.town import Town
from tests.services.terms.stage import on_post

FIRST = "2022-04-01"


@pytest.fixture(params=["sqlite", "postgres"])
def town(request: pytest.FixtureRequest, tmp_path: Path, worker_id: str) -> Iterator[Town]:
    with running_on(request.param, f"terms_{worker_id}", tmp_path) as made:
        yield made


@pytest.fixture
def workers(town: Town, monkeypatch: pytest.MonkeyPatch) -> dict[str, Life]:
    """The six worked examples, each bound to a phone; keyed by their first day."""
    lives = {}
    with inside(town, monkeypatch) as sessions, sessions.begin() as session:
        for order, row in enumerate(VECTORS["term36"], 700):
            engagement = on_post(session, day(row["start"]), phone=phone(order))
            openid = f"o-term-{order}"
            create_contact(session, address_key=openid, person_id=engagement.person_id)
            lives[row["start"]] = Life(town, openid, phone(order))
    return lives


@pytest.mark.timeout(400)
def test_terms_over_the_running_service(town: Town, workers: dict[str, Life]) -> None:
    move(town, "2024-04-02T10:00")
    for row in VECTORS["term36"]:
        assert f"干到{said(day(row['end']))}" in workers[row["start"]].says("期限")
    stays = workers[FIRST]
    move(town, "2025-01-30T10:00")
    told = stays.hears_by_sms("还有60天")
    assert "2025年3月31日到期，还有60天" in told
    assert "还有90天" not in told, "what is no longer true is not told"
    assert "2026年3月31日" in stays.says("接着干")
    assert "记下了" in stays.says("是")
    move(town, "2025-04-01T08:00")
    assert "续期还没定" in stays.says_until("期限", "续期还没定")
    assert "记上了" not in stays.says("打卡")
    ends = workers["2022-08-31"]
    move(town, "2025-08-31T10:00")
    assert "已经退了" in ends.says_until("期限", "已经退了")
    assert "记上了" not in ends.says("打卡")
    assert "记下了" in ends.says("想学个电工")


def said(on: date) -> str:
    return f"{on.year}年{on.month}月{on.day}日"
