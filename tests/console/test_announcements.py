"""The announcement's pages: draft, previews, publication, correction, and bad input."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any

from docx import Document
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from models import Announcement
from services import documents
from tests.console.conftest import Visit, Visitor

FORM: dict[str, Any] = {
    "year": "2023",
    "title": "2023年城乡公益性岗位需求公告",
    "opens_on": "2023-03-10",
    "closes_on": "2023-04-10",
    "reference_on": "2023-04-10",
    "ruleset": "yanzhou-2022",
    "contact_phone": "0537-3412345",
    "correction_reason": "",
    "remark": "雨天照常接待。",
}


def newest(sessions: sessionmaker[Session]) -> Announcement:
    with sessions() as session:
        order = (Announcement.year.desc(), Announcement.version.desc())
        return session.scalars(select(Announcement).order_by(*order)).first() or Announcement()


def published(visitor: Visitor) -> str:
    """The address of the demonstration's announcement, from the list."""
    visitor.get("/console/announcements")
    links: list[str] = re.findall(
        r'class="name" href="(/console/announcements/[0-9]+)"', visitor.page
    )
    return links[-1]


def correction(visit: Visit) -> tuple[Visitor, str]:
    """The clerk with the form of a correction open, and its address."""
    clerk = visit("qujingban")
    address = published(clerk)
    clerk.get(address)
    clerk.post(f"{address}/correct")
    assert "更正稿（第2版）" in clerk.words
    found = re.search(r'action="(/console/announcements/[0-9]+)/edit"', clerk.page)
    assert found
    return clerk, found[1]


def corrected(clerk: Visitor, **overrides: Any) -> dict[str, Any]:
    return {
        **FORM,
        "year": "2022",
        "opens_on": "2022-04-01",
        "closes_on": "2022-05-10",
        "reference_on": "2022-04-30",
        "correction_reason": "延长报名",
        "post_ids": re.findall(r'name="post_ids" value="([0-9]+)"', clerk.page)[:3],
        "edition": clerk.field_value("edition"),
        **overrides,
    }


def test_the_published_one_is_shown_in_three_ways(visit: Visit) -> None:
    town = visit("zhenjingban")
    address = published(town)
    town.get(address)
    assert "2022年4月1日至2022年4月30日" in town.words
    assert "想报名，回“报名”" in town.words
    assert "做更正" not in town.words
    answer = town.get(f"{address}/sheet.docx")
    assert answer.mimetype == documents.CONTENT_TYPE
    text = "\n".join(one.text for one in Document(BytesIO(answer.data)).paragraphs)
    assert "兖州区人力资源和社会保障局" in text


def test_a_draft_is_the_districts_alone(visit: Visit) -> None:
    clerk = visit("qujingban")
    clerk.get("/console/announcements/new")
    clerk.post("/console/announcements/new", FORM)
    assert "存好了，还没发布" in clerk.words
    assert "还没选岗位，至少选一个" in clerk.words
    town = visit("zhenjingban")
    draft = re.search(r'href="(/console/announcements/[0-9]+)/edit"', clerk.page)
    assert draft
    assert town.get(draft[1]).status_code == 404
    town.get("/console/announcements")
    assert "2023年" not in town.words


def test_what_is_not_fit_comes_back_as_typed(visit: Visit) -> None:
    clerk = visit("qujingban")
    clerk.get("/console/announcements/new")
    answer = clerk.post("/console/announcements/new", FORM | {"closes_on": "2023-03-01"})
    assert answer.status_code == 422
    assert "报名开始日期不能晚于截止日期" in clerk.words
    assert "雨天照常接待" in clerk.page
    clerk.post("/console/announcements/new", FORM | {"opens_on": "2023-02-30"})
    assert "日期没填，或者写法不对" in clerk.words
    clerk.post("/console/announcements/new", FORM | {"contact_phone": "村长"})
    assert "请填咨询电话" in clerk.words


