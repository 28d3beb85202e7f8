"""A month's end through the console's own pages, by the people of the demonstration."""

from __future__ import annotations

import re
import zipfile
from datetime import date
from io import BytesIO
from typing import Any

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from models import (
    Engagement,
    MonthLine,
    MonthSheet,
    Payment,
    PaymentBatch,
    Person,
    ResultFile,
    SocialInsurance,
    Staff,
    SubsidyRecord,
)
from services.pay import batches, news
from tests.builders import at
from tests.console.conftest import Visit, Visitor, Watch
from tests.services.month import create_worker, mark_days, result_file, turn_absent

SHEET = "/console/months/v-xinyan-wangjiazhuang/2022-04"


@pytest.fixture
def april(seeded_sessions: sessionmaker[Session], watch: Watch) -> sessionmaker[Session]:
    """王家庄's April: 司徒望舒 whole, 欧阳小满 two days short."""
    watch.at = at("2022-05-05 09:00")
    with seeded_sessions.begin() as session:
        mark_days(session, create_worker(session, name="司徒望舒"))
        mark_days(session, create_worker(session, name="欧阳小满"), absent={6, 7})
    return seeded_sessions


def step(who: Visitor, act: str, **form: str) -> None:
    """Open the sheet and press a button of it."""
    who.get(SHEET)
    edition = who.field_value("edition")
    lines = re.search(r'name="lines" value="([^"]+)"', who.page)
    who.post(
        f"{SHEET}/{act}", {"edition": edition, **({"lines": lines[1]} if lines else {}), **form}
    )


def tell(sessions: sessionmaker[Session], when: str) -> None:
    with sessions.begin() as session:
        news.tell_results(session, at(when))


def approved(visit: Visit, watch: Watch, sessions: sessionmaker[Session]) -> None:
    step(visit("cunzhuren"), "sign")
    watch.at = at("2022-05-09 09:00")
    step(visit("zhenjingban"), "check")
    tell(sessions, "2022-05-09 09:00")
    watch.at = at("2022-05-12 09:00")
    step(visit("qushenpi"), "approve")


def test_from_the_signature_to_the_account(
    april: sessionmaker[Session], visit: Visit, watch: Watch
) -> None:
    head = visit("cunzhuren")
    assert head.get("/console/months").status_code == 200
    assert "王家庄村2022年4月" in head.words
    assert "753.97" in head.words
    step(head, "sign")
    assert "签好了，镇街去核" in head.words
    watch.at = at("2022-05-09 09:00")
    town = visit("zhenjingban")
    town.get("/console/")
    assert "王家庄村2022年4月的月表（2人）等镇街核" in town.words
    step(town, "check")
    assert "正在告诉本人" in town.words
    tell(april, "2022-05-09 09:00")
    watch.at = at("2022-05-12 09:00")
    approver = visit("qushenpi")
    approver.get("/console/months?month=2022-04")
    assert "可以批的" in approver.words
    approver.post("/console/months/2022-04/approve", {"sheet": "v-xinyan-wangjiazhuang"})
    assert "批了1处" in approver.words
    assert "预算还没录入" in approver.words
    clerk = visit("qujingban")
    clerk.get("/console/payments")
    clerk.post("/console/payments/make/rural")
    assert "2笔，1587.30元" in clerk.words
    with april() as session:
        batch = session.scalars(select(PaymentBatch)).one()
        file = result_file(session, batch)
    assert "区财政的待办里有了" in clerk.words
    payer = visit("qucaizheng")
    payer.get("/console/")
    assert f"代发清单{batch.number}还有2笔1587.30元等银行结果" in payer.words
    page = payer.get(f"/console/payments/{batch.number}/csv")
    assert page.get_data().decode("utf-8-sig").count("\n") == 3
    payer.get("/console/payments")
    payer.post("/console/payments/result", {"result": (BytesIO(file.content), "结果.csv")})
    assert "新记发了2笔" in payer.words
    payer.get(f"/console/payments/{batch.number}")
    assert "已发 2 1587.30" in payer.words
    payer.post("/console/payments/result", {"result": (BytesIO(file.content), "结果.csv")})
    assert "已经读过了" in payer.words
    with april() as session:
        assert len(session.scalars(select(ResultFile)).all()) == 1
        assert {one.state for one in session.scalars(select(Payment))} == {"paid"}


