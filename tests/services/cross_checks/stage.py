"""Departments' lists about people who are there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import DepartmentList, DepartmentRow, ListHit, Person, Role, new_id
from services.acting import Acting
from services.attachments import Upload
from services.cross_checks import comparing, taking
from services.cross_checks.taking import About, Taken
from services.procedure import Hindered
from services.sheets_in import WORDS
from tests.builders import create_acting
from tests.services.month import APRIL
from tests.sheets import workbook

SOURCE = "民政函〔2022〕5号"


def keys(error: pytest.ExceptionInfo[Hindered]) -> list[str]:
    return [obstacle.key for obstacle in error.value.obstacles]


def sheet_of(kind: str, rows: Sequence[Sequence[Any]]) -> Upload:
    """An Excel file: ID number, name, since when, until when, remark."""
    heads = WORDS[f"list_{kind}"]["heads"]
    columns = [heads[name][0] for name in ("id_number", "name", "since_on", "until_on", "remark")
               if name in heads]  # fmt: skip
    if "until_on" not in heads:
        rows = [[*row[:3], *row[4:]] for row in rows]
    return Upload("名单.xlsx", workbook([columns, *rows]).getvalue())


def row_of(person: Person, since_on: Any, until_on: Any = "", remark: str = "") -> list[Any]:
    return [person.id_number, person.name, since_on, until_on, remark]


def take(
    session: Session, file: Upload, kind: str, acting: Acting, now: datetime,
    month_on: date = APRIL,
) -> Taken:  # fmt: skip
    return taking.take(session, file, About(kind, month_on, SOURCE), acting, now)


def named(session: Session, name: str) -> Person:
    return session.scalars(select(Person).where(Person.name == name)).one()


def clerk_of_lists(session: Session) -> Acting:
    """Somebody of the district who takes lists in."""
    return create_acting(session, Role.DISTRICT_CLERK, "yanzhou")


def found_on(
    session: Session, kind: str, name: str, since_on: date, acting: Acting, now: datetime,
    *, month_on: date = APRIL,
) -> ListHit:  # fmt: skip
    """Somebody is found on a list that has just come."""
    rows = [row_of(named(session, name), since_on)]
    taken = take(session, sheet_of(kind, rows), kind, acting, now, month_on)
    (hit,) = taken.hits
    return hit


def hit_by_hand(session: Session, person: Person, now: datetime) -> ListHit:
    """Somebody on a list of jobs that nobody has read from a file."""
    clerk = clerk_of_lists(session)
    assert clerk.staff is not None
    sheet = DepartmentList(
        id=new_id(), kind="employees", month_on=APRIL, source=SOURCE, file_name="-", sha256="-",
        rows_count=1, troubles=[], taken_by_id=clerk.staff.id, taken_at=now,
    )  # fmt: skip
    row = DepartmentRow(
        id=new_id(), list_id=sheet.id, number=2, since_on=APRIL,
        id_number_index=person.id_number_index or "",
    )  # fmt: skip
    row.name = person.name
    session.add_all([sheet, row])
    session.flush()
    (hit,) = comparing.compare(session, [sheet.id], now)
    return hit
