"""Sealing the audit trail, proving it whole, and reading it (requirements F-18, design 6).

The clock seals what is older than a minute: a batch's hash covers every entry in it and the seal
before, so a change anywhere breaks the chain from there on. Writers never wait for a seal. Whoever
owns the database could make a whole new chain; the numbers and hashes that were noted outside (the
clock's log, a printed page) are what such a chain does not contain: `verify(…, noted=…)`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import zip_longest

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import AuditEntry, AuditSeal

SETTLED = timedelta(seconds=60)
"""An entry this old has been committed, and so has every one with a smaller number."""
BATCH = 1000
SEALS_AT_ONCE = 20
NOTHING = "0" * 64
"""What stands before the first seal."""
MARK = 16
"""Characters of an entry's hash that a seal keeps to find the entry by."""


@dataclass(frozen=True)
class Verdict:
    """What became of a check. `first_broken_entry` is the number of the first entry that is not as
    it was sealed; `flaw` says how: changed, deleted, inserted, or seal (the seal itself, of which
    this is the first entry). `head` is the hash of the last seal."""

    first_broken_entry: int | None
    flaw: str | None
    entries: int
    seals: int
    unsealed: int
    head: str
    missing_note: str | None = None

    @property
    def holds(self) -> bool:
        return self.flaw is None and self.missing_note is None


def is_due(session: Session, now: datetime) -> bool:
    """Whether an entry waits to be sealed."""
    return _last_settled(session, _head(session), now) is not None


def seal(session: Session, now: datetime) -> AuditSeal | None:
    """Seal the next batch; None when nothing is old enough. Two that seal at once: the second
    fails on the number, and nothing is sealed twice."""
    head = _head(session)
    last = _last_settled(session, head, now)
    if last is None:
        return None
    entries = _entries(session, head.last_entry_id if head else None, last, limit=BATCH)
    hashes = [(entry.id, digest(entry)) for entry in entries]
    made = AuditSeal(
        id=head.id + 1 if head else 1,
        sealed_at=now,
        first_entry_id=hashes[0][0],
        last_entry_id=hashes[-1][0],
        entries=len(hashes),
        marks=_marks(hashes),
        previous_sha256=head.sha256 if head else NOTHING,
        sha256="",
    )
    made.sha256 = _sealed_hash(made, hashes)
    session.add(made)
    session.flush()
    return made


def verify(session: Session, noted: Sequence[str] = ()) -> Verdict:
    """Read every entry and every seal, and say whether all is as it was sealed. `noted`: hashes of
    seals that were kept elsewhere, each of which must be in the chain."""
    checked, previous, wanted = 0, None, set(noted)
    for held in _seals(session):
        hashes = [(entry.id, digest(entry)) for entry in _between(session, previous, held)]
        flaw = _flaw(previous, held, hashes)
        if flaw is not None:
            return _verdict(session, held, checked, flaw)
        checked += len(hashes)
        wanted.discard(held.sha256)
        previous = held
    found = _verdict(session, previous, checked, None)
    missing = next((hash_ for hash_ in noted if hash_ in wanted), None)
    return Verdict(**{**found.__dict__, "missing_note": missing})


def digest(entry: AuditEntry) -> str:
    """The hash of one entry: SHA-256 of its canonical JSON."""
    document = {
        "id": entry.id,
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": entry.actor,
        "act": entry.act,
        "subject_kind": entry.subject_kind,
        "subject_id": entry.subject_id,
        "details": entry.details,
    }
    return _hash(json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _sealed_hash(made: AuditSeal, hashes: Sequence[tuple[int, str]]) -> str:
    at = made.sealed_at.astimezone(UTC).isoformat(timespec="microseconds")
    span = f"{made.first_entry_id} {made.last_entry_id} {made.entries}"
    head = f"{made.id} {made.previous_sha256} {at} {span}"
    return _hash("\n".join([head, *(f"{key} {hashed}" for key, hashed in hashes)]))


def _marks(hashes: Sequence[tuple[int, str]]) -> list[list[object]]:
    return [[key, hashed[:MARK]] for key, hashed in hashes]


def _flaw(
    previous: AuditSeal | None, held: AuditSeal, hashes: Sequence[tuple[int, str]]
) -> tuple[int, str] | None:
    """The first entry that is not as it was, and how; None when the batch is whole."""
    number, before = (previous.id + 1, previous.sha256) if previous else (1, NOTHING)
    if held.id != number or held.previous_sha256 != before:
        return (hashes[0][0] if hashes else held.first_entry_id), "seal"
    marks = _marks(hashes)
    if held.marks != marks:
        return _first_difference(held.marks, marks)
    if held.sha256 != _sealed_hash(held, hashes):
        return held.first_entry_id, "seal"
    return None


def _first_difference(
    sealed: Sequence[Sequence[object]], found: Sequence[Sequence[object]]
) -> tuple[int, str]:
    ends = (1 << 63, "")
    for then, now in zip_longest(sealed, found, fillvalue=ends):
        (old, was), (new, is_) = (int(str(then[0])), then[1]), (int(str(now[0])), now[1])
        if old != new:
            return (old, "deleted") if old < new else (new, "inserted")
        if was != is_:
            return old, "changed"
    raise ValueError("the two lists are alike")


def _verdict(
    session: Session, held: AuditSeal | None, checked: int, flaw: tuple[int, str] | None
) -> Verdict:
    seals = session.scalar(select(func.count()).select_from(AuditSeal)) or 0
    total = session.scalar(select(func.count()).select_from(AuditEntry)) or 0
    head = _head(session)
    sealed = session.scalar(select(func.sum(AuditSeal.entries))) or 0
    return Verdict(
        first_broken_entry=flaw[0] if flaw else None,
        flaw=flaw[1] if flaw else None,
        entries=total,
        seals=seals,
        unsealed=max(0, total - int(sealed)) if flaw else total - checked,
        head=head.sha256 if head and held else NOTHING,
    )


def _head(session: Session) -> AuditSeal | None:
    return session.scalars(select(AuditSeal).order_by(AuditSeal.id.desc()).limit(1)).first()


def _last_settled(session: Session, head: AuditSeal | None, now: datetime) -> int | None:
    """The newest entry that may be sealed. The sandbox's clock may have been set back: what lies
    in the future is old."""
    settled = (AuditEntry.at <= now - SETTLED) | (AuditEntry.at > now + SETTLED)
    asked = select(func.max(AuditEntry.id)).where(settled)
    if head is not None:
        asked = asked.where(AuditEntry.id > head.last_entry_id)
    return session.scalar(asked)


def _between(session: Session, previous: AuditSeal | None, held: AuditSeal) -> Iterator[AuditEntry]:
    after = previous.last_entry_id if previous else None
    yield from _entries(session, after, held.last_entry_id)


def _entries(
    session: Session, after: int | None, last: int, *, limit: int | None = None
) -> Iterator[AuditEntry]:
    asked = select(AuditEntry).where(AuditEntry.id <= last).order_by(AuditEntry.id).limit(limit)
    if after is not None:
        asked = asked.where(AuditEntry.id > after)
    for entry in session.scalars(asked).all():
        session.expunge(entry)
        yield entry


def _seals(session: Session) -> Iterator[AuditSeal]:
    """All seals in their order, some at a time."""
    asked, last = select(AuditSeal).order_by(AuditSeal.id).limit(SEALS_AT_ONCE), None
    while True:
        rows = session.scalars(asked if last is None else asked.where(AuditSeal.id > last)).all()
        yield from rows
        if len(rows) < SEALS_AT_ONCE:
            return
        last = rows[-1].id
