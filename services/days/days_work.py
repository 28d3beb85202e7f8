"""What days put on the worklists: days to confirm, leave to answer, forgotten signs to vouch for,
and what waits for the town."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from models import Region, Role
from services.acting import Acting
from services.clock import SHANGHAI, business_date
from services.days import backfilling, confirming, disputes, leaves, people
from services.worklist import Item, source

TOWN = frozenset({Role.TOWN_CLERK, Role.TOWN_HEAD})
VILLAGE = frozenset({Role.VILLAGE_CLERK, Role.VILLAGE_HEAD})


@source
class Days:
    """One line for each kind of work, with its number."""

    kind = "days"

    def items(self, session: Session, acting: Acting, now: datetime, limit: int) -> Sequence[Item]:
        if acting.region is None or acting.staff is None:
            return ()
        found: list[Item] = []
        if acting.role == Role.VILLAGE_HEAD:
            found += _to_confirm(session, acting, acting.region, now)
            found += _count("work.days_leave", len(leaves.waiting(session, acting)), now, "leaves")
        if acting.role in VILLAGE:
            vouch = len(backfilling.waiting(session, acting, now))
            found += _count("work.days_backfill", vouch, now, "backfills")
        if acting.role in TOWN:
            open_days = len(disputes.waiting(session, acting, now))
            found += _count("work.days_open", open_days, now, "disputes")
        return found[:limit]


def _to_confirm(session: Session, acting: Acting, place: Region, now: datetime) -> Iterator[Item]:
    assert acting.staff is not None
    barred = people.barred(session, acting.staff)
    today = business_date(now)
    for day in (today - timedelta(days=1), today):
        opens, latest = confirming.window(day)
        if opens <= now < latest and (
            count := confirming.count_open(session, place, day, without=barred)
        ):
            slots = {"count": count, "day_on": day.isoformat()}
            until = latest.astimezone(SHANGHAI).date()
            yield Item(
                "days", "work.days_confirm", slots, until, "console.days_confirm", {"day": day}
            )


def _count(key: str, count: int, now: datetime, page: str) -> Iterator[Item]:
    if count:
        yield Item("days", key, {"count": count}, business_date(now), f"console.days_{page}")
