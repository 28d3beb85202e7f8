"""Two rates that guard against the opposite harm (requirements section 4): of those who were
visited because of signals, how many were rightly at work; and of the days of people who came, how
many the usual way would have lost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import AttendanceDay, Engagement, Post, Region, SpotCheck
from models.anomalies import BAD
from rules.months import end_of_month
from services.staff import area

SAVED = frozenset({"ruled_present", "backfilled"})
"""Rows of the truth table by which a day counts only because somebody spoke up."""


@dataclass(frozen=True)
class Rate:
    """`wrong` of `of`."""

    wrong: int
    of: int

    @property
    def percent(self) -> float | None:
        return round(100 * self.wrong / self.of, 1) if self.of else None


def false_alarms(session: Session, place: Region, month_on: date) -> Rate:
    """Of the visits of a month that were made because of a score, those that found nothing."""
    asked = (
        select(SpotCheck.finding, func.count())
        .join(Engagement, SpotCheck.engagement_id == Engagement.id)
        .join(Post, Engagement.post_id == Post.id)
        .join(Region, Post.region_id == Region.id)
        .where(area(place), SpotCheck.cause == "score",
               SpotCheck.done_on.between(month_on, end_of_month(month_on)))
        .group_by(SpotCheck.finding)
    )  # fmt: skip
    found = dict(session.execute(asked).tuples().all())
    well = sum(number for finding, number in found.items() if finding not in BAD)
    return Rate(well, sum(found.values()))


def false_rejects(session: Session, place: Region, month_on: date) -> Rate:
    """Of the days that counted, those that counted only after a backfill or the town's ruling: the
    usual way had turned away somebody who came."""
    row = AttendanceDay.reasons[0].as_string()
    asked = (
        select(row, func.count())
        .join(Engagement, AttendanceDay.engagement_id == Engagement.id)
        .join(Post, Engagement.post_id == Post.id)
        .join(Region, Post.region_id == Region.id)
        .where(area(place), AttendanceDay.counted,
               AttendanceDay.day_on.between(month_on, end_of_month(month_on)))
        .group_by(row)
    )  # fmt: skip
    found = dict(session.execute(asked).tuples().all())
    saved = sum(number for reason, number in found.items() if reason in SAVED)
    return Rate(saved, sum(found.values()))
