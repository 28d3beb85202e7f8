"""From the demand to the post and every change of it (R-1.3, R-3.1*, R-3.3b, R-4.2c)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import (
    AuditEntry,
    Delivery,
    Engagement,
    EngagementStatus,
    Post,
    PostChange,
    PostStatus,
    Role,
    new_id,
)
from rules import posts as law
from services import plan_work, post_checks, post_register, post_steps, posts
from services.acting import Acting
from services.outbox import slots_of
from services.post_checks import Sheet
from services.post_steps import Why
from services.posts import Revision
from services.procedure import Hindered
from tests.builders import (
    NOW,
    create_acting,
    create_contact,
    create_inbound,
    create_person,
    region,
)
from wording import load_book

VILLAGE = "v-xinyan-wangjiazhuang"
SHEET = Sheet(
    track="rural",
    name="村道路保洁员",
    category="public_service",
    duties=("村内道路保洁",),
    headcount=2,
    worksite="王家庄村南北主街",
    host_unit="王家庄村民委员会",
    responsible="村文书",
    hours_per_week=10,
    hours_per_month=40,
    pay_kind="hour",
    pay_fen=80_000,
    focus_areas=("road_cleaning",),
)
FIT = Why(has_substance=True, is_no_office_post=True)
REASON = "主街没人扫，垃圾多"


@pytest.fixture
def clerk(seeded: Session) -> Acting:
    return create_acting(seeded, Role.VILLAGE_CLERK, VILLAGE)


@pytest.fixture
def town(seeded: Session) -> Acting:
    return create_acting(seeded, Role.TOWN_CLERK, "xinyan")


@pytest.fixture
def approver(seeded: Session) -> Acting:
    return create_acting(seeded, Role.DISTRICT_APPROVER, "yanzhou")


def demand(session: Session, acting: Acting, sheet: Sheet = SHEET, place: str = VILLAGE) -> Post:
    return posts.demand(session, sheet, region(session, place), REASON, acting, NOW)[0]


def hindered(call: Any, *values: Any, **named: Any) -> set[str]:
    with pytest.raises(Hindered) as caught:
        call(*values, **named)
    return {obstacle.key for obstacle in caught.value.obstacles}


def approved(session: Session, clerk: Acting, town: Acting, approver: Acting) -> Post:
    post = demand(session, clerk)
    post_steps.take(session, post, "check", town, NOW)
    post_steps.take(session, post, "approve", approver, NOW, FIT)
    return post


def put_to_work(session: Session, post: Post, **person: Any) -> Engagement:
    engagement = Engagement(
        id=new_id(),
        person_id=create_person(session, **person).id,
        post_id=post.id,
        worker_code=f"W-{new_id()}"[:32],
        track=post.track,
        status=EngagementStatus.ON_POST,
        starts_on=NOW.date(),
        first_approved_on=NOW.date(),
        created_at=NOW,
    )
    session.add(engagement)
    session.flush()
    return engagement


def test_the_plan_lists_five_categories_and_eleven_areas() -> None:
    assert (len(law.categories()), len(law.focus_areas())) == (5, 11)


def test_a_demand_becomes_a_post(
    seeded: Session, clerk: Acting, town: Acting, approver: Acting
) -> None:
    post = demand(seeded, clerk)
    assert (post.status, post.code) == (PostStatus.DEMANDED, "D2022-0001")
    post_steps.take(seeded, post, "check", town, NOW)
    post_steps.take(seeded, post, "approve", approver, NOW, FIT)
    assert (post.status, post.code) == (
        PostStatus.APPROVED,
        "P2022-0007",
    )  # six are in the demonstration
    assert post.plan_year == 2022
    assert [row.act for row in posts.history(seeded, post)] == ["approve", "check", "demand"]
    noted = seeded.scalars(select(AuditEntry.act).where(AuditEntry.subject_kind == "post")).all()
    assert noted == ["post.demand", "post.check", "post.approve"]


def test_a_second_click_gives_back_the_first(seeded: Session, clerk: Acting) -> None:
    first = demand(seeded, clerk)
    again, said = posts.demand(seeded, SHEET, region(seeded, VILLAGE), REASON, clerk, NOW)
    assert again is first
    assert [one.key for one in said] == ["post.there_already"]


@pytest.mark.parametrize(
    ("overrides", "key"),
    [
        ({"category": ""}, "post.category_needed"),
        ({"category": "veteran"}, "post.category_needed"),
        ({"duties": ()}, "post.duty_needed"),
        ({"focus_areas": ("moon",)}, "post.focus_unknown"),
        ({"headcount": 0}, "post.headcount_needed"),
        ({"headcount": 501}, "post.headcount_needed"),
        ({"name": " "}, "post.name_needed"),
        ({"name": "扫" * 65}, "post.too_long"),
        ({"worksite": ""}, "post.worksite_needed"),
        ({"hours_per_week": None}, "post.hours_needed"),
        ({"hours_per_month": None}, "post.month_hours_needed"),
        ({"mode": "both"}, "post.mode_needed"),
        ({"pay_kind": "day"}, "post.pay_kind_needed"),
        ({"name": "退役士兵专项保洁员"}, "post.veterans"),
        ({"name": "保洁员", "duties": ("退 役军人专项 服务",)}, "post.veterans"),
    ],
)
def test_a_sheet_that_is_not_fit(
    seeded: Session, clerk: Acting, overrides: dict[str, Any], key: str
) -> None:
    assert key in hindered(demand, seeded, clerk, replace(SHEET, **overrides))
    assert seeded.scalar(select(func.count()).select_from(PostChange)) == 0


@pytest.mark.parametrize(
    ("overrides", "key"),
    [
        ({"mode": "combined"}, "post.combined_needs_two"),
        ({"hours_per_week": 30}, "post.many_hours"),
        ({"name": "办公室文员"}, "post.doubtful"),
        ({}, "post.pay_uncertain"),
    ],
)
def test_what_is_only_said(seeded: Session, overrides: dict[str, Any], key: str) -> None:
    judged = post_checks.judge(
        seeded, replace(SHEET, **overrides), region(seeded, VILLAGE), NOW.date()
    )
    assert judged.is_fit
    assert key in {one.key for one in judged.warnings}


@pytest.mark.parametrize(
    ("hours", "on", "enough", "words"),
    [
        (41, date(2023, 11, 1), True, "每月41小时×20.00元＝820.00元，月报酬833.33元，够了。"),
        (
            42,
            date(2023, 11, 1),
            False,
            "每月42小时×20.00元＝840.00元，月报酬833.33元不够，不能这样定（方案三（三））。",
        ),
        (43, date(2022, 4, 6), True, "每月43小时×19.00元＝817.00元，月报酬833.33元，够了。"),
    ],
)
def test_the_hourly_floor_shows_its_arithmetic(
    hours: int, on: date, enough: bool, words: str
) -> None:
    check = post_checks.pay_check(replace(SHEET, hours_per_month=hours, pay_fen=83_333), on)
    assert check is not None
    assert check.is_enough is enough
    assert not check.is_certain
    assert load_book().text(check.words.key, **check.words.slots) == words


def test_a_full_month_below_the_floor_is_refused(seeded: Session, clerk: Acting) -> None:
    full = replace(SHEET, pay_kind="month", hours_per_month=None, pay_fen=189_999)
    assert hindered(demand, seeded, clerk, full) == {"post.pay_month_low"}
    demand(seeded, clerk, replace(full, pay_fen=190_000))


def test_the_park_has_no_allocation(seeded: Session) -> None:
    department = create_acting(seeded, Role.DEPARTMENT, "yanzhou")
    assert hindered(demand, seeded, department, SHEET, "industrial_park") == {"post.not_allocated"}


def test_a_year_that_is_not_issued_takes_demands_and_no_approval(
    seeded: Session, clerk: Acting, town: Acting, approver: Acting
) -> None:
    later = NOW.replace(year=2023)
    post, said = posts.demand(seeded, SHEET, region(seeded, VILLAGE), REASON, clerk, later)
    assert "post.year_not_issued" in {one.key for one in said}
    post_steps.take(seeded, post, "check", town, later)
    keys = hindered(post_steps.take, seeded, post, "approve", approver, later, FIT)
    assert keys == {"post.year_not_issued"}


@pytest.mark.parametrize(
    ("role", "code", "key"),
    [
        (Role.VILLAGE_CLERK, "v-xinyan-xinghualing", "obstacle.not_your_place"),
        (Role.TOWN_CLERK, "xiaomeng", "obstacle.not_your_place"),
        (Role.AGENCY, "xinyan", "obstacle.not_your_role"),
        (Role.SUPERVISION, "yanzhou", "obstacle.not_your_role"),
        (Role.ADMINISTRATOR, "yanzhou", "obstacle.not_your_role"),
    ],
)
def test_who_may_not_demand(seeded: Session, role: Role, code: str, key: str) -> None:
    assert hindered(demand, seeded, create_acting(seeded, role, code)) == {key}


def test_nobody_takes_two_steps_of_one_post(
    seeded: Session, town: Acting, approver: Acting
) -> None:
    post = demand(seeded, town)
    assert hindered(post_steps.take, seeded, post, "check", town, NOW) == {"post.two_steps_by_one"}
    head = create_acting(seeded, Role.TOWN_HEAD, "xinyan")
    post_steps.take(seeded, post, "check", head, NOW)
    same = Acting(Role.DISTRICT_APPROVER, head.staff, region(seeded, "yanzhou"))
    keys = hindered(post_steps.take, seeded, post, "approve", same, NOW, FIT)
    assert keys == {"post.two_steps_by_one"}


def test_the_village_cannot_approve_and_a_neighbour_cannot_check(
    seeded: Session, clerk: Acting, town: Acting
) -> None:
    post = demand(seeded, clerk)
    neighbour = create_acting(seeded, Role.TOWN_CLERK, "xiaomeng")
    assert hindered(post_steps.take, seeded, post, "check", neighbour, NOW) == {
        "obstacle.not_your_place"
    }
    post_steps.take(seeded, post, "check", town, NOW)
    assert hindered(post_steps.take, seeded, post, "approve", clerk, NOW, FIT) == {
        "obstacle.not_your_role"
    }
    assert hindered(post_steps.take, seeded, post, "check", town, NOW) == {
        "obstacle.state_moved_on"
    }


def test_the_checklist_and_its_override(
    seeded: Session, clerk: Acting, town: Acting, approver: Acting
) -> None:
    post = demand(seeded, clerk)
    post_steps.take(seeded, post, "check", town, NOW)
    half = Why(has_substance=True)
    assert hindered(post_steps.take, seeded, post, "approve", approver, NOW, half) == {
        "post.checklist_open"
    }
    office = demand(seeded, clerk, replace(SHEET, name="办公室文员"))
    post_steps.take(seeded, office, "check", town, NOW)
    assert hindered(post_steps.take, seeded, office, "approve", approver, NOW, FIT) == {
        "post.override_needed"
    }
    made = post_steps.take(
        seeded, office, "approve", approver, NOW, Why(override="只在便民大厅引导，不坐办公室")
    )
    assert made.after["override"]
    assert made.reason


def test_pay_must_be_set_and_a_place_left_in_the_plan(
    seeded: Session, clerk: Acting, town: Acting, approver: Acting
) -> None:
    post = demand(seeded, clerk, replace(SHEET, pay_kind=None, pay_fen=None))
    post_steps.take(seeded, post, "check", town, NOW)
    assert hindered(post_steps.take, seeded, post, "approve", approver, NOW, FIT) == {
        "post.pay_not_set"
    }
    # 390 in the plan, 7 created by the demonstration
    many = demand(seeded, clerk, replace(SHEET, headcount=384))
    post_steps.take(seeded, many, "check", town, NOW)
    assert hindered(post_steps.take, seeded, many, "approve", approver, NOW, FIT) == {
        "post.plan_is_full"
    }
    fits = demand(seeded, clerk, replace(SHEET, headcount=383))
    post_steps.take(seeded, fits, "check", town, NOW)
    post_steps.take(seeded, fits, "approve", approver, NOW, FIT)


def test_many_identical_posts_are_flagged(seeded: Session, clerk: Acting) -> None:
    post = demand(seeded, clerk, replace(SHEET, headcount=20))
    assert post_checks.identical_flag(seeded, post, NOW.date()) == ()
    more = posts.demand(
        seeded, replace(SHEET, headcount=1), region(seeded, VILLAGE), REASON, clerk,
        NOW + timedelta(hours=1),
    )[0]  # fmt: skip
    (flag,) = post_checks.identical_flag(seeded, more, NOW.date())
    assert flag.slots == {"number": 21, "most": 20}


def test_a_change_tells_the_workers_and_waits_for_its_day(
    seeded: Session, clerk: Acting, town: Acting, approver: Acting
) -> None:
    post = approved(seeded, clerk, town, approver)
    by_chat = put_to_work(seeded, post)
    contact = create_contact(seeded, person_id=by_chat.person_id, followed=True)
    create_inbound(seeded, contact)
    put_to_work(seeded, post)
    new = replace(SHEET, worksite="村东小学门口")
    day = date(2022, 5, 10)
    made, _ = posts.change(seeded, post, Revision(new, day, "修路"), town, NOW)
    assert (made.act, post.worksite) == ("planned", SHEET.worksite)
    letters = {one.channel: one for one in seeded.scalars(select(Delivery))}
    assert set(letters) == {"wechat", "sms"}
    chat = load_book().text(letters["wechat"].key, **slots_of(letters["wechat"]))
    assert "从2022年5月10日起，干活地点改为“村东小学门口”" in chat
    assert posts.carry_out_due(seeded, NOW) == 0
    then = NOW.replace(month=5, day=10)
    assert posts.carry_out_due(seeded, then) == 1
    assert post.worksite == "村东小学门口"
    assert posts.carry_out_due(seeded, then) == 0
    assert len(seeded.scalars(select(Delivery)).all()) == 2


@pytest.mark.parametrize(
    ("overrides", "day", "reason", "key"),
    [
        ({}, 6, "修路", "post.nothing_changed"),
        ({"worksite": "村西"}, 6, " ", "post.change_reason_needed"),
        ({"worksite": "村西"}, 5, "修路", "post.not_backwards"),
        ({"headcount": 3}, 6, "要人", "post.district_only"),
        ({"pay_fen": 90_000}, 6, "涨", "post.district_only"),
    ],
)
def test_what_the_town_may_not_change(
    seeded: Session,
    clerk: Acting,
    town: Acting,
    approver: Acting,
    overrides: dict[str, Any],
    day: int,
    reason: str,
    key: str,
) -> None:
    post = approved(seeded, clerk, town, approver)
    revision = Revision(replace(SHEET, **overrides), date(2022, 4, day), reason)
    assert hindered(posts.change, seeded, post, revision, town, NOW) == {key}


def test_headcount_follows_the_people_and_the_plan(
    seeded: Session, clerk: Acting, town: Acting, approver: Acting
) -> None:
    post = approved(seeded, clerk, town, approver)
    put_to_work(seeded, post)
    put_to_work(seeded, post)
    for headcount, key in ((1, "post.headcount_below"), (500, "post.plan_is_full")):
        revision = Revision(replace(SHEET, headcount=headcount), NOW.date(), "调整")
        assert hindered(posts.change, seeded, post, revision, approver, NOW) == {key}
    posts.change(
        seeded, post, Revision(replace(SHEET, headcount=3), NOW.date(), "调整"), approver, NOW
    )
    assert post.headcount == 3
    assert not seeded.scalars(select(Delivery)).all()  # no worker's business


def test_a_post_with_people_on_it_is_not_revoked(
    seeded: Session, clerk: Acting, town: Acting, approver: Acting
) -> None:
    post = approved(seeded, clerk, town, approver)
    engagement = put_to_work(seeded, post)
    gone = Why(reason="路已经有人扫")
    assert hindered(post_steps.take, seeded, post, "revoke", approver, NOW, gone) == {
        "post.people_on_it"
    }
    post_steps.take(seeded, post, "suspend", approver, NOW, gone)
    assert len(seeded.scalars(select(Delivery)).all()) == 1
    engagement.status = EngagementStatus.ENDED
    assert hindered(post_steps.take, seeded, post, "revoke", approver, NOW) == {
        "post.step_reason_needed"
    }
    post_steps.take(seeded, post, "revoke", approver, NOW, gone)
    assert post.status == PostStatus.REVOKED


def test_a_rise_of_the_minimum_wage_lists_who_is_left_behind(
    seeded: Session, clerk: Acting, town: Acting, approver: Acting
) -> None:
    post = approved(seeded, clerk, town, approver)  # 40 hours for 800.00
    assert post_register.underpaid(seeded, approver, date(2023, 9, 30)) == []
    assert post_register.underpaid(seeded, approver, date(2023, 10, 1)) == []  # 20.00 an hour
    (found,) = post_register.underpaid(seeded, approver, date(2025, 10, 1))  # 22.00
    assert (found.post, found.pay.floor_fen) == (post, 88_000)
    neighbour = create_acting(seeded, Role.TOWN_HEAD, "xiaomeng")
    assert post_register.underpaid(seeded, neighbour, date(2025, 10, 1)) == []
    later = NOW.replace(year=2025, month=10)
    items = plan_work.PostsWork().items(seeded, approver, later, 9)
    assert [item.key for item in items] == ["post.underpaid"]


def test_every_step_refuses_every_other_role(seeded: Session, clerk: Acting) -> None:
    post = demand(seeded, clerk)
    for step in post_steps.STEPS:
        for role in set(Role) - step.roles:
            post.status = next(iter(step.sources))
            acting = Acting(role, None, region(seeded, "yanzhou"))
            keys = hindered(post_steps.take, seeded, post, step.act, acting, NOW, Why("x"))
            assert keys == {"obstacle.not_your_role"}


def test_offers_say_what_hinders(seeded: Session, clerk: Acting, town: Acting) -> None:
    post = demand(seeded, clerk)
    assert [one.step.act for one in post_steps.offers(seeded, post, town, NOW)] == [
        "check",
        "decline",
    ]
    assert post_steps.offers(seeded, post, clerk, NOW) == ()
