"""What the clock does about messages: those not read or never confirmed, and visits that wait."""

from __future__ import annotations

from scheduler.works import Works
from services import receipt_silence, reminders, telling_sweep, visits
from services.clock import business_date


def has_unread(works: Works) -> bool:
    """Whether a message was not read by its day, or no receipt of it came."""
    with works.reading() as session:
        return telling_sweep.is_due(session, works.clock.now(session))


def look_after(works: Works) -> int:
    """Send somebody to the door, or take the next way; how many messages."""
    with works.sessions.begin() as session:
        return telling_sweep.sweep(session, works.clock.now(session))


def has_late_visits(works: Works) -> bool:
    """Whether a village let the day of a visit pass."""
    with works.reading() as session:
        return visits.is_late(session, works.clock.now(session))


def hand_up_visits(works: Works) -> int:
    """Give to the town what its village let pass; how many visits."""
    with works.sessions.begin() as session:
        return visits.hand_up(session, works.clock.now(session))


def has_to_remind(works: Works) -> bool:
    """Whether somebody's window is about to close who asked to be reminded."""
    with works.reading() as session:
        return bool(reminders.waiting(session, works.clock.now(session)))


def remind(works: Works) -> int:
    """Remind them; how many."""
    with works.sessions.begin() as session:
        return reminders.remind(session, works.clock.now(session))


def has_silent_providers(works: Works) -> bool:
    """Whether an SMS provider takes messages and sends no receipts."""
    with works.reading() as session:
        today = business_date(works.clock.now(session))
        return bool(receipt_silence.find(session, works.machine(), today))


def weigh_providers(works: Works) -> int:
    """Take a step off the share of each; how many."""
    with works.sessions.begin() as session:
        today = business_date(works.clock.now(session))
        return receipt_silence.weigh(session, works.machine(), today)
