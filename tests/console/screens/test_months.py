"""A month's end in a real Chromium, at both widths: the head signs, the town checks, the district
approves, the bank pays; every page on the way is sound."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from models import Payment, PaymentBatch
from services.pay import news
from tests.browser.walking import follow
from tests.builders import at, seed
from tests.console.conftest import Watch
from tests.console.screens.walk import sign_in, sound
from tests.services.cross_checks.stage import hit_by_hand
from tests.services.month import create_worker, mark_days, result_file

pytestmark = pytest.mark.browser


@pytest.fixture
def seeded_sessions(
    sessions: sessionmaker[Session],
    watch: Watch,
) -> sessionmaker[Session]:
    """王家庄's April: one whole, one short, one without an account."""
    watch.at = at("2022-05-05 09:00")
    with sessions.begin() as session:
        seed(session)
        mark_days(session, create_worker(session, name="冯大壮"))
        mark_days(session, create_worker(session, name="田秀花"), absent={6, 7, 8})
        mark_days(session, create_worker(session, name="欧阳小满", account=False))
    return sessions


def by(page: Page, watch: Watch, login: str, when: str) -> None:
    """Somebody else sits down, on another day."""
    follow(page.get_by_role("button", name="退出"))
    watch.at = at(when)
    sign_in(page, watch, login)


def test_a_months_end(
    screen: Page,
    watch: Watch,
    seeded_sessions: sessionmaker[Session],
    tmp_path: Path,
) -> None:
    sign_in(screen, watch, "cunzhuren")
    follow(screen.get_by_role("link", name="月表"))
    sound(screen, "month-gathering")
    follow(screen.get_by_role("button", name="我核过了，签字"))
    expect(screen.get_by_role("status")).to_contain_text("签好了")
    by(screen, watch, "zhenjingban", "2022-05-09 09:00")
    follow(screen.get_by_role("link", name="王家庄村2022年4月的月表"))
    sound(screen, "month-signed")
    follow(screen.get_by_role("button", name="核过了，请本人看"))
    expect(screen.get_by_role("status")).to_contain_text("正在告诉本人")
    with seeded_sessions.begin() as session:
        news.tell_results(session, watch.at)
    follow(screen.get_by_role("link", name="田秀花").first)
    sound(screen, "month-line")
    in_the_district(screen, watch, seeded_sessions, tmp_path)


def in_the_district(
    page: Page,
    watch: Watch,
    sessions: sessionmaker[Session],
    folder: Path,
) -> None:
    by(page, watch, "qushenpi", "2022-05-12 09:00")
    follow(page.get_by_role("link", name="月表", exact=True))
    sound(page, "months")
    follow(page.get_by_role("button", name="批准打勾的，锁定这个月"))
    expect(page.get_by_role("status")).to_contain_text("批了1处")
    by(page, watch, "qujingban", "2022-05-13 09:00")
    follow(page.get_by_role("link", name="补贴发放", exact=True))
    expect(page.get_by_text("没有本人账户，发不了")).to_be_visible()
    sound(page, "payments")
    follow(page.get_by_role("button", name="生成乡村岗的代发清单"))
    sound(page, "payment-batch")
    with sessions() as session:
        batch = session.scalars(select(PaymentBatch)).one()
        content = result_file(session, batch, "退票", rows={1}, reason="户名不符").content
        paid = select(Payment).where(Payment.row == 2)
        hit_by_hand(session, session.scalars(paid).one().record.person, watch.at)
        session.commit()
    file = folder / "result.csv"
    file.write_bytes(content)
    follow(page.get_by_role("link", name="更正追缴", exact=True))
    sound(page, "claw-backs")
    follow(page.get_by_role("link", name="资金", exact=True))
    sound(page, "budgets")
    by(page, watch, "qucaizheng", "2022-05-13 10:00")
    follow(page.get_by_role("link", name="等银行结果"))
    sound(page, "payment-batch-finance")
    page.get_by_label("还没交银行，或者银行谁答应停的").fill("还没交银行")
    follow(page.get_by_role("button", name="撤下这一笔"))
    expect(page.get_by_text("现在下载的文件里没有这几笔")).to_be_visible()
    sound(page, "payment-batch-taken-out")
    follow(page.get_by_role("link", name="回补贴发放"))
    page.get_by_label("结果文件").set_input_files(file)
    follow(page.get_by_role("button", name="读进来"))
    expect(page.get_by_text("银行说：户名不符")).to_be_visible()
    sound(page, "payments-failed")
    follow(page.get_by_role("link", name="资金", exact=True))
    sound(page, "budgets-finance")
