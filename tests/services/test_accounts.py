"""The worker's own account: whose name, which number, and that no two people share one (R-3.3a)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import Application, BankAccount, Role, new_id
from services import accounts
from services.accounts import Account
from services.acting import Acting
from services.procedure import Hindered
from tests.builders import NOW, card_number, create_acting, create_application

GOOD = Account("某银行", "李桂香", card_number())


@pytest.fixture
def clerk(seeded: Session) -> Acting:
    return create_acting(seeded, Role.VILLAGE_CLERK, "v-xinyan-wangjiazhuang")


@pytest.fixture
def case(seeded: Session) -> Application:
    return create_application(seeded)


def refused(session: Session, case: Application, account: Account, clerk: Acting) -> set[str]:
    with pytest.raises(Hindered) as hindered:
        accounts.give(session, case, account, clerk, NOW)
    return {obstacle.key for obstacle in hindered.value.obstacles}


@pytest.mark.parametrize(
    ("account", "why"),
    [
        (replace(GOOD, holder="王大成"), {"onboarding.holder_differs"}),
        (replace(GOOD, bank=" "), {"onboarding.no_bank"}),
        (replace(GOOD, number="6222029000000010"), {"onboarding.card_number_wrong"}),
        (replace(GOOD, number=""), {"onboarding.card_number_wrong"}),
        (
            Account("", "王大成", "1"),
            {"onboarding.no_bank", "onboarding.holder_differs", "onboarding.card_number_wrong"},
        ),
    ],
)
def test_an_account_that_will_not_do(
    seeded: Session, case: Application, clerk: Acting, account: Account, why: set[str]
) -> None:
    assert refused(seeded, case, account, clerk) == why
    assert accounts.current(seeded, case.person) is None


def test_the_number_is_sealed_and_read_as_people_write_it(
    seeded: Session, case: Application, clerk: Acting
) -> None:
    spaced = " ".join(GOOD.number[at : at + 4] for at in range(0, 16, 4))
    kept = accounts.give(seeded, case, replace(GOOD, number=spaced, holder="李 桂香"), clerk, NOW)
    seeded.expire(kept)
    assert kept.number == GOOD.number
    assert kept.holder == "李桂香"
    assert kept.number_sealed is not None
    assert GOOD.number.encode() not in kept.number_sealed


def test_one_number_is_one_persons(seeded: Session, case: Application, clerk: Acting) -> None:
    accounts.give(seeded, case, GOOD, clerk, NOW)
    other = create_application(seeded)
    assert refused(seeded, other, GOOD, clerk) == {"onboarding.card_of_another"}


def test_the_database_itself_refuses_a_number_twice(
    seeded: Session, case: Application, clerk: Acting
) -> None:
    kept = accounts.give(seeded, case, GOOD, clerk, NOW)
    other = create_application(seeded)
    twin = BankAccount(
        id=new_id(),
        person_id=other.person_id,
        bank="某银行",
        holder="李桂香",
        number_index=kept.number_index,
        from_on=kept.from_on,
        recorded_by_id=kept.recorded_by_id,
    )
    seeded.add(twin)
    with pytest.raises(IntegrityError):
        seeded.flush()


def test_a_new_account_takes_the_place_of_the_old_one(
    seeded: Session, case: Application, clerk: Acting
) -> None:
    first = accounts.give(seeded, case, GOOD, clerk, NOW)
    assert accounts.give(seeded, case, GOOD, clerk, NOW) is first
    number = card_number("622202900000002")
    later = NOW + timedelta(days=1)
    second = accounts.give(seeded, case, replace(GOOD, number=number), clerk, later)
    assert first.replaced_at == later
    assert accounts.current(seeded, case.person) is second
    assert len(seeded.scalars(select(BankAccount)).all()) == 2


def test_a_number_that_was_given_up_is_free_again(
    seeded: Session, case: Application, clerk: Acting
) -> None:
    accounts.give(seeded, case, GOOD, clerk, NOW)
    number = card_number("622202900000002")
    accounts.give(seeded, case, replace(GOOD, number=number), clerk, NOW)
    accounts.give(seeded, create_application(seeded), GOOD, clerk, NOW)


def test_not_by_anybody(seeded: Session, case: Application) -> None:
    for role, place in (
        (Role.DISTRICT_APPROVER, "yanzhou"),
        (Role.AGENCY, "xinyan"),
        (Role.VILLAGE_CLERK, "v-xinyan-xinghualing"),
    ):
        assert refused(seeded, case, GOOD, create_acting(seeded, role, place))
