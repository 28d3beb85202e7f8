"""How long does a month's end take? `python -m bench.bench_month [workers …]`.

Everybody's April is there, as what was said of each day and as the days derived from it; then the
sheets are drawn up (100 places at a time, a transaction each), signed, checked and approved place
by place, and put into a bank file. `close` is what the district does: drawing up and approving.
Signing derives every day once more; it is the villages' work, and left out above 20,000 workers.
Wall time in seconds, processor time of this process for all of it, its peak memory, on SQLite and
PostgreSQL.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session, sessionmaker

from bench import house
from models import (
    AttendanceDay,
    AttendanceEvent,
    BankAccount,
    Engagement,
    EventKind,
    MonthLine,
    MonthSheet,
    Person,
    Post,
    Region,
    Role,
    Staff,
    SubsidyRecord,
    make_engine,
    new_id,
    session_factory,
)
from models.days import DayState
from models.pay_steps import SheetState
from models.sealing import ring
from rules import calendar
from services.acting import Acting
from services.pay import approving, batches, facts, sheets, signing

SIZES = (7_162, 100_000)
A_PLACE = 18
"""Workers of a place: about what the plan's numbers make of the district's villages."""
APRIL = date(2022, 4, 1)
NOW = datetime(2022, 5, 20, 1, tzinfo=UTC)
MOST_SIGNED = 20_000


def fill(session: Session, workers: int) -> None:
    """So many workers, 18 on a post, a post a village, each with an April of days."""
    town = session.scalars(select(Region).where(Region.code == "xinyan")).one()
    clerk = _staff(session, "bench")
    days = [APRIL + timedelta(days=more) for more in range(30)]
    work = [day for day in days if calendar.is_working_day(day)]
    places = -(-workers // A_PLACE)
    for place in range(places):
        village = Region(parent_id=town.id, kind="village", code=f"b-{place}",
                         name=f"Village {place}", path=f"{town.path}b-{place}/")  # fmt: skip
        session.add(village)
        session.flush()
        post = Post(region_id=village.id, code=f"B-{place}", track="rural", name="Post",
                    category="public_service", duties=["-"], headcount=A_PLACE)  # fmt: skip
        session.add(post)
        session.flush()
        _people(session, village, post, range(place * A_PLACE, min((place + 1) * A_PLACE, workers)),
                work, clerk, with_events=workers <= MOST_SIGNED)  # fmt: skip
        if place % 100 == 99:
            session.commit()


def _people(
    session: Session,
    village: Region,
    post: Post,
    numbers: range,
    work: list[date],
    clerk: Staff,
    *,
    with_events: bool,
) -> None:
    people, engagements, accounts, days = [], [], [], []
    for number in numbers:
        person, engagement, account = new_id(), new_id(), new_id()
        people.append({"id": person, "name": f"Worker {number}", "born_on": date(1970, 5, 2),
                       "sex": "female", "village_id": village.id, "created_at": NOW})  # fmt: skip
        engagements.append({"id": engagement, "person_id": person, "post_id": post.id,
                            "worker_code": f"B{number:07d}", "track": "rural", "status": "on_post",
                            "starts_on": APRIL, "first_approved_on": APRIL, "created_at": NOW,
                            "origin": "recruited"})  # fmt: skip
        sealed = ring().seal(f"622202{number:013d}", f"bank_account.number|{account}")
        accounts.append({"id": account, "person_id": person, "bank": "Bank",
                         "holder": f"Worker {number}", "number_sealed": sealed,
                         "number_index": f"{number:032d}", "from_on": APRIL,
                         "recorded_by_id": clerk.id})  # fmt: skip
        days += [_day(engagement, day, absent=(number + day.day) % 19 == 0) for day in work]
    session.execute(insert(Person), people)
    session.execute(insert(Engagement), engagements)
    session.execute(insert(BankAccount), accounts)
    session.execute(insert(AttendanceDay), days)
    if with_events:
        said = [
            {"engagement_id": row["engagement_id"], "day_on": row["day_on"], "kind": kind,
             "happened_at": NOW, "recorded_at": NOW, "source": "bench", "evidence": {},
             "reason": ""}
            for row in days if row["counted"]
            for kind in (EventKind.CHECKIN, EventKind.CONFIRMED)
        ]  # fmt: skip
        session.execute(insert(AttendanceEvent), said)


def _day(engagement: Any, day: date, *, absent: bool) -> dict[str, Any]:
    state = DayState.ABSENT if absent else DayState.COUNTED
    return {
        "engagement_id": engagement, "day_on": day, "state": state, "planned": True,
        "counted": not absent, "minutes": 0 if absent else 240, "late": False,
        "reasons": ["nobody" if absent else "agreed"], "rules_version": "1", "derived_at": NOW,
        "settled_at": NOW,
    }  # fmt: skip


def _staff(session: Session, login: str) -> Staff:
    made = Staff(id=new_id(), login=login, name=login, unit="bench", password_hash="-",
                 must_change_password=False, created_at=NOW)  # fmt: skip
    session.add(made)
    session.flush()
    return made


@contextmanager
def timed(spans: dict[str, float], name: str) -> Iterator[None]:
    began = time.perf_counter()
    yield
    spans[name] = time.perf_counter() - began


def close(sessions: sessionmaker[Session], *, signed: bool) -> dict[str, float]:
    """The month's end; the seconds of each part."""
    spans: dict[str, float] = {}
    with sessions.begin() as session:
        district = session.scalars(select(Region).where(Region.code == "yanzhou")).one()
        people = {name: _staff(session, name) for name in ("head", "town", "approver", "clerk")}
        places = facts.places_of_month(session, APRIL)
    roles = {"head": Role.VILLAGE_HEAD, "town": Role.TOWN_CLERK,
             "approver": Role.DISTRICT_APPROVER, "clerk": Role.DISTRICT_CLERK}  # fmt: skip
    office = {name: Acting(role=roles[name], staff=people[name], region=district)
              for name in people}  # fmt: skip
    with timed(spans, "draw up"):
        for some in facts.chunks(places):
            with sessions.begin() as session:
                sheets.gather(session, APRIL, some, NOW)
    if signed:
        _sign(sessions, office, spans)
    else:
        _pretend(sessions, office, spans)
    with sessions.begin() as session:  # telling is the outbox's work, measured with it
        session.execute(update(MonthLine).values(told_at=NOW, told_fen=MonthLine.amount_fen))
    with timed(spans, "approve"):
        _approve(sessions, office["approver"])
    with timed(spans, "bank file"), sessions.begin() as session:
        batches.make(session, "rural", office["clerk"], NOW)
    return spans


