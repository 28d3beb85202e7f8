"""The three years as an auditor reads them: a line a month, out of the product's own records.

`GYG_REPORT=1 pytest tests/years` writes `report.txt` anew; without it the test compares.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import ClawBack, MonthLine, Payment, SubsidyRecord
from models.pay_steps import PaymentState
from tests.years import cast

FILE = Path(__file__).with_name("report.txt")
HEADS = ("月份", "人数", "计薪天数", "乡村补贴", "省级", "市级", "区级", "城镇补贴", "银行已付")


def written(session: Session) -> str:
    """The whole report."""
    rows = [_row(session, month_on) for month_on in cast.months()]
    sums = [sum(row[place] for row in rows) for place in range(2, 8)]
    lines = ["  ".join(HEADS)]
    lines += [
        "  ".join((f"{month_on:%Y-%m}", f"{row[0]:2d}", f"{row[1]:4d}", *map(_yuan, row[2:])))
        for month_on, row in zip(cast.months(), rows, strict=True)
    ]
    lines.append("  ".join(("合计   ", "  ", "    ", *map(_yuan, sums))))
    back = int(session.scalar(select(func.sum(ClawBack.received_fen))) or 0)
    lines.append(f"追回：{_yuan(back).strip()}")
    return "\n".join(lines) + "\n"


def _row(session: Session, month_on: date) -> tuple[int, ...]:
    workers, days = session.execute(
        select(func.count(), func.coalesce(func.sum(MonthLine.paid_days), 0)).where(
            MonthLine.month_on == month_on
        )
    ).one()
    rural, province, city, district = session.execute(
        select(
            *(
                func.coalesce(func.sum(column), 0)
                for column in (
                    SubsidyRecord.amount_fen,
                    SubsidyRecord.province_fen,
                    SubsidyRecord.city_fen,
                    SubsidyRecord.district_fen,
                )
            )
        ).where(SubsidyRecord.month_on == month_on, SubsidyRecord.track == "rural")
    ).one()
    urban = session.scalar(
        select(func.coalesce(func.sum(SubsidyRecord.amount_fen), 0)).where(
            SubsidyRecord.month_on == month_on, SubsidyRecord.track == "urban"
        )
    )
    paid = session.scalar(
        select(func.coalesce(func.sum(Payment.amount_fen), 0))
        .join(SubsidyRecord, Payment.record_id == SubsidyRecord.id)
        .where(SubsidyRecord.month_on == month_on, Payment.state == PaymentState.PAID)
    )
    return tuple(map(int, (workers, days, rural, province, city, district, urban or 0, paid or 0)))


def _yuan(fen: int) -> str:
    return f"{fen // 100:>7,d}.{fen % 100:02d}"
