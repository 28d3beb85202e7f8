"""Every page has its guard, and nobody gets past the border of their own place."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker
from werkzeug.routing import Rule

from console.guard import ANSWERS, KEEPS, KEEPS_ASKED, OPEN, OWN, STEPS
from models import Application, AuditEntry, Role
from tests.builders import create_application
from tests.console.conftest import Visit, Visitor


def rules(app: Flask) -> Iterator[Rule]:
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("console."):
            yield rule


def address(app: Flask, rule: Rule, number: str) -> str:
    """The rule's address, with this case's number wherever something is named."""
    values: dict[str, object] = {}
    for name in rule.arguments:
        converter = type(rule._converters[name]).__name__
        values[name] = {
            "IntegerConverter": 1,
            "UUIDConverter": "01940000-0000-7000-8000-000000000001",
        }.get(converter, number)
    with app.test_request_context():
        built = app.url_map.bind("localhost").build(rule.endpoint, values, force_external=False)
    return str(built)


def test_every_page_says_who_it_is_for(app: Flask) -> None:
    unguarded = {
        rule.endpoint
        for rule in rules(app)
        if rule.endpoint not in OPEN
        and not getattr(app.view_functions[rule.endpoint], "roles", None)
    }
    assert not unguarded
    assert len(OPEN) == 2


def test_the_lists_of_exceptions_hold_no_dead_names(app: Flask) -> None:
    named = OPEN | OWN | KEEPS | set(KEEPS_ASKED) | set(STEPS.values())
    assert named <= {rule.endpoint for rule in rules(app)}


def test_nobody_gets_in_without_signing_in(app: Flask, stranger: Visitor) -> None:
    for rule in rules(app):
        if rule.endpoint in OPEN:
            continue
        path = address(app, rule, "2022000001")
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            answer = stranger.client.open(path, method=method)
            turned_away = answer.status_code == 401 or "/console/sign-in" in (answer.location or "")
            assert turned_away, f"{method} {path}: {answer.status_code}"


def test_supervision_posts_nothing_but_answers_to_its_own_tickets(app: Flask, visit: Visit) -> None:
    watcher = visit("jiandu")
    watcher.get("/console/account")
    token = watcher.token
    for rule in rules(app):
        if rule.endpoint in OPEN | OWN | ANSWERS or "POST" not in (rule.methods or set()):
            continue
        path = address(app, rule, "2022000001")
        answer = watcher.client.post(path, data={"csrf_token": token})
        assert answer.status_code == 403, f"{path}: {answer.status_code}"


@pytest.fixture
def theirs(seeded_sessions: sessionmaker[Session]) -> str:
    """The number of a case of 新兖镇."""
    with seeded_sessions.begin() as session:
        return create_application(session).number


NEIGHBOURS = ("xiaomeng", "xiangyang")


@pytest.mark.parametrize("login", NEIGHBOURS)
def test_a_neighbour_sees_and_does_nothing(
    app: Flask, visit: Visit, theirs: str, login: str, seeded_sessions: sessionmaker[Session]
) -> None:
    neighbour = visit(login)
    neighbour.get("/console/account")
    token = neighbour.token
    for rule in rules(app):
        if rule.endpoint in OPEN | OWN:
            continue
        path = address(app, rule, theirs)
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            data = {"csrf_token": token, "q": "李桂香", "case": f"{theirs}|1", "act": "accept"}
            answer = neighbour.client.open(
                path, method=method, data=data if method == "POST" else None
            )
            body = answer.get_data().decode(errors="replace")  # some are Excel files
            assert answer.status_code < 500, f"{method} {path}: {answer.status_code}"
            assert "李桂香" not in body, f"{method} {path} shows somebody"
            if theirs in path:
                assert answer.status_code in {403, 404}, f"{method} {path}: {answer.status_code}"
    neighbour.get("/console/search?q=李桂香")
    assert "没有查到" in neighbour.words
    with seeded_sessions() as session:
        case = session.scalars(select(Application).where(Application.number == theirs)).one()
        assert (case.status, case.version) == ("submitted", 1)


def test_trying_a_neighbours_case_is_written_down(
    visit: Visit, theirs: str, seeded_sessions: sessionmaker[Session]
) -> None:
    neighbour = visit("xiaomeng")
    assert neighbour.get(f"/console/cases/{theirs}").status_code == 404
    assert "不归您管" in neighbour.words
    with seeded_sessions() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.act == "console.refused")).one()
        assert (entry.subject_kind, entry.subject_id) == ("application", theirs)


def test_a_case_that_is_not_there_looks_the_same(visit: Visit, theirs: str) -> None:
    neighbour = visit("xiaomeng")
    neighbour.get(f"/console/cases/{theirs}")
    outside = neighbour.words
    neighbour.get("/console/cases/2022999999")
    assert neighbour.words == outside


def test_a_department_sees_no_residents(app: Flask, visit: Visit, theirs: str) -> None:
    department = visit("linye")
    for path in ("/console/cases", "/console/search?q=李桂香", f"/console/cases/{theirs}"):
        assert department.get(path).status_code == 403
        assert "李桂香" not in department.words


@pytest.mark.parametrize("login", ["guanliyi", "jiandu"])
def test_administrators_and_supervision_look_and_decide_nothing(
    visit: Visit, theirs: str, login: str
) -> None:
    onlooker = visit(login)
    assert onlooker.get(f"/console/cases/{theirs}").status_code == 200
    assert 'name="version"' not in onlooker.page
    form = {"version": "1"}
    assert onlooker.post(f"/console/cases/{theirs}/steps/accept", form).status_code == 403


def test_every_role_can_open_its_first_page(visit: Visit) -> None:
    seen = set()
    for login, role in (
        ("cunwenshu", Role.VILLAGE_CLERK),
        ("cunzhuren", Role.VILLAGE_HEAD),
        ("zhenjingban", Role.TOWN_CLERK),
        ("zhenfuze", Role.TOWN_HEAD),
        ("qujingban", Role.DISTRICT_CLERK),
        ("qushenpi", Role.DISTRICT_APPROVER),
        ("qucaizheng", Role.FINANCE),
        ("linye", Role.DEPARTMENT),
        ("disanfang", Role.AGENCY),
        ("jiandu", Role.SUPERVISION),
        ("guanliyi", Role.ADMINISTRATOR),
    ):
        assert "的待办" in visit(login).words
        seen.add(role)
    assert seen == set(Role)
