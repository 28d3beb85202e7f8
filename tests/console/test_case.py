"""The case page: everything on one screen, the steps and why not, late and double clicks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import pytest
from sqlalchemy import Engine, event, select
from sqlalchemy.orm import Session, sessionmaker

from models import (
    Application,
    ApplicationEvent,
    ApplicationStatus,
    AuditEntry,
    Budget,
    Engagement,
    EngagementStatus,
    ExclusionCheck,
    KinshipDeclaration,
    Material,
    Post,
    PublicNotice,
    Review,
    ReviewResult,
    Role,
    Staff,
    StaffKin,
    SubsidyRecord,
    new_id,
)
from models.pay import RecordKind
from services import case_page, case_work, materials, screening
from services.case_work import Finding
from services.clock import business_date
from services.pay import funds
from tests.builders import (
    NOW,
    create_acting,
    create_application,
    create_contact,
    create_engagement,
    region,
)
from tests.console.conftest import Visit, Visitor

S = ApplicationStatus
CHECKS = (
    "employee_pension_payer",
    "employee_pensioner",
    "business_owner",
    "public_official",
    "support_used_up",
    "student",
)


def full_case(session: Session, status: S, office: str) -> Application:
    """A case with something in every part of the page."""
    case = create_application(
        session, status=status, holder_id=region(session, office).id, due_on=date(2022, 4, 12)
    )
    clerk = session.scalars(select(Staff).where(Staff.login == "zhenjingban")).one()
    contact = create_contact(session)
    for kind in ("id_card", "household"):
        session.add(
            Material(application_id=case.id, contact_id=contact.id, kind=kind, media_id="m",
                     next_try_at=NOW, received_at=NOW)
        )  # fmt: skip
    session.add(KinshipDeclaration(application_id=case.id, has_relative=True, declared_at=NOW))
    screening.decide_and_keep(
        session, screening.of_application(case, business_date(NOW)), at=NOW,
        application_id=case.id,
    )  # fmt: skip
    for name in CHECKS:
        session.add(
            ExclusionCheck(application_id=case.id, circumstance=name, outcome="clear",
                           source="社保系统", checked_by_id=clerk.id, checked_at=NOW)
        )  # fmt: skip
    review = Review(id=new_id(), village_id=case.village_id, held_on=date(2022, 4, 2),
                    place="村委会", recorded_by_id=clerk.id, created_at=NOW,
                    closed_at=NOW)  # fmt: skip
    session.add(review)
    session.flush()
    session.add(
        ReviewResult(review_id=review.id, application_id=case.id, votes_for=9, votes_against=1,
                     abstained=0, recused="")
    )  # fmt: skip
    case.notice_id = session.scalars(select(PublicNotice.id)).first()
    for act, source, target in (
        ("accept", S.SUBMITTED, S.VILLAGE_REVIEW),
        ("return_to_village", S.TOWN_CLERK, S.VILLAGE_REVIEW),
    ):
        session.add(
            ApplicationEvent(application_id=case.id, act=act, from_status=source,
                             to_status=target, at=NOW, actor=f"staff:{clerk.id}",
                             staff_id=clerk.id, reason_code="facts_unclear",
                             remark="请补充家庭情况")
        )  # fmt: skip
    session.flush()
    return case


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    asked: list[str] = []

    def hear(_c: object, _cu: object, statement: str, *_rest: object) -> None:
        if not statement.startswith(("SAVEPOINT", "RELEASE", "PRAGMA")):
            asked.append(statement)

    event.listen(engine, "before_cursor_execute", hear)
    yield asked
    event.remove(engine, "before_cursor_execute", hear)


@pytest.mark.parametrize(
    ("login", "status", "office"),
    [
        ("cunwenshu", S.SUBMITTED, "v-xinyan-wangjiazhuang"),
        ("cunwenshu", S.VILLAGE_REVIEW, "v-xinyan-wangjiazhuang"),
        ("zhenjingban", S.TOWN_CLERK, "xinyan"),
        ("zhenfuze", S.TOWN_HEAD, "xinyan"),
        ("zhenfuze", S.OBJECTION, "xinyan"),
        ("qujingban", S.DISTRICT_CLERK, "yanzhou"),
        ("qushenpi", S.DISTRICT_APPROVAL, "yanzhou"),
        ("cunwenshu", S.APPROVED, "v-xinyan-wangjiazhuang"),
        ("zhenjingban", S.TO_INSURE, "xinyan"),
    ],
)
def test_the_whole_screen_in_fifteen_queries(
    visit: Visit, seeded_sessions: sessionmaker[Session], engine: Engine,
    login: str, status: S, office: str,
) -> None:  # fmt: skip
    with seeded_sessions.begin() as session:
        case = full_case(session, status, office)
        number = case.number
        if status in {S.APPROVED, S.TO_INSURE}:
            session.add(
                Engagement(application_id=case.id, person_id=case.person_id,
                           post_id=case.post_id, worker_code="W202200001", track="rural",
                           status=EngagementStatus.STARTING,
                           first_approved_on=date(2022, 4, 1), created_at=NOW)
            )  # fmt: skip
    someone = visit(login)
    with counted(engine) as asked:
        answer = someone.get(f"/console/cases/{number}")
    assert answer.status_code == 200
    assert "现在能办什么" in someone.words
    assert len(asked) <= 15, "\n\n".join(asked)


def test_the_screen_says_it_all(visit: Visit, seeded_sessions: sessionmaker[Session]) -> None:
    with seeded_sessions.begin() as session:
        case = full_case(session, S.DISTRICT_APPROVAL, "yanzhou")
        number, identity = case.number, case.person.id_number
    approver = visit("qushenpi")
    approver.get(f"/console/cases/{number}")
    words = approver.words
    assert "1970年5月2日（51周岁，女）" in words
    assert "农村大龄人员（45—65周岁）：51周岁，要45到65周岁。 依据方案三（二）" in words
    assert "有亲属任职" in words
    assert "同意9、不同意1、弃权0" in words
    assert "情况没有说清：请补充家庭情况" in words
    assert "社保系统" not in words  # where it was looked up is for those who look it up
    assert "身份证 照片还在取" in words
    assert identity is not None
    assert identity not in approver.page
    assert "13800" not in approver.page


def test_a_look_is_written_down(visit: Visit, seeded_sessions: sessionmaker[Session]) -> None:
    with seeded_sessions.begin() as session:
        case = create_application(session)
        number, key = case.number, str(case.id)
    visit("jiandu").get(f"/console/cases/{number}")
    with seeded_sessions() as session:
        watcher = session.scalars(select(Staff).where(Staff.login == "jiandu")).one()
        entry = session.scalars(
            select(AuditEntry).where(
                AuditEntry.act == "console.look", AuditEntry.subject_kind == "application"
            )
        ).one()
        assert (entry.actor, entry.subject_id) == (f"staff:{watcher.id}", key)
        assert entry.details["why"] == "console.case"


def test_why_not_in_words(visit: Visit, seeded_sessions: sessionmaker[Session]) -> None:
    with seeded_sessions.begin() as session:
        number = create_application(session).number
    clerk = visit("cunwenshu")
    clerk.get(f"/console/cases/{number}")
    assert "收件，交民主评议 还不能办 还缺身份证。 还缺户口本。" in clerk.words


def commit_money(session: Session, fen: int) -> None:
    """A month of somebody on a rural post, approved."""
    case = create_application(session, status=S.APPROVED)
    on_post = create_engagement(session, application=case)
    parts = {"shared_fen": fen, "other_fen": 0, "province_fen": fen, "city_fen": 0}
    session.add(
        SubsidyRecord(kind=RecordKind.POST, engagement_id=on_post.id, person_id=on_post.person_id,
                      region_id=case.village_id, month_on=date(2022, 3, 1),
                      track="rural", amount_fen=fen, district_fen=0, carry={}, snapshot={},
                      sha256="0" * 64, approved_at=NOW,
                      approved_by_id=session.scalars(select(Staff.id)).first(), **parts)
    )  # fmt: skip


@pytest.mark.parametrize(
    ("budget_fen", "words"),
    [
        (None, "2022年乡村岗的预算还没录入"),
        (50000, "2022年乡村岗批出去的钱已经超预算350.00元"),
        (90000, None),
    ],
)
def test_whoever_approves_is_warned_of_the_budget_and_not_hindered(
    visit: Visit, seeded_sessions: sessionmaker[Session], budget_fen: int | None, words: str | None
) -> None:
    with seeded_sessions.begin() as session:
        case = full_case(session, S.DISTRICT_APPROVAL, "yanzhou")
        number = case.number
        commit_money(session, 85000)
        if budget_fen is not None:
            clerk = create_acting(session, Role.DISTRICT_CLERK, "yanzhou")
            figures = Budget(year=2022, track="rural", amount_fen=budget_fen, document="1号")
            funds.enter_budget(session, figures, clerk, NOW)
    approver = visit("qushenpi")
    approver.get(f"/console/cases/{number}")
    shown = re.search(r'role="status">([^<]*)</div>\s*<button[^>]*>批准', approver.page)
    assert (shown is not None) == (words is not None)
    assert words is None or (shown is not None and words in shown[1])
    watcher = visit("jiandu")
    watcher.get(f"/console/cases/{number}")
    assert "预算" not in watcher.words
    version = re.search(r'name="version" value="(\d+)"', approver.page)
    assert version is not None
    approver.post(f"/console/cases/{number}/steps/approve", {"version": version[1]})
    assert "没有办成" not in approver.words


@pytest.mark.parametrize("budget_fen", [50000, 90000])
def test_several_approvals_at_once_are_warned_of_the_budget_too(
    visit: Visit, seeded_sessions: sessionmaker[Session], budget_fen: int
) -> None:
    with seeded_sessions.begin() as session:
        case = full_case(session, S.DISTRICT_APPROVAL, "yanzhou")
        marked = f"{case.number}|{case.version}"
        commit_money(session, 85000)
        clerk = create_acting(session, Role.DISTRICT_CLERK, "yanzhou")
        figures = Budget(year=2022, track="rural", amount_fen=budget_fen, document="1号")
        funds.enter_budget(session, figures, clerk, NOW)
    warned = budget_fen < 85000
    words = "2022年乡村岗批出去的钱已经超预算350.00元"
    approver = visit("qushenpi")
    approver.get("/console/")
    assert (f"批准以前请留意：{words}" in approver.words) == warned
    approver.post("/console/cases/bulk", {"act": "approve", "case": marked})
    assert "办成1件" in approver.words
    assert (f"请留意：{words}" in approver.words) == warned
    clerk_page = visit("qujingban")
    clerk_page.get("/console/")
    assert "预算" not in clerk_page.words.replace("预算资金", "")


def open_case(visit: Visit, sessions: sessionmaker[Session], login: str) -> tuple[Visitor, str]:
    with sessions.begin() as session:
        status, office = {
            "zhenfuze": (S.TOWN_HEAD, "xinyan"),
            "zhenjingban": (S.TOWN_CLERK, "xinyan"),
        }[login]
        number = full_case(session, status, office).number
    someone = visit(login)
    someone.get(f"/console/cases/{number}")
    return someone, number


def test_a_step_is_taken_and_told(visit: Visit, seeded_sessions: sessionmaker[Session]) -> None:
    head, number = open_case(visit, seeded_sessions, "zhenfuze")
    head.post(f"/console/cases/{number}/steps/pass", {"version": head.field_value("version")})
    assert "办好了：同意，准备公示。现在：等公示。" in head.words
    with seeded_sessions() as session:
        case = session.scalars(select(Application).where(Application.number == number)).one()
        assert case.status == S.TO_PUBLISH


def test_a_double_click_is_done_once(visit: Visit, seeded_sessions: sessionmaker[Session]) -> None:
    head, number = open_case(visit, seeded_sessions, "zhenfuze")
    form = {"version": head.field_value("version"), "csrf_token": head.token}
    head.post(f"/console/cases/{number}/steps/pass", form)
    head.post(f"/console/cases/{number}/steps/pass", form)
    assert "这一步您刚才已经办好了：同意，准备公示。" in head.words
    with seeded_sessions() as session:
        acts = session.scalars(
            select(ApplicationEvent.act)
            .join(Application, Application.id == ApplicationEvent.application_id)
            .where(Application.number == number)
        ).all()
        assert acts.count("pass") == 1


def test_a_stale_form_says_what_changed_and_keeps_the_words(
    visit: Visit, seeded_sessions: sessionmaker[Session]
) -> None:
    slow, number = open_case(visit, seeded_sessions, "zhenfuze")
    old = slow.field_value("version")
    quick = visit("zhenfuze")
    quick.get(f"/console/cases/{number}")
    form = {"version": old, "reason": "facts_unclear", "remark": "先退回核一下"}
    quick.post(f"/console/cases/{number}/steps/return_to_clerk", form)
    slow.post(
        f"/console/cases/{number}/steps/pass", {"version": old, "remark": "看过了，同意他上岗"}
    )
    assert "刚才阮望山办过了：2022年4月6日 09:00，退回经办" in slow.words
    assert "看过了，同意他上岗" in slow.page
    with seeded_sessions() as session:
        case = session.scalars(select(Application).where(Application.number == number)).one()
        assert case.status == S.TOWN_CLERK


def test_a_refusal_needs_its_reason_and_keeps_the_words(
    visit: Visit, seeded_sessions: sessionmaker[Session]
) -> None:
    head, number = open_case(visit, seeded_sessions, "zhenfuze")
    form = {"version": head.field_value("version"), "remark": "村里反映已经进厂上班"}
    answer = head.post(f"/console/cases/{number}/steps/refuse_in_town", form)
    assert answer.status_code == 409
    assert "请选一个理由" in head.words
    assert "村里反映已经进厂上班" in head.page
    head.post(f"/console/cases/{number}/steps/refuse_in_town", {**form, "reason": "facts_untrue"})
    assert "现在：未通过" in head.words


@pytest.mark.parametrize("act", ["approve", "nonsense", "withdraw"])
def test_a_step_of_another_role_changes_nothing(
    visit: Visit, seeded_sessions: sessionmaker[Session], act: str
) -> None:
    head, number = open_case(visit, seeded_sessions, "zhenfuze")
    version = head.field_value("version")
    answer = head.post(f"/console/cases/{number}/steps/{act}", {"version": version})
    assert answer.status_code == 409
    with seeded_sessions() as session:
        case = session.scalars(select(Application).where(Application.number == number)).one()
        assert (case.status, case.version) == (S.TOWN_HEAD, int(version))


def test_a_relative_keeps_off(visit: Visit, seeded_sessions: sessionmaker[Session]) -> None:
    with seeded_sessions.begin() as session:
        case = full_case(session, S.TOWN_HEAD, "xinyan")
        head = session.scalars(select(Staff).where(Staff.login == "zhenfuze")).one()
        session.add(StaffKin(staff_id=head.id, person_id=case.person_id, relation="姐弟",
                             declared_at=NOW))  # fmt: skip
        number = case.number
    someone = visit("zhenfuze")
    someone.get(f"/console/cases/{number}")
    assert "您申报过和申请人是亲属，要回避" in someone.words
    assert 'name="version"' not in someone.page


def test_findings_are_kept_with_their_source(
    visit: Visit, seeded_sessions: sessionmaker[Session]
) -> None:
    with seeded_sessions.begin() as session:
        number = create_application(
            session, status=S.TOWN_CLERK, holder_id=region(session, "xinyan").id
        ).number
    clerk = visit("zhenjingban")
    clerk.get(f"/console/cases/{number}")
    assert "“正在缴职工养老保险”还没有核查" in clerk.words
    found = {"employee_pensioner": "hit", "student": "clear", "business_owner": "maybe"}
    assert clerk.post(f"/console/cases/{number}/checks", found).status_code == 422
    assert "写明在哪里查的" in clerk.words
    clerk.post(f"/console/cases/{number}/checks", {**found, "source": "社保系统4月6日"})
    assert "记下了2项核查结果" in clerk.words
    assert "蔺素心 2022年4月6日，社保系统4月6日" in clerk.words
    clerk.get(f"/console/cases/{number}")
    assert "“正在缴职工养老保险”还没有核查" in clerk.words
    assert "“在校学生”还没有核查" not in clerk.words


def test_a_post_of_the_town_is_given(visit: Visit, seeded_sessions: sessionmaker[Session]) -> None:
    with seeded_sessions.begin() as session:
        case = create_application(
            session, status=S.TOWN_CLERK, holder_id=region(session, "xinyan").id, post_id=None
        )
        number = case.number
        posts = {post.code: post.id for post in session.scalars(select(Post))}
    clerk = visit("zhenjingban")
    clerk.get(f"/console/cases/{number}")
    assert "铁路沿线环境巡查员" not in clerk.words  # another town's
    assert "社区劳动保障协理员" not in clerk.words  # another track's
    version = clerk.field_value("version")
    form = {"version": version, "post": str(posts["P2022-0003"])}
    clerk.post(f"/console/cases/{number}/post", form)
    assert "没有这个岗位" in clerk.words
    clerk.post(
        f"/console/cases/{number}/post", {"version": version, "post": str(posts["P2022-0002"])}
    )
    assert "定好了岗位：护林绿化员" in clerk.words
    clerk.post(
        f"/console/cases/{number}/post", {"version": version, "post": str(posts["P2022-0001"])}
    )
    assert "没有办成" in clerk.words


def test_a_photo_is_shown_kept_in_no_cache_and_logged(
    visit: Visit, seeded_sessions: sessionmaker[Session]
) -> None:
    with seeded_sessions.begin() as session:
        case = create_application(session)
        paper = Material(
            id=new_id(), application_id=case.id, contact_id=create_contact(session).id,
            kind="id_card", media_id="m", next_try_at=NOW, received_at=NOW,
        )  # fmt: skip
        session.add(paper)
        session.flush()
        paper.state = "waiting"
        materials.keep(session, paper.id, b"\x89PNG picture", "image/png", NOW)
        other = create_application(session).number
        number, key = case.number, paper.id
    clerk = visit("cunwenshu")
    answer = clerk.get(f"/console/cases/{number}/papers/{key}")
    assert answer.data == b"\x89PNG picture"
    assert answer.mimetype == "image/png"
    assert answer.headers["Cache-Control"] == "no-store"
    assert clerk.get(f"/console/cases/{other}/papers/{key}").status_code == 404
    assert clerk.get(f"/console/cases/{number}/papers/{new_id()}").status_code == 404
    with seeded_sessions() as session:
        looks = session.scalars(
            select(AuditEntry).where(
                AuditEntry.act == "console.look", AuditEntry.subject_kind == "material"
            )
        ).all()
        assert [look.subject_id for look in looks] == [str(key)]


def test_somebody_outside_the_list_is_decided_by_people(
    visit: Visit, seeded_sessions: sessionmaker[Session]
) -> None:
    with seeded_sessions.begin() as session:
        case = full_case(session, S.DISTRICT_CLERK, "yanzhou")
        case.person.born_on = date(1990, 1, 1)
        case.claims = {**case.claims, "groups": []}
        case.notice_id = None
        number = case.number
    clerk = visit("qujingban")
    clerk.get(f"/console/cases/{number}")
    assert "按规则算，现在是“暂不符合”" in clerk.words
    form = {
        "version": clerk.field_value("version"),
        "reason": "outside_list_decided",
        "remark": "4月5日局务会研究同意",
    }
    clerk.post(f"/console/cases/{number}/steps/propose", form)
    assert "现在：等区里审批" in clerk.words


def test_search_needs_something_and_finds_in_the_area(
    visit: Visit, seeded_sessions: sessionmaker[Session]
) -> None:
    with seeded_sessions.begin() as session:
        case = create_application(session)
        number, identity, mobile = case.number, case.person.id_number, case.person.phone
    clerk = visit("zhenjingban")
    clerk.get("/console/search?q=李")
    assert "至少写两个字" in clerk.words
    for asked in ("桂香", number, number[-4:], "王家庄", identity, mobile):
        clerk.get("/console/search", query_string={"q": asked})
        assert "查到1件" in clerk.words, asked
    assert str(mobile) not in clerk.page
    nobody = str(identity)[:-1] + ("1" if str(identity).endswith("0") else "0")
    for asked in ("%%", "__", nobody, "没有这个人"):
        clerk.get("/console/search", query_string={"q": asked})
        assert "没有查到" in clerk.words, asked
    with seeded_sessions() as session:
        details = [
            str(entry.details) + entry.subject_id
            for entry in session.scalars(
                select(AuditEntry).where(AuditEntry.subject_kind == "search")
            )
        ]
        assert details
        assert not any(str(identity) in line for line in details)


def test_a_finding_of_the_clerk_stops_the_way_on(seeded: Session) -> None:
    acting = create_acting(seeded, Role.TOWN_CLERK, "xinyan")
    case = create_application(seeded, status=S.TOWN_CLERK)
    for name in CHECKS:
        case_work.record_finding(seeded, case, Finding(name, "clear", "名单"), acting, NOW)
    case_work.record_finding(seeded, case, Finding(CHECKS[0], "hit", "名单"), acting, NOW)
    found = case_page.circumstances(seeded, case, business_date(NOW))
    assert [one.found.outcome for one in found if one.found] == ["hit", *["clear"] * 5]


def test_an_agency_helps_with_papers_and_decides_nothing(
    visit: Visit, seeded_sessions: sessionmaker[Session]
) -> None:
    with seeded_sessions.begin() as session:
        number = create_application(session).number
    agency = visit("disanfang")
    agency.get(f"/console/cases/{number}")
    version = agency.field_value("version")
    refused = agency.post(f"/console/cases/{number}/steps/accept", {"version": version})
    assert refused.status_code == 409
    assert "这一步不归您这个岗位办" in agency.words
    form = {"version": version, "reason": "papers_missing"}
    agency.post(f"/console/cases/{number}/steps/ask_papers", form)
    assert "现在：等本人补材料" in agency.words
    assert "某人力资源服务机构 居安然" in agency.words
