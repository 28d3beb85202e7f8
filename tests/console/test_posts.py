"""Posts in the console: demand, check, approval, change, export, and bad input."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from models import AuditEntry, Post, PostStatus
from tests.console.conftest import Visit, Visitor, Watch

FORM: dict[str, Any] = {
    "place": "v-xinyan-wangjiazhuang",
    "track": "rural",
    "demand_reason": "主街没人扫，垃圾多",
    "name": "村道路保洁员",
    "category": "public_service",
    "focus_areas": ["road_cleaning", "rural_revitalisation"],
    "duties": "村内道路保洁\n清理小广告",
    "mode": "combined",
    "headcount": "2",
    "hours_per_week": "10",
    "worksite": "王家庄村南北主街",
    "host_unit": "王家庄村民委员会",
    "responsible": "村文书",
    "pay_kind": "hour",
    "hours_per_month": "40",
    "pay": "800",
}


def demanded(visit: Visit) -> str:
    """The code of a demand that the village's clerk has recorded."""
    clerk = visit("cunwenshu")
    clerk.get("/console/posts/new")
    clerk.post("/console/posts/new", FORM)
    assert "需求报上去了" in clerk.words, clerk.words
    return "D2022-0001"


def step(visitor: Visitor, code: str, act: str, **form: str) -> int:
    """Press a button on the post's page."""
    visitor.get(f"/console/posts/{code}")
    version = visitor.field_value("version")
    answer = visitor.post(f"/console/posts/{code}/steps/{act}", {"version": version, **form})
    return answer.status_code


def test_from_the_demand_to_the_post(visit: Visit, seeded_sessions: sessionmaker[Session]) -> None:
    code = demanded(visit)
    town = visit("zhenjingban")
    town.get("/console/")
    assert "王家庄村要设“村道路保洁员”2个" in town.words
    step(town, code, "check")
    assert "待区级批准" in town.words
    approver = visit("qushenpi")
    approver.get(f"/console/posts/{code}")
    assert "每月40小时×19.00元＝760.00元，月报酬800.00元，够了" in approver.words
    assert "最低工资标准未核实" in approver.words
    assert step(approver, code, "approve") == 422
    assert "请核对两条并打勾" in approver.words
    step(approver, code, "approve", has_substance="1", is_no_office_post="1")
    assert "P2022-0007办好了，现在是“已批准，待公告”" in approver.words
    with seeded_sessions() as session:
        post = session.scalars(select(Post).where(Post.code == "P2022-0007")).one()
        assert post.status == PostStatus.APPROVED
        assert post.focus_areas == ["road_cleaning", "rural_revitalisation"]


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("pay", "700", "每月40小时×19.00元＝760.00元，月报酬700.00元不够"),
        ("name", "退役士兵专项保洁员", "退役士兵专项岗位按退役军人部门的规定办"),
        ("headcount", "两个", "人数要在1到500之间"),
        ("duties", " \n ", "请写至少一条工作内容"),
        ("demand_reason", "", "请写为什么要设这个岗"),
        ("place", "xiaomeng", "请选到村（社区）或镇街"),
        ("place", "v-xinyan-xinghualing", "请选到村（社区）或镇街"),
        ("category", "其他", "请选岗位类别"),
    ],
)
def test_a_demand_that_is_not_fit_comes_back_as_typed(
    visit: Visit, field: str, value: str, words: str, seeded_sessions: sessionmaker[Session]
) -> None:
    clerk = visit("cunwenshu")
    clerk.get("/console/posts/new")
    answer = clerk.post("/console/posts/new", FORM | {field: value})
    assert answer.status_code == 422
    assert words in clerk.words
    assert field == "duties" or "清理小广告" in clerk.page
    assert 'value="rural_revitalisation" checked' in clerk.page
    with seeded_sessions() as session:
        assert len(session.scalars(select(Post)).all()) == 6


def test_a_double_click_makes_one_demand(
    visit: Visit, seeded_sessions: sessionmaker[Session]
) -> None:
    demanded(visit)
    clerk = visit("cunwenshu")
    clerk.get("/console/posts/new")
    clerk.post("/console/posts/new", FORM)
    assert "刚才已经报过了，编号D2022-0001" in clerk.words
    with seeded_sessions() as session:
        assert len(session.scalars(select(Post)).all()) == 7


def test_a_step_from_an_old_page_says_who_was_there(visit: Visit) -> None:
    code = demanded(visit)
    clerk, head = visit("zhenjingban"), visit("zhenfuze")
    clerk.get(f"/console/posts/{code}")
    head.get(f"/console/posts/{code}")
    version = head.field_value("version")
    step(clerk, code, "check")
    answer = head.post(
        f"/console/posts/{code}/steps/decline", {"version": version, "reason": "路已经有人扫"}
    )
    assert answer.status_code == 409
    assert "刚才蔺素心办了“镇街同意，报区里”" in head.words


