"""What an exit brings with it: the engagement ends, the place is free and its vacancy counted, the
insurance and account lists follow, and the follow-up begins that same day (R-3.7a, F-13)."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Application,
    ApplicationStatus,
    Contact,
    Engagement,
    EngagementPause,
    EngagementStatus,
    Exit,
    Extension,
    Person,
    Region,
    Vacancy,
)
from models.term_steps import TERM_OPEN, ExitCause, PauseCause, TermState
from rules import parameters
from services import procedure, subscriptions, telling
from services.acting import CLOCK
from services.clock import business_date
from services.days import deriving
from services.procedure import Hindered
from services.terms import followups, officers, reckoning, walk
from services.trail import note

ONE_DAY = timedelta(days=1)


def set_exit(session: Session, leaving: Exit, now: datetime) -> None:
    """The exit is certain: the term ends with its last day, and the worker hears which."""
    engagement = leaving.engagement
    assert engagement.starts_on is not None
    leaving.former_ends_on = engagement.ends_on
    ends_on = max(leaving.last_on, engagement.starts_on)
    reckoning.write(session, engagement, ends_on, cause="exit", actor="clock", now=now,
                    verdict={"cause": str(leaving.cause)})  # fmt: skip
    stop_notices(session, engagement, now)
    if leaving.cause == ExitCause.DIED:
        silence(session, engagement.person, now)
    elif leaving.last_on >= business_date(now):
        # Who resigned by chat has their answer there; the phone hears it in case it was not them.
        kind = "exit_said" if leaving.asked_by == "worker" else "exit_set"
        officers.tell_worker(session, engagement, kind, now, cause=_cause(leaving),
                             last_on=leaving.last_on.isoformat())  # fmt: skip


def take_back(session: Session, leaving: Exit, now: datetime) -> None:
    """The worker stays: the term ends when it did before."""
    reckoning.write(
        session, leaving.engagement, leaving.former_ends_on, cause="exit", actor="clock", now=now,
        verdict={"cause": "taken_back"},
    )  # fmt: skip


def leave(session: Session, leaving: Exit, now: datetime) -> None:
    """The last day is over."""
    engagement = leaving.engagement
    engagement.status = EngagementStatus.ENDED
    engagement.ended_on = leaving.last_on
    leaving.done_at = now
    _close_what_is_open(session, leaving, now)
    _open_vacancy(session, leaving, now)
    if leaving.cause != ExitCause.DIED:
        followups.open_case(session, leaving, now)
        kind, last_on = f"exit_{_words(leaving)}", leaving.last_on.isoformat()
        officers.tell_worker(session, engagement, kind, now, cause=_cause(leaving), last_on=last_on)
    if leaving.cause != ExitCause.TERM_END:
        officers.tell_office(session, engagement, "exit_head", now, cause=_cause(leaving),
                             slots={"last_on": leaving.last_on.isoformat()})  # fmt: skip
    judge_days_again(session, engagement, leaving.last_on + ONE_DAY, now)
    _call_up(session, engagement, now)


def undo(session: Session, leaving: Exit, now: datetime) -> None:
    """It was an error: the worker is on the post again, as before."""
    engagement = leaving.engagement
    engagement.status = EngagementStatus.ON_POST
    engagement.ended_on = None
    reckoning.write(session, engagement, leaving.former_ends_on, cause="undo", actor="clock",
                    now=now, verdict={"cause": str(leaving.cause)})  # fmt: skip
    for vacancy in session.scalars(select(Vacancy).where(Vacancy.exit_id == leaving.id)):
        vacancy.void_at = now
    followups.close_undone(session, leaving, now)
    if leaving.cause == ExitCause.DIED:
        _unsilence(session, engagement.person, now)
    reckoning.redate(session, engagement, cause="undo", actor="clock", now=now)
    judge_days_again(session, engagement, leaving.last_on + ONE_DAY, now)
    officers.tell_worker(session, engagement, "exit_undone", now, cause=_cause(leaving),
                         from_on=business_date(now).isoformat())  # fmt: skip


def report_death(session: Session, leaving: Exit, now: datetime) -> None:
    """A death is reported: from the day after it nothing is worked and nothing paid, and nothing
    is sent by itself, before anybody has looked (F-07)."""
    engagement = leaving.engagement
    silence(session, engagement.person, now)
    pause = open_pause(session, engagement)
    if pause is None:
        pause = EngagementPause(
            engagement_id=engagement.id,
            engagement=engagement,
            state=TermState.UNDER_WAY,
            asked_by=leaving.asked_by,
            cause=PauseCause.DEATH_REPORTED,
            from_on=leaving.last_on + ONE_DAY,
            paid=False,
        )
        walk.open_matter(session, pause, "begin", CLOCK, now)
        engagement.status = EngagementStatus.SUSPENDED
        judge_days_again(session, engagement, pause.from_on, now)
    officers.tell_office(session, engagement, "death_head", now, cause=_cause(leaving), slots={})


def lives(session: Session, leaving: Exit, now: datetime) -> None:
    """A death that was reported is not true: messages come again, and every day counts by what was
    said of it."""
    engagement = leaving.engagement
    _unsilence(session, engagement.person, now)
    pause = open_pause(session, engagement)
    if pause is None or pause.cause != PauseCause.DEATH_REPORTED:
        return
    walk.step(session, pause, "lift", CLOCK, now)
    if engagement.status == EngagementStatus.SUSPENDED:
        engagement.status = EngagementStatus.ON_POST
    judge_days_again(session, engagement, pause.from_on, now)


def open_pause(session: Session, engagement: Engagement) -> EngagementPause | None:
    """The suspension that goes on."""
    return session.scalars(
        select(EngagementPause).where(
            EngagementPause.engagement_id == engagement.id,
            EngagementPause.state == TermState.UNDER_WAY,
        )
    ).first()


def judge_days_again(
    session: Session, engagement: Engagement, from_on: date, now: datetime
) -> None:
    """What was changed about days that are over counts for them, too: a day after the last one, or
    in a suspension, is no day of work whatever was signed. Days that a month has locked stay."""
    session.flush()
    today = business_date(now)
    if from_on <= today:
        deriving.derive(session, [engagement.id], from_on=from_on, to_on=today, now=now)


def stop_notices(session: Session, engagement: Engagement, now: datetime) -> None:
    """What still waits about the former last day is not true any more."""
    telling.withdraw(session, person_id=engagement.person_id, cause_prefix=f"term:{engagement.id}|",
                     now=now, reason="settled")  # fmt: skip


def silence(session: Session, person: Person, now: datetime) -> None:
    """No message goes to a dead person's phone by itself."""
    for contact in session.scalars(select(Contact).where(Contact.person_id == person.id)):
        subscriptions.silence(session, contact, now)