def _sign(
    sessions: sessionmaker[Session], office: dict[str, Acting], spans: dict[str, float]
) -> None:
    for act, who in (("sign", "head"), ("check", "town")):
        with timed(spans, act):
            _each(
                sessions,
                lambda session, sheet, act=act, who=who: signing.take(  # type: ignore[misc]
                    session, sheet, act, office[who], NOW
                ),
            )


def _pretend(
    sessions: sessionmaker[Session], office: dict[str, Acting], spans: dict[str, float]
) -> None:
    """As if every place had signed and every town checked."""
    spans |= {"sign": 0.0, "check": 0.0}
    head, town = office["head"].staff, office["town"].staff
    assert head is not None
    assert town is not None
    with sessions.begin() as session:
        session.execute(
            update(MonthSheet).values(
                state=SheetState.ON_VIEW, signed_by_id=head.id, checked_by_id=town.id,
                dispute_until_on=date(2022, 5, 24),
            )
        )  # fmt: skip


def _approve(sessions: sessionmaker[Session], approver: Acting) -> None:
    """As the district's page does: the chosen sheets together."""
    with sessions() as session:
        ids = session.scalars(select(MonthSheet.id).order_by(MonthSheet.id)).all()
    for first in range(0, len(ids), 500):
        with sessions.begin() as session:
            some = ids[first : first + 500]
            chosen = session.scalars(select(MonthSheet).where(MonthSheet.id.in_(some))).all()
            done, refused = approving.approve_all(
                session, chosen, approver, NOW + timedelta(days=10)
            )
            assert done == len(some), refused[:1]


def _each(sessions: sessionmaker[Session], act: Callable[[Session, MonthSheet], object]) -> None:
    """One sheet after the other, a transaction for fifty."""
    with sessions() as session:
        ids = session.scalars(select(MonthSheet.id)).all()
    for first in range(0, len(ids), 50):
        with sessions.begin() as session:
            for key in ids[first : first + 50]:
                act(session, session.get_one(MonthSheet, key))


def measure(name: str, database_url: str, workers: int) -> None:
    """Print a line."""
    house.furnish(database_url)
    engine = make_engine(database_url)
    sessions = session_factory(engine)
    with sessions() as session:
        fill(session, workers)
        session.commit()
    began = time.process_time()
    spans = close(sessions, signed=workers <= MOST_SIGNED)
    cpu = time.process_time() - began
    with sessions() as session:
        count, fen = session.execute(select(func.count(), func.sum(SubsidyRecord.amount_fen))).one()
    assert count == workers, f"{count} records of {workers} workers"
    whole = spans["draw up"] + spans["approve"]
    mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    shown = [*spans.values(), whole, sum(spans.values()), cpu]
    seconds = "".join(f"{one:>10.1f}" for one in shown)
    print(f"{name:<11}{workers:>9,}{seconds}{mib:>8.0f}{fen / 100:>16,.2f}", flush=True)
    engine.dispose()


def main(sizes: list[int]) -> None:
    heads = ("draw up", "sign", "check", "approve", "bank file", "close", "all", "CPU")
    print(f"{'database':<11}{'workers':>9}" + "".join(f"{head:>10}" for head in heads)
          + f"{'MiB':>8}{'yuan':>16}")  # fmt: skip
    for workers in sizes:
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            measure("sqlite", f"sqlite:///{folder}/bench.db", workers)
            with house.postgres(Path(folder)) as database:
                measure("postgresql", database.url, workers)


if __name__ == "__main__":
    main([int(one.replace(",", "")) for one in sys.argv[1:]] or list(SIZES))
