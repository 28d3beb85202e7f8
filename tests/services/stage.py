"""Sets the stage for a step: an application in its source state, with whatever its guards ask for
really there - rows, not fakes. `set_up(...)[guard]` makes one guard hold."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Agreement,
    Application,
    ApplicationStatus,
    BankAccount,
    Contact,
    Engagement,
    EngagementStatus,
    ExclusionCheck,
    InsuranceCover,
    Material,
    Objection,
    PlanVersion,
    PublicNotice,
    PublicNoticeItem,
    Quota,
    Review,
    ReviewResult,
    Role,
    SocialInsurance,
    Staff,
    Training,
    new_id,
)
from models.procedure import Step
from models.sealing import blind_index
from rules import parameters
from services import agreements, attachments, guards, quotas
from services.acting import Acting
from services.attachments import Upload
from tests.builders import NOW, create_contact, create_staff

Setter = Callable[[Session, Application], None]
SETTERS: dict[str, Setter] = {}


def makes_hold(function: Setter) -> Setter:
    SETTERS[function.__name__] = function
    return function


def set_up(session: Session, application: Application, step: Step) -> None:
    """Everything that the step's guards ask for."""
    application.status = step.source
    for name in step.guards:
        SETTERS[name](session, application)
    session.flush()


def clerk(session: Session) -> Staff:
    """Somebody who wrote the rows, and is none of those who act in a test."""
    return session.scalars(select(Staff).where(Staff.login == "stage")).first() or create_staff(
        session, login="stage"
    )


def _contact(session: Session, application: Application) -> Contact:
    known = session.scalars(select(Contact).where(Contact.person_id == application.person_id))
    return known.first() or create_contact(session, person_id=application.person_id)


@makes_hold
def papers_complete(session: Session, application: Application) -> None:
    for kind in ("id_card", "household"):
        session.add(
            Material(
                application_id=application.id,
                contact_id=_contact(session, application).id,
                kind=kind,
                media_id=f"m-{kind}",
                state="kept",
                next_try_at=NOW,
                received_at=NOW,
            )
        )


@makes_hold
def is_overdue(_session: Session, application: Application) -> None:
    application.due_on = date(2022, 4, 5)


def _reviewed(session: Session, application: Application, votes: tuple[int, int]) -> None:
    review = Review(
        village_id=application.village_id,
        held_on=date(2022, 4, 5),
        place="村委会",
        recorded_by_id=clerk(session).id,
        created_at=NOW,
        closed_at=NOW,
    )
    review.results = [
        ReviewResult(
            application_id=application.id,
            votes_for=votes[0],
            votes_against=votes[1],
            abstained=0,
        )
    ]
    session.add(review)


@makes_hold
def review_held(_session: Session, _application: Application) -> None:
    """The vote below is also the proof that it was held."""


@makes_hold
def review_passed(session: Session, application: Application) -> None:
    _reviewed(session, application, (9, 2))


@makes_hold
def review_failed(session: Session, application: Application) -> None:
    _reviewed(session, application, (2, 9))


@makes_hold
def cross_checked(session: Session, application: Application) -> None:
    for circumstance in parameters.in_force("eligibility.exclusions", NOW.date()).value:
        session.add(
            ExclusionCheck(
                application_id=application.id,
                circumstance=circumstance,
                outcome="clear",
                source="社保系统",
                checked_by_id=clerk(session).id,
                checked_at=NOW,
            )
        )


@makes_hold
def not_excluded(_session: Session, _application: Application) -> None:
    """Every check is clear already."""


def _on_notice(session: Session, application: Application, last_on: date) -> PublicNoticeItem:
    if application.notice_id is not None:
        found = session.scalars(
            select(PublicNoticeItem).where(PublicNoticeItem.application_id == application.id)
        ).first()
        if found is not None:
            return found
    notice = PublicNotice(
        region_id=application.village_id,
        title="拟安置人员公示",
        code=f"T-{application.number}",
        working_days=5,
        posted_on=last_on - timedelta(days=7),
        last_on=last_on,
        published_at=NOW - timedelta(days=8),
    )
    item = PublicNoticeItem(
        application_id=application.id,
        name=application.person.name,
        village_id=application.village_id,
        post_name="保洁员",
        number_tail=application.number[-4:],
    )
    notice.items = [item]
    session.add(notice)
    session.flush()
    application.notice_id = notice.id
    return item


@makes_hold
def on_published_notice(session: Session, application: Application) -> None:
    _on_notice(session, application, date(2022, 4, 12))


@makes_hold
def notice_over(session: Session, application: Application) -> None:
    _on_notice(session, application, date(2022, 4, 5))


@makes_hold
def no_open_objection(_session: Session, _application: Application) -> None:
    """Nobody objected."""


@makes_hold
def objection_open(session: Session, application: Application) -> None:
    item = _on_notice(session, application, date(2022, 4, 12))
    session.add(Objection(id=new_id(), item_id=item.id, raised_at=NOW))


