"""Two at once on one month: one effect, and the other one is told."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.orm.exc import StaleDataError

from models import (
    AttendanceDay,
    EventKind,
    MonthLine,
    MonthSheet,
    MonthStep,
    Payment,
    PaymentBatch,
    Region,
    ResultFile,
    Role,
    Staff,
    SubsidyRecord,
)
from models.pay_steps import SheetState
from services.acting import Acting
from services.attachments import Upload
from services.days import events
from services.pay import batches, news, results, signing
from services.procedure import Hindered
from tests.builders import at
from tests.services.month import (
    CHECKS,
    SIGNS,
    Office,
    close,
    create_office,
    create_worker,
    gather,
    mark_days,
    result_file,
)

Act = Callable[[Session], object]
LATER = at("2022-05-21 09:00")


def together(sessions: sessionmaker[Session], *acts: Act) -> list[str]:
    """Do it at the same moment, each in a transaction of its own; what became of each."""
    gate = threading.Barrier(len(acts))
    said: list[str] = []

    def run(act: Act) -> None:
        gate.wait()
        said.append(_outcome(sessions, act))

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(said)


def _outcome(sessions: sessionmaker[Session], act: Act) -> str:
    try:
        with sessions.begin() as session:
            act(session)
    except Hindered as hindered:
        return hindered.obstacles[0].key
    except (StaleDataError, DBAPIError):
        return "busy"
    except events.DayLocked:
        return "locked"
    return "done"


@dataclass(frozen=True)
class Who:
    """Somebody at work, to be read anew in each transaction."""

    role: Role
    staff_id: Any
    region_id: int

    def at_work(self, session: Session) -> Acting:
        staff = session.get_one(Staff, self.staff_id)
        return Acting(self.role, staff=staff, region=session.get_one(Region, self.region_id))


def _who(acting: Acting) -> Who:
    assert acting.staff is not None
    assert acting.region is not None
    return Who(Role(acting.role), acting.staff.id, acting.region.id)


def ready(sessions: sessionmaker[Session], upto: str) -> tuple[Any, dict[str, Who]]:
    """A village's April, carried on; the sheet's key, and the people who act."""
    with sessions.begin() as session:
        office = create_office(session)
        for name in ("甲一", "乙二"):
            mark_days(session, create_worker(session, name=name))
        if upto == "approved":
            return close(session, office).id, _all(office)
        sheet = gather(session, office)
        if upto == "on_view":
            signing.take(session, sheet, "sign", office["head"], at(SIGNS))
            signing.take(session, sheet, "check", office["town"], at(CHECKS))
            news.tell_results(session, at(CHECKS))
        return sheet.id, _all(office)


def _all(office: Office) -> dict[str, Who]:
    return {name: _who(acting) for name, acting in office.people.items()}


def step(key: Any, act: str, who: Who, when: str) -> Act:
    def take(session: Session) -> None:
        sheet = session.get_one(MonthSheet, key)
        signing.take(session, sheet, act, who.at_work(session), at(when))

    return take


def test_two_approvals_are_one(seeded_sessions: sessionmaker[Session]) -> None:
    key, people = ready(seeded_sessions, "on_view")
    approve = step(key, "approve", people["approver"], "2022-05-20 09:00")
    said = together(seeded_sessions, approve, approve, approve)
    assert said.count("done") == 1
    assert set(said) <= {"done", "pay.moved_on", "busy"}
    with seeded_sessions() as session:
        assert session.scalar(select(func.count()).select_from(SubsidyRecord)) == 2
        assert (
            session.scalar(
                select(func.count()).select_from(MonthStep).where(MonthStep.act == "approve")
            )
            == 1
        )


def test_two_signatures_are_one(seeded_sessions: sessionmaker[Session]) -> None:
    key, people = ready(seeded_sessions, "gathered")
    sign = step(key, "sign", people["head"], SIGNS)
    said = together(seeded_sessions, sign, sign)
    assert said.count("done") == 1
    with seeded_sessions() as session:
        assert session.get_one(MonthSheet, key).state == SheetState.SIGNED


def test_a_day_that_changes_while_the_head_signs_is_before_or_not_at_all(
    seeded_sessions: sessionmaker[Session],
) -> None:
    key, people = ready(seeded_sessions, "gathered")
    with seeded_sessions() as session:
        engagement = session.scalars(select(MonthLine.engagement_id)).first()
    assert engagement is not None
    day = date(2022, 4, 6)

    def rule(session: Session) -> None:
        clerk = people["town"].at_work(session)
        word = events.Word(EventKind.RULED_ABSENT, clerk, "console", reason="没来")
        events.say(session, [engagement], day, word, at(SIGNS))

    said = together(seeded_sessions, step(key, "sign", people["head"], SIGNS), rule)
    with seeded_sessions() as session:
        sheet = session.get_one(MonthSheet, key)
        line = session.scalars(select(MonthLine).where(MonthLine.engagement_id == engagement)).one()
        counted = session.scalar(
            select(func.count()).where(
                AttendanceDay.engagement_id == engagement, AttendanceDay.counted
            )
        )
    assert "done" in said
    if sheet.state == SheetState.SIGNED:
        assert line.paid_days == counted, said


def test_two_batches_pay_each_record_once(seeded_sessions: sessionmaker[Session]) -> None:
    _, people = ready(seeded_sessions, "approved")

    def make(session: Session) -> None:
        batches.make(session, "rural", people["clerk"].at_work(session), LATER)

    said = together(seeded_sessions, make, make, make)
    assert said.count("done") == 1
    with seeded_sessions() as session:
        assert session.scalar(select(func.count()).select_from(Payment)) == 2
        assert session.scalar(select(func.count()).select_from(PaymentBatch)) == 1


def test_two_result_files_at_once_settle_each_payment_once(
    seeded_sessions: sessionmaker[Session],
) -> None:
    _, people = ready(seeded_sessions, "approved")
    with seeded_sessions.begin() as session:
        batch = batches.make(session, "rural", people["clerk"].at_work(session), LATER)
        paid = result_file(session, batch)
        failed = result_file(session, batch, "退票", reason="户名不符")

    def read(file: Upload) -> Act:
        return lambda session: results.read(
            session, file, people["finance"].at_work(session), LATER
        )

    said = together(seeded_sessions, read(paid), read(failed), read(paid))
    assert set(said) <= {"done", "busy", "pay.result_known"}
    with seeded_sessions() as session:
        states = session.scalars(select(Payment.state).distinct()).all()
        assert len(states) == 1, "one file settled both payments, the other one neither"
        files = session.scalars(select(ResultFile)).all()
        assert sum(one.paid + one.failed for one in files) == 2
        assert len(files) <= 2
