"""What the month puts on the worklists: sheets to be signed, disputes, money to pay."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from models import MonthSheet, PaymentBatch, Region, Role
from models.pay_steps import SheetState
from services.acting import Acting
from services.clock import business_date
from services.pay import batches, claw_backs, corrections, disputes, funds, paying, stopping
from services.staff import area
from services.worklist import Item, source

STOPS = paying.MAY_SETTLE | {Role.DISTRICT_APPROVER}
_WAITS: dict[Role, SheetState] = {
    Role.VILLAGE_HEAD: SheetState.GATHERING,
    Role.TOWN_CLERK: SheetState.SIGNED,
    Role.TOWN_HEAD: SheetState.SIGNED,
    Role.DISTRICT_APPROVER: SheetState.ON_VIEW,
}


@source
class Months:
    """Sheets of months that are over, for whoever takes the next step."""

    kind = "months"

    def items(self, session: Session, acting: Acting, now: datetime, limit: int) -> Sequence[Item]:
        state = _WAITS.get(Role(acting.role)) if acting.role in set(Role) else None
        if state is None or acting.region is None:
            return ()
        today = business_date(now)
        asked = (
            select(MonthSheet)
            .join(MonthSheet.region)
            .where(
                area(acting.region),
                MonthSheet.state == state,
                MonthSheet.workers > 0,
                MonthSheet.month_on < today.replace(day=1),
            )
            .options(joinedload(MonthSheet.region))
            .order_by(MonthSheet.due_on, Region.path)
            .limit(limit)
        )
        if state is SheetState.ON_VIEW:
            asked = asked.where(MonthSheet.dispute_until_on < today)
        return [_item(one, f"pay.work_{state}") for one in session.scalars(asked)]


def _item(sheet: MonthSheet, key: str) -> Item:
    month_on = sheet.month_on
    slots = {"place": sheet.region.name, "year": month_on.year, "month": month_on.month,
             "workers": sheet.workers}  # fmt: skip
    values = {"code": sheet.region.code, "month": f"{month_on:%Y-%m}"}
    return Item("months", key, slots, sheet.due_on, "console.month_sheet", values)


@source
class Disputes:
    """Disputes that the town must answer before the district can approve."""

    kind = "disputes"

    def items(self, session: Session, acting: Acting, now: datetime, limit: int) -> Sequence[Item]:
        if acting.role not in disputes.ANSWERS or acting.region is None:
            return ()
        return [
            Item(
                self.kind,
                "pay.work_dispute",
                {"name": one.line.person.name, "place": one.line.sheet.region.name,
                 "month": one.line.month_on.month},
                one.line.sheet.dispute_until_on,
                "console.month_line",
                {"key": one.line_id},
            )
            for one in disputes.open_ones(session, acting.region, limit)
        ]  # fmt: skip


@source
class Money:
    """What the district has to pay, to pay again, to decide."""

    kind = "money"

    def items(self, session: Session, acting: Acting, now: datetime, limit: int) -> Sequence[Item]:
        found: list[Item] = []
        if acting.role in STOPS:
            found += self._to_stop(session, now)
        if acting.role in paying.MAY_LIST:
            for track in funds.TRACKS:
                ready = batches.ready(session, track)
                if ready.records:
                    slots = {"number": ready.records, "total_fen": ready.total_fen}
                    found.append(self._item(f"pay.work_pay_{track}", slots, now, "payments"))
            if failed := len(batches.failed(session)):
                found.append(self._item("pay.work_failed", {"number": failed}, now, "payments"))
        if paying.settles(session, acting, business_date(now)):
            found += [self._unanswered(*one, now) for one in batches.unanswered(session, limit)]
        if acting.role in corrections.AGREES:
            if waiting := len(corrections.waiting(session)):
                slots = {"number": waiting}
                found.append(self._item("pay.work_corrections", slots, now, "claw_backs"))
            proposed = [one for one in claw_backs.open_ones(session) if one.state == "proposed"]
            if proposed:
                slots = {"number": len(proposed)}
                found.append(self._item("pay.work_claims", slots, now, "claw_backs"))
        return found[:limit]

    def _to_stop(self, session: Session, now: datetime) -> list[Item]:
        """Files with rows that the bank should not pay: on top, and today."""
        rows = Counter(one.batch.number for one in stopping.at_bank(session))
        return [
            Item(self.kind, "pay.work_stop", {"number": number, "rows": count},
                 business_date(now), "console.payment_batch", {"number": number})
            for number, count in rows.items()
        ]  # fmt: skip

    def _unanswered(self, batch: PaymentBatch, open_: int, fen: int, now: datetime) -> Item:
        slots = {"number": batch.number, "rows": open_, "total_fen": fen}
        due_on = business_date(batch.made_at) + timedelta(days=1)
        return Item(self.kind, "pay.work_bank", slots, due_on, "console.payment_batch",
                    {"number": batch.number})  # fmt: skip

    def _item(self, key: str, slots: dict[str, int], now: datetime, page: str) -> Item:
        due_on = business_date(now) + timedelta(days=1)
        return Item(self.kind, key, slots, due_on, f"console.{page}")
