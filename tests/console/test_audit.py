"""The audit view: searched by whom, what, when; exports and looks are entries themselves."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select, text
from sqlalchemy.orm import Session, sessionmaker

from models import AuditEntry, Role
from services import audit
from services.procedure import Why, take
from services.trail import note
from tests.builders import NOW, create_acting, create_application
from tests.console.conftest import Visit
from tests.databases import _without_triggers

Sessions = sessionmaker[Session]


def case_with_a_step(sessions: Sessions) -> str:
    with sessions.begin() as session:
        case = create_application(session)
        clerk = create_acting(session, Role.VILLAGE_CLERK, "v-xinyan-wangjiazhuang")
        take(session, case, "ask_papers", clerk, NOW, Why("papers_missing"))
        return case.number


def test_a_case_is_found_by_its_number_with_what_changed(
    visit: Visit, seeded_sessions: Sessions
) -> None:
    number = case_with_a_step(seeded_sessions)
    eye = visit("jiandu")
    eye.get("/console/audit")
    assert "填上面任意一格再查" in eye.words
    eye.get(f"/console/audit?key={number}")
    assert f"报名 {number}" in eye.words
    assert "status: submitted → status: papers_missing" in eye.words
    assert "周经办 人社所" in eye.words


def test_by_login_by_act_and_by_day(visit: Visit, seeded_sessions: Sessions) -> None:
    visit("zhenjingban").get("/console/cases?place=xinyan")
    case_with_a_step(seeded_sessions)
    eye = visit("guanliyi")
    eye.get("/console/audit?act=case.")
    assert "2022年4月6日" in eye.words
    eye.get("/console/audit?from_on=2099-01-01")
    assert "没有查到" in eye.words
    eye.get("/console/audit?to_on=2022-04-06&kind=application")
    assert "周经办" in eye.words
    eye.get("/console/audit?who=nobody")
    assert "没有查到" in eye.words


def test_pages_go_on_where_the_last_ended(visit: Visit, seeded_sessions: Sessions) -> None:
    with seeded_sessions.begin() as session:
        for order in range(60):
            note(session, "test.many", actor="clock", at=NOW, subject=("page", f"row-{order:02d}"))
    eye = visit("jiandu")
    eye.get("/console/audit?act=test.many")
    assert "row-59" in eye.words
    assert "row-09" not in eye.words
    before = eye.page.split("before=")[1].split("&")[0]
    eye.get(f"/console/audit?act=test.many&before={before}")
    assert "row-09" in eye.words
    assert "row-10" not in eye.words


def test_an_export_is_marked_and_kept(visit: Visit, seeded_sessions: Sessions) -> None:
    number = case_with_a_step(seeded_sessions)
    eye = visit("jiandu")
    answer = eye.get(f"/console/audit/entries.xlsx?key={number}")
    rows = CalamineWorkbook.from_filelike(BytesIO(answer.data)).get_sheet_by_index(0).to_python()
    assert "那明镜" in str(rows[0][0])
    assert number in str(rows[2])
    with seeded_sessions() as session:
        acts = session.scalars(select(AuditEntry.act)).all()
        assert "audit.exported" in acts
    assert eye.get("/console/audit/entries.xlsx").status_code == 422


def test_the_proof_says_whole_or_names_the_entry(visit: Visit, seeded_sessions: Sessions) -> None:
    case_with_a_step(seeded_sessions)
    with seeded_sessions.begin() as session:
        assert audit.seal(session, NOW + timedelta(minutes=2))
    eye = visit("guanliyi")
    eye.get("/console/audit/proof")
    assert "完好" in eye.words
    with seeded_sessions.begin() as session:
        first = session.scalars(select(AuditEntry.id).order_by(AuditEntry.id)).first()
        with _without_triggers(session.connection()):
            session.execute(text("UPDATE audit_entry SET act = 'x' WHERE id = :id"), {"id": first})
    eye.get("/console/audit/proof")
    assert f"第{first}条记录被改过" in eye.words


@pytest.mark.parametrize("path", ["audit", "audit/proof", "audit/entries.xlsx?act=case."])
@pytest.mark.parametrize("login", ["cunwenshu", "zhenfuze", "qushenpi", "linye"])
def test_others_are_turned_away(visit: Visit, login: str, path: str) -> None:
    assert visit(login).get(f"/console/{path}").status_code == 403
