"""What the bank says of a batch, from its file: each row once, whatever else stands in it.

A row that cannot be matched settles nothing and is named with a sentence; the others count. The
same file again changes nothing, and so does a row that says what is known already. A row that
contradicts what is known (paid, and now failed) settles nothing: a person must ask the bank.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
import unicodedata
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from models import Payment, PaymentBatch, ResultFile, new_id
from models.pay_steps import PaymentState
from services import sheets_in
from services.acting import Acting
from services.attachments import Upload
from services.clock import business_date
from services.guards import Obstacle
from services.pay import paying
from services.procedure import Hindered
from services.sheets_in import BadCell, Unfit
from services.trail import note

WORDS: Mapping[str, Any] = sheets_in.WORDS["bank_result"]
_REFERENCE = re.compile(r"(B\d{8}-\d{2,4})-(\d{5,6})")
_CAUSES_SHOWN = 200


@dataclass(frozen=True)
class ResultRow:
    """One row of the bank's file, as it is written."""

    number: int
    reference: str
    amount: str
    outcome: str
    reason: str
    paid_on: date | None


@dataclass(frozen=True)
class Verdict:
    """What a row did: `paid`, `failed`, `known`; or the trouble with it."""

    did: str
    trouble: Obstacle | None = None


def read(session: Session, file: Upload, acting: Acting, now: datetime) -> ResultFile:
    """Settle what the file settles. Raises `Hindered` for a file that was read before or is
    another person's to read, and
    `sheets_in.Unfit` for one that is no result file: then nothing was changed."""
    paying.require(session, acting, "read_result", business_date(now))
    assert acting.staff is not None
    sha256 = hashlib.sha256(file.content).hexdigest()
    _refuse_read_before(session, sha256)
    rows = list(rows_of(file))
    result_id = new_id()
    payments = _payments(session, rows)
    paying.require_others(payments.values(), acting)
    verdicts = _settle(session, payments, rows, result_id, now)
    made = ResultFile(
        id=result_id,
        sha256=sha256,
        name=file.file_name[:128],
        rows_count=len(rows),
        paid=sum(one.did == "paid" for one in verdicts),
        failed=sum(one.did == "failed" for one in verdicts),
        known=sum(one.did == "known" for one in verdicts),
        troubles=[
            {"row": row.number, "key": one.trouble.key, "slots": dict(one.trouble.slots)}
            for row, one in zip(rows, verdicts, strict=True)
            if one.trouble is not None
        ][:_CAUSES_SHOWN],
        read_by_id=acting.staff.id,
        read_at=now,
    )
    session.add(made)
    note(session, "result.read", actor=acting.name, at=now, subject=("result_file", made.id),
         sha256=sha256, rows=made.rows_count, paid=made.paid, failed=made.failed,
         known=made.known, troubles=len(made.troubles))  # fmt: skip
    session.flush()
    return made


def rows_of(file: Upload) -> Iterator[ResultRow]:
    """The rows of a CSV or Excel file with the columns that `sheets_in.yaml` names."""
    if file.content[:2] == b"PK" or file.content[:4] == b"\xd0\xcf\x11\xe0":
        yield from _excel_rows(file.content)
    else:
        yield from _csv_rows(file.content)


def all_of(session: Session, limit: int = 20) -> Sequence[ResultFile]:
    """The files that were read, the newest first."""
    return session.scalars(
        select(ResultFile).order_by(ResultFile.read_at.desc()).limit(limit)
    ).all()


def _refuse_read_before(session: Session, sha256: str) -> None:
    known = session.scalars(select(ResultFile).where(ResultFile.sha256 == sha256)).first()
    if known is not None:
        day = business_date(known.read_at).isoformat()
        raise Hindered("read_result", (Obstacle("pay.result_known", {"read_on": day}),))


def _settle(
    session: Session,
    payments: Mapping[str, Payment],
    rows: Sequence[ResultRow],
    result_id: uuid.UUID,
    now: datetime,
) -> list[Verdict]:
    seen: dict[str, ResultRow] = {}
    verdicts = []
    for row in rows:
        earlier = seen.setdefault(row.reference, row)
        if earlier is not row and (earlier.outcome, earlier.amount) != (row.outcome, row.amount):
            trouble = Obstacle("pay.row_contradicts", {"row": row.number, "other": earlier.number})
            verdicts.append(Verdict("trouble", trouble))
            continue
        payment = payments.get(row.reference)
        verdicts.append(_settle_row(session, row, payment, now))
        if payment is not None and verdicts[-1].did in {"paid", "failed"}:
            payment.result_id = result_id
    return verdicts


