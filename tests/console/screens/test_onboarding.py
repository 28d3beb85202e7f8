"""The way to the first day, the register and the insurer's lists in a real Chromium, at both
widths: three accounts bring somebody onto a post."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from models import Application, ApplicationStatus, Engagement, EngagementStatus
from services import insurance_gaps
from tests.browser.first_day import bring_the_papers, train
from tests.browser.walking import follow
from tests.builders import NOW, create_engagement, create_person, region, seed
from tests.console.conftest import Watch
from tests.console.screens.walk import sign_in, sound
from tests.sheets import workbook

pytestmark = pytest.mark.browser
VILLAGE = "v-xinyan-wangjiazhuang"
ON_POST = EngagementStatus.ON_POST


@pytest.fixture
def seeded_sessions(sessions: sessionmaker[Session]) -> sessionmaker[Session]:
    """Somebody who has been approved, and somebody on a post whom nobody insured."""
    with sessions.begin() as session:
        seed(session)
        holder = region(session, VILLAGE).id
        create_engagement(session, holder_id=holder, due_on=date(2022, 4, 20))
        create_engagement(
            session,
            person=create_person(session, name="冯大壮"),
            status=ApplicationStatus.ON_POST,
            engagement_status=ON_POST,
            starts_on=date(2022, 4, 1),
            ends_on=date(2025, 3, 31),
        )
        insurance_gaps.look(session, NOW)
    return sessions


def by_somebody_else(page: Page, watch: Watch, login: str) -> None:
    follow(page.get_by_role("button", name="退出"))
    sign_in(page, watch, login)


def test_three_accounts_bring_somebody_onto_a_post(
    screen: Page,
    watch: Watch,
    seeded_sessions: sessionmaker[Session],
    tmp_path: Path,
) -> None:
    sign_in(screen, watch, "cunwenshu")
    follow(screen.get_by_role("link", name="李桂香"))
    follow(screen.get_by_role("link", name="去办上岗手续"))
    sound(screen, "onboarding")
    in_the_village(screen)
    by_somebody_else(screen, watch, "qujingban")
    at_the_district(screen, seeded_sessions, tmp_path)
    by_somebody_else(screen, watch, "zhenjingban")
    follow(screen.get_by_role("link", name="李桂香"))
    follow(screen.get_by_role("link", name="去办上岗手续"))
    sound(screen, "onboarding-complete")
    follow(screen.get_by_role("button", name="手续齐了，上岗"))
    expect(screen.get_by_role("status")).to_contain_text("上岗")
    with seeded_sessions() as session:
        started = session.scalars(
            select(Engagement).where(Engagement.starts_on == date(2022, 4, 11))
        ).one()
        assert started.status == ON_POST


def in_the_village(page: Page) -> None:
    bring_the_papers(page, "李桂香", "2022-04-11")
    follow(page.get_by_role("link", name="去登记培训"))
    sound(page, "trainings")
    page.go_back()
    train(page, "李桂香")
    sound(page, "trainings-done")


def at_the_district(page: Page, sessions: sessionmaker[Session], folder: Path) -> None:
    expect(page.get_by_role("link", name="冯大壮在岗没有意外险")).to_be_visible()
    follow(page.get_by_role("link", name="意外险", exact=True))
    sound(page, "insurance")
    with sessions() as session:
        people = [
            (one.person.name, one.person.id_number) for one in session.scalars(select(Application))
        ]
    heads = ["姓名", "身份证号", "保单号", "起保日期"]
    rows = [[name, number, "P-1", "2022-04-06"] for name, number in people]
    sheet = folder / "名单.xlsx"
    sheet.write_bytes(workbook([heads, *rows, ["无此人", "1", "P-1", "2022-04-06"]]).read())
    page.get_by_label("名单", exact=True).set_input_files(sheet)
    follow(page.get_by_role("button", name="记下保单"))
    expect(page.get_by_role("alert")).to_contain_text("下面1行没有记")
    sound(page, "insurance-entered")
    follow(page.get_by_role("link", name="人员名册"))
    page.get_by_label("状态").select_option("on_post")
    follow(page.get_by_role("button", name="查"))
    expect(page.get_by_text("冯大壮")).to_be_visible()
    sound(page, "people")
    follow(page.get_by_role("link", name="导入2022年以前的在岗人员"))
    sound(page, "integrated")
