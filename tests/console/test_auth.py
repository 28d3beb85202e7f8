"""Signing in: password, code, lock, expiry, roles, forms that did not come from our pages."""

from __future__ import annotations

from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker

from models import AuditEntry, Region, Role, Staff, StaffSession
from services import demo_staff, staff_accounts
from tests.builders import NOW, at
from tests.console.conftest import Visit, Visitor, Watch


def test_password_and_code_open_the_worklist(visit: Visit) -> None:
    clerk = visit("zhenjingban")
    assert "新兖镇 · 镇街经办的待办" in clerk.words


def test_a_wrong_login_and_a_wrong_password_look_alike(stranger: Visitor) -> None:
    said = []
    for login, password in (("nobody", demo_staff.PASSWORD), ("zhenjingban", "not this one")):
        stranger.get("/console/sign-in")
        answer = stranger.post("/console/sign-in", {"login": login, "password": password})
        assert answer.status_code == 401
        said.append(stranger.words.partition("演示账号")[0])
    assert said[0] == said[1]
    assert "账号或密码不对" in said[0]


def test_the_password_alone_opens_nothing(stranger: Visitor) -> None:
    stranger.get("/console/sign-in")
    stranger.post("/console/sign-in", {"login": "zhenjingban", "password": demo_staff.PASSWORD})
    stranger.get("/console/cases")
    assert "输入验证码" in stranger.words


def test_a_code_opens_once(visit: Visit, stranger: Visitor) -> None:
    visit("zhenjingban")
    stranger.sign_in("zhenjingban")
    assert "这个验证码用过了" in stranger.words


def test_a_code_of_before_the_last_one_is_used_too(visit: Visit, watch: Watch) -> None:
    clerk = visit("zhenjingban")
    early = pyotp.TOTP(demo_staff.TOTP_SECRET).at(watch.wall - timedelta(seconds=30))
    again = Visitor(clerk.client.application.test_client(), watch)
    again.get("/console/sign-in")
    again.post("/console/sign-in", {"login": "zhenjingban", "password": demo_staff.PASSWORD})
    again.post("/console/code", {"code": early})
    assert "这个验证码用过了" in again.words


def wrong(stranger: Visitor, times: int) -> None:
    for _ in range(times):
        stranger.get("/console/sign-in")
        stranger.post("/console/sign-in", {"login": "zhenjingban", "password": "wrong one"})


def test_five_wrong_passwords_lock_and_every_further_one_doubles(
    stranger: Visitor, watch: Watch
) -> None:
    wrong(stranger, 5)
    assert "账号或密码不对" in stranger.words
    stranger.sign_in("zhenjingban")
    assert "15分钟后再试" in stranger.words
    watch.wall += timedelta(minutes=15)
    wrong(stranger, 1)
    stranger.sign_in("zhenjingban")
    assert "30分钟后再试" in stranger.words
    watch.wall += timedelta(minutes=30)
    assert stranger.sign_in("zhenjingban").status_code == 200
    assert "待办" in stranger.words


def test_wrong_codes_lock_too(stranger: Visitor) -> None:
    stranger.get("/console/sign-in")
    stranger.post("/console/sign-in", {"login": "zhenjingban", "password": demo_staff.PASSWORD})
    for _ in range(5):
        stranger.post("/console/code", {"code": "000000"})
    assert "验证码不对" in stranger.words
    stranger.post("/console/code", {"code": stranger.code()})
    assert "15分钟后再试" in stranger.words


@pytest.mark.parametrize("code", ["", "12345", "十二三四五六", "abcdef", "1" * 8])
def test_what_is_no_code_is_wrong(stranger: Visitor, code: str) -> None:
    stranger.get("/console/sign-in")
    stranger.post("/console/sign-in", {"login": "zhenjingban", "password": demo_staff.PASSWORD})
    stranger.post("/console/code", {"code": code})
    assert "验证码不对" in stranger.words


def test_half_an_hour_without_a_click_ends_a_sign_in(visit: Visit, watch: Watch) -> None:
    clerk = visit("zhenjingban")
    watch.wall += timedelta(minutes=29)
    clerk.get("/console/cases")
    assert "全部报名" in clerk.words
    watch.wall += timedelta(minutes=31)
    clerk.get("/console/cases")
    assert "登录时间到了" in clerk.words


def test_twelve_hours_end_it_whatever_happens(visit: Visit, watch: Watch) -> None:
    clerk = visit("zhenjingban")
    for _ in range(25):
        watch.wall += timedelta(minutes=29)
        clerk.get("/console/")
    assert "登录时间到了" in clerk.words


