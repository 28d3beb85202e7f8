"""A month's sheet held against what stands: cell by cell, what would be taken, what would be asked
for afterwards, and what cannot be, with its reason (requirements 3.4; F-08, F-10, F-15).

A sheet says what the clerk says, never what the worker or the head says. Today and yesterday are a
roll-call; the few days before are asked for and need a second person; what lies further back, and
what the calendar, a leave or the month's end has settled, no sheet changes.
"""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import AttendanceEvent, DayState, EventKind, Leave, LeaveState
from rules import parameters
from rules.months import end_of_month
from services.acting import Acting
from services.clock import business_date
from services.days import backfilling, deriving, month, people, roll
from services.days.facts import Said
from services.days.month import Day, WorkerMonth
from services.days.month_file import Cell, Filled, Line
from services.guards import Obstacle
from services.sheets_in import plain

NOBODY_SAID = Said()


class Fate(StrEnum):
    """What becomes of a cell."""

    CALLED = "called"
    ASKED = "asked"
    REFUSED = "refused"


@dataclass(frozen=True)
class Piece:
    """One cell that is not as things stand, or a row that cannot be read (`day` 0). `stands` is the
    day's state; None where there is no such day."""

    name: str
    day: int
    address: str
    says: str
    fate: Fate
    stands: DayState | None = None
    mark: str = ""
    engagement_id: uuid.UUID | None = None
    why: Obstacle | None = None


@dataclass
class Compared:
    """A sheet beside what stands. `same`: cells that say nothing new."""

    pieces: list[Piece] = field(default_factory=list)
    same: int = 0

    def of(self, fate: Fate) -> list[Piece]:
        """The cells of one fate, in the sheet's order."""
        return [piece for piece in self.pieces if piece.fate == fate]

    def marks(self, fate: Fate) -> Mapping[int, Mapping[str, list[uuid.UUID]]]:
        """Day of the month → mark → whom, of one fate."""
        found: dict[int, dict[str, list[uuid.UUID]]] = defaultdict(lambda: defaultdict(list))
        for piece in self.of(fate):
            assert piece.engagement_id is not None
            found[piece.day][piece.mark].append(piece.engagement_id)
        return found


def compare(
    session: Session, filled: Filled, acting: Acting, month_on: date, now: datetime
) -> Compared:
    """Hold a sheet against the days of the clerk's own place, which are derived anew. The number
    of statements does not depend on the sheet's size."""
    desk = _Desk(session, acting, month_on, now)
    found = Compared()
    for line, worker, why in desk.whom(filled.lines):
        if worker is None:
            assert why is not None
            cell = line.cells[0]
            found.pieces.append(
                Piece(line.name or line.code, 0, cell.address, "", Fate.REFUSED, why=why)
            )
            continue
        for cell in line.cells:
            piece = desk.judge(worker, cell)
            if piece is None:
                found.same += 1
            else:
                found.pieces.append(piece)
    return found


