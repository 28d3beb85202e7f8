"""Terms in the console: the list, an extension through three offices, an exit, a suspension, the
follow-up; and what does not fit."""

from __future__ import annotations

import io
import re
from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from models import Engagement, Exit, Extension, FollowUpCase
from services.terms import notices
from tests.console.conftest import Visit, Visitor, Watch
from tests.services.terms.stage import noon, on_post

END = date(2025, 4, 10)


@pytest.fixture
def code(seeded_sessions: sessionmaker[Session], watch: Watch) -> str:
    """A worker of 王家庄 whose term ends in fifty days."""
    watch.at = noon(date(2025, 2, 19))
    with seeded_sessions.begin() as session:
        return on_post(session, name="钱满仓").worker_code


def act(visitor: Visitor, code: str, wanted: str, **form: str) -> None:
    """Send the form on the page of the term that takes this step."""
    visitor.get(f"/console/terms/{code}")
    found = re.search(rf'action="([^"]+/{wanted})".*?name="version" value="(\d+)"', visitor.page,
                      re.DOTALL)  # fmt: skip
    assert found, f"no form for {wanted}: {visitor.words}"
    visitor.post(found[1], {"version": found[2], **form})


def test_the_list_shows_who_ends_where(visit: Visit, code: str) -> None:
    clerk = visit("zhenjingban")
    clerk.get("/console/terms?days=60")
    assert "钱满仓" in clerk.words
    assert "还有50天" in clerk.words
    assert "王家庄村" in clerk.words
    clerk.get("/console/terms?days=30")
    assert "钱满仓" not in clerk.words
    clerk.get("/console/terms?days=abc&track=x&place=nowhere")
    assert "90天内到期" in clerk.words


def test_an_extension_through_three_offices(
    visit: Visit, code: str, seeded_sessions: sessionmaker[Session]
) -> None:
    head = visit("cunzhuren")
    head.get(f"/console/terms/{code}")
    assert "方案没写，暂定" in head.words
    head.post(f"/console/terms/{code}/extension", {"to_on": "2027-01-01", "words": "干得好"})
    assert "最晚只能续到2026年4月10日" in head.words
    head.post(f"/console/terms/{code}/extension", {"to_on": "", "words": "干得好"})
    assert "没有办成" in head.words
    head.post(f"/console/terms/{code}/extension", {"to_on": "2026-04-10", "words": "干得好"})
    assert "报上去了" in head.words
    town = visit("zhenfuze")
    town.get("/console/")
    assert "钱满仓的续期等您办" in town.words
    act(town, code, "pass")
    district = visit("qushenpi")
    act(district, code, "grant")
    assert "办好了" in district.words
    with seeded_sessions() as session:
        assert session.scalars(select(Engagement.ends_on)).one() == date(2026, 4, 10)
        assert session.scalars(select(Extension.state)).one() == "granted"
    head.get("/console/")
    assert "钱满仓续了期，新协议还没签" in head.words
    head.get(f"/console/terms/{code}")
    assert head.client.get(f"/console/terms/{code}/agreement.docx").status_code == 200
    path = f"/console/terms/{code}/agreement"
    head.post(path, {"signed_on": "2025-02-20"})
    assert "没有办成" in head.words
    copy = (io.BytesIO(b"\x89PNG\r\n\x1a\n" + b"0" * 32), "copy.png")
    form = {"signed_on": "2025-02-19", "copy": copy}
    head.post(path, form, content_type="multipart/form-data")
    assert "签好的协议收到了" in head.words
    assert head.client.get(f"{path}/signed").mimetype == "image/png"
    head.get("/console/")
    assert "新协议还没签" not in head.words


def test_an_old_page_changes_nothing(visit: Visit, code: str) -> None:
    head = visit("cunzhuren")
    head.post(f"/console/terms/{code}/extension", {"to_on": "2026-04-10", "words": "干得好"})
    town = visit("zhenfuze")
    town.get(f"/console/terms/{code}")
    found = re.search(r'action="([^"]+/pass)"', town.page)
    assert found
    assert town.post(found[1], {"version": "1"}).status_code == 409