def test_the_moved_business_clock_ends_no_sign_in(visit: Visit, watch: Watch) -> None:
    clerk = visit("zhenjingban")
    watch.at = at("2022-11-20 09:00")
    clerk.get("/console/")
    assert "镇街经办的待办" in clerk.words


def test_signing_out_makes_the_cookie_worthless(visit: Visit) -> None:
    clerk = visit("zhenjingban")
    cookie = clerk.client.get_cookie("gyg_console")
    assert cookie is not None
    assert cookie.http_only
    assert cookie.same_site == "Lax"
    clerk.post("/console/sign-out")
    assert "已经退出" in clerk.words
    clerk.client.set_cookie("gyg_console", cookie.value)
    assert clerk.client.get("/console/").status_code == 302


def test_only_the_hash_of_the_token_is_kept(
    visit: Visit, seeded_sessions: sessionmaker[Session]
) -> None:
    clerk = visit("zhenjingban")
    with clerk.client.session_transaction() as cookie:
        token = cookie["token"]
    with seeded_sessions() as session:
        kept = session.scalars(select(StaffSession.token_hash)).all()
    assert token not in kept
    assert len(kept) == 1


def test_other_sign_ins_can_be_ended(visit: Visit) -> None:
    here, there = visit("zhenjingban"), visit("zhenjingban")
    here.get("/console/account")
    here.post("/console/sign-out-others")
    assert "别处的1个登录都退出了" in here.words
    there.get("/console/")
    assert "登录时间到了" in there.words


def test_an_agencys_role_ends_with_its_contract(visit: Visit, watch: Watch) -> None:
    agency = visit("disanfang")
    assert "第三方机构的待办" in agency.words
    watch.at = at("2023-01-01 00:00")
    agency.get("/console/")
    assert "现在没有能用的岗位" in agency.words
    assert "2022年12月31日已经到期" in agency.words


def test_a_role_that_ended_meanwhile_loses_no_words(visit: Visit, watch: Watch) -> None:
    agency = visit("disanfang")
    agency.get("/console/")
    watch.at = at("2023-01-01 00:00")
    form = {"remark": "这一段写了很久，不能丢"}
    assert agency.post("/console/cases/2022000001/steps/accept", form).status_code == 403
    assert "到期" in agency.words
    assert "这一段写了很久，不能丢" in agency.words


def test_somebody_with_two_roles_chooses_and_changes(visit: Visit) -> None:
    both = visit("gulou")
    assert "今天用哪个岗位" in both.words
    grants = [part.split('"')[0] for part in both.page.split('name="grant" value="')[1:]]
    both.post("/console/role", {"grant": grants[1]})
    assert "镇街负责人的待办" in both.words
    both.get("/console/role")
    both.post("/console/role", {"grant": grants[0]})
    assert "镇街经办的待办" in both.words


def test_nobody_takes_a_role_that_is_not_theirs(visit: Visit) -> None:
    both = visit("gulou")
    both.post("/console/role", {"grant": "1"})
    assert "这个岗位不是您的" in both.words


@pytest.fixture
def fresh(seeded_sessions: sessionmaker[Session]) -> str:
    """A new account's first password; its login is `xinlai`."""
    with seeded_sessions.begin() as session:
        member, password = staff_accounts.open_account(
            session, login=" XinLai ", name="新来的", unit="人社所", now=NOW
        )
        town = session.scalars(select(Region).where(Region.code == "xinyan")).one()
        staff_accounts.grant(
            session, member, Role.TOWN_CLERK, town, from_on=at("2022-04-01").date(), to_on=None
        )
    return password


def test_the_first_sign_in_enrols_and_asks_for_a_password_of_ones_own(
    stranger: Visitor, fresh: str, seeded_sessions: sessionmaker[Session], watch: Watch
) -> None:
    stranger.get("/console/sign-in")
    stranger.post("/console/sign-in", {"login": "xinlai", "password": fresh})
    assert "绑定手机验证码" in stranger.words
    assert "<svg" in stranger.page
    with seeded_sessions() as session:
        member = session.scalars(select(Staff).where(Staff.login == "xinlai")).one()
        secret = member.totp
    assert secret is not None
    assert secret in stranger.words
    stranger.post("/console/code", {"code": stranger.code(secret)})
    assert "换成自己的" in stranger.words
    for new, again, sentence in (
        ("short", "short", "太短"),
        ("a better one 77", "another one 77", "不一样"),
        ("xinlai-xinlai", "xinlai-xinlai", "太简单"),
        ("1111111111", "1111111111", "太简单"),
        (fresh, fresh, "和原来的一样" if len(fresh) >= 10 else "太短"),
    ):
        stranger.post("/console/password", {"old": fresh, "new": new, "again": again})
        assert sentence in stranger.words
    good = {"old": fresh, "new": "a better one 77", "again": "a better one 77"}
    stranger.post("/console/password", good)
    assert "密码改好了" in stranger.words
    watch.wall += timedelta(minutes=1)
    stranger.post("/console/sign-out")
    stranger.get("/console/sign-in")
    stranger.post("/console/sign-in", {"login": "xinlai", "password": "a better one 77"})
    assert secret not in stranger.page
    stranger.post("/console/code", {"code": stranger.code(secret)})
    assert "镇街经办的待办" in stranger.words


