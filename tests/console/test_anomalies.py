"""Who sees what looks odd, and how a visit is written down, by the console's own pages."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from models import Anomaly, AttendanceDay, EventKind, SpotCheck
from services.anomalies import sampling
from tests.builders import at, region
from tests.console.conftest import Visit, Visitor, Watch
from tests.services.month import create_worker, say, working_days

PAGES = ("/console/anomalies", "/console/anomalies?month=2022-04", "/console/spot-checks")
VILLAGE = ("/console/", "/console/days?month=2022-04", "/console/days?month=2022-04&only=doubt",
           "/console/months")  # fmt: skip


@pytest.fixture
def april(seeded_sessions: sessionmaker[Session], watch: Watch) -> sessionmaker[Session]:
    """Three of 王家庄 who signed in in the same second, and a week's sample."""
    watch.at = at("2022-04-08 09:00")
    with seeded_sessions.begin() as session:
        for name in ("司徒望舒", "欧阳小满", "冯大壮"):
            worker = create_worker(session, name=name, account=False)
            for day in working_days()[:12]:
                say(session, worker, day, EventKind.CHECKIN)
    return seeded_sessions


def drawn(april: sessionmaker[Session]) -> SpotCheck:
    with april.begin() as session:
        assert sampling.draw(session, region(session, "xinyan"), at("2022-04-08 05:00"))
    with april() as session:
        return session.scalars(select(SpotCheck)).all()[0]


def find(visit: Visit) -> Visitor:
    clerk = visit("qujingban")
    clerk.get("/console/anomalies?month=2022-04")
    clerk.post("/console/anomalies", {"month": "2022-04"})
    return clerk


def test_the_district_finds_and_the_town_sees(april: sessionmaker[Session], visit: Visit) -> None:
    clerk = find(visit)
    assert "几个人在同一秒签到" in clerk.words
    town = visit("zhenjingban")
    town.get("/console/anomalies?month=2022-04")
    assert "司徒望舒" in town.words
    assert "单凭疑点一天也不扣" in town.words
    with april() as session:
        assert session.scalars(select(AttendanceDay)).all() == [], "finding derives no day"


@pytest.mark.parametrize("login", ["cunwenshu", "cunzhuren"])
def test_a_village_sees_nothing_of_it(
    april: sessionmaker[Session], visit: Visit, login: str
) -> None:
    find(visit)
    check = drawn(april)
    villager = visit(login)
    for path in PAGES:
        assert villager.get(path).status_code == 403
    assert villager.get(f"/console/spot-checks/{check.id}/photo").status_code == 403
    with april() as session:
        worker = session.scalars(select(Anomaly.engagement_id)).first()
    for path in (*VILLAGE, f"/console/days/workers/{worker}",
                 f"/console/days/workers/{worker}/2022-04-06"):  # fmt: skip
        assert villager.get(path).status_code == 200, path
        for word in ("疑点和抽查", "同一秒", "抽签", "spot-checks", "anomalies"):
            assert word not in villager.page.replace("抽签排", ""), f"{path} says {word}"


def test_another_town_sees_nothing(april: sessionmaker[Session], visit: Visit) -> None:
    find(visit)
    check = drawn(april)
    other = visit("guloufuze")
    for path in PAGES:
        assert other.get(path).status_code == 200
        assert "司徒望舒" not in other.words
    assert other.get(f"/console/spot-checks/{check.id}/photo").status_code == 404


def test_a_visit_is_written_down_once(april: sessionmaker[Session], visit: Visit) -> None:
    check = drawn(april)
    town = visit("zhenjingban")
    town.get("/console/spot-checks")
    path = f"/console/spot-checks/{check.id}"
    assert town.post(path, {"on": "2022-04-08"}).status_code == 409
    assert "请填哪天去的" in town.words
    assert town.post(path, {"on": "2022-04-08", "finding": "absent"}).status_code == 409
    assert "请写明情况" in town.words
    town.post(path, {"on": "2022-04-08", "finding": "absent", "remark": "地里没人"})
    assert "地里没人" in town.words
    assert town.post(path, {"on": "2022-04-08", "finding": "at_work"}).status_code == 409
    with april() as session:
        assert session.get_one(SpotCheck, check.id).finding == "absent"


def test_each_draw_is_drawn_again_before_the_eyes(
    april: sessionmaker[Session], visit: Visit
) -> None:
    check = drawn(april)
    town = visit("zhenjingban")
    town.get("/console/spot-checks")
    assert "重抽结果一样" in town.words
    with april.begin() as session:
        session.delete(session.get_one(SpotCheck, check.id))
    town.get("/console/spot-checks")
    assert "重抽对不上" in town.words


@pytest.mark.parametrize(
    ("on", "login", "words"),
    [
        ("2022-04-08", "zhenjingban", "去王家庄村看看{name}在不在岗"),
        ("2022-04-30", "zhenjingban", "去王家庄村看看{name}在不在岗"),
        ("2022-04-15", "zhenfuze", None),
        ("2022-04-16", "zhenfuze", "抽查过了日子还没去：王家庄村{name}"),
        ("2022-04-22", "qujingban", None),
        ("2022-04-23", "qujingban", "新兖镇抽查过了日子没去的有1人"),
        ("2022-04-30", "cunwenshu", None),
        ("2022-04-30", "cunzhuren", None),
        ("2022-04-30", "guloufuze", None),
        ("2022-04-30", "qushenpi", None),
    ],
)
def test_a_visit_waits_for_the_town_and_when_late_for_those_above(
    april: sessionmaker[Session], visit: Visit, watch: Watch, on: str, login: str, words: str | None
) -> None:
    key = drawn(april).id
    with april() as session:
        name = session.get_one(SpotCheck, key).engagement.person.name
    watch.at = at(f"{on} 10:00")
    someone = visit(login)
    someone.get("/console/")
    assert ("抽查" in someone.words.replace("疑点和抽查", "")) == (words is not None)
    assert words is None or words.format(name=name) in someone.words
    if login == "zhenjingban":
        someone.get("/console/spot-checks")
        someone.post(f"/console/spot-checks/{key}", {"on": on, "finding": "at_work"})
        someone.get("/console/")
        assert "看看" not in someone.words
