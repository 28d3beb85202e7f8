"""Finance's door: payments, budgets and what arrived; nothing of days, cases and people."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from console.guard import OPEN, OWN
from models import AuditEntry, Budget, Engagement, FundEntry, ListHit, PaymentBatch
from services.pay import batches
from tests.builders import at
from tests.console.conftest import Visit, Watch
from tests.console.test_scope import address, rules
from tests.services.cross_checks.stage import hit_by_hand, named
from tests.services.month import close, create_office, create_worker, mark_days, result_file

NUMBER = "370899197103150029"
PAGES = {
    "console.worklist", "console.menu_page", "console.account", "console.plan_page",
    "console.plan_version", "console.plan_year", "console.plan_chart",
    "console.payments", "console.payment_batch", "console.payment_file",
    "console.payments_result", "console.payment_taken_out",
    "console.budgets", "console.budget_year", "console.budget_chart",
    "console.funds_entered",
}  # fmt: skip


@pytest.fixture
def batch(seeded_sessions: sessionmaker[Session], watch: Watch) -> PaymentBatch:
    """Two workers' April in a batch."""
    watch.at = at("2022-05-21 09:00")
    with seeded_sessions.begin() as session:
        office = create_office(session)
        for name in ("司徒望舒", "乙二"):
            mark_days(session, create_worker(session, name=name))
        close(session, office)
        return batches.make(session, "rural", office["clerk"], watch.at)


def test_finance_opens_the_pages_of_money_and_no_others(app: Flask, visit: Visit) -> None:
    payer = visit("qucaizheng")
    payer.get("/console/account")
    token, opened = payer.token, set()
    for rule in rules(app):
        if rule.endpoint in OPEN | OWN:
            continue
        path = address(app, rule, "2022000001")
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            answer = payer.client.open(path, method=method, data={"csrf_token": token})
            if answer.status_code != 403:
                opened.add(rule.endpoint)
    assert opened == PAGES


def test_the_menu_names_only_those(visit: Visit) -> None:
    payer = visit("qucaizheng")
    payer.get("/console/menu")
    for words in ("出勤", "月表", "更正追缴", "人员花名册", "需求公告", "查找"):
        assert words not in payer.words


def test_the_bank_file_holds_accounts_and_no_id_number(
    batch: PaymentBatch, visit: Visit, seeded_sessions: sessionmaker[Session]
) -> None:
    payer = visit("qucaizheng")
    file = payer.get(f"/console/payments/{batch.number}/csv").get_data().decode("utf-8-sig")
    assert "司徒望舒" in file
    assert "6222029" in file
    with seeded_sessions() as session:
        for worker in session.scalars(select(Engagement)):
            assert worker.person.id_number
            assert worker.person.id_number not in file
        taken = session.scalars(
            select(AuditEntry).where(AuditEntry.act == "batch.taken_away")
        ).all()
        assert len(taken) == 1


def test_the_clerk_gets_neither_file_nor_answer_while_finance_is_there(
    batch: PaymentBatch, visit: Visit, seeded_sessions: sessionmaker[Session]
) -> None:
    clerk = visit("qujingban")
    assert clerk.get(f"/console/payments/{batch.number}/csv").status_code == 409
    assert "现在归区财政" in clerk.words
    assert "区财政局 钟离岚" in clerk.words
    clerk.get("/console/payments")
    assert "由区财政发" in clerk.words
    assert "读进来" not in clerk.words
    with seeded_sessions() as session:
        file = result_file(session, batch)
    answer = clerk.post("/console/payments/result", {"result": (BytesIO(file.content), "a.csv")})
    assert answer.status_code == 409
    assert "现在归区财政" in clerk.words


def test_finance_writes_down_what_arrived_and_no_budget(
    visit: Visit, seeded_sessions: sessionmaker[Session]
) -> None:
    payer = visit("qucaizheng")
    payer.get("/console/budgets/2022")
    assert "记到位的钱" in payer.words
    assert "录预算" not in payer.words
    form = {"track": "rural", "amount": "4000", "document": "济财1号"}
    assert payer.post("/console/budgets/2022", form).status_code == 403
    payer.get("/console/budgets/2022")
    payer.post("/console/budgets/2022/funds", {**form, "level": "city", "source": "市财政局"})
    with seeded_sessions() as session:
        assert session.scalars(select(FundEntry.amount_fen)).one() == 400_000
        assert session.scalars(select(Budget)).first() is None


def on_a_list(sessions: sessionmaker[Session], now: datetime) -> None:
    with sessions.begin() as session:
        hit_by_hand(session, named(session, "司徒望舒"), now)


def test_finance_takes_out_of_the_file_who_stands_on_a_list(
    batch: PaymentBatch,
    visit: Visit,
    seeded_sessions: sessionmaker[Session],
    watch: Watch,
) -> None:
    on_a_list(seeded_sessions, watch.at)
    page = f"/console/payments/{batch.number}"
    payer = visit("qucaizheng")
    payer.get("/console/")
    assert f"代发清单{batch.number}里有1笔要先停" in payer.words
    payer.get(page)
    assert "要请银行先停的 1笔" in payer.words
    assert "司徒望舒" in payer.words
    row = payer.field_value("row")
    assert payer.post(f"{page}/take-out", {"row": row, "words": " "}).status_code == 409
    assert "请写明：还没交银行" in payer.words
    for strange in ("99", "x", ""):
        answer = payer.post(f"{page}/take-out", {"row": strange, "words": "没交"})
        assert answer.status_code == 409
    payer.get(page)
    payer.post(f"{page}/take-out", {"row": row, "words": "还没交银行"})
    assert "撤下来了" in payer.words
    assert "还没交银行" in payer.words
    assert "司徒望舒" not in payer.get(f"{page}/csv").get_data().decode("utf-8-sig")
    payer.get("/console/")
    assert "要先停" not in payer.words


def test_the_district_sees_what_the_bank_has_of_somebody_on_a_list(
    batch: PaymentBatch,
    visit: Visit,
    seeded_sessions: sessionmaker[Session],
    watch: Watch,
) -> None:
    on_a_list(seeded_sessions, watch.at)
    with seeded_sessions() as session:
        key = session.scalars(select(ListHit.id)).one()
    for login, linked in (("qujingban", True), ("zhenjingban", False)):
        reader = visit(login)
        answer = reader.get(f"/console/list-hits/{key}").get_data(as_text=True)
        assert "在给银行的文件里，银行还没回" in reader.words
        assert "让银行先停这一笔" in reader.words
        assert (f"/console/payments/{batch.number}" in answer) is linked
    clerk = visit("qujingban")
    clerk.get(f"/console/payments/{batch.number}")
    assert "撤下由区财政局钟离岚" in clerk.words