def test_a_correction_is_published_by_the_approver(
    visit: Visit, seeded_sessions: sessionmaker[Session]
) -> None:
    clerk, address = correction(visit)
    clerk.post(f"{address}/edit", corrected(clerk))
    assert "存好了" in clerk.words
    assert clerk.post(f"{address}/schedule", {"when": "now"}).status_code == 403
    approver = visit("qushenpi")
    approver.get(address)
    edition = approver.field_value("edition")
    approver.post(f"{address}/schedule", {"when": "now", "edition": edition})
    assert "发布了" in approver.words
    assert newest(seeded_sessions).published_at is not None
    approver.get(published(approver))
    assert "已被" in approver.words
    assert "扶残助残员" in approver.words  # the old one stays as it was
    again = approver.post(f"{address}/schedule", {"when": "now", "edition": edition})
    assert again.status_code == 409


def test_a_time_is_set_and_taken_back(visit: Visit, seeded_sessions: sessionmaker[Session]) -> None:
    clerk, address = correction(visit)
    clerk.post(f"{address}/edit", corrected(clerk))
    approver = visit("qushenpi")
    approver.get(address)
    form = {"edition": approver.field_value("edition"), "at": "2022-04-08", "at_time": "08:30"}
    approver.post(f"{address}/schedule", form)
    assert "定在 2022年4月8日 08:30 发布" in approver.words
    approver.post(f"{address}/unschedule", {"edition": approver.field_value("edition")})
    assert "取消了定时" in approver.words
    assert newest(seeded_sessions).scheduled_at is None
    approver.post(
        f"{address}/schedule",
        {"edition": approver.field_value("edition"), "at": "明天", "at_time": "8点"},
    )
    assert "日期没填，或者写法不对" in approver.words


def test_an_old_form_changes_nothing_and_keeps_its_words(visit: Visit) -> None:
    clerk, address = correction(visit)
    other = visit("qushenpi")
    other.get(f"{address}/edit")
    late = corrected(other, remark="请自带干粮。")
    clerk.post(f"{address}/edit", corrected(clerk))
    answer = other.post(f"{address}/edit", late)
    assert answer.status_code == 409
    assert "刚才有人改过这份公告" in other.words
    assert "请自带干粮" in other.page


def test_a_second_correction_at_once_is_told_of_the_first(visit: Visit) -> None:
    correction(visit)
    other = visit("qushenpi")
    first = published(other)
    other.get(first)
    assert other.post(f"{first}/correct").status_code == 422
    assert "已经有一份没发布的（第2版）" in other.words


def test_everybody_reads_what_is_published_and_no_draft(visit: Visit, stranger: Visitor) -> None:
    stranger.get("/notices/recruitment/2022")
    assert "2022年4月1日至2022年4月30日" in stranger.words
    assert "村道路保洁员" in stranger.words
    clerk, address = correction(visit)
    clerk.post(f"{address}/edit", corrected(clerk))
    assert stranger.get("/notices/recruitment/2022/2").status_code == 404
    approver = visit("qushenpi")
    approver.get(address)
    edition = approver.field_value("edition")
    approver.post(f"{address}/schedule", {"when": "now", "edition": edition})
    stranger.get("/notices/recruitment/2022")
    assert "本版为更正版（第2版）：延长报名" in stranger.words
    stranger.get("/notices/recruitment/2022/1")
    assert "这一版已经更正" in stranger.words
    assert "2022年4月30日" in stranger.words
    for path in ("2023", "2022/9", "99999999999999999999"):
        assert stranger.get(f"/notices/recruitment/{path}").status_code == 404


def test_an_announcement_that_is_not_there(visit: Visit) -> None:
    clerk = visit("qujingban")
    assert clerk.get("/console/announcements/99999999999999999999").status_code == 404
    clerk.get("/console/announcements/new")
    clerk.post("/console/announcements/new", FORM | {"post_ids": ["99999999999999999999", "x"]})
    assert "存好了" in clerk.words
    for path in ("/console/announcements/999999", "/console/announcements/999999/edit"):
        assert clerk.get(path).status_code == 404
