"""What is wrong with the house itself, for the first page of those who look after it: nobody finds
a channel that stopped, or letters that came back, on a page that nobody opens (platform.md 3:
"alarm")."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import JobState, Role
from services import channel_rests, dead_letters, failures, job_states
from services.dead_letters import Pile

SEE = frozenset({Role.DISTRICT_CLERK, Role.ADMINISTRATOR, Role.SUPERVISION})


@dataclass(frozen=True)
class Alarm:
    """One thing that is wrong: a phrase with its slots, and the page where it is looked after."""

    key: str
    slots: Mapping[str, Any]
    endpoint: str


def found(session: Session, *, now: datetime, machine_now: datetime) -> list[Alarm]:
    """Everything that is wrong now, the worst first."""
    return [
        *_clock(session, now, machine_now),
        *_channels(session, machine_now),
        *_letters(session),
    ]


def _clock(session: Session, now: datetime, machine_now: datetime) -> Iterator[Alarm]:
    """A clock that never ran yet is no alarm: the house is being set up."""
    lead = job_states.leader(session)
    if lead is None:
        return
    if lead.until <= machine_now:
        yield Alarm("outbox.alarm_clock", {"since": lead.until.isoformat()}, "console.clock_jobs")
        return
    if session.scalar(select(JobState.job).limit(1)) is None:
        return
    standing = job_states.standings(session, now=now, machine_now=machine_now)
    if number := sum(one.alarm is not None for one in standing):
        yield Alarm("outbox.alarm_jobs", {"number": number}, "console.clock_jobs")


def _channels(session: Session, machine_now: datetime) -> Iterator[Alarm]:
    for rest in channel_rests.stopped(session, machine_now):
        slots = {"way": rest.channel, "sort": failures.sort_of(rest.error)}
        yield Alarm("outbox.alarm_channel", slots, "console.provider_health")


def _letters(session: Session) -> Iterator[Alarm]:
    counts = dead_letters.count(session, asked_to_the_end=True)
    for pile in Pile:
        if counts[pile]:
            yield Alarm(f"outbox.alarm_{pile}", {"number": counts[pile]}, "console.outbox_piles")
