"""Days on the post: what each side said (events), and the day that is derived from it
(plan 三(五), R-3.5d, requirements 3.4).

Three facts are kept apart: the worker's own check-in, the village clerk's roll-call, the village
head's confirmation. An event is never changed nor deleted; the day can be derived again from the
events at any time, with the same result, until its month locks it.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, new_id
from models.onpost import Engagement
from models.places import Region
from models.plan import Post
from models.sealing import Sealed
from models.staff import Staff


class EventKind(StrEnum):
    """What was said about one day, and by which side."""

    CHECKIN = "checkin"
    CHECKOUT = "checkout"
    DISPUTED = "disputed"
    BACKFILL_ASKED = "backfill_asked"
    """The worker's side."""
    PRESENT = "present"
    ABSENT = "absent"
    SHEET = "sheet"
    """The clerk's side: roll-call, and the paper sheet of those without a phone."""
    CONFIRMED = "confirmed"
    DENIED = "denied"
    """The village head's side, or the town's in the head's stead."""
    WITNESSED = "witnessed"
    BACKFILL_REFUSED = "backfill_refused"
    """The second person's side: a check-in that was forgotten, seen by somebody else."""
    RULED_PRESENT = "ruled_present"
    RULED_ABSENT = "ruled_absent"
    """The town's answer to a dispute."""
    TAKEN_BACK = "taken_back"
    """Undoes the event that it names."""


