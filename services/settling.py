"""What a step of the procedure brings with it, in its own transaction."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from models import Application, ApplicationStatus, PublicNoticeItem
from models.procedure import FAILED, Step
from services import quotas, screening
from services.clock import business_date


def settle(session: Session, application: Application, step: Step, now: datetime) -> None:
    """What a step brings with it, in its transaction: the trace that was decided on, the quota and
    the engagement taken at approval, the engagement begun at the start or given back, the line
    taken off the notice."""
    if "age_holds" in step.guards:
        _keep_trace(session, application, now)
    if step.act == "approve":
        quotas.take_place(session, application, now)
    if step.target is ApplicationStatus.ON_POST:
        quotas.begin(session, application, now)
    if step.target is ApplicationStatus.DECLINED:
        quotas.give_back(session, application)
    if step.target in FAILED and application.notice_id is not None:
        _take_off_the_notice(session, application, now)


def _take_off_the_notice(session: Session, application: Application, now: datetime) -> None:
    """Who withdrew or was refused is no longer proposed; the others' notice runs on (3.6)."""
    session.execute(
        update(PublicNoticeItem)
        .where(
            PublicNoticeItem.application_id == application.id,
            PublicNoticeItem.removed_at.is_(None),
        )
        .values(removed_at=now)
    )


def _keep_trace(session: Session, application: Application, now: datetime) -> None:
    question = screening.of_application(application, business_date(now))
    screening.decide_and_keep(session, question, at=now, application_id=application.id)
