"""Closing out the account of who left: after the last pay, so that nothing is paid to it by
mistake."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from models import BankAccount, Engagement, EngagementStatus
from rules import parameters
from services.clock import business_date
from services.trail import note


def close_accounts(session: Session, now: datetime, limit: int) -> int:
    """Take out of use the accounts of people who left `term.account_kept_days` ago and hold no
    post; how many, at most `limit`."""
    today = business_date(now)
    kept = timedelta(days=parameters.in_force("term.account_kept_days", today).value)
    recent = exists().where(
        Engagement.person_id == BankAccount.person_id,
        (Engagement.status != EngagementStatus.ENDED) | (Engagement.ended_on > today - kept),
    )
    left = exists().where(
        Engagement.person_id == BankAccount.person_id, Engagement.ended_on <= today - kept
    )
    found = session.scalars(
        select(BankAccount).where(BankAccount.replaced_at.is_(None), left, ~recent).limit(limit)
    ).all()
    for account in found:
        account.replaced_at = now
        note(session, "account.closed", actor="clock", at=now,
             subject=("person", account.person_id))  # fmt: skip
    session.flush()
    return len(found)
