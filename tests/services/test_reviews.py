"""A democratic review: no quorum, no photo, a relative who stays: it does not count (R-3.4c)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Application,
    ApplicationStatus,
    AttendeeRole,
    AuditEntry,
    KinshipDeclaration,
    Review,
    Role,
    StaffKin,
    new_id,
)
from services import procedure, review_photos, reviews
from services.acting import Acting
from services.attachments import Upload
from services.procedure import Hindered
from services.reviews import Sheet, Vote
from tests.builders import NOW, create_acting, create_application, create_person, region

VILLAGE = "v-xinyan-wangjiazhuang"
JPEG = b"\xff\xd8\xff\xe0 the sheet"
NAMES = ("吴一", "吴二", "吴三", "吴四", "吴五", "吴六", "吴七", "吴八")
PRESENT = tuple((name, AttendeeRole.VILLAGER_REPRESENTATIVE) for name in NAMES)


@pytest.fixture
def clerk(seeded: Session) -> Acting:
    return create_acting(seeded, Role.VILLAGE_CLERK, VILLAGE, name="文书")


def case(session: Session, name: str = "李桂香") -> Application:
    person = create_person(session, name=name, village_id=region(session, VILLAGE).id)
    return create_application(session, person=person, status=ApplicationStatus.VILLAGE_REVIEW)


def planned(session: Session, clerk: Acting, *cases: Application) -> Review:
    return reviews.plan(
        session,
        region(session, VILLAGE),
        held_on=date(2022, 4, 6),
        place="村委会院内",
        chosen={one.id for one in cases},
        acting=clerk,
        now=NOW,
    )


def vote(one: Application, *, yes: int = 7, no: int = 1, none: int = 0, **other: Any) -> Vote:
    return Vote(one.id, votes_for=yes, votes_against=no, abstained=none, **other)


def sheet(*votes: Vote, **overrides: Any) -> Sheet:
    whole = Sheet(date(2022, 4, 6), "村委会院内", PRESENT, votes)
    return replace(whole, **overrides)


def entered(
    session: Session, clerk: Acting, review: Review, entry: Sheet, *, photo: bool = True
) -> set[str]:
    reviews.enter(session, review, entry, clerk, NOW)
    if photo:
        review_photos.add(session, review, Upload("表.jpg", JPEG), clerk, NOW)
    return not_yet(session, clerk, review)


def not_yet(session: Session, clerk: Acting, review: Review) -> set[str]:
    """Why the meeting cannot be closed; it is left as it was."""
    savepoint = session.begin_nested()
    try:
        reviews.close(session, review, clerk, NOW)
    except Hindered as hindered:
        assert review.closed_at is None
        return {obstacle.key for obstacle in hindered.obstacles}
    finally:
        savepoint.rollback()
    return set()


def test_each_case_goes_its_way_by_its_vote(seeded: Session, clerk: Acting) -> None:
    liked, disliked, tied = case(seeded), case(seeded, "甄弱"), case(seeded, "甄平")
    review = planned(seeded, clerk, liked, disliked, tied)
    votes = (vote(liked), vote(disliked, yes=2, no=5, none=1), vote(tied, yes=4, no=2, none=2))
    assert entered(seeded, clerk, review, sheet(*votes)) == set()
    rows = reviews.close(seeded, review, clerk, NOW)
    assert [(row.passed, row.obstacles) for row in rows] == [(True, ()), (False, ()), (False, ())]
    assert (liked.status, disliked.status, tied.status) == ("town_clerk", "refused", "refused")
    found = reviews.of_case(seeded, disliked)
    assert found is not None
    assert (found[0].id, found[1].votes_against) == (review.id, 5)
    closed = seeded.scalars(select(AuditEntry).where(AuditEntry.act == "review.closed")).one()
    assert [2, 5, 1] in closed.details["results"]


@pytest.mark.parametrize(
    ("overrides", "key"),
    [
        ({"attendees": PRESENT[:6]}, "review.no_quorum"),
        (
            {"attendees": (*PRESENT[:6], ("镇里来人", AttendeeRole.TOWN_OBSERVER))},
            "review.no_quorum",
        ),
        ({"place": " "}, "review.no_place"),
        ({"held_on": date(2022, 4, 7)}, "review.not_held_yet"),
        ({"held_on": date(2022, 4, 5)}, "review.before_application"),
    ],
)
def test_a_meeting_that_was_none_does_not_count(
    seeded: Session, clerk: Acting, overrides: dict[str, Any], key: str
) -> None:
    one = case(seeded)
    review = planned(seeded, clerk, one)
    few = vote(one, yes=5, no=1)
    assert entered(seeded, clerk, review, sheet(few, **overrides)) == {key}


def test_without_the_photo_of_the_sheet_it_does_not_count(seeded: Session, clerk: Acting) -> None:
    one = case(seeded)
    review = planned(seeded, clerk, one)
    assert entered(seeded, clerk, review, sheet(vote(one)), photo=False) == {"review.no_photo"}


@pytest.mark.parametrize(
    ("overrides", "keys"),
    [
        ({"yes": 0, "no": 0}, {"review.no_votes"}),
        ({"yes": 8, "no": 1}, {"review.too_many_votes"}),
        ({"yes": 7, "no": 1, "recused": ("吴一",)}, {"review.too_many_votes"}),
        ({"yes": 7, "no": 0, "recused": ("吴一",)}, set()),
        ({"recused": ("没来的",)}, {"review.recused_not_there"}),
    ],
)
def test_votes_fit_the_people_who_may_vote(
    seeded: Session, clerk: Acting, overrides: dict[str, Any], keys: set[str]
) -> None:
    one = case(seeded)
    review = planned(seeded, clerk, one)
    assert entered(seeded, clerk, review, sheet(vote(one, **overrides))) == keys


def test_the_applicant_does_not_vote_on_themselves(seeded: Session, clerk: Acting) -> None:
    one = case(seeded, "吴三")
    review = planned(seeded, clerk, one)
    assert entered(seeded, clerk, review, sheet(vote(one))) == {"review.must_step_out"}
    stepped_out = vote(one, yes=6, recused=("吴三",))
    assert entered(seeded, clerk, review, sheet(stepped_out)) == set()


def test_who_declared_the_applicant_as_a_relative_steps_out(seeded: Session, clerk: Acting) -> None:
    one = case(seeded)
    uncle = create_acting(seeded, Role.VILLAGE_HEAD, VILLAGE, name="吴二")
    assert uncle.staff is not None
    seeded.add(
        StaffKin(staff_id=uncle.staff.id, person_id=one.person_id, relation="叔", declared_at=NOW)
    )
    seeded.flush()
    review = planned(seeded, clerk, one)
    assert entered(seeded, clerk, review, sheet(vote(one))) == {"review.must_step_out"}


def test_a_relative_in_office_whom_the_applicant_declared_is_accounted_for(
    seeded: Session, clerk: Acting
) -> None:
    one = case(seeded)
    declared = KinshipDeclaration(
        id=new_id(), application_id=one.id, has_relative=True, declared_at=NOW
    )
    seeded.add(declared)
    seeded.flush()
    review = planned(seeded, clerk, one)
    assert entered(seeded, clerk, review, sheet(vote(one))) == {"review.kin_declared"}
    assert entered(seeded, clerk, review, sheet(vote(one, kin_absent=True))) == set()
    assert entered(seeded, clerk, review, sheet(vote(one, yes=6, recused=("吴五",)))) == set()


@pytest.mark.parametrize(
    ("votes", "attendees", "key"),
    [
        ({"no": -1}, PRESENT, "review.below_zero"),
        ({}, (*PRESENT, PRESENT[0]), "review.named_twice"),
    ],
)
def test_what_cannot_be_written_down_changes_nothing(
    seeded: Session, clerk: Acting, votes: dict[str, Any], attendees: Any, key: str
) -> None:
    one = case(seeded)
    review = planned(seeded, clerk, one)
    reviews.enter(seeded, review, sheet(vote(one, yes=5)), clerk, NOW)
    with pytest.raises(Hindered) as hindered:
        reviews.enter(seeded, review, sheet(vote(one, **votes), attendees=attendees), clerk, NOW)
    assert [obstacle.key for obstacle in hindered.value.obstacles] == [key]
    assert review.results[0].votes_for == 5


def test_a_closed_meeting_stays_as_it_is(seeded: Session, clerk: Acting) -> None:
    one = case(seeded)
    review = planned(seeded, clerk, one)
    entered(seeded, clerk, review, sheet(vote(one)))
    reviews.close(seeded, review, clerk, NOW)
    for again in (
        lambda: reviews.close(seeded, review, clerk, NOW),
        lambda: reviews.enter(seeded, review, sheet(vote(one, yes=0)), clerk, NOW),
        lambda: review_photos.add(seeded, review, Upload("表.jpg", JPEG), clerk, NOW),
    ):
        with pytest.raises(Hindered) as hindered:
            again()
        assert hindered.value.obstacles[0].key == "review.closed_already"
    assert review.results[0].votes_for == 7


def test_one_case_that_cannot_go_holds_up_no_other(seeded: Session, clerk: Acting) -> None:
    own, other = case(seeded, "文书的姐"), case(seeded)
    assert clerk.staff is not None
    seeded.add(
        StaffKin(staff_id=clerk.staff.id, person_id=own.person_id, relation="姐", declared_at=NOW)
    )
    seeded.flush()
    review = planned(seeded, clerk, own, other)
    entered(seeded, clerk, review, sheet(vote(own), vote(other)))
    rows = {row.application.id: row for row in reviews.close(seeded, review, clerk, NOW)}
    assert [one.key for one in rows[own.id].obstacles] == ["obstacle.conflict_kin"]
    assert (own.status, other.status) == ("village_review", "town_clerk")
    head = create_acting(seeded, Role.VILLAGE_HEAD, VILLAGE)
    procedure.take(seeded, own, "pass_review", head, NOW)
    assert own.status == "town_clerk"


def test_no_case_passes_without_a_meeting(seeded: Session, clerk: Acting) -> None:
    one = case(seeded)
    review = planned(seeded, clerk, one)
    reviews.enter(seeded, review, sheet(vote(one)), clerk, NOW)
    with pytest.raises(Hindered) as hindered:
        procedure.take(seeded, one, "pass_review", clerk, NOW)
    assert "obstacle.no_review" in {obstacle.key for obstacle in hindered.value.obstacles}


def test_a_case_is_on_one_open_meeting_only(seeded: Session, clerk: Acting) -> None:
    one = case(seeded)
    planned(seeded, clerk, one)
    assert one not in reviews.waiting(seeded, region(seeded, VILLAGE))
    with pytest.raises(Hindered):
        planned(seeded, clerk, one)


@pytest.mark.parametrize(
    ("role", "place", "key"),
    [
        (Role.TOWN_CLERK, "xinyan", "obstacle.not_your_role"),
        (Role.VILLAGE_CLERK, "v-xinyan-xinghualing", "obstacle.not_your_place"),
    ],
)
def test_a_village_keeps_its_own_meetings_only(
    seeded: Session, role: Role, place: str, key: str
) -> None:
    with pytest.raises(Hindered) as hindered:
        planned(seeded, create_acting(seeded, role, place), case(seeded))
    assert hindered.value.obstacles[0].key == key
