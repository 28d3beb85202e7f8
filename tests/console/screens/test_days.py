"""A day's pages in a real Chromium, at both widths: the clerk calls the roll in the grid, the head
confirms, the town rules and looks at what is odd; every page on the way is sound."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session, sessionmaker

from models import EventKind
from services.anomalies import looking, sampling
from tests.browser.walking import follow
from tests.builders import at, region, seed
from tests.console.conftest import Watch
from tests.console.screens.walk import sign_in, sound
from tests.services.days.test_month_file import DAYS, book
from tests.services.month import create_worker, mark_days, say

pytestmark = pytest.mark.browser
DAY = date(2022, 4, 6)


@pytest.fixture
def seeded_sessions(
    sessions: sessionmaker[Session],
    watch: Watch,
) -> sessionmaker[Session]:
    """王家庄 on the evening of 6 April."""
    watch.at = at("2022-04-06 18:30")
    with sessions.begin() as session:
        seed(session)
        for name in ("冯大壮", "田秀花", "欧阳小满"):
            say(session, create_worker(session, name=name, account=False), DAY, EventKind.CHECKIN)
        mark_days(session, create_worker(session, name="司徒望舒", account=False), absent={1})
        looking.find(session, date(2022, 4, 1), at("2022-04-07 04:00"))
        sampling.draw(session, region(session, "xinyan"), at("2022-04-05 05:00"))
    return sessions


def by(page: Page, watch: Watch, login: str, when: str) -> None:
    """Somebody else sits down, at another time."""
    follow(page.get_by_role("button", name="退出"))
    watch.at = at(when)
    sign_in(page, watch, login)


def go(page: Page, path: str) -> None:
    page.goto(page.url.split("/console")[0] + path)


def test_a_day(
    screen: Page,
    watch: Watch,
) -> None:
    sign_in(screen, watch, "cunwenshu")
    follow(screen.get_by_role("link", name="考勤", exact=True))
    sound(screen, "days-grid")
    by_keys(screen)
    follow(screen.get_by_role("link", name="点今天的名"))
    sound(screen, "days-roll")
    screen.get_by_label("冯大壮").select_option("present")
    screen.get_by_label("田秀花").select_option("absent")
    follow(screen.get_by_role("button", name="记下点名"))
    expect(screen.get_by_role("status")).to_contain_text("到1人，没来1人")
    follow(screen.get_by_role("link", name="冯大壮"))
    sound(screen, "days-worker")
    follow(screen.get_by_role("link", name="4月6日"))
    sound(screen, "days-day")
    the_month_in_excel(screen)
    the_head(screen, watch)
    the_town(screen, watch)


def the_month_in_excel(page: Page) -> None:
    """A sheet with something of everything: what counts, what is asked for, what cannot be."""
    go(page, "/console/days/sheet?month=2022-04")
    sound(page, "days-sheet")
    rows: list[list[Any]] = [
        ["姓名", *DAYS],
        ["欧阳小满", "√", "", "", "", "√", "√", "√"],
        ["田秀花", "√", "", "", "", "", "来了吧"],
        ["不认识", "√"],
    ]
    page.get_by_label("填好的考勤表").set_input_files(
        {"name": "王家庄4月.xlsx", "mimeType": "application/octet-stream", "buffer": book(rows)}
    )
    follow(page.get_by_role("button", name="传上来看看"))
    sound(page, "days-sheet-seen")
    follow(page.get_by_role("button", name="记下能记的"))
    expect(page.get_by_role("status")).to_contain_text("考勤表记好了")


def by_keys(page: Page) -> None:
    """From a name, the arrow keys lead into the days."""
    page.get_by_role("rowheader", name="司徒望舒").get_by_role("link").focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.title").startswith("1日")


def the_head(page: Page, watch: Watch) -> None:
    by(page, watch, "cunzhuren", "2022-04-06 19:00")
    go(page, "/console/days/confirm")
    sound(page, "days-confirm")
    follow(page.get_by_role("button", name="确认4月6日的"))
    sound(page, "days-round")
    page.get_by_role("group", name="冯大壮").get_by_label("来了").check()
    page.get_by_role("group", name="田秀花").get_by_label("没来").check()
    follow(page.get_by_role("button", name="记下"))
    expect(page.get_by_role("status")).to_contain_text("来了1人，没来1人")
    for path, name in (
        ("leaves", "days-leaves"),
        ("backfills", "days-backfills"),
        ("stoppages", "days-stoppages"),
        ("posts/P2022-0001", "days-post"),
    ):
        go(page, f"/console/days/{path}")
        sound(page, name)


def test_a_daughters_phone(screen: Page, watch: Watch, seeded_sessions: object) -> None:
    sign_in(screen, watch, "cunwenshu")
    go(screen, "/console/check-in-helpers")
    sound(screen, "check-in-helpers-empty")
    screen.get_by_label("替谁打卡").select_option(index=1)
    screen.get_by_label("手机是谁的").fill("司徒小满")
    screen.get_by_label("是本人的什么人").select_option("daughter")
    screen.get_by_label("手机号").fill("138 0000 7777")
    follow(screen.get_by_role("button", name="登记", exact=True))
    expect(screen.get_by_role("status")).to_contain_text("登记好了")
    sound(screen, "check-in-helpers")
    follow(screen.get_by_role("button", name="停用"))
    expect(screen.get_by_role("status")).to_contain_text("停了")


def the_town(page: Page, watch: Watch) -> None:
    by(page, watch, "zhenjingban", "2022-04-08 09:00")
    go(page, "/console/days/disputes")
    sound(page, "days-disputes")
    go(page, "/console/days/posts/P2022-0001")
    sound(page, "days-post-town")
    go(page, "/console/anomalies?month=2022-04")
    sound(page, "anomalies")
    go(page, "/console/spot-checks")
    page.get_by_text("记下看到的").first.click()
    sound(page, "spot-checks")
    page.get_by_label("在干活").first.check()
    follow(page.get_by_role("button", name="记下", exact=True).first)
    expect(page.get_by_role("status")).to_contain_text("记好了")
    by(page, watch, "qujingban", "2022-04-08 10:00")
    go(page, "/console/days/stoppages")
    sound(page, "days-stoppages-district")
