"""The last day of an engagement, over everything that one person drew before, with the verdict that
it was made from (R-3.3d to R-3.3h). Every change of it is a row of `term_record`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Engagement, EngagementStatus, Exit, Extension, OtherSupport, TermRecord
from models.term_steps import TermState
from rules import parameters, term
from rules.retirement import Category, retirement
from services.clock import business_date


@dataclass(frozen=True)
class Reckoned:
    """The last day (None: all months are used), how far an urban extension may go (None: not
    open), and the facts, as plain JSON."""

    ends_on: date | None
    may_extend_to: date | None
    verdict: Mapping[str, Any]


def last_day(
    session: Session, engagement: Engagement, starts_on: date, law_on: date
) -> date | None:
    """The regular end of an engagement that starts on a day; None when all months are used.
    `InvalidQuestion` where it would begin after the retirement date."""
    return reckon(session, engagement, starts_on, law_on).ends_on


def reckon(session: Session, engagement: Engagement, starts_on: date, law_on: date) -> Reckoned:
    """The end by the law of `law_on`, and why. Nothing is written."""
    earlier = _earlier(session, engagement)
    support = _support(session, engagement, law_on)
    used = sum(months for _, _, months in earlier) + sum(one["months"] for one in support)
    verdict: dict[str, Any] = {
        "track": engagement.track,
        "starts_on": starts_on.isoformat(),
        "law_on": law_on.isoformat(),
        "months_used": used,
        "months_in_all": parameters.in_force_or_first("term.subsidy_months", starts_on).value,
        "earlier": [
            {"from_on": first.isoformat(), "to_on": last.isoformat(), "months": months}
            for first, last, months in earlier
        ],
        "support": support,
    }
    if engagement.track == "rural":
        found = term.rural_term(starts_on, used)
    else:
        found = _urban(engagement, starts_on, used, law_on)
        verdict |= _urban_facts(engagement, law_on)
    verdict["ends_on"] = found.ends_on.isoformat() if found.ends_on else None
    return Reckoned(found.ends_on, found.may_extend_to, verdict)


def begin(session: Session, engagement: Engagement, actor: str, now: datetime) -> None:
    """Date an engagement that starts; its first day is today where none was set."""
    today = business_date(now)
    engagement.starts_on = engagement.starts_on or today
    found = reckon(session, engagement, engagement.starts_on, today)
    write(session, engagement, found.ends_on, cause="start", actor=actor, now=now,
          verdict=found.verdict)  # fmt: skip


def redate(
    session: Session, engagement: Engagement, *, cause: str, actor: str, now: datetime
) -> bool:
    """Reckon again after something changed (`correction`, `support`, `law`); whether the last day
    moved. A day that is past is not taken away: the term then ends today. What an extension gave
    stays, an urban one up to the retirement date of the law now in force; a set exit stays too."""
    is_on = engagement.status in (EngagementStatus.ON_POST, EngagementStatus.SUSPENDED)
    if not is_on or engagement.starts_on is None or _is_leaving(session, engagement):
        return False
    today = business_date(now)
    found = reckon(session, engagement, engagement.starts_on, today)
    ends_on = found.ends_on
    if (granted := granted_to(session, engagement)) is not None:
        ends_on = granted if engagement.track == "rural" else retires_on(engagement, today)
    ends_on = max(ends_on or today, today)
    if ends_on == engagement.ends_on:
        return False
    write(session, engagement, ends_on, cause=cause, actor=actor, now=now, verdict=found.verdict)
    return True


def write(  # noqa: PLR0913 - one row, all of it needed
    session: Session,
    engagement: Engagement,
    ends_on: date | None,
    *,
    cause: str,
    actor: str,
    now: datetime,
    verdict: Mapping[str, Any],
) -> None:
    """Set the last day, and keep what it was and why it changed."""
    session.add(
        TermRecord(
            engagement_id=engagement.id,
            at=now,
            actor=actor,
            cause=cause,
            before_on=engagement.ends_on,
            after_on=ends_on,
            verdict=dict(verdict),
        )
    )
    engagement.ends_on = ends_on
    session.flush()


def history(session: Session, engagement: Engagement) -> list[TermRecord]:
    """Every reckoning of an engagement's last day, the oldest first."""
    rows = select(TermRecord).where(TermRecord.engagement_id == engagement.id)
    return list(session.scalars(rows.order_by(TermRecord.id)))