def test_an_older_page_signs_nothing(
    april: sessionmaker[Session], visit: Visit, watch: Watch
) -> None:
    head = visit("cunzhuren")
    head.get(SHEET)
    form = {"edition": head.field_value("edition"), "lines": head.field_value("lines")}
    with april.begin() as session:
        engagement = session.scalars(select(Engagement)).first()
        assert engagement is not None
        turn_absent(session, engagement, date(2022, 4, 8))
    answer = head.post(f"{SHEET}/sign", form)
    assert answer.status_code == 409
    assert "出勤有变动" in head.words
    with april() as session:
        assert session.scalars(select(MonthSheet.state)).one() == "gathering"


def test_a_dispute_is_answered_before_the_district_can_approve(
    april: sessionmaker[Session], visit: Visit, watch: Watch
) -> None:
    step(visit("cunzhuren"), "sign")
    watch.at = at("2022-05-09 09:00")
    town = visit("zhenjingban")
    step(town, "check")
    tell(april, "2022-05-09 09:00")
    with april() as session:
        line = session.scalars(select(MonthLine).where(MonthLine.amount_fen < 80_000)).one()
    path = f"/console/months/lines/{line.id}"
    town.get(path)
    town.post(f"{path}/dispute", {"words": "他说六号来了"})
    assert "镇街答复以后才批" in town.words
    watch.at = at("2022-05-12 09:00")
    approver = visit("qushenpi")
    step(approver, "approve")
    assert "还有1人的异议没有答复（欧阳小满）" in approver.words
    town.get(path)
    town.post(f"{path}/answer", {"upheld": "no", "words": "没有照片，也没人看见"})
    assert "答复好了" in town.words
    town.post(f"{path}/answer", {"upheld": "no", "words": "再答一次"})
    assert "已经答复过了" in town.words
    step(approver, "approve")
    assert "这个月锁定了" in approver.words


def test_a_line_that_is_held_back_is_paid_later(
    april: sessionmaker[Session], visit: Visit, watch: Watch
) -> None:
    visit("cunzhuren").get(SHEET)
    with april() as session:
        line = session.scalars(select(MonthLine).where(MonthLine.amount_fen < 80_000)).one()
    path = f"/console/months/lines/{line.id}"
    town = visit("zhenjingban")
    town.get(path)
    town.post(f"{path}/hold", {"do": "hold"})
    assert "请写明理由" in town.words
    town.post(f"{path}/hold", {"do": "hold", "words": "比对名单上有他"})
    approved(visit, watch, april)
    with april() as session:
        assert session.scalars(select(SubsidyRecord.amount_fen)).all() == [83_333]
    approver = visit("qushenpi")
    approver.get(path)
    approver.post(f"{path}/hold", {"do": "release"})
    with april() as session:
        assert sorted(session.scalars(select(SubsidyRecord.amount_fen))) == [75_397, 83_333]


def test_a_locked_month_is_corrected_by_two_people(
    april: sessionmaker[Session], visit: Visit, watch: Watch
) -> None:
    approved(visit, watch, april)
    with april() as session:
        line = session.scalars(select(MonthLine).where(MonthLine.amount_fen < 80_000)).one()
    clerk = visit("qujingban")
    clerk.get(f"/console/months/lines/{line.id}")
    clerk.post(f"/console/months/lines/{line.id}/correct", {"days": "21", "words": "有录像"})
    assert "等另一位同事定" in clerk.words
    approver = visit("qushenpi")
    approver.get("/console/claw-backs")
    assert "改为21天（原来19天，753.97元）" in approver.words
    [path] = re.findall(r"/console/corrections/[0-9a-f-]+", approver.page)
    approver.post(path, {"do": "agree"})
    assert "下一批补发79.36元" in approver.words
    approver.get(f"/console/months/lines/{line.id}")
    assert "更正差额 79.36元" in approver.words
    with april() as session:
        assert batches.ready(session, "rural").total_fen == 83_333 + 75_397 + 7_936


