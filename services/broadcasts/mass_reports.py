"""What WeChat says about a mass message that it took: its report with counts, which may come before
the answer to the send, or what it answers when no report came and it is asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from channels.sms.entries import Receipt as Report
from models import Broadcast, Delivery, MassOutcome, MassReport, MassSend
from models.telling import DeliveryState
from services import receipts
from services.broadcasts.mass import wait

ASK_FOR = timedelta(days=1)
WELL, ILL = frozenset({"SEND_SUCCESS"}), frozenset({"SEND_FAIL", "DELETE"})
"""What the platform answers when it is asked about a job that is over."""


@dataclass(frozen=True)
class News:
    """What became of it. The counts are the platform's, and missing until it reports them."""

    planned: int
    outcome: MassOutcome | None
    error: str
    report: MassReport | None


def news(session: Session, broadcast: Broadcast) -> News | None:
    """What became of it; None where none was made."""
    sent = session.get(MassSend, broadcast.id)
    if sent is None:
        return None
    delivery, outcome = sent.delivery, sent.outcome
    if outcome is None and delivery is not None and delivery.state == DeliveryState.DELIVERED:
        outcome = MassOutcome.TOLD  # of a broadcast that was stopped meanwhile, too
    number = delivery.provider_id if delivery is not None else None
    report = session.get(MassReport, number) if number else None
    return News(sent.planned, outcome, sent.error or "", report)


def note_report(session: Session, details: Mapping[str, str], now: datetime) -> None:
    """Keep what MASSSENDJOBFINISH counted; the first report of a job stays."""
    job = details.get("MsgID", "")[:64]
    if not job or session.get(MassReport, job) is not None:
        return
    counts = ("TotalCount", "FilterCount", "SentCount", "ErrorCount")
    total, filtered, sent, failed = (_number(details.get(name, "")) for name in counts)
    session.add(
        MassReport(
            job=job,
            status=details.get("Status", "")[:64],
            total=total,
            filtered=filtered,
            sent=sent,
            failed=failed,
            reported_at=now,
        )
    )
    session.flush()


def to_ask(session: Session, now: datetime, *, limit: int = 10) -> Sequence[MassSend]:
    """Mass messages that the platform took and of which no report came; it can be asked."""
    minutes = wait(now)["ask_minutes"]
    before = now - timedelta(minutes=minutes)
    found = (
        select(MassSend)
        .join(Delivery, MassSend.delivery_id == Delivery.id)
        .where(
            MassSend.outcome.is_(None),
            MassSend.made_at > now - ASK_FOR,
            Delivery.state == DeliveryState.ACCEPTED,
            Delivery.due_at <= before,
            func.coalesce(MassSend.asked_at, MassSend.made_at) <= before,
        )
    )
    return session.scalars(found.limit(limit)).all()


def hear(session: Session, sent: MassSend, status: str, now: datetime) -> None:
    """What the platform answered about a job (`SEND_SUCCESS`, `SENDING`, `SEND_FAIL`, `DELETE`)."""
    sent.asked_at = now
    delivery = sent.delivery
    if delivery is None or delivery.provider_id is None or status not in WELL | ILL:
        return
    report = Report(
        provider=delivery.provider or "",
        provider_id=delivery.provider_id,
        phone=delivery.address or "",
        delivered=status in WELL,
        code=status,
        description="",
        happened_at=None,
    )
    receipts.record(session, [report], now)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
