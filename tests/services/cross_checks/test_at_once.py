"""Two at the same moment: a list that comes twice, a batch while somebody is found, decisions."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from models import DepartmentList, DepartmentRow, ListHit, Message, Payment, SubsidyRecord
from services.attachments import Upload
from services.cross_checks import comparing, deciding, holding, taking_back
from services.cross_checks.deciding import Findings
from services.guards import Obstacle
from services.pay import batches
from services.procedure import Hindered
from tests.builders import at
from tests.frauds.test_at_once import Stage, together
from tests.services.cross_checks.stage import found_on, named, row_of, sheet_of, take
from tests.services.month import close, create_office, mark_days

DIED = date(2022, 4, 12)
CAME = at("2022-05-20 10:00")
Act = Callable[[Session], object]


@pytest.fixture
def stage(seeded_sessions: sessionmaker[Session]) -> Stage:
    """甲一's April, approved and not paid."""
    found = Stage(seeded_sessions)
    with seeded_sessions.begin() as session:
        mark_days(session, found.engagement(session))
        office = create_office(session)
        close(session, office)
        for name in ("clerk", "town", "approver"):
            found.staff[name] = Stage._key(office[name])
    return found


def the_list(stage: Stage, remark: str = "") -> Upload:
    with stage.sessions() as session:
        return sheet_of("deaths", [row_of(named(session, "甲一"), DIED, remark=remark)])


def takes(stage: Stage, file: Upload) -> Act:
    return lambda session: take(session, file, "deaths", stage.acting(session, "clerk"), CAME)


def test_a_list_that_comes_twice_at_once_is_one(stage: Stage) -> None:
    file = the_list(stage)
    said = together(stage.sessions, *[takes(stage, file)] * 3)
    assert said == ["cross_check.known"] * 2 + ["done"]
    assert stage.count(select(DepartmentList.id)) == 1
    assert stage.count(select(DepartmentRow.id)) == 1
    assert stage.count(select(ListHit.id)) == 1


def test_one_fact_on_two_lists_at_once_is_one_hit(stage: Stage) -> None:
    files = [the_list(stage), the_list(stage, "另一份")]
    assert together(stage.sessions, *[takes(stage, file) for file in files]) == ["done"] * 2
    assert stage.count(select(ListHit.id)) == 1
    town = select(Message.staff_id).where(Message.kind == "list_hit_town")
    assert stage.count(town) == stage.count(town.distinct()) > 0, "each was told once"
    lists = select(DepartmentList.id)

    def again(session: Session) -> object:
        return comparing.compare(session, session.scalars(lists).all(), CAME)

    assert together(stage.sessions, again, again) == ["done"] * 2
    assert stage.count(select(ListHit.id)) == 1


def test_nobody_is_paid_who_is_found_while_the_batch_is_made(stage: Stage) -> None:
    """Either the batch came first, or it leaves them out: never both found and paid later."""

    def pays(session: Session) -> object:
        return batches.make(session, "rural", stage.acting(session, "clerk"), CAME)

    said = together(stage.sessions, pays, takes(stage, the_list(stage)))
    paid = stage.count(select(Payment.id))
    assert said == (["done"] * 2 if paid else ["done", "pay.nothing_to_pay"])
    held = select(SubsidyRecord.id).where(holding.is_held_back(SubsidyRecord))
    assert stage.count(held) == 1
    assert together(stage.sessions, pays) == ["pay.nothing_to_pay"]


def test_of_two_decisions_one_holds(stage: Stage) -> None:
    with stage.sessions.begin() as session:
        hit = found_on(session, "deaths", "甲一", DIED, stage.acting(session, "clerk"), CAME)
        found = Findings(is_true=True, words="看了火化证")
        deciding.write_findings(session, hit, found, stage.acting(session, "town"), CAME)
        key: uuid.UUID = hit.id

    def decides(*, upheld: bool) -> Act:
        def act(session: Session) -> None:
            deciding.decide(session, session.get_one(ListHit, key), upheld=upheld, words="定了",
                            acting=stage.acting(session, "approver"), now=CAME)  # fmt: skip

        return act

    said = together(stage.sessions, decides(upheld=True), decides(upheld=False))
    assert said == ["done", "obstacle.state_moved_on"]


def test_a_list_that_is_taken_back_twice_at_once_goes_once(stage: Stage) -> None:
    together(stage.sessions, takes(stage, the_list(stage)))
    with stage.sessions() as session:
        key = session.scalars(select(DepartmentList.id)).one()

    def back(session: Session) -> object:
        return taking_back.take_back(session, key, stage.acting(session, "clerk"), CAME)

    assert together(stage.sessions, back, back) == ["done", "obstacle.state_moved_on"]
    assert stage.count(select(DepartmentRow.id)) == 0


def test_who_looks_into_a_hit_while_its_list_is_taken_back(stage: Stage) -> None:
    """One of the two comes first, and the other is told so."""
    together(stage.sessions, takes(stage, the_list(stage)))
    with stage.sessions() as session:
        key = session.scalars(select(DepartmentList.id)).one()
        hit_id = session.scalars(select(ListHit.id)).one()

    def back(session: Session) -> object:
        return taking_back.take_back(session, key, stage.acting(session, "clerk"), CAME)

    def finds(session: Session) -> None:
        hit = session.get(ListHit, hit_id)
        if hit is None:
            raise Hindered("check_hit", (Obstacle("obstacle.state_moved_on"),))
        found = Findings(is_true=False, words="人在家")
        deciding.write_findings(session, hit, found, stage.acting(session, "town"), CAME)

    said = together(stage.sessions, back, finds)
    stays = stage.count(select(ListHit.id))
    assert said == sorted(
        ["done", "cross_check.looked_into" if stays else "obstacle.state_moved_on"]
    )
    assert stage.count(select(DepartmentList.id)) == stays
