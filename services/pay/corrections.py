"""A locked month put right: by a record of its own, never by a change (design.md 6, invariant 7).

One person of the district proposes, another agrees. What was short is paid with the next batch;
what was too much must come back (`claw_backs`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import (
    ClawBack,
    CorrectionRequest,
    MonthLine,
    MonthSheet,
    RecordKind,
    Role,
    SubsidyRecord,
    new_id,
)
from models.pay_steps import ClawBackState
from rules import pay
from rules.money import Split
from rules.pay import Carry, Pay, Terms, Work
from services.acting import Acting
from services.guards import Obstacle
from services.pay import carrying
from services.pay.conflicts import is_own_or_kin
from services.pay.facts import digest
from services.procedure import Hindered
from services.trail import note

PROPOSES = frozenset({Role.DISTRICT_CLERK})
AGREES = frozenset({Role.DISTRICT_APPROVER})


@dataclass(frozen=True)
class Right:
    """How a month should have been reckoned, and why."""

    paid_days: int
    reason: str
    minutes: int = 0


def propose(
    session: Session, record: SubsidyRecord, right: Right, acting: Acting, now: datetime
) -> CorrectionRequest:
    """Ask for a month to be reckoned with other days. Raises `Hindered`."""
    found = []
    if acting.role not in PROPOSES or acting.staff is None:
        found.append(Obstacle("obstacle.not_your_role"))
    elif is_own_or_kin(session, acting, record.person_id):
        found.append(Obstacle("pay.own_or_kin", {"names": [record.person.name], "count": 1}))
    if not right.reason.strip():
        found.append(Obstacle("pay.reason_needed"))
    if not 0 <= right.paid_days <= 31:
        found.append(Obstacle("pay.days_impossible"))
    if _waiting(session, record) is not None:
        found.append(Obstacle("pay.correction_waits"))
    if found:
        raise Hindered("propose_correction", tuple(found))
    assert acting.staff is not None
    asked = CorrectionRequest(
        id=new_id(),
        record_id=_first(session, record).id,
        paid_days=right.paid_days,
        minutes=right.minutes,
        reason=right.reason.strip()[:255],
        proposed_by_id=acting.staff.id,
        proposed_at=now,
    )
    session.add(asked)
    note(session, "correction.proposed", actor=acting.name, at=now,
         subject=("subsidy_record", asked.record_id), after={"paid_days": right.paid_days},
         why=right.reason)  # fmt: skip
    session.flush()
    return asked


def decide(
    session: Session, asked: CorrectionRequest, *, agreed: bool, acting: Acting, now: datetime
) -> SubsidyRecord | None:
    """Agree, or not. The record of the difference; None where there is none."""
    session.refresh(asked, with_for_update={"of": CorrectionRequest})
    record = session.get_one(SubsidyRecord, asked.record_id)
    found = []
    if acting.role not in AGREES or acting.staff is None:
        found.append(Obstacle("obstacle.not_your_role"))
    elif acting.staff.id == asked.proposed_by_id:
        found.append(Obstacle("obstacle.two_steps_by_one"))
    elif is_own_or_kin(session, acting, record.person_id):
        found.append(Obstacle("pay.own_or_kin", {"names": [record.person.name], "count": 1}))
    if asked.decided_at is not None:
        found.append(Obstacle("pay.moved_on"))
    if found:
        raise Hindered("decide_correction", tuple(found))
    assert acting.staff is not None
    asked.decided_at, asked.decided_by_id, asked.agreed = now, acting.staff.id, agreed
    made = _difference(session, record, asked, acting, now) if agreed else None
    asked.result_id = made.id if made else None
    note(session, "correction.decided", actor=acting.name, at=now,
         subject=("subsidy_record", record.id), after={"agreed": agreed},
         difference_fen=made.amount_fen if made else 0, why=asked.reason)  # fmt: skip
    session.flush()
    return made


def waiting(session: Session) -> list[CorrectionRequest]:
    """The proposals that nobody has decided, the oldest first."""
    return list(
        session.scalars(
            select(CorrectionRequest)
            .where(CorrectionRequest.decided_at.is_(None))
            .order_by(CorrectionRequest.proposed_at)
        )
    )


def _difference(
    session: Session,
    record: SubsidyRecord,
    asked: CorrectionRequest,
    acting: Acting,
    now: datetime,
) -> SubsidyRecord | None:
    assert acting.staff is not None
    carrying.lock_people(session, {record.person_id})
    terms = _terms(session, record)
    work = Work(**record.snapshot["basis"]["work"])
    put_right = replace(work, paid=asked.paid_days, seen=asked.paid_days,
                    minutes=asked.minutes or work.minutes)  # fmt: skip
    carried = Carry.read(record.snapshot["basis"]["carried"])
    was, should = pay.month_pay(_last_work(session, record, work), terms, carried), pay.month_pay(
        put_right, terms, carried
    )  # fmt: skip
    shared = should.shared_fen - was.shared_fen
    other = should.other_fen - was.other_fen
    if not shared and not other:
        return None
    before = carrying.of_people(session, {record.person_id}).get(
        record.person_id, pay.NOTHING_CARRIED
    )
    parts, after = Split(0, 0, 0), pay.NOTHING_CARRIED
    if record.track == "rural":
        parts, after = pay.split_in_turn(shared, terms.shares, before)
        after = replace(after, amount=before.amount + _moved(should) - _moved(was) - shared)
    snapshot = {
        "corrects": record.id,
        "request": str(asked.id),
        "basis": {"work": put_right.as_json(), "carried": carried.as_json()},
        "was": pay.as_json(was),
        "should": pay.as_json(should),
        "carried_at_approval": before.as_json(),
        "terms_sha256": record.snapshot["terms_sha256"],
        "result": {
            "amount_fen": shared + other, "shared_fen": shared, "other_fen": other,
            "province_fen": parts.province_fen, "city_fen": parts.city_fen,
            "district_fen": parts.district_fen,
        },
    }  # fmt: skip
    made = SubsidyRecord(
        kind=RecordKind.CORRECTION,
        engagement_id=record.engagement_id,
        person_id=record.person_id,
        region_id=record.region_id,
        corrects_id=record.id,
        month_on=record.month_on,
        turn=_turn(session, record),
        track=record.track,
        carry=after.as_json(),
        snapshot=snapshot,
        sha256=digest(snapshot),
        approved_by_id=acting.staff.id,
        approved_at=now,
        **snapshot["result"],
    )
    session.add(made)
    session.flush()
    if made.amount_fen < 0:
        session.add(_claw_back(made, asked, acting, now))
    return made


def _moved(one: Pay) -> Fraction:
    """What was earned, exactly, beyond what was carried in."""
    return one.carry.amount + one.shared_fen


def _claw_back(
    made: SubsidyRecord, asked: CorrectionRequest, acting: Acting, now: datetime
) -> ClawBack:
    assert acting.staff is not None
    return ClawBack(
        id=new_id(),
        engagement_id=made.engagement_id,
        person_id=made.person_id,
        record_id=made.id,
        cause="correction",
        reason=asked.reason,
        amount_fen=-made.amount_fen,
        state=ClawBackState.AGREED,
        proposed_by_id=asked.proposed_by_id,
        proposed_at=asked.proposed_at,
        agreed_by_id=acting.staff.id,
        agreed_at=now,
    )


def _last_work(session: Session, record: SubsidyRecord, work: Work) -> Work:
    """The month as it was last put right."""
    last = session.scalars(
        select(SubsidyRecord)
        .where(SubsidyRecord.corrects_id == record.id)
        .order_by(SubsidyRecord.id.desc())
        .limit(1)
    ).first()
    return work if last is None else Work(**last.snapshot["basis"]["work"])


def _terms(session: Session, record: SubsidyRecord) -> Terms:
    sheet = session.scalars(
        select(MonthSheet)
        .join(MonthLine, MonthLine.sheet_id == MonthSheet.id)
        .where(MonthLine.id == record.line_id)
    ).one()
    return Terms.read(sheet.terms)


def _turn(session: Session, record: SubsidyRecord) -> int:
    made = select(func.count()).where(SubsidyRecord.corrects_id == record.id)
    return 1 + (session.scalar(made) or 0)


def _first(session: Session, record: SubsidyRecord) -> SubsidyRecord:
    """The month's own record, also where a correction of it was pointed at."""
    if record.corrects_id is None:
        return record
    return session.get_one(SubsidyRecord, record.corrects_id)


def _waiting(session: Session, record: SubsidyRecord) -> CorrectionRequest | None:
    first = _first(session, record)
    return session.scalars(
        select(CorrectionRequest).where(
            CorrectionRequest.record_id == first.id, CorrectionRequest.decided_at.is_(None)
        )
    ).first()