def _unsilence(session: Session, person: Person, now: datetime) -> None:
    for contact in session.scalars(select(Contact).where(Contact.person_id == person.id)):
        contact.quiet_at = None
    note(session, "person.lives", actor="clock", at=now, subject=("person", person.id))


def _close_what_is_open(session: Session, leaving: Exit, now: datetime) -> None:
    engagement = leaving.engagement
    pause = open_pause(session, engagement)
    if pause is not None and pause.cause == PauseCause.DEATH_REPORTED:
        walk.step(session, pause, "lift", CLOCK, now)  # the exit holds its days now
    elif pause is not None:
        walk.step(session, pause, "end_with_exit", CLOCK, now)
        pause.to_on = max(pause.from_on, leaving.last_on)
    wished = session.scalars(
        select(Extension).where(
            Extension.engagement_id == engagement.id, Extension.state.in_(TERM_OPEN)
        )
    ).first()
    if wished is not None:
        walk.step(session, wished, "withdraw", CLOCK, now)


def _open_vacancy(session: Session, leaving: Exit, now: datetime) -> None:
    engagement = leaving.engagement
    days = parameters.in_force("post.vacancy_report_days", business_date(now)).value
    due_on = leaving.last_on + timedelta(days=days)
    vacancy = Vacancy(
        exit_id=leaving.id,
        engagement_id=engagement.id,
        post_id=engagement.post_id,
        left_on=leaving.last_on,
        due_on=due_on,
        reported_on=leaving.reported_on,
        opened_at=now,
        late_at=now if leaving.reported_on > due_on else None,
    )
    session.add(vacancy)
    if vacancy.late_at is not None:
        slots = {"last_on": leaving.last_on.isoformat(),
                 "reported_on": leaving.reported_on.isoformat()}  # fmt: skip
        for kind in ("vacancy_late_town", "vacancy_late_district"):
            officers.tell_office(session, engagement, kind, now, cause=_cause(leaving), slots=slots)


def _call_up(session: Session, engagement: Engagement, now: datetime) -> None:
    """Whoever waits first in the town for such a post hears that a place is free."""
    town = officers.office(engagement, "town")
    first = session.scalars(
        select(Application)
        .join(Region, Application.village_id == Region.id)
        .where(
            Application.status == ApplicationStatus.WAITING_LIST,
            Application.track == engagement.track,
            Region.path.startswith(town.path, autoescape=True),
        )
        .order_by(Application.status_at, Application.number)
        .limit(1)
    ).first()
    if first is None:
        return
    try:
        with session.begin_nested():
            procedure.take(session, first, "call_up", CLOCK, now)
    except Hindered:  # no place in the plan of their year: they go on waiting
        return


def _words(leaving: Exit) -> str:
    return {ExitCause.TERM_END: "term_end", ExitCause.RESIGNED: "resigned"}.get(
        ExitCause(leaving.cause), "other"
    )


def _cause(leaving: Exit) -> str:
    return f"exit:{leaving.id}"
