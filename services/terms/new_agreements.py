"""The agreement of an extension: made when it is granted, signed on paper, its copy kept (R-3.3f,
R-3.6a)."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Agreement, Engagement, Extension
from models.procedure import VILLAGE_OR_TOWN
from models.term_steps import TermState
from services import attachments
from services.acting import Acting
from services.attachments import Upload
from services.clock import business_date
from services.guards import Obstacle
from services.procedure import Hindered
from services.terms import permits
from services.trail import note

MAY_SIGN = VILLAGE_OR_TOWN


def of_extension(session: Session, engagement: Engagement) -> Agreement | None:
    """The agreement of the newest granted extension; None without one."""
    to_on = session.scalars(
        select(Extension.to_on)
        .where(Extension.engagement_id == engagement.id, Extension.state == TermState.GRANTED)
        .order_by(Extension.to_on.desc())
    ).first()
    if to_on is None:
        return None
    return session.scalars(
        select(Agreement)
        .where(Agreement.engagement_id == engagement.id, Agreement.to_on == to_on)
        .order_by(Agreement.made_at.desc())
    ).first()


def sign(
    session: Session,
    engagement: Engagement,
    *,
    signed_on: date,
    upload: Upload | None,
    acting: Acting,
    now: datetime,
) -> Agreement:
    """Keep the signed copy. `Hindered` where there is nothing to sign, where it was signed, where
    the day lies ahead, or where the file will not do."""
    permits.require(session, acting, engagement, roles=MAY_SIGN, act="sign_extension")
    made = of_extension(session, engagement)
    if made is None:
        raise Hindered("sign_extension", (Obstacle("onboarding.no_agreement"),))
    if made.signed_on is not None:
        raise Hindered("sign_extension", (Obstacle("onboarding.signed_already"),))
    if signed_on > business_date(now):
        raise Hindered("sign_extension", (Obstacle("onboarding.signed_in_future"),))
    copy = attachments.attach(
        session, upload, subject=("engagement", engagement.id), kind="agreement", acting=acting,
        now=now,
    )  # fmt: skip
    made.signed_on, made.signed_copy_id = signed_on, copy.id
    note(session, "agreement.extension_signed", actor=acting.name, at=now,
         subject=("engagement", engagement.id), number=made.number)  # fmt: skip
    session.flush()
    return made
