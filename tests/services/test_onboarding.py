"""From the approval to the first day: every edge, and what stands in the way of each."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from functools import partial

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Agreement,
    Application,
    ApplicationStatus,
    Attachment,
    AuditEntry,
    Delivery,
    Engagement,
    EngagementStatus,
    InsuranceCover,
    Role,
    Sighting,
    Training,
)
from models.procedure import Actor
from rules import parameters
from rules.parameters import InForce
from services import (
    accounts,
    agreements,
    attachments,
    onboarding,
    procedure,
    quotas,
    social_insurance,
)
from services.accounts import Account
from services.acting import Acting
from services.attachments import Upload
from services.onboarding import Lesson
from services.procedure import Hindered, Why
from tests.builders import (
    NOW,
    card_number,
    create_acting,
    create_contact,
    create_engagement,
    create_person,
    region,
)

S = ApplicationStatus
VILLAGE, NEIGHBOUR = "v-xinyan-wangjiazhuang", "v-xinyan-xinghualing"
URBAN = "v-gulou-xiangyang"
SIGNED = Upload("协议.jpg", b"\xff\xd8\xff the signed copy")
MONDAY = date(2022, 4, 11)
LESSON = Lesson(date(2022, 4, 6), 8, "保洁规范和交通安全")


@pytest.fixture
def clerk(seeded: Session) -> Acting:
    return create_acting(seeded, Role.VILLAGE_CLERK, VILLAGE)


@pytest.fixture
def town(seeded: Session) -> Acting:
    return create_acting(seeded, Role.TOWN_CLERK, "xinyan")


@pytest.fixture
def engagement(seeded: Session) -> Engagement:
    return create_engagement(seeded, holder_id=region(seeded, VILLAGE).id)


@pytest.fixture
def case(engagement: Engagement) -> Application:
    assert engagement.application is not None
    return engagement.application


def keys(hindered: pytest.ExceptionInfo[Hindered]) -> set[str]:
    return {obstacle.key for obstacle in hindered.value.obstacles}


def state(case: Application) -> S:
    """Where the case stands now: the type checker remembers where it stood."""
    return S(case.status)


def applicant(session: Session, case: Application) -> Acting:
    return Acting(Actor.APPLICANT, contact=create_contact(session, person_id=case.person_id))


def sign(session: Session, case: Application, acting: Acting) -> Agreement:
    agreements.make(session, case, from_on=MONDAY, acting=acting, now=NOW)
    return agreements.sign(
        session, case, signed_on=NOW.date(), upload=SIGNED, acting=acting, now=NOW
    )


def cover(session: Session, engagement: Engagement, acting: Acting, from_on: date) -> None:
    assert acting.staff is not None
    session.add(
        InsuranceCover(
            engagement_id=engagement.id,
            policy_number="P-1",
            from_on=from_on,
            recorded_by_id=acting.staff.id,
            recorded_at=NOW,
        )
    )
    session.flush()


def give_account(session: Session, case: Application, acting: Acting) -> None:
    account = Account("某银行", case.person.name, card_number())
    accounts.give(session, case, account, acting, NOW)


def test_the_whole_way_of_a_rural_worker(
    seeded: Session, case: Application, engagement: Engagement, clerk: Acting, town: Acting
) -> None:
    onboarding.accept_offer(seeded, case, applicant(seeded, case), NOW)
    signed = sign(seeded, case, clerk)
    assert case.status == S.TO_TRAIN
    assert (signed.from_on, signed.to_on) == (MONDAY, date(2025, 4, 10))
    (row,) = onboarding.train(
        seeded, LESSON, attended=[case], passed=frozenset({case.number}), acting=clerk, now=NOW
    )
    assert not row.obstacles
    assert state(case) == S.TO_INSURE
    onboarding.see_in_person(seeded, case, clerk, NOW)
    give_account(seeded, case, clerk)
    cover(seeded, engagement, town, MONDAY)
    procedure.take(seeded, case, "start", town, NOW)
    assert state(case) == S.ON_POST
    assert engagement.status == EngagementStatus.ON_POST
    assert (engagement.starts_on, engagement.ends_on) == (MONDAY, date(2025, 4, 10))
    acts = set(seeded.scalars(select(AuditEntry.act)))
    assert acts >= {
        "offer.accepted", "agreement.made", "case.sign", "case.train", "person.seen",
        "account.given", "case.start",
    }  # fmt: skip


def test_the_first_day_needs_every_record(seeded: Session, case: Application, town: Acting) -> None:
    case.status = S.TO_INSURE
    with pytest.raises(Hindered) as refused:
        procedure.take(seeded, case, "start", town, NOW)
    assert keys(refused) == {
        "obstacle.not_signed",
        "obstacle.not_trained",
        "obstacle.no_start_day",
        "obstacle.no_own_account",
        "obstacle.not_seen_in_person",
    }
    assert case.status == S.TO_INSURE


def test_a_cover_that_begins_after_the_first_day_is_no_cover(
    seeded: Session, case: Application, engagement: Engagement, town: Acting
) -> None:
    case.status, engagement.starts_on = S.TO_INSURE, MONDAY
    cover(seeded, engagement, town, date(2022, 4, 12))
    with pytest.raises(Hindered) as refused:
        procedure.take(seeded, case, "start", town, NOW)
    assert "obstacle.not_insured" in keys(refused)


def test_a_first_day_that_went_by_is_set_anew(
    seeded: Session, case: Application, engagement: Engagement, clerk: Acting, town: Acting
) -> None:
    """Papers were complete a week after the day: nobody is paid for that week."""
    sign(seeded, case, clerk)
    case.status = S.TO_INSURE
    later = NOW + timedelta(days=12)
    with pytest.raises(Hindered) as refused:
        procedure.take(seeded, case, "start", town, later)
    assert "obstacle.start_day_past" in keys(refused)
    onboarding.set_start_day(seeded, case, later.date(), town, later)
    with pytest.raises(Hindered) as refused:
        procedure.take(seeded, case, "start", town, later)
    assert "obstacle.start_day_past" not in keys(refused)


@pytest.mark.parametrize("spared", [False, True])
def test_training_again_is_a_parameter(
    seeded: Session,
    case: Application,
    clerk: Acting,
    monkeypatch: pytest.MonkeyPatch,
    spared: bool,
) -> None:
    create_engagement(
        seeded,
        person=case.person,
        status=S.DECLINED,
        engagement_status=EngagementStatus.ENDED,
        starts_on=date(2020, 1, 1),
        ends_on=date(2021, 12, 31),
    )
    real = parameters.in_force

    def in_force(name: str, on: date) -> InForce:
        found = real(name, on)
        return replace(found, value=not spared) if name.endswith("rehire_trains") else found

    monkeypatch.setattr(parameters, "in_force", in_force)
    case.status = S.TO_TRAIN
    if spared:
        procedure.take(seeded, case, "train", clerk, NOW)
        return
    with pytest.raises(Hindered) as refused:
        procedure.take(seeded, case, "train", clerk, NOW)
    assert keys(refused) == {"obstacle.not_trained"}


def test_the_step_sign_needs_the_answer_and_the_signed_copy(
    seeded: Session, case: Application, clerk: Acting
) -> None:
    agreements.make(seeded, case, from_on=MONDAY, acting=clerk, now=NOW)
    with pytest.raises(Hindered) as refused:
        procedure.take(seeded, case, "sign", clerk, NOW)
    assert keys(refused) == {"obstacle.offer_not_accepted", "obstacle.not_signed"}


def test_a_signature_is_an_acceptance_too(
    seeded: Session, case: Application, clerk: Acting
) -> None:
    agreement = sign(seeded, case, clerk)
    assert case.offer_accepted_at is not None
    assert case.status == S.TO_TRAIN
    copy = seeded.get_one(Attachment, agreement.signed_copy_id)
    assert b"signed copy" not in copy.content_sealed


def test_what_is_signed_is_not_made_anew(seeded: Session, case: Application, clerk: Acting) -> None:
    sign(seeded, case, clerk)
    with pytest.raises(Hindered) as refused:
        agreements.make(seeded, case, from_on=MONDAY, acting=clerk, now=NOW)
    assert keys(refused) == {"onboarding.signed_already"}
    with pytest.raises(Hindered) as refused:
        agreements.sign(seeded, case, signed_on=MONDAY, upload=SIGNED, acting=clerk, now=NOW)
    assert keys(refused) == {"onboarding.signed_already"}


def test_what_nobody_signed_is_made_anew_under_its_number(
    seeded: Session, case: Application, clerk: Acting
) -> None:
    first = agreements.make(seeded, case, from_on=MONDAY, acting=clerk, now=NOW)
    number = first.number
    again = agreements.make(seeded, case, from_on=date(2022, 5, 1), acting=clerk, now=NOW)
    assert again.number == number
    assert (again.from_on, again.to_on) == (date(2022, 5, 1), date(2025, 4, 30))
    assert len(seeded.scalars(select(Agreement)).all()) == 1


@pytest.mark.parametrize(
    ("signed_on", "upload", "why"),
    [
        (date(2022, 4, 7), SIGNED, "onboarding.signed_in_future"),
        (NOW.date(), None, "attachment.none"),
        (NOW.date(), Upload("协议.docx", b"PK\x03\x04"), "attachment.wrong_type"),
        (NOW.date(), Upload("协议.jpg", b"\xff\xd8\xff" + bytes(11 << 20)), "attachment.too_big"),
    ],
)
def test_a_signature_that_cannot_be(
    seeded: Session, case: Application, clerk: Acting, signed_on: date, upload: Upload, why: str
) -> None:
    agreements.make(seeded, case, from_on=MONDAY, acting=clerk, now=NOW)
    with pytest.raises(Hindered) as refused:
        agreements.sign(seeded, case, signed_on=signed_on, upload=upload, acting=clerk, now=NOW)
    assert keys(refused) == {why}
    assert case.status == S.APPROVED


def test_no_agreement_no_signature(seeded: Session, case: Application, clerk: Acting) -> None:
    with pytest.raises(Hindered) as refused:
        agreements.sign(seeded, case, signed_on=MONDAY, upload=SIGNED, acting=clerk, now=NOW)
    assert keys(refused) == {"onboarding.no_agreement"}


def test_the_term_counts_earlier_months(seeded: Session, case: Application, clerk: Acting) -> None:
    earlier = create_engagement(
        seeded,
        person=case.person,
        status=S.DECLINED,
        engagement_status=EngagementStatus.ENDED,
        starts_on=date(2020, 1, 1),
        ends_on=date(2021, 12, 31),
    )
    assert earlier.person_id == case.person_id
    made = agreements.make(seeded, case, from_on=MONDAY, acting=clerk, now=NOW)
    assert made.to_on == date(2023, 4, 10)


def test_thirty_six_months_used_leave_no_agreement(
    seeded: Session, case: Application, clerk: Acting
) -> None:
    create_engagement(
        seeded,
        person=case.person,
        status=S.DECLINED,
        engagement_status=EngagementStatus.ENDED,
        starts_on=date(2019, 1, 1),
        ends_on=date(2021, 12, 31),
    )
    with pytest.raises(Hindered) as refused:
        agreements.make(seeded, case, from_on=MONDAY, acting=clerk, now=NOW)
    assert keys(refused) == {"onboarding.months_used_up"}


def test_an_urban_agreement_ends_at_retirement(seeded: Session) -> None:
    clerk = create_acting(seeded, Role.VILLAGE_CLERK, URBAN)
    person = create_person(seeded, born_on=date(1973, 5, 20))
    engagement = create_engagement(
        seeded, village=URBAN, track="urban", person=person, retire_category="F50"
    )
    assert engagement.application is not None
    made = agreements.make(seeded, engagement.application, from_on=MONDAY, acting=clerk, now=NOW)
    assert made.to_on == date(2023, 5, 20)
    with pytest.raises(Hindered) as refused:
        agreements.make(
            seeded, engagement.application, from_on=date(2023, 6, 1), acting=clerk, now=NOW
        )
    assert keys(refused) == {"onboarding.start_after_retirement"}


def test_the_printed_agreement_names_both_sides_and_is_written_down(
    seeded: Session, case: Application, engagement: Engagement, clerk: Acting
) -> None:
    made = agreements.make(seeded, case, from_on=MONDAY, acting=clerk, now=NOW)
    told = agreements.context(seeded, case, made)
    assert told["village"] == "新兖镇王家庄村"
    assert told["worker_code"] == engagement.worker_code
    assert told["post_code"] == "P2022-0001"
    assert agreements.printed(seeded, case, made, clerk, NOW).startswith(b"PK")
    assert seeded.scalars(select(AuditEntry).where(AuditEntry.act == "agreement.printed")).one()


def test_a_later_change_of_the_post_changes_no_agreement(
    seeded: Session, case: Application, engagement: Engagement, clerk: Acting
) -> None:
    made = agreements.make(seeded, case, from_on=MONDAY, acting=clerk, now=NOW)
    engagement.post.name = "改了名的岗位"
    seeded.flush()
    assert agreements.context(seeded, case, made)["post"] == "村道路保洁员"


def test_who_failed_the_training_stays_and_may_come_again(
    seeded: Session, case: Application, clerk: Acting
) -> None:
    sign(seeded, case, clerk)
    (row,) = onboarding.train(
        seeded, LESSON, attended=[case], passed=frozenset(), acting=clerk, now=NOW
    )
    assert not row.obstacles
    assert case.status == S.TO_TRAIN
    onboarding.train(
        seeded, LESSON, attended=[case], passed=frozenset({case.number}), acting=clerk, now=NOW
    )
    assert state(case) == S.TO_INSURE
    assert [one.passed for one in seeded.scalars(select(Training).order_by(Training.id))] == [
        False, True,
    ]  # fmt: skip


def test_one_row_that_cannot_go_holds_up_no_other(
    seeded: Session, case: Application, clerk: Acting
) -> None:
    sign(seeded, case, clerk)
    not_signed = create_engagement(seeded).application
    elsewhere = create_engagement(seeded, village=NEIGHBOUR, status=S.TO_TRAIN).application
    assert not_signed is not None
    assert elsewhere is not None
    attended = [not_signed, case, elsewhere]
    rows = onboarding.train(
        seeded,
        LESSON,
        attended=attended,
        passed=frozenset(one.number for one in attended),
        acting=clerk,
        now=NOW,
    )
    assert [tuple(one.key for one in row.obstacles) for row in rows] == [
        ("obstacle.state_moved_on",),
        (),
        ("obstacle.not_your_place",),
    ]
    assert len(seeded.scalars(select(Training)).all()) == 1


@pytest.mark.parametrize(
    ("lesson", "why"),
    [
        (Lesson(date(2022, 4, 7), 8, "安全"), "onboarding.training_in_future"),
        (Lesson(date(2022, 4, 6), 0, "安全"), "onboarding.training_hours"),
        (Lesson(date(2022, 4, 6), 8, "  "), "onboarding.training_content"),
    ],
)
def test_a_training_that_cannot_be(
    seeded: Session, case: Application, clerk: Acting, lesson: Lesson, why: str
) -> None:
    with pytest.raises(Hindered) as refused:
        onboarding.train(seeded, lesson, attended=[case], passed=frozenset(), acting=clerk, now=NOW)
    assert keys(refused) == {why}


@pytest.mark.parametrize("source", [S.APPROVED, S.TO_TRAIN, S.TO_INSURE])
@pytest.mark.parametrize("act", ["decline", "withdraw_offer"])
def test_until_the_first_day_the_place_can_be_given_back(
    seeded: Session, case: Application, engagement: Engagement, source: S, act: str
) -> None:
    case.status = source
    if act == "decline":
        procedure.take(seeded, case, act, applicant(seeded, case), NOW)
    else:
        approver = create_acting(seeded, Role.DISTRICT_APPROVER, "yanzhou")
        procedure.take(seeded, case, act, approver, NOW, Why("not_reachable"))
    assert case.status == S.DECLINED
    assert engagement.status == EngagementStatus.ENDED
    assert quotas.taken(seeded, 2022, region(seeded, "xinyan"), "rural") == 0


def test_the_town_records_a_no_and_the_village_does_not(
    seeded: Session, case: Application, clerk: Acting, town: Acting
) -> None:
    with pytest.raises(Hindered) as refused:
        procedure.take(seeded, case, "decline", clerk, NOW)
    assert keys(refused) == {"obstacle.not_your_role"}
    procedure.take(seeded, case, "decline", town, NOW)


def test_nobody_records_their_own_or_a_neighbours_case(
    seeded: Session, case: Application, clerk: Acting
) -> None:
    assert clerk.staff is not None
    clerk.staff.person_id = case.person_id
    for record in (partial(onboarding.accept_offer, paper=SIGNED), onboarding.see_in_person):
        with pytest.raises(Hindered) as refused:
            record(seeded, case, clerk, NOW)
        assert keys(refused) == {"obstacle.conflict_own"}
    neighbour = create_acting(seeded, Role.VILLAGE_HEAD, NEIGHBOUR)
    with pytest.raises(Hindered) as refused:
        onboarding.accept_offer(seeded, case, neighbour, NOW)
    assert keys(refused) == {"obstacle.not_your_place"}


def test_an_answer_and_a_look_count_once(seeded: Session, case: Application, clerk: Acting) -> None:
    for _ in range(2):
        onboarding.accept_offer(seeded, case, clerk, NOW, paper=SIGNED)
        onboarding.see_in_person(seeded, case, clerk, NOW)
    assert len(seeded.scalars(select(Sighting)).all()) == 1
    answers = select(AuditEntry).where(AuditEntry.act == "offer.accepted")
    assert len(seeded.scalars(answers).all()) == 1


def test_a_yes_on_paper_needs_the_paper(seeded: Session, case: Application, clerk: Acting) -> None:
    with pytest.raises(Hindered) as refused:
        onboarding.accept_offer(seeded, case, clerk, NOW)
    assert keys(refused) == {"attachment.none"}
    assert case.offer_accepted_at is None
    onboarding.accept_offer(seeded, case, clerk, NOW, paper=SIGNED)
    kept = onboarding.acceptance_paper(seeded, case)
    assert kept is not None
    assert attachments.content_of(kept) == SIGNED.content


def test_a_yes_by_chat_needs_none(seeded: Session, case: Application) -> None:
    onboarding.accept_offer(seeded, case, applicant(seeded, case), NOW)
    assert onboarding.acceptance_paper(seeded, case) is None


@pytest.mark.parametrize("from_on", [None, date(2022, 4, 12), MONDAY])
def test_an_urban_worker_starts_with_a_contract_that_holds_from_the_first_day(
    seeded: Session, case: Application, engagement: Engagement, town: Acting, from_on: date | None
) -> None:
    case.status, case.track, engagement.starts_on = S.TO_INSURE, "urban", MONDAY
    if from_on is not None:
        social_insurance.record(
            seeded, case, contract_number="LD-1", kinds=["pension"], from_on=from_on,
            acting=town, now=NOW,
        )  # fmt: skip
    with pytest.raises(Hindered) as refused:
        procedure.take(seeded, case, "start", town, NOW)
    assert ("obstacle.no_contract" in keys(refused)) == (from_on != MONDAY)
    assert "obstacle.not_insured" not in keys(refused)


def test_an_offer_is_answered_only_while_there_is_one(
    seeded: Session, case: Application, clerk: Acting
) -> None:
    case.status = S.DISTRICT_APPROVAL
    with pytest.raises(Hindered) as refused:
        onboarding.accept_offer(seeded, case, clerk, NOW)
    assert keys(refused) == {"obstacle.state_moved_on"}


@pytest.mark.parametrize(
    ("day", "why"),
    [
        (date(2022, 4, 5), "onboarding.start_in_past"),
        (date(2022, 4, 10), "onboarding.start_outside_agreement"),
        (date(2025, 4, 11), "onboarding.start_outside_agreement"),
    ],
)
def test_a_first_day_that_cannot_be(
    seeded: Session, case: Application, clerk: Acting, town: Acting, day: date, why: str
) -> None:
    sign(seeded, case, clerk)
    with pytest.raises(Hindered) as refused:
        onboarding.set_start_day(seeded, case, day, town, NOW)
    assert keys(refused) == {why}


def test_the_first_day_moves_within_the_agreement(
    seeded: Session, case: Application, engagement: Engagement, clerk: Acting, town: Acting
) -> None:
    sign(seeded, case, clerk)
    onboarding.set_start_day(seeded, case, date(2022, 4, 18), town, NOW)
    assert engagement.starts_on == date(2022, 4, 18)


def test_an_urban_workers_social_insurance(seeded: Session, case: Application) -> None:
    town = create_acting(seeded, Role.TOWN_CLERK, "gulou")
    person = create_person(seeded, born_on=date(1980, 5, 20))
    engagement = create_engagement(
        seeded, village=URBAN, track="urban", person=person, retire_category="F50"
    )
    assert engagement.application is not None

    urban = engagement.application

    def record(number: str, kinds: list[str]) -> str:
        return social_insurance.record(
            seeded, urban, contract_number=number, kinds=kinds,
            from_on=MONDAY, acting=town, now=NOW,
        ).kinds  # fmt: skip

    assert record("HT-1", ["medical", "pension", "gold"]) == "pension,medical"
    for number, kinds, why in (
        (" ", ["pension"], "insurance.no_contract_number"),
        ("HT-1", ["gold"], "insurance.no_kinds"),
    ):
        with pytest.raises(Hindered) as refused:
            record(number, kinds)
        assert keys(refused) == {why}
    with pytest.raises(Hindered) as refused:
        social_insurance.record(
            seeded, case, contract_number="HT-1", kinds=["pension"],
            from_on=MONDAY, acting=create_acting(seeded, Role.TOWN_CLERK, "xinyan"), now=NOW,
        )  # fmt: skip
    assert keys(refused) == {"insurance.urban_only"}


def test_what_is_on_file_is_shown_together(
    seeded: Session, case: Application, engagement: Engagement, clerk: Acting
) -> None:
    sign(seeded, case, clerk)
    onboarding.see_in_person(seeded, case, clerk, NOW)
    give_account(seeded, case, clerk)
    shown = onboarding.progress(seeded, case)
    assert shown is not None
    assert shown.engagement is engagement
    assert shown.seen_by == "周经办"
    assert shown.agreement is not None
    assert shown.account is not None
    assert accounts.tail(shown.account) == card_number()[-4:]
    assert shown.trainings == ()


def test_the_worker_hears_of_an_account(seeded: Session, case: Application, clerk: Acting) -> None:
    give_account(seeded, case, clerk)
    (told,) = seeded.scalars(select(Delivery).where(Delivery.cause.contains("application")))
    assert told.channel == "sms"