def test_an_exit_is_reported_checked_and_approved(
    visit: Visit, code: str, seeded_sessions: sessionmaker[Session]
) -> None:
    head = visit("cunzhuren")
    head.get(f"/console/terms/{code}")
    path = f"/console/terms/{code}/exit"
    head.post(path, {"cause": "term_end", "last_on": "2025-02-18"})
    assert "没有这种原因" in head.words
    head.post(path, {"cause": "lottery", "last_on": "2025-02-18"})
    assert "没有这种原因" in head.words
    head.post(path, {"cause": "job", "last_on": "2021-02-18"})
    assert "比上岗那天还早" in head.words
    head.post(path, {"cause": "job", "last_on": "2025-02-18", "words": "进厂了"})
    act(visit("zhenjingban"), code, "propose", words="核过")
    act(visit("qushenpi"), code, "approve")
    with seeded_sessions() as session:
        assert session.scalars(select(Engagement.ended_on)).one() == date(2025, 2, 18)
        case = session.scalars(select(FollowUpCase)).one()
    clerk = visit("cunwenshu")
    clerk.get("/console/follow-ups")
    assert "钱满仓" in clerk.words
    clerk.get(f"/console/follow-ups/{case.id}")
    base = f"/console/follow-ups/{case.id}"
    clerk.post(f"{base}/contact", {"how": "visit", "reached": "yes", "need": "training"})
    clerk.post(f"{base}/referral", {"kind": "aid", "place": "民政办"})
    assert "先问本人同意" in clerk.words
    clerk.post(f"{base}/referral", {"kind": "aid", "place": "民政办", "consented": "yes"})
    assert "本人2025年2月19日同意" in clerk.words
    clerk.post(f"{base}/close", {"result": "not_reachable"})
    assert "联系不上满3次" in clerk.words
    clerk.post(f"{base}/close", {"result": "employed"})
    assert "找到活了" in clerk.words
    assert clerk.post(f"{base}/close", {"result": "employed"}).status_code == 409


def test_a_signed_resignation_is_looked_at_by_the_town(
    visit: Visit, code: str, seeded_sessions: sessionmaker[Session]
) -> None:
    head = visit("cunwenshu")
    head.get(f"/console/terms/{code}")
    path = f"/console/terms/{code}/resignation"
    head.post(path, {"last_on": "2025-02-28"})
    assert "没有办成" in head.words
    paper = (io.BytesIO(b"\x89PNG\r\n\x1a\n" + b"0" * 32), "paper.png")
    head.post(path, {"last_on": "2025-02-28", "paper": paper}, content_type="multipart/form-data")
    assert "等镇街核本人的签字" in head.words
    with seeded_sessions() as session:
        key = session.scalars(select(Exit.id)).one()
    town = visit("zhenjingban")
    assert town.get(f"/console/terms/{code}/papers/{key}").mimetype == "image/png"
    act(town, code, "confirm")
    with seeded_sessions() as session:
        assert session.scalars(select(Engagement.ends_on)).one() == date(2025, 2, 28)


def test_a_suspension_and_corrections(visit: Visit, code: str) -> None:
    clerk = visit("zhenjingban")
    clerk.get(f"/console/terms/{code}")
    base = f"/console/terms/{code}"
    clerk.post(f"{base}/pause", {"cause": "list_hit", "from_on": "2025-02-18", "words": "比对"})
    assert "只能从今天或以后算起" in clerk.words
    clerk.post(f"{base}/pause", {"cause": "list_hit", "from_on": "2025-02-19", "words": "比对"})
    assert "停发" in clerk.words
    act(visit("zhenfuze"), code, "resume", words="同名")
    clerk.post(f"{base}/category", {"category": "F55"})
    assert "只有城镇岗位的女同志" in clerk.words
    clerk.post(
        f"{base}/support",
        {
            "kind": "flexible_work",
            "since_on": "2020-01-01",
            "until_on": "2020-01-31",
            "source": "比对",
        },
    )
    assert "重新算过" in clerk.words
    clerk.get(base)
    assert "2025年3月10日" in clerk.words


def test_neighbours_and_departments_see_nothing(visit: Visit, code: str) -> None:
    for login in ("xiaomeng", "linye"):
        visitor = visit(login)
        assert visitor.get(f"/console/terms/{code}").status_code in (403, 404)
        visitor.get("/console/terms")
        assert "钱满仓" not in visitor.words


def test_undecided_is_shown(
    visit: Visit, code: str, watch: Watch, seeded_sessions: sessionmaker[Session]
) -> None:
    head = visit("cunzhuren")
    head.get(f"/console/terms/{code}")
    head.post(f"/console/terms/{code}/extension", {"to_on": "2026-04-10", "words": "干得好"})
    watch.at = noon(date(2025, 4, 12))
    with seeded_sessions.begin() as session:
        notices.end_over(session, watch.at)
    head.get("/console/terms")
    assert "到期待定" in head.words
    assert "已到期2天" in head.words
