"""Phones that sign for a worker, by the console's own page; and what the town reads of them."""

from __future__ import annotations

import uuid
from datetime import date
from io import BytesIO

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from models import AttendanceEvent, CheckInHelper, EventKind
from services.anomalies import looking
from tests.builders import at, create_contact
from tests.console.conftest import Visit, Visitor, Watch
from tests.services.month import create_worker

PAGE = "/console/check-in-helpers"
PICTURE = b"\xff\xd8\xff a consent"
FORM = {"name": "司徒小满", "relation": "daughter", "number": "138 0000 7777",
        "from_on": "2022-04-08", "to_on": "2022-12-31"}  # fmt: skip


@pytest.fixture
def workers(seeded_sessions: sessionmaker[Session], watch: Watch) -> list[str]:
    """Three of 王家庄, by the keys of their engagements."""
    watch.at = at("2022-04-08 09:00")
    with seeded_sessions.begin() as session:
        return [
            str(create_worker(session, name=name, account=False).id)
            for name in ("司徒望舒", "欧阳小满", "冯大壮")
        ]


def declared(visitor: Visitor, worker: str, **changes: object) -> int:
    visitor.get(f"{PAGE}?worker={worker}")
    if isinstance(paper := changes.get("paper"), bytes):
        changes["paper"] = (BytesIO(paper), "同意.jpg")
    return visitor.post(PAGE, {**FORM, "worker": worker, **changes}).status_code


@pytest.mark.parametrize("login", ["cunwenshu", "zhenjingban"])
def test_declared_shown_and_ended(
    workers: list[str], visit: Visit, seeded_sessions: sessionmaker[Session], login: str
) -> None:
    office = visit(login)
    declared(office, workers[0], paper=PICTURE)
    assert "司徒小满的手机从2022年4月8日起可以替司徒望舒打卡" in office.words
    assert "女儿，尾号7777" in office.words
    assert "13800007777" not in office.page
    with seeded_sessions() as session:
        key = session.scalars(select(CheckInHelper.id)).one()
    assert office.get(f"{PAGE}/{key}/paper").get_data() == PICTURE
    office.get(PAGE)
    office.post(f"{PAGE}/{key}/end")
    assert "还没有登记" in office.words
    with seeded_sessions() as session:
        assert session.get_one(CheckInHelper, key).ended_at is not None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"number": "0537-3412345"}, "要11位的手机号"),
        ({"relation": ""}, "请选是谁、填姓名、关系和手机号"),
        ({"from_on": "2022-04-01"}, "日子不对"),
        ({"to_on": "2022-04-07"}, "日子不对"),
        ({"paper": b"no picture"}, "没有办成"),
    ],
)
def test_what_cannot_be_is_said_and_stays_typed(
    workers: list[str], visit: Visit, seeded_sessions: sessionmaker[Session],
    changes: dict[str, object], words: str,
) -> None:  # fmt: skip
    office = visit("cunwenshu")
    assert declared(office, workers[0], **changes) == 409
    assert words in office.words
    assert 'value="司徒小满"' in office.page
    with seeded_sessions() as session:
        assert session.scalars(select(CheckInHelper)).all() == []


def test_only_the_village_and_its_town_declare_and_end(
    workers: list[str], visit: Visit, seeded_sessions: sessionmaker[Session]
) -> None:
    declared(visit("cunwenshu"), workers[0])
    with seeded_sessions() as session:
        key = session.scalars(select(CheckInHelper.id)).one()
    for login, sees in (("cunzhuren", True), ("zhenfuze", True), ("qujingban", True),
                        ("jiandu", True), ("gulou", False), ("xiangyang", False)):  # fmt: skip
        other = visit(login)
        other.get(PAGE)
        assert ("司徒小满" in other.words) == sees, login
        assert declared(other, workers[1]) in {403, 404}, login
        assert other.post(f"{PAGE}/{key}/end").status_code in {403, 404}, login
    assert visit("qucaizheng").get(PAGE).status_code == 403
    for worker in ("x", "01940000-0000-7000-8000-000000000001"):
        assert declared(visit("cunwenshu"), worker) == 404
    with seeded_sessions() as session:
        assert session.get_one(CheckInHelper, key).ended_at is None


@pytest.mark.parametrize(
    ("sources", "words"),
    [
        (("helper", "helper"), "2天（都是 登记过的手机 代打）"),
        (("helper", "wechat"), "2天（其中1天是登记过的手机代打）"),
        (("wechat", "wechat"), "2天（没有登记过）"),
    ],
)
def test_the_town_reads_whether_a_shared_phone_was_declared(
    workers: list[str], visit: Visit, seeded_sessions: sessionmaker[Session],
    sources: tuple[str, str], words: str,
) -> None:  # fmt: skip
    with seeded_sessions.begin() as session:
        contact = create_contact(session)
        for day, source in zip((6, 7), sources, strict=True):
            for minute, worker in enumerate(workers):
                moment = at(f"2022-04-{day:02d} 07:{10 * minute:02d}")
                session.add(AttendanceEvent(
                    engagement_id=uuid.UUID(worker), day_on=date(2022, 4, day), source=source,
                    kind=EventKind.CHECKIN, happened_at=moment, recorded_at=moment,
                    contact_id=contact.id, evidence={},
                ))  # fmt: skip
        session.flush()
        looking.find(session, date(2022, 4, 1), at("2022-04-08 05:00"))
    town = visit("zhenjingban")
    town.get("/console/anomalies?month=2022-04")
    assert town.words.count(f"一部手机给几个人签到，{words}") == 3
