"""A department's list comes in: kept once, row by row, compared with everybody at once."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from models import DepartmentList, DepartmentRow, ListHit, Role, new_id
from models.sealing import blind_index, ring
from rules import parameters
from services.acting import Acting
from services.attachments import Upload
from services.clock import business_date
from services.cross_checks import comparing, reading
from services.cross_checks.kinds import ListKind, kinds
from services.cross_checks.reading import ListRow
from services.guards import Obstacle
from services.procedure import Hindered
from services.trail import note

MAY_TAKE = frozenset({Role.DISTRICT_CLERK})
TROUBLES_KEPT = 200
_AT_ONCE = 1000


@dataclass(frozen=True)
class About:
    """What a file is: of which kind and month, by which document. `sure`: whoever brings it has
    looked again and says that it is the right one."""

    kind: str
    month_on: date
    source: str
    sure: bool = False


@dataclass(frozen=True)
class Taken:
    """What became of a file."""

    sheet: DepartmentList
    hits: Sequence[ListHit]


def take(session: Session, file: Upload, about: About, acting: Acting, now: datetime) -> Taken:
    """Keep a list and compare it. A row that cannot be read is named, the others count. Nothing is
    kept of one that came before or names suspiciously many (`Hindered`), or of a file that is no
    such list (`sheets_in.Unfit`)."""
    kind = _check(about, acting, business_date(now))
    sha256 = hashlib.sha256(file.content).hexdigest()
    _refuse_known(session, about, sha256)
    found = reading.read(file, kind, about.month_on, business_date(now))
    if found.troubles and not found.rows:
        raise Hindered("take_list", tuple(one for _, one in found.troubles[:TROUBLES_KEPT]))
    assert acting.staff is not None
    made = DepartmentList(
        id=new_id(), kind=kind.name, month_on=about.month_on, source=about.source.strip()[:128],
        file_name=file.file_name[-128:], sha256=sha256, rows_count=len(found.rows),
        troubles=_kept(found.troubles), taken_by_id=acting.staff.id, taken_at=now,
    )  # fmt: skip
    try:
        with session.begin_nested():
            session.add(made)
    except IntegrityError:  # the same file, at the same moment
        _refuse_known(session, about, sha256)
        raise
    _write_rows(session, made.id, found.rows)
    hits = comparing.compare(session, [made.id], now, most=None if about.sure else _most(now))
    note(session, "department_list.taken", actor=acting.name, at=now,
         subject=("department_list", made.id), kind=kind.name, sha256=sha256,
         month=about.month_on.isoformat(), source=made.source, rows=made.rows_count,
         troubles=len(found.troubles), hits=len(hits))  # fmt: skip
    session.flush()
    return Taken(made, hits)


def of_month(session: Session, month_on: date) -> dict[str, list[DepartmentList]]:
    """Kind → the lists that came for a month, the newest first; every kind is there."""
    found: dict[str, list[DepartmentList]] = {name: [] for name in kinds()}
    asked = (
        select(DepartmentList)
        .where(DepartmentList.month_on == month_on)
        .options(joinedload(DepartmentList.taken_by))
        .order_by(DepartmentList.taken_at.desc())
    )
    for one in session.scalars(asked):
        found.setdefault(one.kind, []).append(one)
    return found


def _most(now: datetime) -> int:
    """So many at once are rather a wrong file: it would hold everybody's money."""
    found: int = parameters.in_force("cross_check.most_hits", business_date(now)).value
    return found


def _check(about: About, acting: Acting, today: date) -> ListKind:
    found = []
    if acting.role not in MAY_TAKE or acting.staff is None:
        found.append(Obstacle("obstacle.not_your_role"))
    if about.kind not in kinds():
        found.append(Obstacle("cross_check.no_kind"))
    if about.month_on.day != 1 or about.month_on > today:
        found.append(Obstacle("cross_check.month_ahead"))
    if not about.source.strip():
        found.append(Obstacle("cross_check.no_source"))
    if found:
        raise Hindered("take_list", tuple(found))
    return kinds()[about.kind]


def _refuse_known(session: Session, about: About, sha256: str) -> None:
    known = session.scalars(
        select(DepartmentList).where(
            DepartmentList.kind == about.kind,
            DepartmentList.month_on == about.month_on,
            DepartmentList.sha256 == sha256,
        )
    ).first()
    if known is not None:
        slots = {"taken_on": business_date(known.taken_at).isoformat()}
        raise Hindered("take_list", (Obstacle("cross_check.known", slots),))


def _kept(troubles: Sequence[tuple[int, Obstacle]]) -> list[Any]:
    return [
        {"row": number, "key": one.key, "slots": dict(one.slots)}
        for number, one in troubles[:TROUBLES_KEPT]
    ]


def _write_rows(session: Session, list_id: uuid.UUID, rows: Sequence[ListRow]) -> None:
    for first in range(0, len(rows), _AT_ONCE):
        session.execute(
            insert(DepartmentRow),
            [_values(list_id, row) for row in rows[first : first + _AT_ONCE]],
        )


def _values(list_id: uuid.UUID, row: ListRow) -> dict[str, Any]:
    key = new_id()

    def sealed(column: str, text: str) -> bytes | None:
        return ring().seal(text, f"department_row.{column}|{key}") if text else None

    return {
        "id": key,
        "list_id": list_id,
        "number": row.number,
        "id_number_index": blind_index(row.id_number, "id_number"),
        "id_number_sealed": sealed("id_number", row.id_number),
        "name_sealed": sealed("name", row.name),
        "remark_sealed": sealed("remark", row.remark),
        "since_on": row.since_on,
        "until_on": row.until_on,
    }