def test_a_closed_account_is_out_at_once(
    visit: Visit, seeded_sessions: sessionmaker[Session]
) -> None:
    clerk = visit("zhenjingban")
    with seeded_sessions.begin() as session:
        member = session.scalars(select(Staff).where(Staff.login == "zhenjingban")).one()
        member.disabled_at = NOW
    clerk.get("/console/")
    assert "登录" in clerk.words
    clerk.sign_in("zhenjingban")
    assert "账号或密码不对" in clerk.words


def test_a_form_of_another_page_does_nothing_and_keeps_the_words(visit: Visit) -> None:
    clerk = visit("zhenjingban")
    form = {"csrf_token": "forged", "remark": "写了半天的一段说明"}
    answer = clerk.post("/console/cases/2022000001/steps/forward", form)
    assert answer.status_code == 419
    assert "写了半天的一段说明" in clerk.words


def test_a_form_after_the_sign_in_ended_keeps_the_words(visit: Visit, watch: Watch) -> None:
    clerk = visit("zhenjingban")
    watch.wall += timedelta(hours=1)
    form = {"remark": "写了半天的一段说明"}
    answer = clerk.post("/console/cases/2022000001/steps/forward", form)
    assert answer.status_code == 401
    assert "写了半天的一段说明" in clerk.words


@pytest.mark.parametrize(
    "target", ["https://example.com/", "//example.com", "/console/../wechat", "/\\example.com"]
)
def test_the_way_on_after_signing_in_stays_inside(stranger: Visitor, target: str) -> None:
    stranger.get("/console/sign-in")
    stranger.post(
        "/console/sign-in",
        {"login": "zhenjingban", "password": demo_staff.PASSWORD, "next": target},
    )
    code = {"code": stranger.code(), "next": target, "csrf_token": stranger.token}
    answer = stranger.client.post("/console/code", data=code)
    assert answer.location == "/console/"


def test_the_way_on_leads_to_the_page_that_was_asked_for(stranger: Visitor) -> None:
    stranger.get("/console/cases?status=approved")
    assert stranger.field_value("next") == "/console/cases?status=approved"


def test_headers_of_every_page(visit: Visit) -> None:
    clerk = visit("zhenjingban")
    for path in ("/console/", "/console/sign-in", "/console/none"):
        headers = clerk.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"


def test_no_page_has_inline_script_or_style(visit: Visit) -> None:
    clerk = visit("zhenjingban")
    for path in ("/console/", "/console/cases", "/console/account", "/console/overview"):
        clerk.get(path)
        assert " style=" not in clerk.page
        assert "<script>" not in clerk.page
        assert " onclick=" not in clerk.page
        assert "//cdn" not in clerk.page


def test_more_than_twenty_megabytes_gets_a_sentence(visit: Visit) -> None:
    clerk = visit("zhenjingban")
    form = {"remark": "x" * (21 * 1024 * 1024)}
    answer = clerk.post("/console/cases/2022000001/steps/forward", form)
    assert answer.status_code == 413
    assert "文件太大" in clerk.words


def test_signing_in_is_written_down(visit: Visit, seeded_sessions: sessionmaker[Session]) -> None:
    visit("zhenjingban").post("/console/sign-out")
    with seeded_sessions() as session:
        acts = session.scalars(
            select(AuditEntry.act).where(AuditEntry.subject_kind == "staff")
        ).all()
    assert acts == ["staff.signed_in", "staff.signed_out"]


def test_our_own_mistake_and_a_busy_database_are_said(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    clerk = visit("zhenjingban")

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("李桂香 must not stand on the page")

    def lag(*_: object, **__: object) -> None:
        raise OperationalError("SELECT", {}, Exception("database is locked"))

    monkeypatch.setattr("console.worklist.worklist.waiting", fail)
    assert clerk.get("/console/").status_code == 500
    assert "系统出错了，已经记下，编号" in clerk.words
    assert "李桂香" not in clerk.page
    monkeypatch.setattr("console.worklist.worklist.waiting", lag)
    assert clerk.get("/console/").status_code == 503
    assert "请过几秒再点一次" in clerk.words
