"""The agreement between the village and the worker (R-3.6a): made from the case, printed, signed on
paper, and its signed copy kept. A signature is an acceptance of the offer, too."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Agreement, Application, ApplicationStatus, Engagement, Post, new_id
from models.procedure import VILLAGE_OR_TOWN
from rules.errors import InvalidQuestion
from services import attachments, permits, procedure
from services.acting import Acting
from services.attachments import Upload
from services.clock import business_date
from services.documents import render
from services.guards import Obstacle, engagement_of
from services.numbers import next_number
from services.procedure import Hindered
from services.terms import reckoning
from services.trail import note

PREFIX = "XY"


def of(session: Session, engagement: Engagement) -> Agreement | None:
    """The engagement's newest agreement."""
    return session.scalars(
        select(Agreement)
        .where(Agreement.engagement_id == engagement.id)
        .order_by(Agreement.made_at.desc(), Agreement.number.desc())
    ).first()


def make(
    session: Session, application: Application, *, from_on: date, acting: Acting, now: datetime
) -> Agreement:
    """The agreement from that day to the regular end of the term. One that nobody signed yet is
    made anew under its number. The first day becomes the day on which the engagement starts."""
    permits.require(session, acting, application, roles=VILLAGE_OR_TOWN, act="make_agreement")
    engagement = starting(session, application)
    made = of(session, engagement)
    if made is not None and made.signed_on is not None:
        raise Hindered("make_agreement", (Obstacle("onboarding.signed_already"),))
    to_on = last_day(session, engagement, from_on, business_date(now))
    terms = terms_of(engagement.post)
    if made is None:
        number = _number(session, business_date(now))
        made = Agreement(id=new_id(), engagement_id=engagement.id, number=number)
    made.from_on, made.to_on, made.made_at, made.terms = from_on, to_on, now, terms
    session.add(made)
    engagement.starts_on = from_on
    note(
        session,
        "agreement.made",
        actor=acting.name,
        at=now,
        subject=("application", application.id),
        number=made.number,
        from_on=from_on.isoformat(),
        to_on=to_on.isoformat(),
    )
    session.flush()
    return made


def sign(
    session: Session,
    application: Application,
    *,
    signed_on: date,
    upload: Upload | None,
    acting: Acting,
    now: datetime,
) -> Agreement:
    """Keep the signed copy and take the step `sign`. `Hindered` where there is no agreement, where
    the day or the file will not do, or where it was signed before."""
    permits.require(session, acting, application, roles=VILLAGE_OR_TOWN, act="sign")
    agreement = of(session, starting(session, application))
    if agreement is None:
        raise Hindered("sign", (Obstacle("onboarding.no_agreement"),))
    if agreement.signed_on is not None:
        raise Hindered("sign", (Obstacle("onboarding.signed_already"),))
    if signed_on > business_date(now):
        raise Hindered("sign", (Obstacle("onboarding.signed_in_future"),))
    if signed_on > agreement.from_on:
        raise Hindered("sign", (Obstacle("onboarding.signed_too_late"),))
    copy = attachments.attach(
        session,
        upload,
        subject=("application", application.id),
        kind="agreement",
        acting=acting,
        now=now,
    )
    agreement.signed_on, agreement.signed_copy_id = signed_on, copy.id
    if application.offer_accepted_at is None:
        application.offer_accepted_at = now
    session.flush()
    if application.status == ApplicationStatus.APPROVED:
        procedure.take(session, application, "sign", acting, now)
    return agreement


def starting(session: Session, application: Application) -> Engagement:
    """The engagement that the approval made; `Hindered` before and once it is over or begun."""
    engagement = engagement_of(session, application)
    if engagement is None or engagement.status != "starting":
        raise Hindered("onboarding", (Obstacle("obstacle.state_moved_on"),))
    return engagement


def last_day(session: Session, engagement: Engagement, starts_on: date, today: date) -> date:
    """The regular end of an engagement that starts on a day from today on; `Hindered` with a
    sentence where the day or the term will not do (R-3.3d, R-3.3h)."""
    if starts_on < today:
        raise Hindered("start_day", (Obstacle("onboarding.start_in_past"),))
    try:
        ends_on = reckoning.last_day(session, engagement, starts_on, today)
    except InvalidQuestion:
        raise Hindered("start_day", (Obstacle("onboarding.start_after_retirement"),)) from None
    if ends_on is None:
        raise Hindered("start_day", (Obstacle("onboarding.months_used_up"),))
    return ends_on


def printed(
    session: Session, application: Application, agreement: Agreement, acting: Acting, now: datetime
) -> bytes:
    """The agreement as a Word file. It names the worker's ID number: the look is written down."""
    note(
        session,
        "agreement.printed",
        actor=acting.name,
        at=now,
        subject=("application", application.id),
        number=agreement.number,
    )
    return render("agreement", context(session, application, agreement))


def context(session: Session, application: Application, agreement: Agreement) -> Mapping[str, Any]:
    """Everything that the printed agreement says, as plain values."""
    engagement = session.get_one(Engagement, agreement.engagement_id)
    person, village = application.person, application.village
    town = village.parent.name if village.kind == "village" and village.parent else ""
    return {
        **agreement.terms,
        "number": agreement.number,
        "village": f"{town}{village.name}",
        "name": person.name,
        "id_number": person.id_number or "",
        "phone": person.phone or "",
        "worker_code": engagement.worker_code,
        "from_on": agreement.from_on,
        "to_on": agreement.to_on,
        "is_rural": engagement.track == "rural",
        "pay": _yuan(agreement.terms["pay_fen"]),
    }


def terms_of(post: Post) -> dict[str, Any]:
    """The post as it was when the agreement was made: a later change alters no signed paper."""
    return {
        "post": post.name,
        "post_code": post.code,
        "worksite": post.worksite or post.region.name,
        "host_unit": post.host_unit or post.region.name,
        "duties": list(post.duties),
        "hours_per_week": post.hours_per_week,
        "hours_per_month": post.hours_per_month,
        "pay_kind": post.pay_kind,
        "pay_fen": post.pay_fen,
    }


def _yuan(fen: int | None) -> str:
    return "" if fen is None else f"{fen // 100}.{fen % 100:02d}"


def _number(session: Session, today: date) -> str:
    return f"{PREFIX}{today.year}{next_number(session, f'agreement-{today.year}'):05d}"
