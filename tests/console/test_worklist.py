"""What waits: whose turn, in which order, page by page, several at once."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session, sessionmaker

from models import Application, ApplicationStatus, Role
from services import worklist
from services.acting import Acting
from tests.builders import create_acting, create_application, create_person, region
from tests.console.conftest import Visit

S = ApplicationStatus


def held(session: Session, status: S, office: str, due_on: date | None, name: str) -> Application:
    person = create_person(session, name=name)
    return create_application(
        session,
        person=person,
        status=status,
        holder_id=region(session, office).id,
        due_on=due_on,
    )


@pytest.mark.parametrize(
    ("role", "states"),
    [
        (Role.VILLAGE_CLERK, {S.SUBMITTED, S.PAPERS_MISSING, S.VILLAGE_REVIEW, S.APPROVED,
                              S.TO_TRAIN}),
        (Role.TOWN_CLERK, {S.TOWN_CLERK, S.TO_INSURE}),
        (Role.TOWN_HEAD, {S.TOWN_HEAD, S.TO_PUBLISH, S.OBJECTION}),
        (Role.DISTRICT_CLERK, {S.DISTRICT_CLERK}),
        (Role.DISTRICT_APPROVER, {S.DISTRICT_APPROVAL}),
        (Role.AGENCY, {S.SUBMITTED, S.PAPERS_MISSING, S.TO_TRAIN}),
        (Role.SUPERVISION, set()),
        (Role.DEPARTMENT, set()),
        (Role.FINANCE, set()),
    ],
)  # fmt: skip
def test_a_case_waits_for_whoever_can_take_it_further(role: Role, states: set[S]) -> None:
    assert set(worklist.awaited(role)) == states


def test_every_state_that_staff_move_on_waits_for_somebody() -> None:
    waited = {state for role in Role for state in worklist.awaited(role)}
    assert set(S) - waited == {
        S.ON_NOTICE, S.WAITING_LIST, S.ON_POST, S.REFUSED, S.LAPSED, S.WITHDRAWN, S.DECLINED,
    }  # fmt: skip


def all_pages(session: Session, acting: Acting, size: int) -> list[str]:
    names: list[str] = []
    mark = None
    while True:
        page = worklist.waiting(session, acting, after=mark, limit=size)
        names += [row.person.name for row in page.rows]
        if page.next is None:
            return names
        mark = worklist.Mark.read(str(page.next))
        assert mark == page.next


@pytest.mark.parametrize("size", [1, 2, 3, 50])
def test_overdue_first_undated_last_over_all_pages(seeded: Session, size: int) -> None:
    head = create_acting(seeded, Role.TOWN_HEAD, "xinyan")
    held(seeded, S.TOWN_HEAD, "xinyan", date(2022, 4, 20), "三")
    held(seeded, S.TO_PUBLISH, "xinyan", date(2022, 4, 1), "一")
    held(seeded, S.TOWN_HEAD, "xinyan", None, "五")
    held(seeded, S.OBJECTION, "xinyan", None, "六")
    held(seeded, S.TO_PUBLISH, "xinyan", date(2022, 4, 20), "四")
    held(seeded, S.TOWN_HEAD, "xinyan", date(2022, 4, 2), "二")
    held(seeded, S.TOWN_CLERK, "xinyan", date(2022, 4, 1), "别的环节")
    held(seeded, S.TOWN_HEAD, "xiaomeng", date(2022, 4, 1), "别的镇")
    names = all_pages(seeded, head, size)
    assert names[:2] == ["一", "二"]
    assert set(names[2:4]) == {"三", "四"}
    assert set(names[4:]) == {"五", "六"}


def test_a_page_costs_the_same_however_long_the_list(seeded: Session) -> None:
    clerk = create_acting(seeded, Role.DISTRICT_CLERK, "yanzhou")
    asked: list[str] = []

    def hear(_c: object, _cu: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    def cost() -> int:
        seeded.expire_all()
        asked.clear()
        page = worklist.waiting(seeded, clerk, limit=5)
        assert all(row.person.name and row.village.name for row in page.rows)
        return len(asked)

    bind = seeded.get_bind()
    held(seeded, S.DISTRICT_CLERK, "yanzhou", date(2022, 4, 1), "一")
    event.listen(bind, "before_cursor_execute", hear)
    try:
        few = cost()
        for _ in range(30):
            held(seeded, S.DISTRICT_CLERK, "yanzhou", date(2022, 4, 2), "又一个")
        assert cost() <= few
    finally:
        event.remove(bind, "before_cursor_execute", hear)


def test_an_agency_sees_what_it_may_help_with_in_every_village_of_its_town(seeded: Session) -> None:
    agency = create_acting(seeded, Role.AGENCY, "xinyan")
    held(seeded, S.PAPERS_MISSING, "v-xinyan-xinghualing", date(2022, 4, 9), "二")
    held(seeded, S.SUBMITTED, "v-xinyan-wangjiazhuang", date(2022, 4, 8), "一")
    held(seeded, S.TO_TRAIN, "v-xinyan-wangjiazhuang", None, "三")
    held(seeded, S.TOWN_CLERK, "xinyan", date(2022, 4, 1), "镇里的")
    held(seeded, S.SUBMITTED, "v-gulou-xiangyang", date(2022, 4, 1), "别处的")
    assert all_pages(seeded, agency, 2) == ["一", "二", "三"]
    assert worklist.counts(seeded, agency) == {S.SUBMITTED: 1, S.PAPERS_MISSING: 1, S.TO_TRAIN: 1}


def test_numbers_stop_counting(seeded: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worklist, "CAP", 2)
    clerk = create_acting(seeded, Role.DISTRICT_CLERK, "yanzhou")
    for _ in range(3):
        held(seeded, S.DISTRICT_CLERK, "yanzhou", None, "某人")
    assert worklist.counts(seeded, clerk) == {S.DISTRICT_CLERK: 2}


def test_the_page_says_overdue_in_words(
    visit: Visit, seeded_sessions: sessionmaker[Session]
) -> None:
    with seeded_sessions.begin() as session:
        held(session, S.TOWN_CLERK, "xinyan", date(2022, 4, 4), "晚了的")
        held(session, S.TOWN_CLERK, "xinyan", date(2022, 4, 6), "今天的")
        held(session, S.TOWN_CLERK, "xinyan", date(2022, 4, 8), "不急的")
    clerk = visit("zhenjingban")
    words = clerk.words
    assert "超期2天 2022年4月4日" in words
    assert "今天到期" in words
    assert "2022年4月8日前" in words
    assert words.index("晚了的") < words.index("今天的") < words.index("不急的")


def test_a_filter_that_is_no_state_is_no_filter(visit: Visit) -> None:
    assert visit("zhenjingban").get("/console/?status=nonsense&after=x.y").status_code == 200


def test_all_cases_by_state_and_place(visit: Visit, seeded_sessions: sessionmaker[Session]) -> None:
    with seeded_sessions.begin() as session:
        held(session, S.TOWN_CLERK, "xinyan", None, "甲某")
        other = held(session, S.ON_NOTICE, "xiaomeng", None, "乙某")
        other.village_id = region(session, "v-xiaomeng-liushutun").id
    clerk = visit("qujingban")
    clerk.get("/console/cases")
    assert "甲某" in clerk.words
    assert "乙某" in clerk.words
    clerk.get("/console/cases?status=on_notice")
    assert "甲某" not in clerk.words
    clerk.get("/console/cases?place=xinyan")
    assert "乙某" not in clerk.words
    town = visit("zhenjingban")
    town.get("/console/cases?place=xiaomeng")
    assert "乙某" not in town.words


def test_the_overview_says_who_is_late(
    visit: Visit, seeded_sessions: sessionmaker[Session]
) -> None:
    with seeded_sessions.begin() as session:
        held(session, S.TOWN_CLERK, "xinyan", date(2022, 4, 1), "甲某")
        held(session, S.TOWN_CLERK, "xinyan", date(2022, 5, 1), "乙某")
        held(session, S.SUBMITTED, "v-xiaomeng-liushutun", None, "丙某")
    clerk = visit("qujingban")
    clerk.get("/console/overview")
    assert "新兖镇 2 超期1件" in clerk.words
    assert "小孟镇柳树屯村 1 0" in clerk.words
    town = visit("zhenjingban")
    town.get("/console/overview")
    assert "柳树屯" not in town.words


def test_several_at_once_each_by_itself(
    visit: Visit, seeded_sessions: sessionmaker[Session]
) -> None:
    with seeded_sessions.begin() as session:
        good = held(session, S.TOWN_HEAD, "xinyan", None, "退得了的")
        stale = held(session, S.TOWN_HEAD, "xinyan", None, "有人动过的")
        gone = held(session, S.TOWN_CLERK, "xinyan", None, "不在这一步的")
        foreign = held(session, S.TOWN_HEAD, "xiaomeng", None, "别的镇的")
        foreign.village_id = region(session, "v-xiaomeng-liushutun").id
        numbers = [case.number for case in (good, stale, gone, foreign)]
    head = visit("zhenfuze")
    head.get("/console/")
    form = {
        "act": "return_to_clerk",
        "reason": "facts_unclear",
        "remark": "请再问问本人",
        "case": [f"{numbers[0]}|1", f"{numbers[1]}|7", f"{numbers[2]}|1", f"{numbers[3]}|1", "x"],
    }
    head.post("/console/cases/bulk", form)
    words = head.words
    assert "办成1件，没办成4件" in words
    assert "刚才有人办过了，这件没有动" in words
    assert "已经办到下一步了" in words
    assert "别的镇的" not in words
    assert "请再问问本人" in head.page
    with seeded_sessions() as session:
        found = session.scalars(
            select(Application).where(Application.number.in_(numbers)).order_by(Application.number)
        )
        assert [case.status for case in found] == [
            S.TOWN_CLERK, S.TOWN_HEAD, S.TOWN_CLERK, S.TOWN_HEAD,
        ]  # fmt: skip


def test_several_at_once_without_a_reason_or_an_act(
    visit: Visit, seeded_sessions: sessionmaker[Session]
) -> None:
    with seeded_sessions.begin() as session:
        number = held(session, S.TOWN_HEAD, "xinyan", None, "某人").number
    head = visit("zhenfuze")
    head.get("/console/")
    head.post("/console/cases/bulk", {"act": "return_to_clerk", "case": f"{number}|1"})
    assert "请选一个理由" in head.words
    head.get("/console/")
    head.post("/console/cases/bulk", {"case": f"{number}|1"})
    assert "没有选办什么" in head.words
    head.get("/console/")
    head.post("/console/cases/bulk", {"act": "return_to_clerk"})
    assert "没有选中任何一件" in head.words


def test_other_kinds_of_work_stand_beside(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    class Letters:
        kind = "tickets"

        def items(
            self, session: Session, acting: Acting, now: datetime, limit: int
        ) -> list[worklist.Item]:
            slots = {"act": "来信"}
            due_on = now.date() - timedelta(days=1)
            return [worklist.Item("tickets", "console.already_done", slots, due_on,
                                  "console.account")]  # fmt: skip

    monkeypatch.setattr(worklist, "SOURCES", [Letters()])
    clerk = visit("zhenjingban")
    assert "群众来件 1件" in clerk.words
    assert "来信" in clerk.words
    assert "超期1天" in clerk.words
