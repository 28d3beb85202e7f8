"""The demonstration's people on a post: nothing that the clock looks for every day is wrong with
them from the first hour."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import yaml
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Engagement, InsuranceCover
from services import demo_workers, insurance, insurance_gaps
from tests.builders import region


def test_they_are_insured_from_before_their_first_day(seeded: Session, root: Path) -> None:
    demo = yaml.safe_load((root / "deploy" / "demo.yaml").read_text("utf-8"))
    now = datetime.fromisoformat(demo["clock"])
    for _ in range(2):
        demo_workers.seed(seeded, demo, now)
    seeded.flush()
    workers = seeded.scalars(select(Engagement)).all()
    assert len(workers) == len(demo["at_work"]["workers"])
    first: date = min(one.starts_on for one in workers if one.starts_on)
    covers = seeded.scalars(select(InsuranceCover)).all()
    assert len(covers) == len(workers)
    assert all(cover.from_on < first for cover in covers)
    for later in (0, 400):
        assert insurance_gaps.look(seeded, now + timedelta(days=later)) == 0
    assert insurance.to_add(seeded, region(seeded, "yanzhou"), now.date()) == []
