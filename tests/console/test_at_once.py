"""Two at once: one code opens one door, one click takes one step."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from models import Application, ApplicationEvent, ApplicationStatus
from services import demo_staff
from tests.console.conftest import Visit, Visitor, Watch
from tests.console.test_case import full_case


def test_of_two_who_know_one_code_one_gets_in(stranger: Visitor, watch: Watch) -> None:
    both = [stranger, Visitor(stranger.client.application.test_client(), watch)]
    for one in both:
        one.get("/console/sign-in")
        one.post("/console/sign-in", {"login": "zhenjingban", "password": demo_staff.PASSWORD})
    line = Barrier(2)

    def enter(one: Visitor) -> str:
        line.wait()
        one.post("/console/code", {"code": one.code()})
        return one.words

    with ThreadPoolExecutor(2) as pool:
        said = list(pool.map(enter, both))
    assert sum("的待办" in words for words in said) == 1
    assert sum("这个验证码用过了" in words for words in said) == 1


def test_of_two_clicks_at_once_one_is_a_step(
    visit: Visit, seeded_sessions: sessionmaker[Session]
) -> None:
    with seeded_sessions.begin() as session:
        number = full_case(session, ApplicationStatus.TOWN_HEAD, "xinyan").number
    clicks = [visit("zhenfuze") for _ in range(4)]
    for one in clicks:
        one.get(f"/console/cases/{number}")
    line = Barrier(4)

    def click(one: Visitor) -> str:
        form = {"version": one.field_value("version"), "csrf_token": one.token}
        line.wait()
        one.post(f"/console/cases/{number}/steps/pass", form)
        return one.words

    with ThreadPoolExecutor(4) as pool:
        said = list(pool.map(click, clicks))
    assert sum("现在：等公示" in words for words in said) == 1
    assert sum("这一步您刚才已经办好了" in words for words in said) == 3
    with seeded_sessions() as session:
        taken = session.scalars(
            select(ApplicationEvent.act)
            .join(Application, Application.id == ApplicationEvent.application_id)
            .where(Application.number == number, ApplicationEvent.act == "pass")
        ).all()
        assert len(taken) == 1
