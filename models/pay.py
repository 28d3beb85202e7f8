"""The month and its money: sheets, lines, disputes, subsidy records (plan 三(三), 四(三); R-3.3c,
R-4.3*, requirements 3.5). Payments, budgets and what comes back: `models.payments`.

A subsidy record is never changed (the database refuses): what was wrong is put right by another
record beside it. A line of a locked month is never changed either.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, new_id
from models.onpost import Engagement
from models.pay_steps import SheetState
from models.people import Person
from models.places import Region
from models.sealing import Sealed
from models.staff import Staff


class MonthSheet(Base):
    """One place's month: its lines, its signatures, by when the next one is due. `month_on` is the
    month's first day; `edition` refuses what was decided on an older page."""

    __tablename__ = "month_sheet"
    __table_args__ = (
        UniqueConstraint("region_id", "month_on"),
        Index("ix_month_sheet_state", "state", "due_on"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    region_id: Mapped[int] = mapped_column(ForeignKey("region.id"))
    month_on: Mapped[date] = mapped_column(index=True)
    state: Mapped[SheetState] = mapped_column(String(12), default=SheetState.GATHERING)
    due_on: Mapped[date | None]
    workers: Mapped[int] = mapped_column(default=0)
    amount_fen: Mapped[int] = mapped_column(default=0)
    certified: Mapped[bool] = mapped_column(default=False)
    """Whether every number behind the amounts is confirmed, and no pay is under its floor."""
    signed_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    signed_at: Mapped[datetime | None]
    checked_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    checked_at: Mapped[datetime | None]
    dispute_until_on: Mapped[date | None]
    approved_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    approved_at: Mapped[datetime | None]
    terms: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """The numbers in force, with their sources, as they stood when the lines were reckoned."""
    lines_sha256: Mapped[str] = mapped_column(String(64), default="")
    """Of all lines, as they were signed."""
    gathered_at: Mapped[datetime]
    edition: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": edition}  # noqa: RUF012 - SQLAlchemy's own declaration

    region: Mapped[Region] = relationship()
    signed_by: Mapped[Staff | None] = relationship(foreign_keys=signed_by_id)
    checked_by: Mapped[Staff | None] = relationship(foreign_keys=checked_by_id)
    approved_by: Mapped[Staff | None] = relationship(foreign_keys=approved_by_id)


class MonthStep(Base):
    """One act on a sheet. Only added."""

    __tablename__ = "month_step"

    id: Mapped[int] = mapped_column(primary_key=True)
    sheet_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("month_sheet.id"), index=True)
    at: Mapped[datetime]
    act: Mapped[str] = mapped_column(String(24))
    staff_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    reason: Mapped[str] = mapped_column(String(255), default="")
    lines_sha256: Mapped[str] = mapped_column(String(64), default="")

    staff: Mapped[Staff | None] = relationship()


class MonthLine(Base):
    """One worker on a sheet: days, amount, reasons. `locked_at`: the database refuses every change
    from then on."""

    __tablename__ = "month_line"
    __table_args__ = (
        UniqueConstraint("engagement_id", "month_on"),
        CheckConstraint("shared_fen + other_fen = amount_fen", name="whole"),
        CheckConstraint("amount_fen >= 0 AND whole_fen >= amount_fen", name="amounts"),
        CheckConstraint("track = 'rural' OR shared_fen = 0", name="ledger"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    sheet_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("month_sheet.id"), index=True)
    engagement_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("engagement.id"))
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), index=True)
    month_on: Mapped[date]
    track: Mapped[str] = mapped_column(String(8))
    planned_days: Mapped[int]
    """Days of the whole month on that post."""
    paid_days: Mapped[int]
    open_days: Mapped[int]
    """Days not closed yet, or disputed: nobody signs while there are some."""
    minutes: Mapped[int]
    rate_fen: Mapped[int | None]
    whole_fen: Mapped[int]
    amount_fen: Mapped[int]
    shared_fen: Mapped[int]
    other_fen: Mapped[int]
    reasons: Mapped[list[Any]]
    """Names of `rules.pay.Reason`."""
    days: Mapped[dict[str, Any]]
    """State of `DayState` → the days of the month, as `1,2,5`."""
    basis: Mapped[dict[str, Any]]
    """What the amount was reckoned from: `work` as `rules.pay.Work` takes it, and `carried`."""
    floor: Mapped[dict[str, Any]]
    """What the pay was held against (empty: nothing to hold it against)."""
    facts_sha256: Mapped[str] = mapped_column(String(64))
    """Of everything that the amount comes from."""
    by_town: Mapped[bool] = mapped_column(default=False)
    """The village head is this worker, or kin: the town signs this line."""
    told_at: Mapped[datetime | None]
    told_fen: Mapped[int | None]
    held_at: Mapped[datetime | None]
    held_reason: Mapped[str] = mapped_column(String(255), default="")
    held_hit_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("list_hit.id"))
    """The hit on a department's list by which it is held; None where somebody held it."""
    locked_at: Mapped[datetime | None]

    sheet: Mapped[MonthSheet] = relationship()
    engagement: Mapped[Engagement] = relationship()
    person: Mapped[Person] = relationship()

    @property
    def deduction_fen(self) -> int:
        return self.whole_fen - self.amount_fen


