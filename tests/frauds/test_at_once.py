"""Two at the same moment about one day, month or wish: one effect, and the other is told."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.orm.exc import StaleDataError

from models import (
    Anomaly,
    AttendanceEvent,
    Contact,
    Engagement,
    EventKind,
    Leave,
    LeaveState,
    Message,
    MonthDispute,
    MonthLine,
    MonthSheet,
    Region,
    Role,
    SpotDraw,
    Staff,
    SubsidyRecord,
)
from models.pay_steps import SheetState
from services.acting import Acting
from services.anomalies import looking, sampling
from services.days import backfilling, confirming, leaves
from services.days.confirming import Answers
from services.days.leaves import Wish
from services.pay import disputes, news, sheets, signing
from services.pay.stepping import Given
from services.procedure import Hindered
from tests import builders
from tests.builders import at, region
from tests.services.month import (
    APRIL,
    CHECKS,
    SIGNS,
    VILLAGE,
    create_office,
    create_worker,
    gather,
    mark_days,
    say,
)

Act = Callable[[Session], object]
WED = date(2022, 4, 6)


def together(sessions: sessionmaker[Session], *acts: Act) -> list[str]:
    """Each in a transaction and thread of its own, begun at the same moment; what each was told. A
    database that is busy is asked again, as the doors do."""
    gate = Barrier(len(acts))

    def run(act: Act) -> str:
        gate.wait(timeout=60)
        for _ in range(6):
            try:
                with sessions.begin() as session:
                    act(session)
            except Hindered as hindered:
                return hindered.obstacles[0].key
            except (OperationalError, StaleDataError, IntegrityError):
                continue
            return "done"
        return "busy"

    with ThreadPoolExecutor(len(acts)) as pool:
        return sorted(done.result(timeout=60) for done in [pool.submit(run, act) for act in acts])


class Stage:
    """The village with one worker, and its people by their keys."""

    def __init__(self, sessions: sessionmaker[Session]) -> None:
        self.sessions = sessions
        with sessions.begin() as session:
            office = create_office(session)
            self.staff = {name: self._key(acting) for name, acting in office.people.items()}
            self.staff["clerk"] = self._key(
                builders.create_acting(session, Role.VILLAGE_CLERK, VILLAGE)
            )
            worker = create_worker(session, name="甲一")
            self.worker = worker.id
            self.contact = builders.create_contact(session, person_id=worker.person_id).id

    @staticmethod
    def _key(acting: Acting) -> tuple[Role, uuid.UUID, int]:
        assert acting.staff is not None
        assert acting.region is not None
        return Role(acting.role), acting.staff.id, acting.region.id

    def acting(self, session: Session, name: str) -> Acting:
        role, staff, place = self.staff[name]
        return Acting(role, session.get_one(Staff, staff), session.get_one(Region, place))

    def engagement(self, session: Session) -> Engagement:
        return session.get_one(Engagement, self.worker)

    def count(self, asked: Any) -> int:
        with self.sessions() as session:
            return session.scalar(select(func.count()).select_from(asked.subquery())) or 0


@pytest.fixture
def stage(seeded_sessions: sessionmaker[Session]) -> Stage:
    return Stage(seeded_sessions)


def test_five_forgotten_signs_at_once_keep_to_the_months_number(stage: Stage) -> None:
    def forgot(day: int) -> Act:
        def ask(session: Session) -> None:
            backfilling.ask(
                session, stage.engagement(session), date(2022, 4, day), reason="phone",
                contact=session.get_one(Contact, stage.contact), source="wechat",
                now=at("2022-04-14 21:00"),
            )  # fmt: skip

        return ask

    said = together(stage.sessions, *[forgot(day) for day in (7, 8, 11, 12, 13)])
    assert said == ["done"] * 3 + ["obstacle.backfills_used_up"] * 2
    asked = select(AttendanceEvent.id).where(AttendanceEvent.kind == EventKind.BACKFILL_ASKED)
    assert stage.count(asked) == 3


def test_leave_asked_twice_at_once_is_one(stage: Stage) -> None:
    def ask(session: Session) -> None:
        acting = leaves.asker(session.get_one(Contact, stage.contact))
        leaves.ask(session, stage.engagement(session), Wish("personal", WED, WED), acting=acting,
                   now=at("2022-04-05 09:00"))  # fmt: skip

    said = together(stage.sessions, ask, ask, ask)
    assert said.count("done") == 1
    assert stage.count(select(Leave.id)) == 1


def test_head_and_town_answer_a_leave_at_once(stage: Stage) -> None:
    with stage.sessions.begin() as session:
        acting = leaves.asker(session.get_one(Contact, stage.contact))
        key = str(leaves.ask(session, stage.engagement(session), Wish("personal", WED, WED),
                             acting=acting, now=at("2022-04-05 09:00")).id)  # fmt: skip

    def answer(who: str, *, agree: bool) -> Act:
        def act(session: Session) -> None:
            found = leaves.find(session, key)
            assert found is not None
            leaves.answer(session, found, acting=stage.acting(session, who), agree=agree,
                          remark="", now=at("2022-04-05 18:00"))  # fmt: skip

        return act

    said = together(stage.sessions, answer("head", agree=True), answer("town", agree=False))
    assert said.count("done") == 1
    with stage.sessions() as session:
        assert session.scalars(select(Leave.state)).one() in {
            LeaveState.APPROVED, LeaveState.REFUSED,
        }  # fmt: skip
        told = select(Message).where(Message.kind == "leave_answered")
        assert len(session.scalars(told).all()) == 1


def test_a_round_answered_twice_at_once_says_each_thing_once(stage: Stage) -> None:
    with stage.sessions.begin() as session:
        found = confirming.open_round(session, stage.acting(session, "head"), WED,
                                      source="console", now=at(f"{WED} 17:40"))  # fmt: skip
        assert found is not None
        key = str(found.row.id)

    def answer(session: Session) -> None:
        now, head = at(f"{WED} 17:45"), stage.acting(session, "head")
        held = confirming.find_round(session, key, head, now)
        if held is not None:
            confirming.answer(session, held, head, Answers((stage.worker,)), now)

    assert together(stage.sessions, answer, answer, answer) == ["done"] * 3
    confirmed = select(AttendanceEvent.id).where(AttendanceEvent.kind == EventKind.CONFIRMED)
    assert stage.count(confirmed) == 1


def _month(stage: Stage, *, upto: str) -> uuid.UUID:
    with stage.sessions.begin() as session:
        office = create_office(session)
        mark_days(session, stage.engagement(session))
        sheet = gather(session, office)
        if upto == "on_view":
            signing.take(session, sheet, "sign", stage.acting(session, "head"), at(SIGNS))
            signing.take(session, sheet, "check", stage.acting(session, "town"), at(CHECKS))
            news.tell_results(session, at(CHECKS))
        return sheet.id


def _step(stage: Stage, key: uuid.UUID, act: str, who: str, when: str) -> Act:
    def take(session: Session) -> None:
        sheet = session.get_one(MonthSheet, key)
        signing.take(session, sheet, act, stage.acting(session, who), at(when))

    return take


def test_gathered_by_the_clock_while_the_head_signs(stage: Stage) -> None:
    key = _month(stage, upto="gathered")

    def collect(session: Session) -> None:
        sheets.gather(session, APRIL, [region(session, VILLAGE).id], at(SIGNS))

    said = together(stage.sessions, collect, _step(stage, key, "sign", "head", SIGNS), collect)
    assert said == ["done"] * 3
    with stage.sessions() as session:
        assert session.get_one(MonthSheet, key).state == SheetState.SIGNED
        [line] = session.scalars(select(MonthLine)).all()
        assert line.amount_fen == 83_333


def test_disputed_while_the_district_approves(stage: Stage) -> None:
    key = _month(stage, upto="on_view")

    def dispute(session: Session) -> None:
        line = session.scalars(select(MonthLine)).one()
        writer = session.get_one(Contact, stage.contact)
        disputes.raise_dispute(session, line, "少了一天", writer, at("2022-05-11 17:00"))

    approve = _step(stage, key, "approve", "approver", "2022-05-12 09:00")
    said = together(stage.sessions, dispute, approve)
    paid, disputed = stage.count(select(SubsidyRecord.id)), stage.count(select(MonthDispute.id))
    assert (said, paid, disputed) in (
        (["done", "pay.not_on_view"], 1, 0),
        (["done", "pay.still_disputed"], 0, 1),
    )


def test_returned_and_approved_at_once_is_one_of_them(stage: Stage) -> None:
    key = _month(stage, upto="on_view")
    when = "2022-05-12 09:00"

    def send_back(session: Session) -> None:
        sheet = session.get_one(MonthSheet, key)
        given = Given(reason="再查一遍")
        signing.take(session, sheet, "return_to_town", stage.acting(session, "approver"), at(when),
                     given)  # fmt: skip

    said = together(stage.sessions, send_back, _step(stage, key, "approve", "approver", when))
    assert said.count("done") == 1
    records = stage.count(select(SubsidyRecord.id))
    with stage.sessions() as session:
        state = session.get_one(MonthSheet, key).state
    assert (state, records) in {(SheetState.APPROVED, 1), (SheetState.SIGNED, 0)}


def test_two_clocks_find_and_draw_once(stage: Stage) -> None:
    with stage.sessions.begin() as session:
        for name in ("乙二", "丙三"):
            create_worker(session, name=name)
        for worker in session.scalars(select(Engagement)):
            say(session, worker, WED, EventKind.CHECKIN)

    def look(session: Session) -> None:
        looking.find(session, APRIL, at("2022-04-07 04:00"))

    def draw(session: Session) -> None:
        sampling.draw(session, region(session, "xinyan"), at("2022-04-07 05:00"))

    together(stage.sessions, look, look)
    together(stage.sessions, draw, draw)
    assert stage.count(select(Anomaly.id)) == 3
    assert stage.count(select(SpotDraw.id)) == 1
