"""Every edge of the procedure's table: taken by whom it allows, refused to everybody else, and
held back while any of its guards does not hold."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import ApplicationEvent, ApplicationStatus, AuditEntry, Delivery, Role, StaffKin
from models.procedure import ENDED, HOLDERS, STEPS, Actor, Step, Tell
from services import guards, procedure
from services.acting import Acting
from services.procedure import Hindered, Why
from tests.builders import NOW, create_acting, create_application, create_contact, phone
from tests.services.stage import SETTERS, engaged, needs_engagement, open_engagement, set_up

PLACE = {
    Role.VILLAGE_CLERK: "v-xinyan-wangjiazhuang",
    Role.VILLAGE_HEAD: "v-xinyan-wangjiazhuang",
    Role.TOWN_CLERK: "xinyan",
    Role.TOWN_HEAD: "xinyan",
    Role.DISTRICT_CLERK: "yanzhou",
    Role.DISTRICT_APPROVER: "yanzhou",
    Role.FINANCE: "yanzhou",
    Role.DEPARTMENT: "yanzhou",
    Role.AGENCY: "xinyan",
    Role.SUPERVISION: "yanzhou",
    Role.ADMINISTRATOR: "yanzhou",
}
NEIGHBOUR = {"v-xinyan-wangjiazhuang": "v-xinyan-xinghualing", "xinyan": "yandian"}
WHY = Why(reason_code="other", remark="照实写的缘由")

each_step = pytest.mark.parametrize("step", STEPS, ids=[f"{s.act}-{s.source}" for s in STEPS])


def actor(session: Session, role: Role | Actor, place: str | None = None) -> Acting:
    if role is Actor.APPLICANT:
        return Acting(role=role, contact=create_contact(session))
    if role is Actor.CLOCK:
        return Acting(role=role)
    return create_acting(session, Role(role), place or PLACE[Role(role)])


def test_every_guard_of_the_table_exists_and_is_set_on_this_stage() -> None:
    named = {name for step in STEPS for name in step.guards}
    assert named == set(guards.GUARDS) & named == set(SETTERS)


def test_every_state_but_the_last_ones_has_a_holder_and_a_way_on() -> None:
    assert set(HOLDERS) == set(ApplicationStatus) - ENDED
    assert {step.source for step in STEPS} == set(HOLDERS)


@each_step
def test_each_actor_of_a_step_may_take_it(seeded: Session, step: Step) -> None:
    for role in sorted(step.actors):
        nested = seeded.begin_nested()
        application = create_application(seeded)
        if needs_engagement(step):
            engaged(seeded, application)
        set_up(seeded, application, step)
        event = procedure.take(seeded, application, step.act, actor(seeded, role), NOW, WHY)
        assert application.status == step.target
        assert (event.from_status, event.to_status) == (step.source, step.target)
        assert event.reason_code == "other"
        assert (application.holder is None) == (step.target in ENDED)
        assert (application.due_on is None) == (step.limit is None)
        noted = select(AuditEntry).where(
            AuditEntry.act == f"case.{step.act}", AuditEntry.subject_id == str(application.id)
        )
        assert seeded.scalars(noted).one().details["after"] == {"status": step.target}
        nested.rollback()


@each_step
def test_no_other_role_may_take_a_step(seeded: Session, step: Step) -> None:
    application = create_application(seeded)
    if needs_engagement(step):
        engaged(seeded, application)
    set_up(seeded, application, step)
    for role in sorted({*Role, *Actor} - step.actors):
        with pytest.raises(Hindered) as refused:
            procedure.take(seeded, application, step.act, actor(seeded, role), NOW, WHY)
        assert [o.key for o in refused.value.obstacles] == ["obstacle.not_your_role"]
    assert application.status == step.source


@each_step
def test_a_neighbour_may_not_take_a_step(seeded: Session, step: Step) -> None:
    application = create_application(seeded)
    set_up(seeded, application, step)
    for role in sorted(step.actors & set(Role)):
        elsewhere = NEIGHBOUR.get(PLACE[Role(role)])
        if elsewhere is None:
            continue  # the district has no neighbour here
        with pytest.raises(Hindered) as refused:
            procedure.take(seeded, application, step.act, actor(seeded, role, elsewhere), NOW, WHY)
        assert [o.key for o in refused.value.obstacles] == ["obstacle.not_your_place"]


@each_step
def test_a_relative_may_not_take_a_step(seeded: Session, step: Step) -> None:
    application = create_application(seeded)
    set_up(seeded, application, step)
    for role in sorted(step.actors & set(Role)):
        acting = actor(seeded, role)
        assert acting.staff is not None
        seeded.add(
            StaffKin(
                staff_id=acting.staff.id,
                person_id=application.person_id,
                relation="侄子",
                declared_at=NOW,
            )
        )
        seeded.flush()
        with pytest.raises(Hindered) as refused:
            procedure.take(seeded, application, step.act, acting, NOW, WHY)
        assert [o.key for o in refused.value.obstacles] == ["obstacle.conflict_kin"]


@each_step
def test_a_step_that_needs_a_reason_is_not_taken_without(seeded: Session, step: Step) -> None:
    application = create_application(seeded)
    if needs_engagement(step):
        engaged(seeded, application)
    set_up(seeded, application, step)
    acting = actor(seeded, sorted(step.actors)[0])
    if not step.reason:
        procedure.take(seeded, application, step.act, acting, NOW)
        return
    with pytest.raises(Hindered) as refused:
        procedure.take(seeded, application, step.act, acting, NOW)
    assert "obstacle.reason_needed" in [o.key for o in refused.value.obstacles]


GUARDED = [
    (step, name)
    for step in STEPS
    for name in step.guards
    if name
    not in {
        "no_open_objection",  # holds by itself; test_objections holds it back
        "not_excluded",
        "no_duplicate",
        "one_engagement",
        "start_day_ahead",  # test_onboarding holds it back
        "post_has_room",
        "quota_has_room",
        "first_in_line",
        "age_holds",
        "review_held",
    }
]


@pytest.mark.parametrize(
    ("step", "missing"), GUARDED, ids=[f"{s.act}-{s.source}-{n}" for s, n in GUARDED]
)
def test_a_step_is_held_back_while_a_guard_does_not_hold(
    seeded: Session, step: Step, missing: str
) -> None:
    application = create_application(seeded)
    if needs_engagement(step):
        engaged(seeded, application)
    application.status = step.source
    if missing == "findings_written":
        SETTERS["objection_open"](seeded, application)
    if missing == "socially_insured":
        application.track = "urban"
    for name in step.guards:
        if name != missing:
            SETTERS[name](seeded, application)
    seeded.flush()
    with pytest.raises(Hindered) as refused:
        procedure.take(
            seeded, application, step.act, actor(seeded, sorted(step.actors)[0]), NOW, WHY
        )
    assert refused.value.obstacles
    assert application.status == step.source


def test_a_step_from_another_state_says_that_the_case_moved_on(seeded: Session) -> None:
    application = create_application(seeded, status=ApplicationStatus.ON_NOTICE)
    with pytest.raises(Hindered) as refused:
        procedure.take(seeded, application, "accept", actor(seeded, Role.VILLAGE_CLERK), NOW)
    assert refused.value.obstacles[0].key == "obstacle.state_moved_on"


def test_nobody_acts_on_their_own_case(seeded: Session) -> None:
    application = create_application(seeded)
    acting = create_acting(
        seeded, Role.VILLAGE_CLERK, PLACE[Role.VILLAGE_CLERK], person_id=application.person_id
    )
    with pytest.raises(Hindered) as refused:
        procedure.take(seeded, application, "ask_papers", acting, NOW, WHY)
    assert refused.value.obstacles[0].key == "obstacle.conflict_own"


def test_nobody_takes_two_approval_steps_running(seeded: Session) -> None:
    forward = next(step for step in STEPS if step.act == "forward")
    application = create_application(seeded)
    set_up(seeded, application, forward)
    clerk = actor(seeded, Role.TOWN_CLERK)
    procedure.take(seeded, application, "forward", clerk, NOW)
    head = Acting(role=Role.TOWN_HEAD, staff=clerk.staff, region=clerk.region)
    with pytest.raises(Hindered) as refused:
        procedure.take(seeded, application, "pass", head, NOW)
    assert refused.value.obstacles[0].key == "obstacle.two_steps_by_one"


def test_an_approval_makes_one_engagement_and_keeps_its_trace(seeded: Session) -> None:
    approve = next(step for step in STEPS if step.act == "approve")
    application = create_application(seeded)
    set_up(seeded, application, approve)
    procedure.take(seeded, application, "approve", actor(seeded, Role.DISTRICT_APPROVER), NOW)
    assert open_engagement(seeded, application).first_approved_on == NOW.date()
    assert application.plan_version_id is not None


def test_a_declined_offer_gives_the_place_back(seeded: Session) -> None:
    application = create_application(seeded, status=ApplicationStatus.APPROVED)
    engaged(seeded, application)
    procedure.take(seeded, application, "decline", actor(seeded, Actor.APPLICANT), NOW)
    assert open_engagement(seeded, application) is None


@each_step
def test_the_applicant_hears_of_the_steps_that_say_so(seeded: Session, step: Step) -> None:
    application = create_application(seeded)
    application.person.phone = phone(7)
    if needs_engagement(step):
        engaged(seeded, application)
    set_up(seeded, application, step)
    procedure.take(seeded, application, step.act, actor(seeded, sorted(step.actors)[0]), NOW, WHY)
    seeded.flush()
    cause = f"application:{application.id}|%"
    told = seeded.scalars(select(Delivery).where(Delivery.cause.like(cause))).all()
    assert bool(told) == (Tell.APPLICANT in step.tells)
    assert seeded.scalars(select(ApplicationEvent)).all()
