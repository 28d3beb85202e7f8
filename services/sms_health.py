"""How the SMS providers are doing: failures and slowness take a provider's share away by steps, and
time gives it back.

A provider's `weight` is 1000 while it is well. Each stumble takes a step; every half minute without
one gives half a step back, so that a provider that came back is tried again by few messages first.
Nobody has to switch anything, and no job runs: the weight of now follows from the row and the time.
Times are the machine's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from models import SmsHealth

WELL = 1000
FAILURE_STEP, SLOW_STEP = 250, 100
RECOVERY_STEP, RECOVERY_EVERY = 125, timedelta(seconds=30)

REASON_LENGTH = 255


@dataclass(frozen=True)
class Health:
    """One provider, as the console shows it. `weight` in thousandths of its own share."""

    provider: str
    weight: int
    failed: int
    slow: int
    changed_at: datetime | None
    reason: str | None


def weights(session: Session, now: datetime) -> dict[str, int]:
    """Weight by provider; one that never stumbled is not there."""
    return {row.provider: weight_at(row, now) for row in session.scalars(select(SmsHealth))}


def overview(session: Session, providers: Mapping[str, int], now: datetime) -> list[Health]:
    """All providers (name → share) with how they are doing."""
    rows = {row.provider: row for row in session.scalars(select(SmsHealth))}
    return [
        Health(name, weight_at(row, now), row.failed, row.slow, row.changed_at, row.reason)
        if (row := rows.get(name)) is not None
        else Health(name, WELL, 0, 0, None, None)
        for name in providers
    ]


def note_failure(session: Session, provider: str, reason: str, now: datetime) -> int:
    """The provider did not take a message, through no fault of the message; its weight now."""
    row = _locked(session, provider, now)
    row.failed += 1
    return _step_down(row, FAILURE_STEP, reason, now)


def note_slowness(session: Session, provider: str, reason: str, now: datetime) -> int:
    """The provider took a message, but took its time; its weight now."""
    row = _locked(session, provider, now)
    row.slow += 1
    return _step_down(row, SLOW_STEP, reason, now)


def weight_at(row: SmsHealth, now: datetime) -> int:
    """The weight at a moment: what was left at the last stumble, and what time gave back."""
    steps = max(0, (now - row.changed_at) // RECOVERY_EVERY)
    return min(WELL, row.weight + steps * RECOVERY_STEP)


def _step_down(row: SmsHealth, step: int, reason: str, now: datetime) -> int:
    row.weight = max(0, weight_at(row, now) - step)
    row.changed_at, row.reason = now, reason[:REASON_LENGTH]
    return row.weight


def _locked(session: Session, provider: str, now: datetime) -> SmsHealth:
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    first = {"provider": provider, "weight": WELL, "changed_at": now, "failed": 0, "slow": 0}
    session.execute(dialect.insert(SmsHealth).values(**first).on_conflict_do_nothing())
    return session.scalars(
        select(SmsHealth).where(SmsHealth.provider == provider).with_for_update()
    ).one()