def test_claw_backs_by_the_page(april: sessionmaker[Session], visit: Visit, watch: Watch) -> None:
    approved(visit, watch, april)
    with april() as session:
        code = session.scalars(select(Engagement.worker_code)).first()
    clerk = visit("qujingban")
    clerk.get("/console/claw-backs")
    form = {"worker_code": str(code), "cause": "exit", "amount": "100", "reason": "退岗报晚了",
            "instalments": "2"}  # fmt: skip
    clerk.post("/console/claw-backs", {**form, "instalments": "99"})
    assert "最多分6个月退" in clerk.words
    clerk.get("/console/claw-backs")
    clerk.post("/console/claw-backs", form)
    assert "退岗后多发，100.00元" in clerk.words
    approver = visit("qushenpi")
    approver.get("/console/claw-backs")
    [agree] = re.findall(r"/console/claw-backs/[0-9a-f-]+/agree", approver.page)
    approver.post(agree)
    clerk.get("/console/claw-backs")
    clerk.post(agree.replace("agree", "receive"), {"amount": "100", "voucher": "收1"})
    assert "没有。" in clerk.words


def test_budgets(april: sessionmaker[Session], visit: Visit, watch: Watch) -> None:
    approved(visit, watch, april)
    clerk = visit("qujingban")
    clerk.get("/console/budgets")
    clerk.post("/console/budgets/2022", {"track": "rural", "amount": "1000", "document": "x"})
    clerk.post("/console/budgets/2022/funds", {"track": "rural", "level": "other", "amount": "500",
               "source": "某基金会", "document": "y"})  # fmt: skip
    assert "超587.30元" in clerk.words
    assert "500.00元，只记录" in clerk.words
    chart = clerk.get("/console/budgets/2022/rural.svg")
    assert b"<svg" in chart.get_data()
    assert visit("zhenjingban").get("/console/budgets").status_code == 403


def test_the_papers(april: sessionmaker[Session], visit: Visit) -> None:
    head = visit("cunzhuren")
    head.get(SHEET)
    for name in ("attendance.xlsx", "pay-list.xlsx", "attendance.docx", "pay-list.docx"):
        answer = head.get(f"{SHEET}/{name}")
        assert answer.get_data().startswith(b"PK"), name
    town = visit("zhenjingban")
    assert b"<svg" in town.get("/console/months/2022-04/chart.svg").get_data()


def rows_of(content: bytes) -> list[list[Any]]:
    found = CalamineWorkbook.from_filelike(BytesIO(content)).get_sheet_by_index(0)
    return [list(row) for row in found.to_python()]


def test_the_pay_list_is_one_that_clerks_know(
    april: sessionmaker[Session], visit: Visit, watch: Watch
) -> None:
    approved(visit, watch, april)
    town = visit("zhenjingban")
    town.get(SHEET)
    content = town.get(f"{SHEET}/pay-list.xlsx").get_data()
    setup = zipfile.ZipFile(BytesIO(content)).read("xl/worksheets/sheet1.xml").decode()
    assert 'paperSize="9"' in setup
    assert 'orientation="landscape"' in setup
    assert 'fitToHeight="0"' in setup
    rows = rows_of(content)
    assert rows[0][0] == "王家庄村2022年4月城乡公益性岗位补贴发放表"
    heads = rows[2]
    usual = ("序号", "姓名", "身份证号", "岗位", "出勤天数", "标准（元）", "应发（元）", "扣减原因",
             "实发（元）", "银行卡尾号", "签字")  # fmt: skip
    assert set(usual) <= set(heads)
    lines = {row[1]: dict(zip(heads, row, strict=True)) for row in rows[3:6]}
    whole, less, sums = lines["司徒望舒"], lines["欧阳小满"], lines["合计"]
    assert (whole["应发（元）"], whole["扣减（元）"], whole["实发（元）"]) == (833.33, 0, 833.33)
    assert less["扣减原因"] == "按天算；缺勤2天（6,7日）"
    assert less["实发（元）"] == 753.97
    assert sums["实发（元）"] == 1587.3
    assert sums["省（元）"] + sums["市（元）"] + sums["区（元）"] == pytest.approx(1587.3)
    assert sums["出勤天数"] == whole["出勤天数"] + less["出勤天数"]
    assert len(whole["银行卡尾号"]) == 4
    assert "签字" in str(rows[7][0])
    with april() as session:
        number = session.scalars(select(Person).where(Person.name == "司徒望舒")).one().id_number
    assert number
    assert whole["身份证号"] == number
    head = visit("cunzhuren")
    masked = rows_of(head.get(f"{SHEET}/pay-list.xlsx").get_data())[3][2]
    assert masked == f"{number[:3]}***********{number[-4:]}"


