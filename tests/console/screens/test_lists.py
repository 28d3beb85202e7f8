"""Departments' lists in a real Chromium, at both widths, judged by axe: a list comes in, the town
looks, the district decides."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session, sessionmaker

from tests.browser.walking import follow
from tests.builders import at, seed
from tests.console.conftest import Watch
from tests.console.screens.walk import sign_in, sound
from tests.services.cross_checks.stage import SOURCE, named, row_of, sheet_of
from tests.services.month import create_worker, mark_days

pytestmark = pytest.mark.browser


@pytest.fixture
def seeded_sessions(sessions: sessionmaker[Session], watch: Watch) -> sessionmaker[Session]:
    """王家庄's April, before it is signed."""
    watch.at = at("2022-05-03 09:00")
    with sessions.begin() as session:
        seed(session)
        mark_days(session, create_worker(session, name="司徒望舒"))
    return sessions


@pytest.fixture
def the_list(seeded_sessions: sessionmaker[Session], tmp_path: Path) -> Path:
    """One of the dead is a worker, one row cannot be read."""
    with seeded_sessions() as session:
        good = row_of(named(session, "司徒望舒"), date(2022, 4, 12), remark="新兖镇殡仪服务站")
        file = sheet_of("deaths", [good, ["37089919", "某某", date(2022, 4, 3), "", ""]])
    path = tmp_path / "名单.xlsx"
    path.write_bytes(file.content)
    return path


def by(page: Page, watch: Watch, login: str, address: str) -> None:
    follow(page.get_by_role("button", name="退出"))
    sign_in(page, watch, login)
    page.goto(f"{address}/console/cross-checks")


def test_a_list_from_its_coming_to_the_decision(
    screen: Page, watch: Watch, address: str, the_list: Path
) -> None:
    sign_in(screen, watch, "qujingban")
    screen.goto(f"{address}/console/cross-checks")
    sound(screen, "lists-none")
    screen.get_by_label("哪种名单").select_option("deaths")
    screen.get_by_label("来源").fill(SOURCE)
    screen.get_by_label("名单文件").set_input_files(the_list)
    follow(screen.get_by_role("button", name="收下，马上比对"))
    expect(screen.get_by_role("status")).to_contain_text("1人，比上1人，1行没读成")
    screen.get_by_text("1行没读成，改好再传").click()
    screen.get_by_text("传错了，收回这份").click()
    sound(screen, "lists-come")
    by(screen, watch, "zhenjingban", address)
    follow(screen.get_by_role("link", name="司徒望舒"))
    sound(screen, "list-hit-town")
    screen.get_by_label("属实", exact=True).check()
    screen.get_by_label("怎么核的").fill("看了火化证，和家属说了")
    follow(screen.get_by_role("button", name="记下，报区里定"))
    sound(screen, "list-hit-checked")
    by(screen, watch, "qushenpi", address)
    follow(screen.get_by_role("link", name="司徒望舒"))
    sound(screen, "list-hit-district")
    screen.get_by_label("理由").fill("属实")
    follow(screen.get_by_role("button", name="属实", exact=True))
    expect(screen.get_by_role("status")).to_contain_text("定了：属实")
    sound(screen, "list-hit-decided")