def test_a_neighbour_finds_nothing(visit: Visit) -> None:
    code = demanded(visit)
    neighbour = visit("xiaomeng")
    assert neighbour.get(f"/console/posts/{code}").status_code == 404
    neighbour.get("/console/posts")
    assert code not in neighbour.words
    assert neighbour.get(f"/console/posts/{code}/change").status_code == 404
    neighbour.get("/console/posts")
    assert neighbour.post(f"/console/posts/{code}/steps/check", {}).status_code == 404


def test_a_department_sees_what_it_demanded(visit: Visit) -> None:
    demanded(visit)
    forest = visit("linye")
    forest.get("/console/posts")
    assert "没有这样的岗位" in forest.words
    forest.get("/console/posts/new")
    form = FORM | {
        "place": "v-xinyan-xinghualing",
        "name": "护林员",
        "category": "social_governance",
    }
    forest.post("/console/posts/new", form)
    assert "需求报上去了" in forest.words
    forest.get("/console/posts")
    assert "护林员" in forest.words
    assert "村道路保洁员" not in forest.words


def test_a_change_is_shown_before_and_after(visit: Visit) -> None:
    town = visit("zhenjingban")
    town.get("/console/posts/P2022-0001/change")
    form = FORM | {
        "version": town.field_value("version"),
        "headcount": "4",
        "duties": "村内道路保洁",
        "mode": "single",
        "effective_on": "2022-05-10",
        "reason": "修路",
        "pay_kind": "",
        "pay": "",
    }
    answer = town.post("/console/posts/P2022-0001/change", form)
    assert answer.status_code == 422
    assert "名称、类别、人数和报酬要区里改" in town.words  # the focus areas are not the town's
    town.post("/console/posts/P2022-0001/change", form | {"focus_areas": []})
    assert "到2022年5月10日那天自动改过来" in town.words
    assert "干活地点：没有 → 王家庄村南北主街" in town.words


def test_the_register_filters_and_pages(visit: Visit) -> None:
    clerk = visit("qujingban")
    clerk.get("/console/posts?track=urban")
    assert "扶残助残员" in clerk.words
    assert "护林绿化员" not in clerk.words
    clerk.get("/console/posts?words=护林")
    assert "护林绿化员" in clerk.words
    clerk.get("/console/posts?place=xinyan")
    assert "护林绿化员" in clerk.words
    assert "扶残助残员" not in clerk.words
    clerk.get("/console/posts?status=nonsense&after=x&place=%25&category=%27")
    assert clerk.page


def test_the_export_is_marked_and_written_down(
    visit: Visit, seeded_sessions: sessionmaker[Session]
) -> None:
    town = visit("zhenjingban")
    answer = town.get("/console/posts.xlsx")
    table = CalamineWorkbook.from_filelike(BytesIO(answer.data)).get_sheet_by_index(0).to_python()
    assert "蔺素心" in str(table[0][0])
    assert {row[0] for row in table[2:]} == {"P2022-0001", "P2022-0002"}
    with seeded_sessions() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.act == "post.export")).one()
        assert entry.details["rows"] == 2


def test_a_rise_of_the_minimum_wage_is_shown(visit: Visit, watch: Watch) -> None:
    code = demanded(visit)
    step(visit("zhenjingban"), code, "check")
    approver = visit("qushenpi")
    step(approver, code, "approve", has_substance="1", is_no_office_post="1")
    approver.get("/console/posts/underpaid")
    assert "没有低于最低工资的" in approver.words
    watch.at = watch.at.replace(year=2025, month=10)
    approver.get("/console/")
    assert "有1个岗位的报酬低于现行标准" in approver.words
    approver.get("/console/posts/underpaid")
    assert "每月40小时×22.00元＝880.00元，月报酬800.00元不够" in approver.words


def test_addresses_that_no_post_has(visit: Visit) -> None:
    clerk = visit("qujingban")
    for code in ("P9999-0001", "%00", "x" * 400, "%F0%9F%98%80"):
        assert clerk.get(f"/console/posts/{code}").status_code == 404
    assert clerk.get("/console/posts?after=99999999999999999999&words=%00").status_code == 200
    village = visit("cunwenshu")
    village.get("/console/posts/new")
    answer = village.post(
        "/console/posts/new", FORM | {"name": "保洁\x00员", "headcount": "9" * 30}
    )
    assert answer.status_code == 422
    assert "人数要在1到500之间" in village.words