def _settle_row(
    session: Session, row: ResultRow, payment: Payment | None, now: datetime
) -> Verdict:
    outcome = outcome_of(row.outcome)
    if payment is None or outcome is None or fen_of(row.amount) != payment.amount_fen:
        return _misfit(row, payment)
    if payment.state == outcome:
        return Verdict("known")
    after_all = payment.is_taken_out and not _is_paid_otherwise(session, payment)
    if payment.state != PaymentState.WAITING and not after_all:
        return _trouble("pay.row_turned", row, reference=row.reference)
    payment.take(outcome)
    payment.settled_at = now
    payment.bank_words = row.reason[:255]
    if outcome is PaymentState.PAID:
        payment.paid_on = row.paid_on or business_date(now)
    if not after_all:
        return Verdict(str(outcome))
    payment.told_at = None
    slots = {"row": row.number, "reference": row.reference}
    return Verdict(str(outcome), Obstacle("pay.row_paid_after_all", slots))


def _misfit(row: ResultRow, payment: Payment | None) -> Verdict:
    """Why a row settles nothing: whose it is, how much, or what it says."""
    if payment is None:
        return _trouble("pay.row_unknown", row, reference=row.reference[:32] or "-")
    if fen_of(row.amount) != payment.amount_fen:
        return _trouble("pay.row_amount", row, amount=row.amount[:20] or "-",
                        wanted_fen=payment.amount_fen)  # fmt: skip
    return _trouble("pay.row_outcome", row, words=row.outcome[:20] or "-")


def _is_paid_otherwise(session: Session, payment: Payment) -> bool:
    """Whether the record of a payment has another one that has not failed."""
    asked = select(Payment.id).where(
        Payment.record_id == payment.record_id, Payment.state != PaymentState.FAILED
    )
    return session.scalars(asked.limit(1)).first() is not None


def _trouble(key: str, row: ResultRow, **slots: Any) -> Verdict:
    return Verdict("trouble", Obstacle(key, {"row": row.number, **slots}))


def _payments(session: Session, rows: Sequence[ResultRow]) -> dict[str, Payment]:
    """Reference → payment, locked against another file that is read at the same moment."""
    read_as = (_REFERENCE.fullmatch(row.reference) for row in rows)
    wanted = {one[1] for one in read_as if one is not None}
    found = session.scalars(
        select(Payment)
        .join(Payment.batch)
        .where(PaymentBatch.number.in_(wanted))
        .options(
            joinedload(Payment.batch, innerjoin=True), joinedload(Payment.record, innerjoin=True)
        )
        .order_by(Payment.id)
        .with_for_update(of=Payment)
        .execution_options(populate_existing=True)
    )
    return {f"{one.batch.number}-{one.row:05d}": one for one in found}


def fen_of(text: str) -> int | None:
    """Yuan as banks write them (`833.33`, `1,190.00`, with a sign) in fen; None for else."""
    plain = unicodedata.normalize("NFKC", text).replace(",", "").strip(WORDS["yuan_marks"])
    try:
        fen = Decimal(plain) * 100
    except InvalidOperation:
        return None
    return int(fen) if fen.is_finite() and fen == fen.to_integral_value() else None


def outcome_of(text: str) -> PaymentState | None:
    """What the bank's word for the outcome means; None where it is none of those we know."""
    plain = "".join(unicodedata.normalize("NFKC", text).split()).lower()
    if plain in WORDS["paid"]:
        return PaymentState.PAID
    return PaymentState.FAILED if plain in WORDS["failed"] else None


def _excel_rows(content: bytes) -> Iterator[ResultRow]:
    for row in sheets_in.read(content, "bank_result"):
        try:
            paid_on = row.maybe_day("paid_on")
        except BadCell:
            paid_on = None
        text = row.maybe_text
        yield ResultRow(row.number, text("reference"), text("amount"), text("outcome"),
                        text("reason"), paid_on)  # fmt: skip


def _csv_rows(content: bytes) -> Iterator[ResultRow]:
    lines = list(csv.reader(io.StringIO(_decoded(content), newline="")))
    head, places = _head(lines)
    for number, line in enumerate(lines[head + 1 :], start=head + 2):
        if any(cell.strip() for cell in line):
            yield _csv_row(number, line, places)


def _head(lines: Sequence[Sequence[str]]) -> tuple[int, dict[str, int]]:
    """Where the row of heads is, and the columns that it names."""
    heads = WORDS["heads"]
    for at, line in enumerate(lines[: sheets_in.HEAD_WITHIN]):
        texts = ["".join(cell.split()) for cell in line]
        places = {
            name: texts.index(text) for name, spelt in heads.items() for text in texts
            if text in spelt
        }  # fmt: skip
        if places.keys() >= set(WORDS["needed"]):
            return at, places
    raise Unfit("sheet.no_head", columns=[heads[name][0] for name in WORDS["needed"]])


def _csv_row(number: int, line: list[str], places: Mapping[str, int]) -> ResultRow:
    def cell(name: str) -> str:
        place = places.get(name)
        return "" if place is None or place >= len(line) else line[place].strip()

    try:
        paid_on = date.fromisoformat(cell("paid_on").replace("/", "-")) if cell("paid_on") else None
    except ValueError:
        paid_on = None
    return ResultRow(number, cell("reference"), cell("amount"), cell("outcome"),
                     cell("reason"), paid_on)  # fmt: skip


def _decoded(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Unfit("sheet.unreadable")
