"""From a subsidy record to the worker's account and back: batches, payments, results, claw-backs,
budgets, other funds (R-3.3a, R-4.3a, R-4.3d, F-07, F-12)."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    and_,
    text,
)
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, new_id
from models.onpost import BankAccount, Engagement
from models.pay import SubsidyRecord
from models.pay_steps import PAYMENT_STEPS, ClawBackState, PaymentState
from models.people import Person
from models.staff import Staff

_LIVE = text("state <> 'failed'")
_UNTOLD = text("told_at IS NULL")
_OPEN = text("answered_at IS NULL")


class IllegalPayment(Exception):
    """A payment was asked to take a step that its state does not allow."""


class PaymentBatch(Base):
    """One file for the bank. Its rows are its payments; `sha256` is the hash of the file's text, so
    that what was made once can be told from what somebody changed afterwards."""

    __tablename__ = "payment_batch"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(String(32), unique=True)
    track: Mapped[str] = mapped_column(String(8))
    rows_count: Mapped[int]
    total_fen: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    made_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    made_at: Mapped[datetime]

    made_by: Mapped[Staff] = relationship()


class Payment(Base):
    """One row of a batch: one record, to the account that was the worker's own when it was made. A
    record has at most one payment that has not failed: nothing is paid twice."""

    __tablename__ = "payment"
    __table_args__ = (
        UniqueConstraint("batch_id", "row"),
        Index(
            "uq_payment_live",
            "record_id",
            unique=True,
            sqlite_where=_LIVE,
            postgresql_where=_LIVE,
        ),
        Index("ix_payment_untold", "state", sqlite_where=_UNTOLD, postgresql_where=_UNTOLD),
        CheckConstraint("amount_fen > 0", name="amount"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    batch_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("payment_batch.id"))
    row: Mapped[int]
    record_id: Mapped[int] = mapped_column(ForeignKey("subsidy_record.id"), index=True)
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("bank_account.id"))
    amount_fen: Mapped[int]
    state: Mapped[PaymentState] = mapped_column(String(8), default=PaymentState.WAITING, index=True)
    paid_on: Mapped[date | None]
    bank_words: Mapped[str] = mapped_column(String(255), default="")
    result_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("result_file.id"))
    settled_at: Mapped[datetime | None]
    told_at: Mapped[datetime | None]

    batch: Mapped[PaymentBatch] = relationship()
    record: Mapped[SubsidyRecord] = relationship()
    account: Mapped[BankAccount] = relationship()

    @hybrid_property
    def is_taken_out(self) -> bool:
        """Whether it was taken out of the file before the bank answered: every other failure has
        the file that said so."""
        return self.state == PaymentState.FAILED and self.result_id is None

    @is_taken_out.inplace.expression
    @classmethod
    def _is_taken_out(cls) -> ColumnElement[bool]:
        return and_(cls.state == PaymentState.FAILED, cls.result_id.is_(None))

    def take(self, target: PaymentState) -> None:
        """Move to a state that the present one allows. Raises `IllegalPayment`."""
        refused = self.state == PaymentState.FAILED and not self.is_taken_out
        if refused or target not in PAYMENT_STEPS[PaymentState(self.state)]:
            raise IllegalPayment(f"payment {self.id} is {self.state}: not {target}")
        self.state = target


class ResultFile(Base):
    """What the bank sent back, once: the same file again is known by its hash. `troubles` names the
    rows that settled nothing, `{"row": 7, "key": …, "slots": {…}}` each."""

    __tablename__ = "result_file"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(128))
    rows_count: Mapped[int]
    paid: Mapped[int]
    failed: Mapped[int]
    known: Mapped[int]
    """Rows that said what we knew already."""
    troubles: Mapped[list[Any]]
    read_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    read_at: Mapped[datetime]


class ReceivedQuestion(Base):
    """“Did the subsidy come to you, and do you use it yourself?” - asked in confidence after each
    payment (F-12). The village sees neither question nor answer."""

    __tablename__ = "received_question"
    __table_args__ = (
        Index("ix_received_question_open", "person_id", sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id"), unique=True)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    asked_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    answer: Mapped[str | None] = mapped_column(String(12))
    """`mine`, `taken`, `missing`."""
    ticket_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("ticket.id"))

    payment: Mapped[Payment] = relationship()


class ClawBack(Base):
    """Money that must come back: paid for days after a death or an exit that was reported late, or
    too much by a correction (F-07, F-13)."""

    __tablename__ = "claw_back"
    __table_args__ = (
        CheckConstraint("amount_fen > 0", name="amount"),
        CheckConstraint("received_fen >= 0 AND received_fen <= amount_fen", name="received"),
        CheckConstraint("instalments > 0", name="instalments"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    engagement_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("engagement.id"), index=True)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), index=True)
    record_id: Mapped[int | None] = mapped_column(ForeignKey("subsidy_record.id"), unique=True)
    """The correction that it comes from."""
    cause: Mapped[str] = mapped_column(String(16))
    """`death`, `exit`, `correction`, `false_claim`."""
    reason: Mapped[str] = mapped_column(String(255))
    amount_fen: Mapped[int]
    received_fen: Mapped[int] = mapped_column(default=0)
    instalments: Mapped[int] = mapped_column(default=1)
    state: Mapped[ClawBackState] = mapped_column(String(12))
    proposed_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    proposed_at: Mapped[datetime]
    agreed_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    agreed_at: Mapped[datetime | None]
    told_at: Mapped[datetime | None]
    handed_to: Mapped[str] = mapped_column(String(64), default="")
    edition: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": edition}  # noqa: RUF012 - SQLAlchemy's own declaration

    engagement: Mapped[Engagement] = relationship()
    person: Mapped[Person] = relationship()


class ClawBackReceipt(Base):
    """One sum that came back. Only added."""

    __tablename__ = "claw_back_receipt"
    __table_args__ = (
        UniqueConstraint("claw_back_id", "voucher"),
        CheckConstraint("amount_fen > 0", name="amount"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    claw_back_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("claw_back.id"), index=True)
    received_on: Mapped[date]
    amount_fen: Mapped[int]
    voucher: Mapped[str] = mapped_column(String(64))
    """The receipt's number: the same one twice is one sum."""
    recorded_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    recorded_at: Mapped[datetime]


class Budget(Base):
    """A year's budget of one track. Only added: the newest version holds (R-4.3a)."""

    __tablename__ = "budget"
    __table_args__ = (
        UniqueConstraint("year", "track", "version"),
        CheckConstraint("amount_fen >= 0", name="amount"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    year: Mapped[int]
    track: Mapped[str] = mapped_column(String(8))
    version: Mapped[int]
    amount_fen: Mapped[int]
    document: Mapped[str] = mapped_column(String(128))
    entered_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    entered_at: Mapped[datetime]

    entered_by: Mapped[Staff] = relationship()


class FundEntry(Base):
    """Money that arrived for a year: from a level, or from elsewhere (`other`: gifts and funds,
    which are recorded and never split, R-4.3d). Only added; a mistake is taken back by a negative
    entry."""

    __tablename__ = "fund_entry"
    __table_args__ = (
        CheckConstraint("level in ('province', 'city', 'district', 'other')", name="level"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(index=True)
    track: Mapped[str] = mapped_column(String(8))
    level: Mapped[str] = mapped_column(String(12))
    source: Mapped[str] = mapped_column(String(64))
    amount_fen: Mapped[int]
    received_on: Mapped[date]
    document: Mapped[str] = mapped_column(String(128))
    entered_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    entered_at: Mapped[datetime]