@makes_hold
def findings_written(session: Session, application: Application) -> None:
    item = _on_notice(session, application, date(2022, 4, 12))
    session.add(
        Objection(
            id=new_id(),
            item_id=item.id,
            raised_at=NOW,
            findings="查了，不属实",
            upheld=False,
            decided_by_id=clerk(session).id,
            decided_at=NOW,
        )
    )


@makes_hold
def age_holds(_session: Session, application: Application) -> None:
    application.claims = {**application.claims, "groups": []}


@makes_hold
def no_duplicate(_session: Session, _application: Application) -> None:
    """No engagement was made."""


@makes_hold
def post_has_room(_session: Session, application: Application) -> None:
    assert application.post_id is not None


@makes_hold
def quota_has_room(_session: Session, _application: Application) -> None:
    """The seed's quota of 2022 has 390 places here."""


@makes_hold
def quota_is_full(session: Session, application: Application) -> None:
    quota = session.scalars(
        select(Quota)
        .join(PlanVersion)
        .where(
            PlanVersion.year == 2022,
            Quota.region_id == quotas.town_of(application.village).id,
            Quota.track == application.track,
        )
    ).one()
    quota.number = 0


@makes_hold
def first_in_line(_session: Session, _application: Application) -> None:
    """Nobody else waits."""


@makes_hold
def waited_too_long(_session: Session, application: Application) -> None:
    application.status_at = NOW - timedelta(days=400)


@makes_hold
def offer_accepted(_session: Session, application: Application) -> None:
    application.offer_accepted_at = NOW


def engaged(session: Session, application: Application) -> Engagement:
    """The engagement that an approval makes."""
    found = guards.engagement_of(session, application)
    if found is None:
        found = quotas.take_place(session, application, NOW)
    found.starts_on = date(2022, 5, 1)
    return found


@makes_hold
def agreement_signed(session: Session, application: Application) -> None:
    copy = attachments.attach(
        session,
        Upload("协议.jpg", b"\xff\xd8\xff the signed copy"),
        subject=("application", application.id),
        kind="agreement",
        acting=Acting(Role.VILLAGE_CLERK, staff=clerk(session)),
        now=NOW,
    )
    engagement = engaged(session, application)
    session.add(
        Agreement(
            engagement_id=engagement.id,
            number=f"X-{application.number}",
            from_on=date(2022, 5, 1),
            to_on=date(2025, 4, 30),
            made_at=NOW,
            terms=agreements.terms_of(engagement.post),
            signed_on=date(2022, 4, 20),
            signed_copy_id=copy.id,
        )
    )


@makes_hold
def training_passed(session: Session, application: Application) -> None:
    session.add(
        Training(
            engagement_id=engaged(session, application).id,
            held_on=date(2022, 4, 25),
            hours=4,
            content="岗位规范",
            passed=True,
            recorded_by_id=clerk(session).id,
            recorded_at=NOW,
        )
    )


@makes_hold
def start_day_ahead(session: Session, application: Application) -> None:
    """The first of May has not gone by."""
    engaged(session, application)


@makes_hold
def insured(session: Session, application: Application) -> None:
    session.add(
        InsuranceCover(
            engagement_id=engaged(session, application).id,
            policy_number="P-1",
            from_on=date(2022, 5, 1),
            recorded_by_id=clerk(session).id,
            recorded_at=NOW,
        )
    )


@makes_hold
def socially_insured(session: Session, application: Application) -> None:
    session.add(
        SocialInsurance(
            engagement_id=engaged(session, application).id,
            contract_number="LD2022-0001",
            kinds="pension",
            share_percent=100,
            from_on=date(2022, 5, 1),
            recorded_by_id=clerk(session).id,
            recorded_at=NOW,
        )
    )


@makes_hold
def own_account(session: Session, application: Application) -> None:
    number = "6217000000000000019"
    account = BankAccount(
        id=new_id(),
        person_id=application.person_id,
        bank="农商银行",
        holder=application.person.name,
        number_index=blind_index(number, "account"),
        from_on=date(2022, 4, 20),
        recorded_by_id=clerk(session).id,
    )
    account.number = number
    session.add(account)


@makes_hold
def identity_verified(_session: Session, application: Application) -> None:
    application.person.seen_in_person_at = NOW


@makes_hold
def one_engagement(_session: Session, _application: Application) -> None:
    """There is only their own."""


def needs_engagement(step: Step) -> bool:
    """Whether an approval came before this state."""
    return step.source in {
        ApplicationStatus.APPROVED,
        ApplicationStatus.TO_TRAIN,
        ApplicationStatus.TO_INSURE,
    }


def open_engagement(session: Session, application: Application) -> Any:
    """The person's engagement that has not ended, if any."""
    return session.scalars(
        select(Engagement).where(
            Engagement.person_id == application.person_id,
            Engagement.status != EngagementStatus.ENDED,
        )
    ).first()
