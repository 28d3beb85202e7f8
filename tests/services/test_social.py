"""The subsidy of an urban worker's social insurance: from the receipt to a record of its own."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Engagement, Role, SocialInsurance, SubsidyRecord
from services.pay import batches, funds, social
from services.pay.social import PaidIn
from services.procedure import Hindered
from tests.builders import NOW, at, create_acting
from tests.services.month import APRIL, Office, create_office, create_worker

VILLAGE = "v-gulou-xiangyang"
LATER = at("2022-05-21 09:00")


@pytest.fixture
def office(seeded: Session) -> Office:
    return create_office(seeded, VILLAGE, "gulou")


@pytest.fixture
def worker(seeded: Session, office: Office) -> Engagement:
    """An urban worker with a contract and two insurances since April."""
    engagement = create_worker(seeded, village=VILLAGE, track="urban")
    staff = office["town"].staff
    assert staff is not None
    seeded.add(
        SocialInsurance(
            engagement_id=engagement.id, contract_number="L-1", kinds="pension,medical",
            share_percent=100, from_on=APRIL, to_on=None, recorded_by_id=staff.id, recorded_at=NOW,
        )
    )  # fmt: skip
    seeded.flush()
    return engagement


def keys(error: pytest.ExceptionInfo[Hindered]) -> list[str]:
    return [obstacle.key for obstacle in error.value.obstacles]


def test_from_the_receipt_to_the_urban_ledger(
    seeded: Session, office: Office, worker: Engagement
) -> None:
    claim = social.enter(seeded, worker, PaidIn(APRIL, 61_235, "社1"), office["town"], LATER)
    assert (claim.kinds, claim.subsidy_fen) == ("pension,medical", 61_235)
    assert social.waiting(seeded) == [claim]
    record = social.decide(seeded, claim, agreed=True, acting=office["approver"], now=LATER)
    assert record is not None
    assert (record.kind, record.amount_fen, record.shared_fen) == ("social", 61_235, 0)
    assert funds.year(seeded, 2022, "urban").committed_fen == 61_235
    assert funds.year(seeded, 2022, "rural").committed_fen == 0
    batch = batches.make(seeded, "urban", office["clerk"], LATER)
    assert batch.total_fen == 61_235
    with pytest.raises(Hindered) as again:
        social.decide(seeded, claim, agreed=True, acting=office["approver"], now=LATER)
    assert keys(again) == ["pay.moved_on"]


def test_a_share_is_rounded_half_up(seeded: Session, office: Office, worker: Engagement) -> None:
    seeded.scalars(select(SocialInsurance)).one().share_percent = 50
    claim = social.enter(seeded, worker, PaidIn(APRIL, 61_235, "社1"), office["town"], LATER)
    assert claim.subsidy_fen == 30_618


def test_what_is_refused_says_why(seeded: Session, office: Office, worker: Engagement) -> None:
    town = office["town"]
    with pytest.raises(Hindered) as early:
        social.enter(seeded, worker, PaidIn(date(2022, 3, 1), 100, "社1"), town, LATER)
    assert keys(early) == ["payments.social_none"]
    with pytest.raises(Hindered) as empty:
        social.enter(seeded, worker, PaidIn(APRIL, 0, " "), town, LATER)
    assert keys(empty) == ["pay.receipt_incomplete"]
    rural = create_worker(seeded, name="王大成")
    with pytest.raises(Hindered) as elsewhere:
        social.enter(seeded, rural, PaidIn(APRIL, 100, "社1"), town, LATER)
    assert keys(elsewhere) == ["obstacle.not_your_place", "payments.social_none"]
    claim = social.enter(seeded, worker, PaidIn(APRIL, 100, "社1"), town, LATER)
    with pytest.raises(Hindered) as twice:
        social.enter(seeded, worker, PaidIn(APRIL, 100, "社2"), town, LATER)
    assert keys(twice) == ["payments.social_there"]
    same = type(town)(role=Role.DISTRICT_APPROVER, staff=town.staff,
                      region=office["approver"].region)  # fmt: skip
    with pytest.raises(Hindered) as alone:
        social.decide(seeded, claim, agreed=True, acting=same, now=LATER)
    assert keys(alone) == ["obstacle.two_steps_by_one"]
    with pytest.raises(Hindered):
        social.decide(seeded, claim, agreed=True, acting=create_acting(
            seeded, Role.DISTRICT_CLERK, "yanzhou"), now=LATER)  # fmt: skip


def test_a_claim_that_is_refused_may_be_entered_anew(
    seeded: Session, office: Office, worker: Engagement
) -> None:
    claim = social.enter(seeded, worker, PaidIn(APRIL, 100, "社1"), office["town"], LATER)
    assert social.decide(seeded, claim, agreed=False, acting=office["approver"], now=LATER) is None
    assert seeded.scalars(select(SubsidyRecord)).all() == []
    social.enter(seeded, worker, PaidIn(APRIL, 200, "社1"), office["town"], LATER)
