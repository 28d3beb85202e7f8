"""A year's money: what was budgeted, committed, paid; what arrived from whom (R-4.3a to R-4.3d,
R-4.4a). Shares are reckoned on the subsidy, whatever else arrived."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from models import Budget, FundEntry, Payment, Role, SubsidyRecord
from models.pay_steps import PaymentState
from models.procedure import Actor
from services.acting import Acting
from services.guards import Obstacle
from services.procedure import Hindered
from services.trail import note

TRACKS = ("rural", "urban")
LEVELS = ("province", "city", "district")
SOURCES = (*LEVELS, "other")
MAY_ENTER = frozenset({Role.DISTRICT_CLERK})
MAY_ENTER_FUNDS = MAY_ENTER | {Role.FINANCE}


@dataclass(frozen=True)
class Year:
    """One track's year in fen. `committed`: approved records; `paid`: what the bank paid of them.
    `parts` is (province, city, district) of what was committed; none for urban money."""

    track: str
    budget_fen: int | None
    committed_fen: int
    paid_fen: int
    parts: tuple[int, int, int]
    paid_parts: tuple[int, int, int]
    top_up_fen: int
    arrived: dict[str, int]

    @property
    def left_fen(self) -> int | None:
        return None if self.budget_fen is None else self.budget_fen - self.committed_fen

    @property
    def is_over(self) -> bool:
        return self.left_fen is not None and self.left_fen < 0


def year(session: Session, number: int, track: str) -> Year:
    """A year's figures, read from the records and payments themselves."""
    committed = session.execute(_sums(number, track)).one()
    paid = session.execute(
        _sums(number, track)
        .join(Payment, Payment.record_id == SubsidyRecord.id)
        .where(Payment.state == PaymentState.PAID)
    ).one()
    arrived: dict[str, int] = dict.fromkeys(SOURCES, 0)
    for level, fen in session.execute(
        select(FundEntry.level, func.sum(FundEntry.amount_fen))
        .where(FundEntry.year == number, FundEntry.track == track)
        .group_by(FundEntry.level)
    ):
        arrived[level] = int(fen)
    return Year(
        track=track,
        budget_fen=budget(session, number, track),
        committed_fen=int(committed[0]),
        paid_fen=int(paid[0]),
        parts=(int(committed[1]), int(committed[2]), int(committed[3])),
        paid_parts=(int(paid[1]), int(paid[2]), int(paid[3])),
        top_up_fen=int(committed[4]) if track == "rural" else 0,
        arrived=arrived,
    )


def budget(session: Session, number: int, track: str) -> int | None:
    """A year's budget as it stands now; None where none was entered."""
    return session.scalars(_budget(number, track)).first()


def warnings(session: Session, number: int, *, tracks: Sequence[str] = TRACKS) -> list[Obstacle]:
    """What whoever approves should know of the year's budget. Nothing is hindered by it."""
    found = []
    for track in tracks:
        planned, committed = _planned_and_committed(session, number, track)
        if planned is None and committed:
            found.append(Obstacle(f"pay.no_budget_{track}", {"year": number}))
        elif planned is not None and committed > planned:
            over = {"year": number, "over_fen": committed - planned}
            found.append(Obstacle(f"pay.over_budget_{track}", over))
    return found


def enter_budget(session: Session, figures: Budget, acting: Acting, now: datetime) -> Budget:
    """Enter a year's budget, or the next version of it. `figures` gives year, track, amount and
    document."""
    _require(acting, "enter_budget", MAY_ENTER)
    if figures.track not in TRACKS or figures.amount_fen < 0 or not figures.document.strip():
        raise Hindered("enter_budget", (Obstacle("pay.budget_incomplete"),))
    assert acting.staff is not None
    before = budget(session, figures.year, figures.track)
    figures.version = 1 + (
        session.scalar(
            select(func.max(Budget.version)).where(
                Budget.year == figures.year, Budget.track == figures.track
            )
        )
        or 0
    )
    figures.entered_by_id, figures.entered_at = acting.staff.id, now
    session.add(figures)
    note(session, "budget.entered", actor=acting.name, at=now,
         subject=("budget", f"{figures.year}-{figures.track}"),
         before={"amount_fen": before}, after={"amount_fen": figures.amount_fen},
         why=figures.document)  # fmt: skip
    session.flush()
    return figures


def enter_funds(session: Session, entry: FundEntry, acting: Acting, now: datetime) -> FundEntry:
    """Write down money that arrived, or take a wrong entry back by a negative one."""
    _require(acting, "enter_funds", MAY_ENTER_FUNDS)
    known = entry.track in TRACKS and entry.level in SOURCES
    if not known or not entry.amount_fen or not entry.document.strip() or not entry.source.strip():
        raise Hindered("enter_funds", (Obstacle("pay.funds_incomplete"),))
    assert acting.staff is not None
    entry.entered_by_id, entry.entered_at = acting.staff.id, now
    session.add(entry)
    after = {"level": entry.level, "amount_fen": entry.amount_fen}
    note(session, "funds.entered", actor=acting.name, at=now,
         subject=("budget", f"{entry.year}-{entry.track}"), after=after,
         why=entry.document)  # fmt: skip
    session.flush()
    return entry


def entries(session: Session, number: int) -> Sequence[FundEntry]:
    """What arrived in a year, the newest first."""
    return session.scalars(
        select(FundEntry).where(FundEntry.year == number).order_by(FundEntry.id.desc())
    ).all()


def by_month(session: Session, number: int, track: str) -> list[tuple[date, int, int]]:
    """For each month of a year: how many records, and how much."""
    rows = session.execute(
        select(SubsidyRecord.month_on, func.count(), func.sum(SubsidyRecord.amount_fen))
        .where(
            SubsidyRecord.month_on.between(date(number, 1, 1), date(number, 12, 31)),
            SubsidyRecord.track == track,
        )
        .group_by(SubsidyRecord.month_on)
        .order_by(SubsidyRecord.month_on)
    )
    return [(month_on, count, int(fen)) for month_on, count, fen in rows]


def _planned_and_committed(session: Session, number: int, track: str) -> tuple[int | None, int]:
    """The two figures that whoever approves compares, in one statement."""
    committed = select(func.coalesce(func.sum(SubsidyRecord.amount_fen), 0)).where(
        *_of_year(number, track)
    )
    planned = _budget(number, track)
    found = session.execute(select(planned.scalar_subquery(), committed.scalar_subquery())).one()
    return found[0], int(found[1])


def _budget(number: int, track: str) -> Select[tuple[int]]:
    return (
        select(Budget.amount_fen)
        .where(Budget.year == number, Budget.track == track)
        .order_by(Budget.version.desc())
        .limit(1)
    )


def _of_year(number: int, track: str) -> tuple[ColumnElement[bool], ...]:
    record = SubsidyRecord
    year = record.month_on.between(date(number, 1, 1), date(number, 12, 31))
    return year, record.track == track


def _sums(number: int, track: str) -> Select[tuple[int, int, int, int, int]]:
    zero = func.coalesce
    record = SubsidyRecord
    return select(
        zero(func.sum(record.amount_fen), 0),
        zero(func.sum(record.province_fen), 0),
        zero(func.sum(record.city_fen), 0),
        zero(func.sum(record.district_fen), 0),
        zero(func.sum(record.other_fen), 0),
    ).where(*_of_year(number, track))


def _require(acting: Acting, act: str, roles: Collection[Role | Actor]) -> None:
    if acting.role not in roles or acting.staff is None:
        raise Hindered(act, (Obstacle("obstacle.not_your_role"),))
