"""What was approved for days after somebody had left is on the district's table (F-07, F-13)."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from models.term_steps import ExitCause
from services.terms import exits, settling, vacancies
from services.terms.exits import Leaving
from services.terms.term_work import PaidAfter
from tests.builders import region
from tests.services.terms.stage import DISTRICT, VILLAGE, company, noon, on_post


def test_a_late_report_is_listed_with_nothing_owed_where_nothing_was_paid(seeded: Session) -> None:
    engagement, staff, now = on_post(seeded), company(seeded), noon(date(2023, 5, 10))
    what = Leaving(ExitCause.JOB, date(2023, 4, 20), "早走了")
    made = exits.propose(seeded, engagement, what, staff.town_clerk, now)
    settling.take(seeded, made, "approve", staff.approver, now)
    (free,) = vacancies.latest(seeded, region(seeded, VILLAGE))
    assert free.vacancy.late_at is not None
    assert free.owed_fen == 0
    assert vacancies.to_claw_back(seeded, region(seeded, DISTRICT)) == []
    assert PaidAfter().items(seeded, staff.district_clerk, now, 10) == []
    assert vacancies.latest(seeded, region(seeded, "xiaomeng")) == []