class _Desk:
    """All that cells are held against."""

    def __init__(self, session: Session, acting: Acting, month_on: date, now: datetime) -> None:
        assert acting.region is not None
        assert acting.staff is not None
        self.today = business_date(now)
        self.first = month_on
        self.back = int(parameters.in_force_or_first("attendance.backfill_days", self.today).value)
        last = end_of_month(month_on)
        ids = [one.engagement_id for one in month.of_village(session, acting.region.id, month_on)]
        deriving.derive(session, ids, from_on=month_on, to_on=min(last, self.today), now=now)
        self.workers = month.of_village(session, acting.region.id, month_on)
        self.days = {
            (one.engagement_id, day.day_on): day for one in self.workers for day in one.days
        }
        self.said = people.heard_between(session, ids, month_on, last)
        self.leaves = _leaves(session, ids, month_on, last)
        self.barred = people.barred(session, acting.staff)
        self.asked = Counter(_asked(session, ids, month_on, last))
        self.allowed = backfilling.allowed_in_month(month_on)

    def whom(
        self, lines: Iterable[Line]
    ) -> Iterator[tuple[Line, WorkerMonth | None, Obstacle | None]]:
        """Whom each row means; or why it means nobody."""
        codes = {plain(one.code): one for one in self.workers}
        names: dict[str, list[WorkerMonth]] = defaultdict(list)
        for one in self.workers:
            names[plain(one.name)].append(one)
        seen: dict[uuid.UUID, int] = {}
        for line in lines:
            worker, why = _whom(line, codes, names)
            if worker is not None and (before := seen.get(worker.engagement_id)):
                slots = {"name": worker.name, "row": before}
                worker, why = None, Obstacle("day_console.sheet_twice", slots)
            if worker is not None:
                seen[worker.engagement_id] = line.number
            yield line, worker, why

    def judge(self, worker: WorkerMonth, cell: Cell) -> Piece | None:
        """What becomes of a cell; None where it says nothing new."""
        day_on = self._day(cell.day)
        day = self.days.get((worker.engagement_id, day_on)) if day_on else None
        said = self.said.get((worker.engagement_id, day_on), NOBODY_SAID) if day_on else NOBODY_SAID
        if cell.mark == "open" or (day_on and self._agrees(worker, cell.mark, day_on, day, said)):
            return None
        fate, why = self._fate(worker, cell, day_on, day, said)
        return Piece(
            name=worker.name,
            day=cell.day,
            address=cell.address,
            says=cell.text,
            fate=fate,
            stands=day.state if day else None,
            mark=cell.mark or "",
            engagement_id=worker.engagement_id,
            why=why,
        )

    def _day(self, number: int) -> date | None:
        try:
            return self.first.replace(day=number)
        except ValueError:
            return None

    def _agrees(
        self, worker: WorkerMonth, mark: str | None, day_on: date, day: Day | None, said: Said
    ) -> bool:
        """Whether a sign says what stands, or what the clerk has said already."""
        key = (worker.engagement_id, day_on)
        if mark == "off":
            return day is None or day.state in people.OFF or day.state == DayState.OFF_POST
        if day is None:
            return False
        if mark == "present":
            return day.state == DayState.COUNTED or said.clerk == "present"
        if mark == "absent":
            return day.state == DayState.ABSENT or said.clerk == "absent"
        return mark == "on_leave" and (day.state in people.AWAY or key in self.leaves)

    def _fate(
        self, worker: WorkerMonth, cell: Cell, day_on: date | None, day: Day | None, said: Said
    ) -> tuple[Fate, Obstacle | None]:
        key = self._settled(worker, cell, day_on, day)
        if key:
            return Fate.REFUSED, Obstacle(f"day_console.{key}", {"cell": cell.address})
        assert day is not None
        if day.day_on >= self.today - timedelta(days=roll.LATEST_DAYS):
            return Fate.CALLED, None
        return self._afterwards(worker, cell, day, said)

    def _settled(
        self, worker: WorkerMonth, cell: Cell, day_on: date | None, day: Day | None
    ) -> str:
        """Why no sheet can say this; empty where it can. The first that holds is the reason."""
        state = day.state if day else DayState.OFF_POST
        reasons = (
            (cell.merged, "sheet_merged"),
            (cell.mark is None, "sheet_mark"),
            (worker.person_id in self.barred, "sheet_own"),
            (day_on is None or day_on > self.today, "sheet_ahead"),
            (state == DayState.OFF_POST, "sheet_off_post"),
            (day is not None and day.locked, "locked"),
            (cell.mark == "off", "sheet_off_says"),
            (state in people.OFF, "sheet_rest_day"),
            (state in people.AWAY, "sheet_on_leave"),
            (state == DayState.DISPUTED, "sheet_disputed"),
        )
        return next((key for holds, key in reasons if holds), "")

    def _afterwards(
        self, worker: WorkerMonth, cell: Cell, day: Day, said: Said
    ) -> tuple[Fate, Obstacle | None]:
        """A day whose roll is no longer called: a sign that was forgotten, or nothing."""
        if said.own in {"backfill_asked", "backfill_refused"}:
            return Fate.REFUSED, Obstacle(f"day_console.sheet_{said.own}")
        forgotten = cell.mark == "present" and said.own == "none" and day.planned
        if not forgotten or day.state not in backfilling.OPEN:
            return Fate.REFUSED, Obstacle("day_console.sheet_too_late")
        if day.day_on < self.today - timedelta(days=self.back):
            return Fate.REFUSED, Obstacle("day_console.sheet_backfill_old", {"days": self.back})
        if self.asked[worker.engagement_id] >= self.allowed:
            slots = {"times": self.allowed}
            return Fate.REFUSED, Obstacle("day_console.sheet_backfills_used_up", slots)
        self.asked[worker.engagement_id] += 1
        return Fate.ASKED, None


def _whom(
    line: Line, codes: Mapping[str, WorkerMonth], names: Mapping[str, Sequence[WorkerMonth]]
) -> tuple[WorkerMonth | None, Obstacle | None]:
    if line.code:
        worker = codes.get(line.code)
        if worker is None:
            return None, Obstacle("day_console.sheet_unknown", {"who": line.code})
        if line.name not in {"", plain(worker.name)}:
            slots = {"code": line.code, "name": line.name}
            return None, Obstacle("day_console.sheet_name", slots)
        return worker, None
    found = names.get(line.name, ())
    if len(found) > 1:
        return None, Obstacle("day_console.sheet_namesakes", {"name": line.name})
    if not found:
        return None, Obstacle("day_console.sheet_unknown", {"who": line.name})
    return found[0], None


def _leaves(
    session: Session, ids: Sequence[uuid.UUID], first: date, last: date
) -> frozenset[tuple[uuid.UUID, date]]:
    """The days for which a leave is asked or granted."""
    rows = session.execute(
        select(
            Leave.engagement_id, Leave.from_on, func.coalesce(Leave.ended_on, Leave.to_on)
        ).where(
            Leave.engagement_id.in_(ids),
            Leave.state.in_((LeaveState.ASKED, LeaveState.APPROVED)),
            Leave.from_on <= last,
            Leave.to_on >= first,
        )
    )
    return frozenset(
        (key, from_on + timedelta(days=more))
        for key, from_on, to_on in rows
        for more in range((to_on - from_on).days + 1)
    )


def _asked(
    session: Session, ids: Sequence[uuid.UUID], first: date, last: date
) -> Mapping[uuid.UUID, int]:
    """How many days of the month were asked for afterwards, by worker."""
    rows = session.execute(
        select(AttendanceEvent.engagement_id, func.count())
        .where(
            AttendanceEvent.engagement_id.in_(ids),
            AttendanceEvent.kind == EventKind.BACKFILL_ASKED,
            AttendanceEvent.day_on.between(first, last),
        )
        .group_by(AttendanceEvent.engagement_id)
    )
    return dict(rows.tuples().all())
