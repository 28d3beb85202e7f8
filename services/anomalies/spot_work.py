"""Drawn visits on the worklist: the town's clerk has them until they are done; what is late the
town's head has too, and later the district (`anomaly.late_days`). A village never has any."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from operator import itemgetter

from sqlalchemy.orm import Session

from models import Role, SpotCheck
from rules import parameters
from services.acting import Acting
from services.anomalies import spot_checks
from services.clock import business_date
from services.whereabouts import town_of
from services.worklist import Item, source

PAGE = "console.spot_check_list"


@source
class SpotChecks:
    """Whom this office has to visit without notice, by the day on which it is due."""

    kind = "spot_checks"

    def items(self, session: Session, acting: Acting, now: datetime, limit: int) -> Sequence[Item]:
        if acting.role not in spot_checks.VISITS or acting.region is None:
            return ()
        waiting = spot_checks.waiting(
            session, acting, limit=limit, due_by=_shown(acting, business_date(now))
        )
        if acting.role is Role.DISTRICT_CLERK:
            return list(_by_town(waiting))
        return [_item(one, is_late=acting.role is Role.TOWN_HEAD) for one in waiting]


def _shown(acting: Acting, today: date) -> date | None:
    """The last due day of what this role has on its list; None: all days."""
    if acting.role is Role.TOWN_CLERK:
        return None
    late = parameters.in_force_or_first("anomaly.late_days", today).value
    return today - timedelta(days=int(late[str(acting.role)]))


def _item(check: SpotCheck, *, is_late: bool) -> Item:
    held = check.engagement
    slots = {"name": held.person.name, "place": held.post.region.name}
    key = "anomaly.work_late" if is_late else "anomaly.work"
    return Item(SpotChecks.kind, key, slots, check.due_on, PAGE)


def _by_town(waiting: Sequence[SpotCheck]) -> Iterator[Item]:
    """One line a town: who is behind is the town's own affair, that it is the district's."""
    towns = [(town_of(one.engagement.post.region), one) for one in waiting]
    towns.sort(key=lambda pair: (pair[0].path, pair[1].due_on))
    for town, some in groupby(towns, key=itemgetter(0)):
        held = [one for _, one in some]
        slots = {"place": town.name, "number": len(held)}
        yield Item(SpotChecks.kind, "anomaly.work_town", slots, held[0].due_on, PAGE)
