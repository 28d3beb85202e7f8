"""After somebody left: ask what they need, contact them by plan, send them on, until there is a
result (plan 三(七), R-3.7a to d, 3.8)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from models import (
    Decision,
    Engagement,
    Exit,
    FollowUpCase,
    FollowUpContact,
    Person,
    Post,
    Referral,
    Region,
    Role,
)
from models.procedure import VILLAGE_OR_TOWN, Actor
from rules import parameters
from rules.months import add_months
from services.acting import Acting
from services.clock import business_date
from services.deadlines import working_deadline
from services.guards import Obstacle
from services.procedure import Hindered
from services.staff import area
from services.terms import officers, permits
from services.trail import note

NEEDS = ("job", "training", "startup", "aid", "none")
RESULTS = ("employed", "started_up", "on_aid", "pension", "no_wish", "gone", "not_reachable")
KINDS = ("training", "job", "startup", "aid")
HARDSHIP = frozenset({"poverty_alleviated", "low_income", "disabled"})
MAY_FOLLOW = VILLAGE_OR_TOWN


@dataclass(frozen=True)
class Contacted:
    """One contact or try: how, whether somebody was reached, what they need, words."""

    how: str
    reached: bool
    need: str | None = None
    remark: str = ""


@dataclass(frozen=True)
class Sent:
    """Where somebody is sent on to. `consented_on`: when they agreed that civil affairs know."""

    kind: str
    place: str
    consented_on: date | None = None


def open_case(session: Session, leaving: Exit, now: datetime) -> FollowUpCase:
    """The case of an exit, opened on the day it is carried out."""
    engagement, today = leaving.engagement, business_date(now)
    case = FollowUpCase(
        exit_id=leaving.id,
        engagement_id=engagement.id,
        person_id=engagement.person_id,
        region_id=engagement.post.region_id,
        opened_on=today,
        suggests_aid=_is_hard_up(session, engagement),
        next_on=working_deadline("followup.first_contact_days", today) or today,
        reached_on=today,
    )
    session.add(case)
    note(session, "followup.opened", actor="clock", at=now,
         subject=("engagement", engagement.id))  # fmt: skip
    session.flush()
    return case


def close_undone(session: Session, leaving: Exit, now: datetime) -> None:
    """The exit was an error: there is nobody to follow up."""
    for case in session.scalars(select(FollowUpCase).where(FollowUpCase.exit_id == leaving.id)):
        case.result, case.closed_at, case.next_on = "undone", now, None


def of_person(session: Session, person: Person) -> FollowUpCase | None:
    """The newest case of somebody that is open."""
    return session.scalars(
        select(FollowUpCase)
        .where(FollowUpCase.person_id == person.id, FollowUpCase.closed_at.is_(None))
        .order_by(FollowUpCase.opened_on.desc())
    ).first()


def former_engagement(session: Session, person: Person) -> Engagement | None:
    """The engagement that a person left last."""
    return session.scalars(
        select(Engagement)
        .where(Engagement.person_id == person.id, Engagement.ended_on.is_not(None))
        .order_by(Engagement.ended_on.desc())
        .limit(1)
    ).first()


def contact(
    session: Session, case: FollowUpCase, said: Contacted, acting: Acting, now: datetime
) -> None:
    """Write down one contact, by staff or by the person's own words in the chat; the next one is
    dated from the plan (parameter `followup.contact_months`)."""
    _require(session, case, acting, {*MAY_FOLLOW, Actor.APPLICANT}, "contact")
    if said.need is not None and said.need not in NEEDS:
        raise Hindered("contact", (Obstacle("followup.no_such_need"),))
    today = business_date(now)
    session.add(
        FollowUpContact(
            case_id=case.id,
            at=now,
            how=said.how,
            reached=said.reached,
            need=said.need,
            remark=said.remark.strip()[:255],
            staff_id=acting.staff.id if acting.staff else None,
        )
    )
    if said.reached:
        case.reached_on, case.missed, case.escalated_at = today, 0, None
        case.need = said.need or case.need
        case.next_on = next_contact(case.opened_on, today)
    else:
        case.missed += 1
        case.next_on = working_deadline("followup.first_contact_days", today) or today
    note(
        session,
        "followup.contacted",
        actor=acting.name,
        at=now,
        subject=("engagement", case.engagement_id),
        how=said.how,
        reached=said.reached,
    )
    session.flush()


def next_contact(opened_on: date, today: date) -> date | None:
    """The next day of the plan after today; None when all are over."""
    months = parameters.in_force("followup.contact_months", opened_on).value
    ahead = [day for count in months if (day := add_months(opened_on, count)) > today]
    return min(ahead) if ahead else None


def refer(
    session: Session, case: FollowUpCase, sent: Sent, acting: Acting, now: datetime
) -> Referral:
    """Send somebody on. To civil affairs only with their consent (R-3.7c)."""
    _require(session, case, acting, MAY_FOLLOW, "refer")
    if sent.kind not in KINDS or not sent.place.strip():
        raise Hindered("refer", (Obstacle("followup.referral_incomplete"),))
    if sent.kind == "aid" and sent.consented_on is None:
        raise Hindered("refer", (Obstacle("followup.consent_needed"),))
    assert acting.staff is not None
    made = Referral(
        case_id=case.id,
        kind=sent.kind,
        place=sent.place.strip()[:64],
        consented_on=sent.consented_on,
        made_at=now,
        made_by_id=acting.staff.id,
    )
    session.add(made)
    note(session, "followup.referred", actor=acting.name, at=now,
         subject=("engagement", case.engagement_id), kind=sent.kind)  # fmt: skip
    session.flush()
    return made


def record_outcome(
    session: Session, made: Referral, words: str, acting: Acting, now: datetime
) -> None:
    """What became of a referral."""
    case = session.get_one(FollowUpCase, made.case_id)
    _require(session, case, acting, MAY_FOLLOW, "outcome")
    if not words.strip():
        raise Hindered("outcome", (Obstacle("obstacle.reason_needed"),))
    made.outcome, made.outcome_at = words.strip()[:255], now
    session.flush()


def close(session: Session, case: FollowUpCase, result: str, acting: Acting, now: datetime) -> None:
    """Close a case with one of the allowed results; 'not reachable' only after so many tries."""
    _require(session, case, acting, {*MAY_FOLLOW, Actor.APPLICANT}, "close")
    if result not in RESULTS:
        raise Hindered("close", (Obstacle("followup.no_such_result"),))
    tries = parameters.in_force("followup.missed_tries", business_date(now)).value
    if result == "not_reachable" and case.missed < tries:
        raise Hindered("close", (Obstacle("followup.try_again", {"times": tries}),))
    case.result, case.closed_at, case.next_on = result, now, None
    note(session, "followup.closed", actor=acting.name, at=now,
         subject=("engagement", case.engagement_id), result=result)  # fmt: skip
    session.flush()


def silent(session: Session, now: datetime, limit: int) -> Sequence[FollowUpCase]:
    """Open cases without any contact for `followup.silence_days`, not yet taken up (R-3.7d)."""
    today = business_date(now)
    days = parameters.in_force("followup.silence_days", today).value
    return session.scalars(
        select(FollowUpCase)
        .where(
            FollowUpCase.closed_at.is_(None),
            FollowUpCase.escalated_at.is_(None),
            FollowUpCase.reached_on <= today - timedelta(days=days),
        )
        .limit(limit)
    ).all()


def escalate(session: Session, case: FollowUpCase, now: datetime) -> None:
    """The district hears that nobody has asked after somebody."""
    case.escalated_at = now
    officers.tell_office(
        session, case.engagement, "followup_silent_district", now,
        cause=f"followup:{case.id}|{case.reached_on}",
        slots={"reached_on": case.reached_on.isoformat()},
    )  # fmt: skip
    session.flush()


def escalate_silent(session: Session, now: datetime, limit: int) -> int:
    """Escalate every silent case, at most so many; how many."""
    found = silent(session, now, limit)
    for case in found:
        escalate(session, case, now)
    return len(found)


def cases(
    session: Session, region: Region, *, is_open: bool = True, limit: int = 100
) -> Sequence[FollowUpCase]:
    """The cases of an area: open ones by their next contact, closed ones the latest first."""
    closed = FollowUpCase.closed_at
    order = (FollowUpCase.next_on, FollowUpCase.id) if is_open else (closed.desc(),)
    return session.scalars(
        select(FollowUpCase)
        .join(FollowUpCase.region)
        .where(area(region), closed.is_(None) if is_open else closed.is_not(None))
        .order_by(*order)
        .limit(limit)
        .options(
            joinedload(FollowUpCase.person),
            joinedload(FollowUpCase.region),
            joinedload(FollowUpCase.engagement).joinedload(Engagement.post).joinedload(Post.region),
        )
    ).all()


def contacts(session: Session, case: FollowUpCase) -> Sequence[FollowUpContact]:
    """Every contact of a case, the newest first."""
    rows = select(FollowUpContact).where(FollowUpContact.case_id == case.id)
    return session.scalars(rows.order_by(FollowUpContact.id.desc())).all()


def referrals(session: Session, case: FollowUpCase) -> Sequence[Referral]:
    """Where a person was sent on to, the newest first."""
    rows = select(Referral).where(Referral.case_id == case.id).order_by(Referral.id.desc())
    return session.scalars(rows).all()


def _is_hard_up(session: Session, engagement: Engagement) -> bool:
    """Whether the person came by a hardship list: then nobody waits for them to ask (R-3.7c)."""
    if engagement.application_id is None:
        return False
    matched = session.scalars(
        select(Decision.matched)
        .where(Decision.application_id == engagement.application_id)
        .order_by(Decision.id.desc())
        .limit(1)
    ).first()
    return bool(HARDSHIP & set(matched or ()))


def _require(
    session: Session,
    case: FollowUpCase,
    acting: Acting,
    roles: Collection[Role | Actor],
    act: str,
) -> None:
    permits.require(session, acting, case.engagement, roles=roles, act=act)
    if case.closed_at is not None:
        raise Hindered(act, (Obstacle("obstacle.state_moved_on"),))
