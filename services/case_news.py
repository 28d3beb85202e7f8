"""Who hears of a step of a case: the applicant by the channel that reaches them; offices by their
worklist."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from models import Application
from models.procedure import Step, Tell
from services import telling


def tell_step(session: Session, application: Application, step: Step, now: datetime) -> None:
    """Tell the applicant of one step. Offices see it on their worklists."""
    if Tell.APPLICANT in step.tells:
        tell_applicant(session, application, f"case_{step.target}", now, cause=step.act)


def tell_applicant(
    session: Session, application: Application, kind: str, now: datetime, *, cause: str
) -> None:
    """One message to the applicant, or where they are reached by no chat to who applied for
    them."""
    telling.tell(
        session,
        kind=kind,
        person=application.person,
        slots={"number": application.number},
        cause=f"application:{application.id}|{cause}",
        now=now,
    )