@pytest.mark.parametrize("login", ["xiaomeng", "xiangyang", "gulou"])
def test_neighbours_see_nothing(
    april: sessionmaker[Session], visit: Visit, watch: Watch, login: str
) -> None:
    visit("cunzhuren").get(SHEET)
    with april() as session:
        line = session.scalars(select(MonthLine)).first()
        assert line is not None
    neighbour = visit(login)
    if "今天用哪个岗位" in neighbour.words:
        neighbour.post("/console/role", {"grant": neighbour.field_value("grant")})
    neighbour.get("/console/account")
    for path in (SHEET, f"{SHEET}/pay-list.xlsx", f"/console/months/lines/{line.id}",
                 "/console/months?place=v-xinyan-wangjiazhuang"):  # fmt: skip
        answer = neighbour.get(path)
        assert "司徒望舒" not in answer.get_data(as_text=True)
        if "place=" not in path:
            assert answer.status_code in {403, 404}, path
    for path in (f"{SHEET}/check", f"/console/months/lines/{line.id}/hold"):
        assert neighbour.post(path, {"edition": "1", "words": "x"}).status_code in {403, 404}
    for path in ("/console/payments", "/console/claw-backs"):
        assert neighbour.get(path).status_code == 403


@pytest.mark.parametrize(
    "path",
    [
        "/console/months/v-xinyan-wangjiazhuang/2022-13",
        "/console/months/v-xinyan-wangjiazhuang/abc",
        "/console/months/nowhere/2022-04",
        "/console/months/lines/01940000-0000-7000-8000-000000000001",
        "/console/payments/B20220101-99",
        "/console/budgets/1999",
    ],
)
def test_what_is_not_there(april: sessionmaker[Session], visit: Visit, path: str) -> None:
    assert visit("qujingban").get(path).status_code == 404


def test_social_insurance_by_the_page(
    seeded_sessions: sessionmaker[Session], visit: Visit, watch: Watch
) -> None:
    watch.at = at("2022-05-05 09:00")
    village = "v-gulou-xiangyang"
    with seeded_sessions.begin() as session:
        worker = create_worker(session, village=village, track="urban", name="司徒望舒")
        mark_days(session, worker)
        recorder = session.scalars(select(Staff.id)).first()
        session.add(
            SocialInsurance(
                engagement_id=worker.id, contract_number="L-1", kinds="pension", to_on=None,
                share_percent=100, from_on=date(2022, 4, 1), recorded_by_id=recorder,
                recorded_at=at("2022-04-01 09:00"),
            )
        )  # fmt: skip
    town = visit("gulou")
    grants = re.findall(r'name="grant" value="([^"]+)"', town.page)
    town.post("/console/role", {"grant": grants[0]})
    town.get(f"/console/months/{village}/2022-04")
    [path] = set(re.findall(r"/console/months/lines/[0-9a-f-]+", town.page))
    town.get(path)
    town.post(f"{path}/social", {"amount": "612.35", "voucher": "社1"})
    assert "录好了，等区里定" in town.words
    approver = visit("qushenpi")
    approver.get("/console/claw-backs")
    [decide] = re.findall(r"/console/social-claims/[0-9a-f-]+", approver.page)
    approver.post(decide, {"do": "agree"})
    assert "社保补贴612.35元进下一批" in approver.words