def granted_to(session: Session, engagement: Engagement) -> date | None:
    """The last day that the newest granted extension gave; None without one."""
    return session.scalar(
        select(Extension.to_on)
        .where(Extension.engagement_id == engagement.id, Extension.state == TermState.GRANTED)
        .order_by(Extension.to_on.desc())
        .limit(1)
    )


def category_of(engagement: Engagement) -> Category:
    """How the worker retires: men one way, women as staff said (requirements 2.2)."""
    if engagement.person.sex == "male":
        return "M60"
    return engagement.retire_category or "F50"  # type: ignore[return-value]  # the form's options


def _urban(engagement: Engagement, starts_on: date, used: int, law_on: date) -> term.Term:
    return term.urban_term(
        starts_on,
        used,
        born_on=engagement.person.born_on,
        category=category_of(engagement),
        first_approved_on=engagement.first_approved_on,
        law_on=law_on,
    )


def _urban_facts(engagement: Engagement, law_on: date) -> dict[str, Any]:
    """Whether less than five years were missing, and what that was measured with (R-3.3g)."""
    born_on, category = engagement.person.born_on, category_of(engagement)
    first = engagement.first_approved_on
    return {
        "born_on": born_on.isoformat(),
        "category": category,
        "first_approved_on": first.isoformat(),
        "retires_by_first_law": retirement(born_on, category, law_on=first).retires_on.isoformat(),
        "retires_on": retires_on(engagement, law_on).isoformat(),
        "is_near_retirement": term.is_near_retirement(born_on, category, first, law_on=law_on),
        "law_basis": parameters.in_force("term.urban_ext_law_basis", law_on).value,
        "strict": parameters.in_force("term.urban_ext_strict", law_on).value,
    }


def retires_on(engagement: Engagement, law_on: date) -> date:
    """The last day that an urban engagement may reach by the law of that day."""
    return term.retirement_end(engagement.person.born_on, category_of(engagement), law_on=law_on)


def _earlier(session: Session, engagement: Engagement) -> list[tuple[date, date, int]]:
    """First day, last day and months begun of the person's other engagements."""
    rows = session.scalars(
        select(Engagement)
        .where(
            Engagement.person_id == engagement.person_id,
            Engagement.id != engagement.id,
            Engagement.starts_on.is_not(None),
            Engagement.ends_on.is_not(None),
        )
        .order_by(Engagement.starts_on)
    )
    found = []
    for one in rows:
        last = one.ended_on or one.ends_on
        if one.starts_on and last and last >= one.starts_on:
            found.append((one.starts_on, last, term.months_begun(one.starts_on, last)))
    return found


def _support(session: Session, engagement: Engagement, law_on: date) -> list[dict[str, Any]]:
    counted = parameters.in_force_or_first("term.other_support", law_on).value
    rows = session.scalars(
        select(OtherSupport)
        .where(OtherSupport.person_id == engagement.person_id, OtherSupport.kind.in_(counted))
        .order_by(OtherSupport.from_on)
    )
    return [
        {
            "kind": one.kind,
            "from_on": one.from_on.isoformat(),
            "to_on": one.to_on.isoformat(),
            "months": term.months_begun(one.from_on, one.to_on),
        }
        for one in rows
    ]


def _is_leaving(session: Session, engagement: Engagement) -> bool:
    leaving = select(Exit.id).where(
        Exit.engagement_id == engagement.id, Exit.state == TermState.SET
    )
    return session.scalars(leaving.limit(1)).first() is not None