class DutyPlan(Base):
    """When and where a post is worked, from a day on until the next plan of the post.

    `weekdays` holds the ISO numbers of the days worked, e.g. `12345`; `opens` and `closes` are the
    check-in window in Asia/Shanghai. Without a fence, no place is asked for."""

    __tablename__ = "duty_plan"
    __table_args__ = (
        UniqueConstraint("post_id", "from_on"),
        CheckConstraint("opens < closes", name="window"),
        CheckConstraint("minutes > 0", name="minutes"),
        CheckConstraint(
            "(fence_latitude IS NULL) = (fence_longitude IS NULL)"
            " AND (fence_latitude IS NULL) = (fence_radius_m IS NULL)",
            name="fence",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"))
    from_on: Mapped[date]
    weekdays: Mapped[str] = mapped_column(String(7))
    holidays_worked: Mapped[bool] = mapped_column(default=False)
    opens: Mapped[time]
    closes: Mapped[time]
    needs_checkout: Mapped[bool] = mapped_column(default=False)
    minutes: Mapped[int]
    """The minutes of a full day."""
    fence_latitude: Mapped[float | None]
    fence_longitude: Mapped[float | None]
    fence_radius_m: Mapped[int | None]
    made_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    made_at: Mapped[datetime]

    post: Mapped[Post] = relationship()


class AttendanceEvent(Base):
    """One fact about one day of one engagement, said by one side. Only added.

    `happened_at`: when it happened, as far as the channel knows; `recorded_at`: when we took it.
    `evidence` holds what was checked and how it came out (distance in metres, fence, code), never
    the raw point. The keys: `services.days.evidence`."""

    __tablename__ = "attendance_event"
    __table_args__ = (
        Index("ix_attendance_event_day", "engagement_id", "day_on", "kind"),
        Index("ix_attendance_event_on", "day_on", "kind", "engagement_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    engagement_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("engagement.id"))
    day_on: Mapped[date]
    kind: Mapped[EventKind] = mapped_column(String(20))
    happened_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    contact_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("contact.id"))
    staff_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    source: Mapped[str] = mapped_column(String(16))
    """wechat, sms, console, sheet, village_code, helper."""
    evidence: Mapped[dict[str, Any]] = mapped_column(default=dict)
    attachment_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("attachment.id"))
    undoes_id: Mapped[int | None] = mapped_column(ForeignKey("attendance_event.id"), unique=True)
    reason: Mapped[str] = mapped_column(String(255), default="")

    engagement: Mapped[Engagement] = relationship()
    staff: Mapped[Staff | None] = relationship()


class CheckInPoint(Base):
    """The raw point of a check-in, sealed, until `attendance.location_kept_days` have passed.
    `spot_index` is a keyed hash of the exact coordinates: the same spot twice can be seen without
    opening either (F-16)."""

    __tablename__ = "check_in_point"

    event_id: Mapped[int] = mapped_column(ForeignKey("attendance_event.id"), primary_key=True)
    point_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    """`latitude,longitude` in degrees (GCJ-02, as WeChat gives it)."""
    spot_index: Mapped[str] = mapped_column(String(32), index=True)
    taken_at: Mapped[datetime] = mapped_column(index=True)

    point = Sealed(row_key="event_id")


class CheckInPhoto(Base):
    """A photo that came with a check-in: asked from the platform afterwards, then hashed (F-04)."""

    __tablename__ = "check_in_photo"
    __table_args__ = (
        Index(
            "ix_check_in_photo_waiting",
            "next_try_at",
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
    )

    event_id: Mapped[int] = mapped_column(ForeignKey("attendance_event.id"), primary_key=True)
    media_id: Mapped[str] = mapped_column(String(128))
    attachment_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("attachment.id"))
    picture_hash: Mapped[str | None] = mapped_column(String(16), index=True)
    """64 bits in hex, close for pictures that look alike; None until the photo is here."""
    state: Mapped[str] = mapped_column(String(8), default="waiting")
    """waiting, kept, lost (the platform has it no more) or unusable (no picture)."""
    tries: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime]
    taken_at: Mapped[datetime]


class RollSheet(Base):
    """A month's attendance sheet that a clerk brought as Excel, kept as it came. What of it counts
    stands in the events of `taken_at`; brought again, the same file is the same row."""

    __tablename__ = "roll_sheet"
    __table_args__ = (UniqueConstraint("region_id", "month_on", "sha256"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    region_id: Mapped[int] = mapped_column(ForeignKey("region.id"))
    month_on: Mapped[date]
    sha256: Mapped[str] = mapped_column(String(64))
    file_name: Mapped[str] = mapped_column(String(128))
    content_sealed: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    """Base64 of the file."""
    brought_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    brought_at: Mapped[datetime]
    taken_at: Mapped[datetime | None]
    """When it was last taken into the days; None: looked at only."""
    called: Mapped[int] = mapped_column(default=0)
    asked: Mapped[int] = mapped_column(default=0)
    """Marks taken as a roll-call, and days asked for afterwards, of all times."""

    content = Sealed()
    brought_by: Mapped[Staff] = relationship()


class CheckInHelper(Base):
    """Somebody whose phone may check in for a worker, declared and recorded (F-17): by SMS from
    that number, or from any chat whose owner proved that the number is theirs. `relation`: a key of
    `helper.relation_…`. Both days are included."""

    __tablename__ = "check_in_helper"
    __table_args__ = (
        CheckConstraint("to_on IS NULL OR from_on <= to_on", name="dates"),
        Index(
            "uq_check_in_helper_current",
            "engagement_id",
            "phone_index",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_check_in_helper_phone", "phone_index"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    engagement_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("engagement.id"))
    name: Mapped[str] = mapped_column(String(64))
    relation: Mapped[str] = mapped_column(String(16))
    phone_index: Mapped[str] = mapped_column(String(32))
    phone_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    from_on: Mapped[date]
    to_on: Mapped[date | None]
    paper_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("attachment.id"))
    declared_at: Mapped[datetime]
    declared_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    ended_at: Mapped[datetime | None]

    phone = Sealed()
    engagement: Mapped[Engagement] = relationship()
    declared_by: Mapped[Staff] = relationship()


class DayState(StrEnum):
    """How a day stands. `unknown` until it closes; `disputed` until the town has answered."""

    UNKNOWN = "unknown"
    COUNTED = "counted"
    ABSENT = "absent"
    LEAVE_PAID = "leave_paid"
    LEAVE_UNPAID = "leave_unpaid"
    REST = "rest"
    HOLIDAY = "holiday"
    STOPPED = "stopped"
    PAUSED = "paused"
    DISPUTED = "disputed"
    OFF_POST = "off_post"
    """Before the first day, or after the last one."""


class AttendanceDay(Base):
    """One day of one engagement, derived from its events by the truth table of the day.

    It may be deleted and derived again with the same result, until `month_sheet_id` locks it: then
    the database refuses to change it, and a correction is a record of the month."""

    __tablename__ = "attendance_day"
    __table_args__ = (
        Index(
            "ix_attendance_day_open",
            "day_on",
            sqlite_where=text("settled_at IS NULL"),
            postgresql_where=text("settled_at IS NULL"),
        ),
    )

    engagement_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("engagement.id"), primary_key=True)
    day_on: Mapped[date] = mapped_column(primary_key=True)
    state: Mapped[DayState] = mapped_column(String(12))
    planned: Mapped[bool]
    """Whether the duty plan, the calendar and the engagement's dates made it a day of work."""
    counted: Mapped[bool]
    minutes: Mapped[int]
    late: Mapped[bool]
    leave_kind: Mapped[str | None] = mapped_column(String(16))
    reasons: Mapped[list[Any]]
    """Keys of `rules.attendance`, first the row of the truth table that decided."""
    rules_version: Mapped[str] = mapped_column(String(16))
    derived_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    """When the day closed: from then on the state is no longer `unknown`."""
    month_sheet_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("month_sheet.id"), index=True
    )
    """The month sheet that locked the day."""


class DayStep(Base):
    """A step of closing a day that is done: reminders, evening, the town's call, the end. What has
    no row is still due, so that a clock that stood still catches up."""

    __tablename__ = "day_step"

    day_on: Mapped[date] = mapped_column(primary_key=True)
    step: Mapped[str] = mapped_column(String(12), primary_key=True)
    done_at: Mapped[datetime]
    told: Mapped[int]


class LeaveState(StrEnum):
    ASKED = "asked"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class Leave(Base):
    """Days off that a worker asked for, and the answer. `kind`: a name of `attendance.leave_kinds`;
    the worker's words may say something of their health and stand sealed."""

    __tablename__ = "leave"
    __table_args__ = (
        CheckConstraint("from_on <= to_on", name="dates"),
        Index("ix_leave_engagement", "engagement_id", "from_on"),
        Index(
            "ix_leave_asked",
            "asked_at",
            sqlite_where=text("state = 'asked'"),
            postgresql_where=text("state = 'asked'"),
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    engagement_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("engagement.id"))
    kind: Mapped[str] = mapped_column(String(16))
    paid: Mapped[bool]
    from_on: Mapped[date]
    to_on: Mapped[date]
    half_day: Mapped[bool] = mapped_column(default=False)
    words_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    state: Mapped[LeaveState] = mapped_column(String(12))
    asked_at: Mapped[datetime]
    contact_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("contact.id"))
    asked_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    """The clerk who asked in the worker's name."""
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    remark: Mapped[str] = mapped_column(String(255), default="")
    withdrawn_at: Mapped[datetime | None]
    ended_on: Mapped[date | None]
    """The last day that still holds, where the worker came back early."""

    words = Sealed()
    engagement: Mapped[Engagement] = relationship()


class Stoppage(Base):
    """Days on which the district stopped work for a place and all below it (weather, an outage of
    the system). `kind`: a name of `attendance.stoppage_kinds`, which says whether they are paid."""

    __tablename__ = "stoppage"
    __table_args__ = (
        CheckConstraint("from_on <= to_on", name="dates"),
        Index("ix_stoppage_dates", "from_on", "to_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    region_id: Mapped[int] = mapped_column(ForeignKey("region.id"))
    kind: Mapped[str] = mapped_column(String(16))
    from_on: Mapped[date]
    to_on: Mapped[date]
    reason: Mapped[str] = mapped_column(String(255))
    declared_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    declared_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]

    region: Mapped[Region] = relationship()


class ConfirmationRound(Base):
    """One look of a village head (or the town) at a day: whom they were shown, in which order, what
    they answered, and how long it took them (F-11)."""

    __tablename__ = "confirmation_round"
    __table_args__ = (Index("ix_confirmation_round_day", "region_id", "day_on"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    region_id: Mapped[int] = mapped_column(ForeignKey("region.id"))
    day_on: Mapped[date]
    staff_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    source: Mapped[str] = mapped_column(String(16))
    shown: Mapped[list[Any]]
    """Engagement ids in the order in which they were shown, which is drawn by lot."""
    opened_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    answers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """`{"confirmed": […], "denied": […], "unsure": […]}`, engagement ids."""

    @property
    def seconds(self) -> int | None:
        if self.answered_at is None:
            return None
        return int((self.answered_at - self.opened_at).total_seconds())
