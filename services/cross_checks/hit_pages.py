"""What the pages show of lists and hits."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import AttendanceEvent, EventKind, HitState, ListHit, MonthLine, Payment
from services.acting import Acting
from services.cross_checks import holding
from services.cross_checks.kinds import kinds
from services.cross_checks.work import of_area as hits_of
from services.pay import claw_backs, stopping
from services.sheets_in import WORDS
from services.sheets_out import Column, register

SHOWN = 200
DECIDED_DAYS = 120
ORDER = ("name", "id_number", "since_on", "until_on", "remark")


@dataclass(frozen=True)
class Evidence:
    """What the house itself knows. `signs`: the worker's own signs after the date of the list;
    `last_sign_on` the latest; `held`: lines of month sheets that wait; `owed_fen`: what was
    approved for days after the last one; `payments`: what files for the bank hold or held."""

    name_fits: bool
    last_on: date | None
    signs: int
    last_sign_on: date | None
    held: Sequence[MonthLine]
    owed_fen: int
    payments: Sequence[Payment]


def of_area(session: Session, acting: Acting) -> Sequence[ListHit]:
    """The hits of an area, the open ones by their date, then what was decided lately."""
    asked = hits_of(acting, HitState.OPEN).order_by(ListHit.due_on, ListHit.id).limit(SHOWN)
    found = list(session.scalars(asked))
    done = hits_of(acting, HitState.CLEARED, HitState.UPHELD).order_by(ListHit.decided_at.desc())
    return [*found, *session.scalars(done.limit(SHOWN - len(found)))]


def find(session: Session, acting: Acting, key: uuid.UUID) -> ListHit | None:
    """One hit of somebody's area, and never their own or a relative's."""
    asked = hits_of(acting, *HitState).where(ListHit.id == key)
    return session.scalars(asked).first()


def evidence(session: Session, hit: ListHit, today: date) -> Evidence:
    """What we know that bears on it."""
    signs, last_on = session.execute(
        select(func.count(), func.max(AttendanceEvent.day_on)).where(
            AttendanceEvent.engagement_id == hit.engagement_id,
            AttendanceEvent.kind == EventKind.CHECKIN,
            AttendanceEvent.day_on.between(hit.since_on + timedelta(days=1), today),
        )
    ).one()
    engagement = hit.engagement
    ends = hit.last_on
    if ends is None and engagement is not None and kinds()[hit.kind].leaves is not None:
        ends = kinds()[hit.kind].last_on(hit.since_on, engagement.starts_on)
    owed = claw_backs.owed_after(session, engagement, ends) if engagement and ends else 0
    return Evidence(
        name_fits=hit.row.name == hit.person.name,
        last_on=ends,
        signs=signs,
        last_sign_on=last_on,
        held=holding.lines_of(session, hit),
        owed_fen=owed,
        payments=stopping.of_hit(session, hit),
    )


def template(kind: str, title: str, who: str, now: datetime) -> bytes:
    """An empty list with the heads that `reading` knows."""
    heads = WORDS[f"list_{kind}"]["heads"]
    columns = [Column(heads[name][0], 24 if name == "id_number" else 16)
               for name in ORDER if name in heads]  # fmt: skip
    return register(title, columns, (), who, now)
