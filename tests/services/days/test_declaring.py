"""A phone is declared for a worker: by number, for a time, told to the worker; never a phone of
those who mark the days (F-17)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    CheckInHelper,
    Contact,
    EngagementStatus,
    Message,
    Role,
    StaffContact,
    StaffKin,
)
from models.sealing import blind_index
from services.acting import Acting
from services.days import declaring, stand_ins
from services.days.declaring import Phone
from services.procedure import Hindered
from tests.builders import at, create_acting, create_contact, create_person
from tests.services.days.stage import PLACE, Village, village

NOW = at("2022-04-06 08:00")
TODAY = date(2022, 4, 6)
NUMBER = "13800007777"
PHONE = Phone("家里人", "daughter", NUMBER, TODAY)


@pytest.fixture
def place(seeded: Session) -> Village:
    return village(seeded, workers=5)


def declare(place: Village, phone: Phone = PHONE, worker: int = 0) -> CheckInHelper:
    return declaring.declare(place.session, place.workers[worker], phone, place.clerk, NOW)


def names(place: Village, contact: Contact, day: date = TODAY) -> list[str]:
    return [one.name for one in stand_ins.workers_of(place.session, contact.id, day)]


def by_sms(place: Village, number: str = NUMBER) -> Contact:
    key = blind_index(number, "phone")
    return create_contact(place.session, channel="sms", address_key=key)


def why(place: Village, phone: Phone = PHONE, acting: Acting | None = None) -> str:
    with pytest.raises(Hindered) as error:
        declaring.declare(place.session, place.workers[0], phone, acting or place.clerk, NOW)
    assert place.session.scalars(
        select(CheckInHelper).where(CheckInHelper.engagement_id == place.workers[0].id)
    ).all() == []  # fmt: skip
    return error.value.obstacles[0].key


def test_the_number_signs_by_sms_and_by_a_chat_that_proved_it(place: Village) -> None:
    declare(place)
    proved = create_person(place.session, phone=NUMBER, phone_verified_at=NOW)
    said = create_person(place.session, phone=NUMBER, phone_verified_at=None)
    other = create_person(place.session, phone="13800007778", phone_verified_at=NOW)
    signs = [by_sms(place), *(
        create_contact(place.session, person_id=owner.id) for owner in (proved, said, other)
    ), create_contact(place.session), by_sms(place, "13800007779")]  # fmt: skip
    assert [names(place, contact) for contact in signs] == [["工友1"], ["工友1"], [], [], [], []]


def test_from_the_first_day_to_the_last(place: Village) -> None:
    declare(place, replace(PHONE, from_on=date(2022, 4, 8), to_on=date(2022, 4, 10)))
    contact = by_sms(place)
    days = [TODAY + timedelta(days=more) for more in range(6)]
    assert [day.day for day in days if names(place, contact, day)] == [8, 9, 10]


def test_ended_it_signs_no_more_and_may_be_declared_again(place: Village) -> None:
    held = declare(place)
    assert declare(place) is held
    stand_ins.end(place.session, held, place.clerk, NOW)
    assert names(place, by_sms(place)) == []
    assert declare(place) is not held
    assert len(place.session.scalars(select(CheckInHelper)).all()) == 2


def test_the_number_stands_sealed_and_the_worker_is_told(place: Village) -> None:
    held = declare(place)
    assert held.phone == NUMBER
    assert NUMBER.encode() not in (held.phone_sealed or b"")
    [told] = place.session.scalars(select(Message).where(Message.kind == "helper_declared"))
    assert told.person_id == place.workers[0].person_id
    assert NUMBER not in str(told.slots)


@pytest.mark.parametrize("role", [role for role in Role if role not in declaring.DECLARES])
def test_other_roles_declare_nothing(place: Village, role: Role) -> None:
    assert why(place, acting=create_acting(place.session, role, PLACE)) == "obstacle.not_your_role"


def test_the_town_declares_and_the_neighbour_does_not(place: Village) -> None:
    neighbour = create_acting(place.session, Role.VILLAGE_CLERK, "v-xinyan-xinghualing")
    assert why(place, acting=neighbour) == "obstacle.not_your_place"
    declaring.declare(place.session, place.workers[0], PHONE, place.town, NOW)
    assert names(place, by_sms(place)) == ["工友1"]


def test_not_for_a_relative(place: Village) -> None:
    assert place.clerk.staff is not None
    place.session.add(StaffKin(staff_id=place.clerk.staff.id, relation="母亲", declared_at=NOW,
                               person_id=place.workers[0].person_id))  # fmt: skip
    place.session.flush()
    assert why(place) == "obstacle.conflict_kin"


@pytest.mark.parametrize("known_by", ["record", "chat", "sms"])
def test_no_phone_of_those_who_work_here(place: Village, known_by: str) -> None:
    head = place.head.staff
    assert head is not None
    owner = create_person(place.session, phone=NUMBER)
    if known_by == "record":
        head.person_id = owner.id
    else:
        contact = (by_sms(place) if known_by == "sms"
                   else create_contact(place.session, person_id=owner.id))  # fmt: skip
        place.session.add(StaffContact(staff_id=head.id, contact_id=contact.id, code_index="-",
                                       offered_at=NOW, expires_at=NOW, bound_at=NOW))  # fmt: skip
    place.session.flush()
    assert why(place) == "helper.staff_phone"


def test_one_phone_for_three_and_no_more(place: Village) -> None:
    for worker in (1, 2, 3):
        declare(place, worker=worker)
    assert why(place) == "helper.too_many"
    place.workers[1].status = EngagementStatus.ENDED
    declare(place)
    assert names(place, by_sms(place)) == ["工友3", "工友4", "工友1"]


@pytest.mark.parametrize(
    ("phone", "key"),
    [
        (replace(PHONE, name=" "), "helper.form_incomplete"),
        (replace(PHONE, relation="boss"), "helper.form_incomplete"),
        (replace(PHONE, from_on=date(2022, 4, 5)), "helper.wrong_days"),
        (replace(PHONE, to_on=date(2022, 4, 5)), "helper.wrong_days"),
    ],
)
def test_what_is_not_whole(place: Village, phone: Phone, key: str) -> None:
    assert why(place, phone) == key


def test_ones_own_phone_needs_no_declaring(place: Village) -> None:
    own = place.workers[0].person.phone
    assert own is not None
    assert why(place, replace(PHONE, number=own)) == "helper.own_phone"


def test_nothing_for_somebody_who_left(place: Village) -> None:
    place.workers[0].status = EngagementStatus.ENDED
    assert why(place) == "helper.not_on_post"
