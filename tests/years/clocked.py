"""The village with its clock at every due time: each job of the clock's table that tells people or
changes what they are told, at each moment of a day at which one falls due."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from models import InsuranceCover
from scheduler.job import Job, due_between
from scheduler.jobs import JOBS
from tests.builders import at
from tests.years import cast
from tests.years.play import Village

MORNING = ("00:01", "06:31")
FORENOON = ("08:16", "09:01", "10:01", "12:01", "17:31")
EVENING = ("20:01", "20:12")
"""A minute after each due time of a day: the end of the day before, the month's sheets, the
reminder, the check-in window, the list at noon and the town's call, and the evening's three. Nobody
checks in before seven; the head confirms at 17:40."""
OUTSIDE = frozenset(
    {"hand_out_mail", "fetch_materials", "tidy_mail", "ask_providers", "fetch_check_in_photos"}
)
"""Jobs that need the outside world: nothing leaves here, the messages are counted."""
LAST = date(2023, 3, 31)


@dataclass
class ClockedVillage(Village):
    """The village of the three years, with nothing of its clock called by hand."""

    rung_at: datetime = field(default_factory=lambda: at(f"{cast.FIRST} 00:00"))

    def begin(self, worker: cast.Worker) -> None:
        """As ever, and insured: there is no gap to tell of."""
        super().begin(worker)
        with self.sessions.begin() as session:
            session.add(
                InsuranceCover(
                    engagement_id=self.engagements[worker.name], policy_number="P-2022",
                    from_on=worker.from_on, recorded_at=self.clock.at,
                    recorded_by_id=self.staff["clerk"],
                )
            )  # fmt: skip

    def live(self, day: date) -> None:
        """One day, from midnight to midnight."""
        self._ring(day, *MORNING)
        works = cast.is_work(day) and day not in cast.STORM
        if works:
            self.check_ins(day)
        self._ring(day, *FORENOON)
        if works:
            self.clock.at = at(f"{day} 17:40")
            self.confirm(day)
        self._ring(day, *EVENING)
        self.clock.at = at(f"{day} 20:30")
        for act in self.plan.pop(day, []):
            act()
        self._ring(day, "20:31")

    def _ring(self, day: date, *times: str) -> None:
        for time in times:
            self.clock.at = at(f"{day} {time}")
            for job in JOBS:
                if job.name not in OUTSIDE:
                    self._look(job)
            self.rung_at = self.clock.at

    def _look(self, job: Job) -> None:
        if job.is_due is not None:
            while job.is_due(self.works):
                if job.run(self.works, self.clock.at) == 0:
                    break
            return
        for due_at in due_between(job, self.rung_at + timedelta(seconds=1), self.clock.at)[-1:]:
            job.run(self.works, due_at)


def live_until(village: ClockedVillage, last: date) -> None:
    """Found the village and live in it from the first day to that one."""
    village.found()
    village.script()
    for month_on in cast.months():
        village.close(month_on)
    for day in sorted(cast.days(cast.FIRST, last)):
        for worker in cast.ALL:
            if worker.from_on == day:
                village.begin(worker)
        village.live(day)
