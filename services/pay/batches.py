"""The file for the bank: one payment a record, to the account that is the worker's own (R-3.3a).

A batch is made once: its rows are rows of the database, its file is written from them and is the
same every time (`sha256`). A record has one payment at a time; a failed one leaves room for the
next, in another batch.
"""

from __future__ import annotations

import csv
import hashlib
import io
import unicodedata
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Select, func, insert, select, true
from sqlalchemy.orm import Session, joinedload

from models import BankAccount, Payment, PaymentBatch, Person, SubsidyRecord, new_id
from models.pay_steps import PaymentState
from models.sealing import ring
from rules import strict_yaml
from services.acting import Acting
from services.clock import business_date
from services.cross_checks.holding import is_held_back
from services.guards import Obstacle
from services.numbers import next_number
from services.pay.paying import MAY_LIST
from services.procedure import Hindered
from services.sheets_out import Column, register
from services.trail import note

WORDS: Any = strict_yaml.load(Path(__file__).with_name("words.yaml"))
_AT_ONCE = 1000


@dataclass(frozen=True)
class BankRow:
    """One row of the file."""

    row: int
    reference: str
    """The batch and the row: what the bank's answer is found by."""
    holder: str
    bank: str
    number: str
    amount_fen: int
    month_on: date


@dataclass(frozen=True)
class Ready:
    """What could be paid now, and why some of it cannot."""

    records: int
    total_fen: int
    without_account: tuple[str, ...]
    """Names of those who have no account of their own on file."""


def ready(session: Session, track: str) -> Ready:
    """The records of a track that wait for a batch."""
    count, total = session.execute(
        _unpaid(track).with_only_columns(
            func.count(), func.coalesce(func.sum(SubsidyRecord.amount_fen), 0)
        ).where(_has_account())
    ).one()  # fmt: skip
    names = session.scalars(
        _unpaid(track)
        .with_only_columns(Person.name)
        .join(Person, SubsidyRecord.person_id == Person.id)
        .where(~_has_account())
        .distinct()
        .order_by(Person.name)
        .limit(100)
    ).all()
    return Ready(count, int(total), tuple(names))


def make(session: Session, track: str, acting: Acting, now: datetime) -> PaymentBatch:
    """A batch of everything of a track that is approved, not paid, and has an account. Who approved
    a record does not also pay it. Raises `Hindered` where there is nothing to pay."""
    if acting.role not in MAY_LIST or acting.staff is None:
        raise Hindered("make_batch", (Obstacle("obstacle.not_your_role"),))
    next_number(session, f"batch-lock-{track}")  # whoever makes one at the same moment waits here
    rows = session.execute(
        _unpaid(track)
        .with_only_columns(SubsidyRecord.id, SubsidyRecord.amount_fen, BankAccount.id)
        .join(
            BankAccount,
            (BankAccount.person_id == SubsidyRecord.person_id) & BankAccount.replaced_at.is_(None),
        )
        .join(Person, Person.id == SubsidyRecord.person_id)
        .where(SubsidyRecord.approved_by_id != acting.staff.id)
        .order_by(SubsidyRecord.region_id, SubsidyRecord.engagement_id, SubsidyRecord.id)
    ).all()
    if not rows:
        raise Hindered("make_batch", (Obstacle("pay.nothing_to_pay"),))
    batch = _batch(session, track, rows, acting, now)
    note(session, "batch.made", actor=acting.name, at=now, subject=("payment_batch", batch.id),
         number=batch.number, rows=batch.rows_count, total_fen=batch.total_fen,
         sha256=batch.sha256)  # fmt: skip
    return batch


def _batch(
    session: Session, track: str, rows: Sequence[Any], acting: Acting, now: datetime
) -> PaymentBatch:
    assert acting.staff is not None
    today = business_date(now)
    batch = PaymentBatch(
        id=new_id(),
        number=f"B{today:%Y%m%d}-{next_number(session, f'batch-{today:%Y%m%d}'):02d}",
        track=track,
        rows_count=len(rows),
        total_fen=sum(fen for _, fen, _ in rows),
        sha256=uuid.uuid4().hex,
        made_by_id=acting.staff.id,
        made_at=now,
    )
    session.add(batch)
    session.flush()
    payments = [
        {"batch_id": batch.id, "row": row, "record_id": record, "account_id": account,
         "amount_fen": fen, "state": PaymentState.WAITING, "bank_words": ""}
        for row, (record, fen, account) in enumerate(rows, start=1)
    ]  # fmt: skip
    for first in range(0, len(payments), _AT_ONCE):
        session.execute(insert(Payment), payments[first : first + _AT_ONCE])
    batch.sha256 = hashlib.sha256(csv_of(session, batch)).hexdigest()
    session.flush()
    return batch


def rows_of(session: Session, batch: PaymentBatch, *, whole: bool = True) -> Iterator[BankRow]:
    """The rows of a batch, opened: account numbers in the clear, a thousand rows in memory at a
    time. Not `whole`: without those that were taken out. Whoever calls notes the look."""
    asked = session.execute(
        select(
            Payment.row, Payment.amount_fen, BankAccount.id, BankAccount.holder, BankAccount.bank,
            BankAccount.number_sealed, SubsidyRecord.month_on,
        )
        .join(Payment.account)
        .join(Payment.record)
        .where(Payment.batch_id == batch.id, true() if whole else ~Payment.is_taken_out)
        .order_by(Payment.row)
        .execution_options(yield_per=_AT_ONCE)
    )  # fmt: skip
    for row, amount_fen, account_id, holder, bank, sealed, month_on in asked:
        place = f"bank_account.number|{account_id}"
        yield BankRow(
            row=row,
            reference=f"{batch.number}-{row:05d}",
            holder=holder,
            bank=bank,
            number=ring().open(sealed, place) if sealed else "",
            amount_fen=amount_fen,
            month_on=month_on,
        )


