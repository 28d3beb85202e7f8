"""Money that must come back (F-07, F-13; requirements 3.5): proposed by one person of the district,
agreed by another, told, received in instalments, or handed over to whoever collects it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from models import ClawBack, ClawBackReceipt, Engagement, MonthLine, Role, SubsidyRecord, new_id
from models.pay_steps import CLAW_BACK_STEPS, ClawBackState
from rules import parameters
from services.acting import Acting
from services.clock import business_date
from services.cross_checks.holding import is_never_paid, paid_after
from services.guards import Obstacle
from services.pay.conflicts import is_own_or_kin
from services.procedure import Hindered
from services.trail import note

PROPOSES = frozenset({Role.DISTRICT_CLERK})
AGREES = frozenset({Role.DISTRICT_APPROVER})
CAUSES = ("death", "exit", "correction", "false_claim")


@dataclass(frozen=True)
class Claim:
    """What is to come back, why, and in how many months."""

    cause: str
    amount_fen: int
    reason: str
    instalments: int = 1


@dataclass(frozen=True)
class Sum:
    """One sum that came in, by the number of its receipt."""

    amount_fen: int
    received_on: date
    voucher: str


def owed_after(session: Session, engagement: Engagement, last_on: date) -> int:
    """What was approved for days after somebody's last day, in fen: whole months after it, and the
    part of its own month (by days that count, later ones last). Nothing is claimed by it yet."""
    rows = session.execute(
        select(SubsidyRecord, MonthLine)
        .join(MonthLine, SubsidyRecord.line_id == MonthLine.id)
        .where(
            SubsidyRecord.engagement_id == engagement.id,
            SubsidyRecord.month_on >= last_on.replace(day=1),
            ~is_never_paid(SubsidyRecord),
        )
    )
    owed = 0
    for record, line in rows:
        if line.month_on > last_on:
            owed += record.amount_fen
            continue
        owed += record.amount_fen * paid_after(line, last_on) // max(line.paid_days, 1)
    return owed


def suggested(session: Session, limit: int = 50) -> list[tuple[Engagement, int]]:
    """People who were paid for days after their last one, and what that comes to, where nobody has
    claimed it yet: an exit or a death that was reported late (F-07, F-13). A person decides."""
    claimed = select(ClawBack.engagement_id).where(ClawBack.state != ClawBackState.DROPPED)
    last_month = (
        select(func.max(SubsidyRecord.month_on))
        .where(SubsidyRecord.engagement_id == Engagement.id)
        .scalar_subquery()
    )
    found = session.scalars(
        select(Engagement)
        .where(
            Engagement.ended_on.is_not(None),
            Engagement.id.not_in(claimed),
            last_month.is_not(None),
        )
        .options(joinedload(Engagement.person))
        .order_by(Engagement.ended_on.desc())
        .limit(limit * 4)
    )
    owed = ((one, owed_after(session, one, one.ended_on)) for one in found if one.ended_on)
    return [(one, fen) for one, fen in owed if fen][:limit]


def propose(
    session: Session, engagement: Engagement, claim: Claim, acting: Acting, now: datetime
) -> ClawBack:
    """Write down that money must come back. Raises `Hindered`."""
    most: int = parameters.in_force("pay.claw_back_instalments_max", business_date(now)).value
    found = []
    if acting.role not in PROPOSES or acting.staff is None:
        found.append(Obstacle("obstacle.not_your_role"))
    if claim.cause not in CAUSES or claim.amount_fen <= 0:
        found.append(Obstacle("pay.claim_incomplete"))
    if not claim.reason.strip():
        found.append(Obstacle("pay.reason_needed"))
    if not 1 <= claim.instalments <= most:
        found.append(Obstacle("pay.instalments", {"most": most}))
    if claim.amount_fen > _received_by(session, engagement):
        found.append(Obstacle("pay.claim_too_much"))
    if found:
        raise Hindered("propose_claw_back", tuple(found))
    assert acting.staff is not None
    made = ClawBack(
        id=new_id(),
        engagement_id=engagement.id,
        person_id=engagement.person_id,
        cause=claim.cause,
        reason=claim.reason.strip()[:255],
        amount_fen=claim.amount_fen,
        instalments=claim.instalments,
        state=ClawBackState.PROPOSED,
        proposed_by_id=acting.staff.id,
        proposed_at=now,
    )
    session.add(made)
    _note(session, made, "proposed", acting, now, claim.reason)
    return made


def decide(
    session: Session, claim: ClawBack, *, agreed: bool, acting: Acting, now: datetime
) -> None:
    """A second person agrees or drops it. The worker is told by the clock."""
    session.refresh(claim, with_for_update={"of": ClawBack})
    _require(session, claim, acting, AGREES, ClawBackState.AGREED)
    assert acting.staff is not None
    if acting.staff.id == claim.proposed_by_id:
        raise Hindered("decide_claw_back", (Obstacle("obstacle.two_steps_by_one"),))
    claim.state = ClawBackState.AGREED if agreed else ClawBackState.DROPPED
    claim.agreed_by_id, claim.agreed_at = acting.staff.id, now
    _note(session, claim, "agreed" if agreed else "dropped", acting, now)


def receive(
    session: Session, claim: ClawBack, money: Sum, acting: Acting, now: datetime
) -> ClawBackReceipt:
    """Write down a sum that came in; the same receipt again is the same sum. The last one settles
    the claim. More than is owed is refused."""
    session.refresh(claim, with_for_update={"of": ClawBack})
    known = session.scalars(
        select(ClawBackReceipt).where(
            ClawBackReceipt.claw_back_id == claim.id,
            ClawBackReceipt.voucher == money.voucher.strip(),
        )
    ).first()
    if known is not None:
        return known
    _require(session, claim, acting, PROPOSES, ClawBackState.SETTLED)
    found = []
    if money.amount_fen <= 0 or not money.voucher.strip():
        found.append(Obstacle("pay.receipt_incomplete"))
    if money.received_on > business_date(now):
        found.append(Obstacle("pay.receipt_in_future"))
    left = claim.amount_fen - claim.received_fen
    if money.amount_fen > left:
        found.append(Obstacle("pay.receipt_too_much", {"left_fen": left}))
    if found:
        raise Hindered("receive_claw_back", tuple(found))
    assert acting.staff is not None
    made = ClawBackReceipt(
        claw_back_id=claim.id,
        received_on=money.received_on,
        amount_fen=money.amount_fen,
        voucher=money.voucher.strip()[:64],
        recorded_by_id=acting.staff.id,
        recorded_at=now,
    )
    session.add(made)
    claim.received_fen += money.amount_fen
    if claim.received_fen == claim.amount_fen:
        claim.state = ClawBackState.SETTLED
    _note(session, claim, "received", acting, now, money.voucher)
    return made


def hand_over(
    session: Session, claim: ClawBack, office: str, acting: Acting, now: datetime
) -> None:
    """Give a claim to the office that collects it."""
    session.refresh(claim, with_for_update={"of": ClawBack})
    _require(session, claim, acting, AGREES, ClawBackState.HANDED_OVER)
    if not office.strip():
        raise Hindered("hand_over", (Obstacle("pay.reason_needed"),))
    claim.state, claim.handed_to = ClawBackState.HANDED_OVER, office.strip()[:64]
    _note(session, claim, "handed_over", acting, now, office)


def open_ones(session: Session, limit: int = 100) -> Sequence[ClawBack]:
    """The claims that are not over, the oldest first."""
    ended = (ClawBackState.SETTLED, ClawBackState.DROPPED)
    return session.scalars(
        select(ClawBack)
        .where(ClawBack.state.not_in(ended))
        .options(joinedload(ClawBack.person))
        .order_by(ClawBack.proposed_at)
        .limit(limit)
    ).all()


def instalment_fen(claim: ClawBack) -> int:
    """What is due a month, rounded up; the last one is what is left."""
    return min(-(-claim.amount_fen // claim.instalments), claim.amount_fen - claim.received_fen)


def _received_by(session: Session, engagement: Engagement) -> int:
    """Everything approved for somebody, less what is claimed already."""
    approved = session.scalar(
        select(func.coalesce(func.sum(SubsidyRecord.amount_fen), 0)).where(
            SubsidyRecord.engagement_id == engagement.id, SubsidyRecord.amount_fen > 0
        )
    )
    claimed = session.scalar(
        select(func.coalesce(func.sum(ClawBack.amount_fen), 0)).where(
            ClawBack.engagement_id == engagement.id, ClawBack.state != ClawBackState.DROPPED
        )
    )
    return int(approved or 0) - int(claimed or 0)


def _require(
    session: Session,
    claim: ClawBack,
    acting: Acting,
    roles: frozenset[Role],
    target: ClawBackState,
) -> None:
    found = []
    if acting.role not in roles or acting.staff is None:
        found.append(Obstacle("obstacle.not_your_role"))
    elif is_own_or_kin(session, acting, claim.person_id):
        found.append(Obstacle("pay.own_or_kin", {"names": [claim.person.name], "count": 1}))
    if target not in CLAW_BACK_STEPS[ClawBackState(claim.state)]:
        found.append(Obstacle("pay.moved_on"))
    if found:
        raise Hindered("claw_back", tuple(found))


def _note(
    session: Session, claim: ClawBack, act: str, acting: Acting, now: datetime, why: str = ""
) -> None:
    session.flush()
    note(session, f"claw_back.{act}", actor=acting.name, at=now, subject=("claw_back", claim.id),
         after={"state": claim.state, "received_fen": claim.received_fen},
         amount_fen=claim.amount_fen, why=why)  # fmt: skip
