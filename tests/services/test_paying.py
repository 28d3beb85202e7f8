"""Who pays: the district's finance while it has an account, its clerk while it has none; never who
approved (R-4.2a)."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Payment, PaymentBatch, Role, StaffGrant
from models.pay_steps import PaymentState
from services.acting import Acting
from services.pay import batches, paying, results
from services.pay.work import Money
from services.procedure import Hindered
from tests.builders import at, create_acting, region
from tests.services.month import (
    Office,
    close,
    create_office,
    create_worker,
    mark_days,
    result_file,
)

LATER = at("2022-05-21 09:00")
TODAY = date(2022, 5, 21)


@pytest.fixture
def office(seeded: Session) -> Office:
    """王家庄's April, approved: two workers."""
    office = create_office(seeded)
    for name in ("甲一", "乙二"):
        mark_days(seeded, create_worker(seeded, name=name))
    close(seeded, office)
    return office


@pytest.fixture
def batch(seeded: Session, office: Office) -> PaymentBatch:
    return batches.make(seeded, "rural", office["clerk"], LATER)


def without_finance(session: Session) -> None:
    """Every finance grant ended yesterday."""
    for grant in session.scalars(select(StaffGrant).where(StaffGrant.role == Role.FINANCE)):
        grant.to_on = date(2022, 5, 20)
    session.flush()


def refused(session: Session, batch: PaymentBatch, acting: Acting) -> str:
    with pytest.raises(Hindered) as error:
        results.read(session, result_file(session, batch), acting, LATER)
    assert set(session.scalars(select(Payment.state))) == {PaymentState.WAITING}
    return error.value.obstacles[0].key


def kinds(session: Session, acting: Acting) -> list[str]:
    return [item.key for item in Money().items(session, acting, LATER, 50)]


def test_where_finance_has_an_account_it_alone_reads_the_banks_answer(
    seeded: Session, office: Office, batch: PaymentBatch
) -> None:
    assert refused(seeded, batch, office["clerk"]) == "pay.finance_pays"
    assert kinds(seeded, office["clerk"]) == []
    assert kinds(seeded, office["finance"]) == ["pay.work_bank"]
    read = results.read(seeded, result_file(seeded, batch), office["finance"], LATER)
    assert (read.paid, len(read.troubles)) == (2, 0)
    assert kinds(seeded, office["finance"]) == []


@pytest.mark.parametrize("ends", ["term", "account"])
def test_where_nobody_is_finance_the_clerk_reads_it(
    seeded: Session, office: Office, batch: PaymentBatch, ends: str
) -> None:
    if ends == "term":
        without_finance(seeded)
    else:
        for member in paying.finance(seeded, TODAY):
            member.disabled_at = LATER
        seeded.flush()
    assert paying.finance(seeded, TODAY) == []
    assert kinds(seeded, office["clerk"]) == ["pay.work_bank"]
    assert results.read(seeded, result_file(seeded, batch), office["clerk"], LATER).paid == 2


def test_finance_of_a_town_is_no_finance(
    seeded: Session, office: Office, batch: PaymentBatch
) -> None:
    without_finance(seeded)
    assert not paying.settles(seeded, create_acting(seeded, Role.FINANCE, "xinyan"), TODAY)
    assert paying.settles(seeded, office["clerk"], TODAY)


@pytest.mark.parametrize("role", [role for role in Role if role not in paying.MAY_SETTLE])
def test_no_other_role_pays(seeded: Session, batch: PaymentBatch, role: Role) -> None:
    without_finance(seeded)
    who = create_acting(seeded, role, "yanzhou")
    assert refused(seeded, batch, who) == "obstacle.not_your_role"


@pytest.mark.parametrize("role", [role for role in Role if role not in paying.MAY_LIST])
def test_no_other_role_makes_the_list(seeded: Session, office: Office, role: Role) -> None:
    with pytest.raises(Hindered):
        batches.make(seeded, "rural", create_acting(seeded, role, "yanzhou"), LATER)


@pytest.mark.parametrize(("before", "why"), [("approver", "approval"), ("clerk", "list")])
def test_whoever_approved_or_listed_pays_nothing_of_it_in_another_role(
    seeded: Session, office: Office, batch: PaymentBatch, before: str, why: str
) -> None:
    same = Acting(Role.FINANCE, staff=office[before].staff, region=region(seeded, "yanzhou"))
    assert refused(seeded, batch, same) == f"pay.own_{why}"
    assert results.read(seeded, result_file(seeded, batch), office["finance"], LATER).paid == 2
