"""Taking a step of a term's matter together with what it brings with it, in one transaction."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Agreement,
    Engagement,
    EngagementPause,
    EngagementStatus,
    Exit,
    Extension,
    new_id,
)
from models.term_steps import TERM_OPEN, ExitCause, PauseCause, TermState
from rules import parameters
from services import agreements
from services.acting import CLOCK, Acting
from services.clock import business_date
from services.numbers import next_number
from services.terms import guards, leaving, officers, reckoning, walk
from services.terms.guards import Subject

ONE_DAY = timedelta(days=1)
_FAILED = frozenset({TermState.REFUSED, TermState.WITHDRAWN, TermState.LAPSED})


def take(
    session: Session, subject: Subject, act: str, acting: Acting, now: datetime, remark: str = ""
) -> None:
    """Take the step `act`, or raise `Hindered` with every reason why not and change nothing."""
    walk.step(session, subject, act, acting, now, remark)
    if isinstance(subject, Extension):
        _settle_extension(session, subject, now)
    elif isinstance(subject, Exit):
        _settle_exit(session, subject, act, now)
    elif subject.state == TermState.OVER:
        _come_back(session, subject, now)
    session.flush()


def end_by_term(session: Session, engagement: Engagement, now: datetime) -> None:
    """The term is over and nothing extends it: the exit of that day (R-3.3d, R-3.3h)."""
    assert engagement.ends_on is not None
    retired = (
        engagement.track == "urban"
        and reckoning.retires_on(engagement, business_date(now)) == engagement.ends_on
    )
    ending = Exit(
        engagement_id=engagement.id,
        engagement=engagement,
        state=TermState.SET,
        asked_by="clock",
        cause=ExitCause.RETIRED if retired else ExitCause.TERM_END,
        last_on=engagement.ends_on,
        reported_on=engagement.ends_on,
        former_ends_on=engagement.ends_on,
    )
    walk.open_matter(session, ending, "end_term", CLOCK, now)
    take(session, ending, "carry_out", CLOCK, now)


def open_extension(session: Session, engagement: Engagement) -> Extension | None:
    """The extension of an engagement that is being decided."""
    return session.scalars(
        select(Extension).where(
            Extension.engagement_id == engagement.id, Extension.state.in_(TERM_OPEN)
        )
    ).first()


def open_exit(session: Session, engagement: Engagement) -> Exit | None:
    """The exit of an engagement that is reported, proposed or set."""
    return session.scalars(
        select(Exit).where(Exit.engagement_id == engagement.id, Exit.state.in_(TERM_OPEN))
    ).first()


def end_if_nothing_is_open(session: Session, engagement: Engagement, now: datetime) -> None:
    """A term that waited for a decision ends, once none is to come."""
    if engagement.status != EngagementStatus.UNDECIDED:
        return
    waits = open_extension(session, engagement) or open_exit(session, engagement)
    if waits is None:
        end_by_term(session, engagement, now)


def _settle_extension(session: Session, wished: Extension, now: datetime) -> None:
    engagement = wished.engagement
    if wished.state == TermState.GRANTED:
        _grant(session, wished, now)
    elif wished.state in _FAILED:
        if wished.state == TermState.REFUSED:
            assert engagement.ends_on is not None
            officers.tell_worker(
                session, engagement, "extension_refused", now,
                cause=f"extension:{wished.id}", ends_on=engagement.ends_on.isoformat(),
            )  # fmt: skip
        end_if_nothing_is_open(session, engagement, now)


def _grant(session: Session, wished: Extension, now: datetime) -> None:
    """The new last day, a new agreement to sign, and no pay for days that nobody had decided on
    unless the parameter says so (R-3.3f)."""
    engagement, today = wished.engagement, business_date(now)
    former, to_on = engagement.ends_on, wished.to_on
    assert former is not None
    assert to_on is not None
    wished.ends_on = former
    wished.verdict = _verdict(session, engagement, today)
    leaving.stop_notices(session, engagement, now)
    reckoning.write(session, engagement, to_on, cause="extension", actor="clock", now=now,
                    verdict=wished.verdict)  # fmt: skip
    if former < today:
        _leave_the_gap(session, engagement, former + ONE_DAY, today, now)
    _new_agreement(session, engagement, former + ONE_DAY, to_on, now)
    slots = {"to_on": to_on.isoformat()}
    cause = f"extension:{wished.id}"
    officers.tell_worker(session, engagement, "extension_granted", now, cause=cause, **slots)
    officers.tell_office(session, engagement, "extension_granted_head", now, cause=cause,
                         slots=slots)  # fmt: skip


def _verdict(session: Session, engagement: Engagement, today: date) -> dict[str, object]:
    """What the extension was decided on, kept as it was that day (R-3.3g)."""
    assert engagement.starts_on is not None
    limit = guards.limit_of(session, engagement, today)
    found = reckoning.reckon(session, engagement, engagement.starts_on, today)
    return {
        **found.verdict,
        "latest_on": limit.latest_on.isoformat() if limit.latest_on else None,
        "limit_is_certain": limit.certain,
    }


def _leave_the_gap(
    session: Session, engagement: Engagement, from_on: date, to_on: date, now: datetime
) -> None:
    """The days between the end and a late decision: not worked, and paid only by parameter."""
    pays = parameters.in_force("term.late_grant_pays_gap", to_on).value
    held = leaving.open_pause(session, engagement)
    gap = EngagementPause(
        engagement_id=engagement.id,
        engagement=engagement,
        state=TermState.OVER,
        asked_by="clock",
        cause=PauseCause.UNDECIDED,
        from_on=from_on,
        to_on=to_on,
        paid=pays,
    )
    walk.open_matter(session, gap, "leave_gap", CLOCK, now)
    engagement.status = EngagementStatus.SUSPENDED if held else EngagementStatus.ON_POST
    leaving.judge_days_again(session, engagement, from_on, now)


def _new_agreement(
    session: Session, engagement: Engagement, from_on: date, to_on: date, now: datetime
) -> None:
    year = business_date(now).year
    session.add(
        Agreement(
            id=new_id(),
            engagement_id=engagement.id,
            number=f"{agreements.PREFIX}{year}{next_number(session, f'agreement-{year}'):05d}",
            from_on=from_on,
            to_on=to_on,
            terms=agreements.terms_of(engagement.post),
            made_at=now,
        )
    )


def _settle_exit(session: Session, exiting: Exit, act: str, now: datetime) -> None:
    engagement = exiting.engagement
    match TermState(exiting.state):
        case TermState.SET:
            leaving.set_exit(session, exiting, now)
            if exiting.last_on < business_date(now):
                take(session, exiting, "carry_out", CLOCK, now)
        case TermState.DONE:
            leaving.leave(session, exiting, now)
        case TermState.UNDONE:
            leaving.undo(session, exiting, now)
        case TermState.WITHDRAWN if act == "take_back":
            leaving.take_back(session, exiting, now)
        case TermState.WITHDRAWN | TermState.REFUSED:
            if exiting.cause == ExitCause.DIED:
                leaving.lives(session, exiting, now)
            end_if_nothing_is_open(session, engagement, now)


def _come_back(session: Session, pause: EngagementPause, now: datetime) -> None:
    """The suspension ends with today; work goes on tomorrow."""
    engagement = pause.engagement
    pause.to_on = max(pause.from_on, business_date(now))
    if engagement.status == EngagementStatus.SUSPENDED:
        engagement.status = EngagementStatus.ON_POST
    officers.tell_worker(session, engagement, "pause_over", now, cause=f"pause:{pause.id}",
                         from_on=(pause.to_on + ONE_DAY).isoformat())  # fmt: skip