class MonthDispute(Base):
    """A worker does not agree with a line, within the time for it. The words stand sealed."""

    __tablename__ = "month_dispute"
    __table_args__ = (Index("ix_month_dispute_line", "line_id", "answered_at"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    line_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("month_line.id"))
    raised_at: Mapped[datetime]
    contact_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("contact.id"))
    raised_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    """The member of staff who wrote it down for the worker."""
    words_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    answered_at: Mapped[datetime | None]
    answered_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    upheld: Mapped[bool | None]
    answer: Mapped[str] = mapped_column(String(255), default="")

    words = Sealed()
    line: Mapped[MonthLine] = relationship()


class RecordKind(StrEnum):
    """What a subsidy record is for."""

    POST = "post"
    SOCIAL = "social"
    """The urban worker's social insurance (R-3.6e)."""
    CORRECTION = "correction"
    """The difference to an earlier month, paid or owed."""


class SubsidyRecord(Base):
    """The money of one person and month, as the district approved it. Never changed.

    `amount = shared + other`; province, city and district carry `shared` to the fen, which is none
    in the urban ledger (R-4.3b, R-4.3c). `snapshot` is everything the amount came from, `sha256`
    its hash; `carry`: what rounding leaves to the person's next record."""

    __tablename__ = "subsidy_record"
    __table_args__ = (
        UniqueConstraint("engagement_id", "month_on", "kind", "turn"),
        CheckConstraint("shared_fen + other_fen = amount_fen", name="whole"),
        CheckConstraint("province_fen + city_fen + district_fen = shared_fen", name="parts"),
        CheckConstraint("track = 'rural' OR shared_fen = 0", name="ledger"),
        CheckConstraint("kind = 'correction' OR amount_fen >= 0", name="amount"),
        Index("ix_subsidy_record_person", "person_id", "id"),
        Index("ix_subsidy_record_month", "month_on", "track"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[RecordKind] = mapped_column(String(12))
    engagement_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("engagement.id"))
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    region_id: Mapped[int] = mapped_column(ForeignKey("region.id"), index=True)
    line_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("month_line.id"))
    corrects_id: Mapped[int | None] = mapped_column(ForeignKey("subsidy_record.id"), index=True)
    month_on: Mapped[date]
    """The month that it is for; a correction keeps the month that it corrects."""
    turn: Mapped[int] = mapped_column(default=0)
    """Corrections of one month count up from 1."""
    track: Mapped[str] = mapped_column(String(8))
    amount_fen: Mapped[int]
    shared_fen: Mapped[int]
    other_fen: Mapped[int]
    province_fen: Mapped[int]
    city_fen: Mapped[int]
    district_fen: Mapped[int]
    carry: Mapped[dict[str, Any]]
    snapshot: Mapped[dict[str, Any]]
    sha256: Mapped[str] = mapped_column(String(64))
    approved_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    approved_at: Mapped[datetime]

    engagement: Mapped[Engagement] = relationship()
    person: Mapped[Person] = relationship()
    region: Mapped[Region] = relationship()


class CorrectionRequest(Base):
    """The district puts a locked month right: one person proposes, another agrees (R-3.5 side
    states). Agreed, it makes a record; the difference is paid with a later batch, or owed."""

    __tablename__ = "correction_request"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    record_id: Mapped[int] = mapped_column(ForeignKey("subsidy_record.id"), index=True)
    paid_days: Mapped[int]
    minutes: Mapped[int]
    reason: Mapped[str] = mapped_column(String(255))
    proposed_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    proposed_at: Mapped[datetime]
    decided_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    decided_at: Mapped[datetime | None]
    agreed: Mapped[bool | None]
    result_id: Mapped[int | None] = mapped_column(ForeignKey("subsidy_record.id"))

    record: Mapped[SubsidyRecord] = relationship(foreign_keys=record_id)


class SocialClaim(Base):
    """An urban worker's social insurance of a month: what was paid in, which part of it is
    subsidised (R-3.6e). Entered by the town with the receipt, decided by the district."""

    __tablename__ = "social_claim"
    __table_args__ = (
        UniqueConstraint("engagement_id", "month_on"),
        CheckConstraint("paid_in_fen > 0", name="paid_in"),
        CheckConstraint("share_percent BETWEEN 0 AND 100", name="share"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    engagement_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("engagement.id"))
    month_on: Mapped[date]
    kinds: Mapped[str] = mapped_column(String(128))
    """Names of the parameter `insurance.social_kinds`, with commas between."""
    share_percent: Mapped[int]
    paid_in_fen: Mapped[int]
    """What the employer paid in for these kinds."""
    voucher: Mapped[str] = mapped_column(String(64))
    entered_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    entered_at: Mapped[datetime]
    decided_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    decided_at: Mapped[datetime | None]
    agreed: Mapped[bool | None]
    record_id: Mapped[int | None] = mapped_column(ForeignKey("subsidy_record.id"))

    engagement: Mapped[Engagement] = relationship()

    @property
    def subsidy_fen(self) -> int:
        """The subsidised part, half a fen up."""
        return (self.paid_in_fen * self.share_percent * 2 + 100) // 200