def csv_of(session: Session, batch: PaymentBatch, *, whole: bool = True) -> bytes:
    """The batch as CSV (UTF-8 with a mark, so that Excel shows Chinese): row, reference, name,
    bank, account, yuan, what it is for. The same bytes every time; not `whole`, as the bank should
    have it now: without what was taken out."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(WORDS["bank"]["heads"])
    for row in rows_of(session, batch, whole=whole):
        writer.writerow(cells(row))
    return out.getvalue().encode("utf-8-sig")


def xlsx_of(session: Session, batch: PaymentBatch, who: str, now: datetime) -> bytes:
    """The rows that the bank should have, as Excel, as a clerk would hand it in at the counter."""
    widths = (6, 22, 12, 20, 24, 12, 16)
    columns = [
        Column(head, wide) for head, wide in zip(WORDS["bank"]["heads"], widths, strict=True)
    ]
    lines = [cells(row) for row in rows_of(session, batch, whole=False)]
    return register(WORDS["bank"]["sheet"], columns, lines, who, now)


def cells(row: BankRow) -> list[str]:
    """A row as text: account numbers and amounts must not become Excel's own numbers."""
    yuan = f"{row.amount_fen // 100}.{row.amount_fen % 100:02d}"
    what = WORDS["bank"]["purpose"].format(year=row.month_on.year, month=row.month_on.month)
    return [str(row.row), row.reference, _safe(row.holder), _safe(row.bank), row.number, yuan, what]


def _safe(text: str) -> str:
    """No cell that a spreadsheet would take for a formula."""
    plain = unicodedata.normalize("NFKC", text)
    return f"'{plain}" if plain[:1] in "=+-@" else plain


def is_as_made(session: Session, batch: PaymentBatch) -> bool:
    """Whether the file that would be written now is the one that was made."""
    return hashlib.sha256(csv_of(session, batch)).hexdigest() == batch.sha256


def all_of(session: Session, limit: int = 50) -> Sequence[PaymentBatch]:
    """The batches, the newest first."""
    return session.scalars(
        select(PaymentBatch).order_by(PaymentBatch.made_at.desc()).limit(limit)
    ).all()


def numbered(session: Session, number: str) -> PaymentBatch | None:
    """The batch of a number."""
    return session.scalars(select(PaymentBatch).where(PaymentBatch.number == number)).first()


def unanswered(session: Session, limit: int = 50) -> Sequence[tuple[PaymentBatch, int, int]]:
    """The batches of which the bank has not answered all, the oldest first: how many payments and
    how much are open."""
    open_ones = (
        select(
            Payment.batch_id, func.count().label("rows"), func.sum(Payment.amount_fen).label("fen")
        )
        .where(Payment.state == PaymentState.WAITING)
        .group_by(Payment.batch_id)
        .subquery()
    )
    rows = session.execute(
        select(PaymentBatch, open_ones.c.rows, open_ones.c.fen)
        .join(open_ones, open_ones.c.batch_id == PaymentBatch.id)
        .order_by(PaymentBatch.made_at)
        .limit(limit)
    )
    return [(batch, count, int(fen)) for batch, count, fen in rows]


def tally(session: Session, batch: PaymentBatch) -> dict[str, tuple[int, int]]:
    """State → how many payments and how much."""
    rows = session.execute(
        select(Payment.state, func.count(), func.sum(Payment.amount_fen))
        .where(Payment.batch_id == batch.id)
        .group_by(Payment.state)
    )
    return {str(state): (count, int(fen)) for state, count, fen in rows}


def failed(session: Session, limit: int = 100) -> Sequence[Payment]:
    """Payments that the bank refused and whose record has not been paid since, the newest first."""
    again = (
        select(Payment.id)
        .where(Payment.state != PaymentState.FAILED)
        .with_only_columns(Payment.record_id)
    )
    return session.scalars(
        select(Payment)
        .where(
            Payment.state == PaymentState.FAILED,
            ~Payment.is_taken_out,
            Payment.record_id.not_in(again),
        )
        .options(joinedload(Payment.record).joinedload(SubsidyRecord.person),
                 joinedload(Payment.batch), joinedload(Payment.account))
        .order_by(Payment.id.desc())
        .limit(limit)
    ).all()  # fmt: skip


def _unpaid(track: str) -> Select[Any]:
    live = (
        select(Payment.id)
        .where(Payment.record_id == SubsidyRecord.id, Payment.state != PaymentState.FAILED)
        .exists()
    )
    return (
        select(SubsidyRecord)
        .select_from(SubsidyRecord)
        .where(
            SubsidyRecord.track == track,
            SubsidyRecord.amount_fen > 0,
            ~live,
            ~_same_account_failed(),
            ~is_held_back(SubsidyRecord),
        )
    )


def _same_account_failed() -> ColumnElement[bool]:
    """A payment to the very account that is still the worker's has failed: it would fail again, so
    the record waits until the account has been put right."""
    return (
        select(Payment.id)
        .join(BankAccount, Payment.account_id == BankAccount.id)
        .where(
            Payment.record_id == SubsidyRecord.id,
            Payment.state == PaymentState.FAILED,
            ~Payment.is_taken_out,
            BankAccount.replaced_at.is_(None),
        )
        .exists()
    )


def _has_account() -> ColumnElement[bool]:
    return (
        select(BankAccount.id)
        .where(
            BankAccount.person_id == SubsidyRecord.person_id,
            BankAccount.replaced_at.is_(None),
        )
        .exists()
    )
