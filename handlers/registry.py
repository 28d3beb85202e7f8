"""All counters, by what they answer and by the forms they own."""

from __future__ import annotations

from dialog import Flow
from handlers import (
    accident,
    application,
    backfill,
    binding,
    check_in,
    complaint,
    confirm,
    duty_day,
    eligibility,
    human,
    leave,
    menu,
    mini_program,
    my_month,
    my_pay,
    my_term,
    notices,
    objection,
    offer,
    papers,
    policy,
    privacy,
    progress,
    roll_call,
    subscription,
    vacancy,
    village_review,
    village_staff,
    visits,
    withdrawal,
    worker_card,
)
from handlers.counter import Counter

COUNTERS: tuple[Counter, ...] = (
    menu.COUNTER,
    eligibility.COUNTER,
    binding.COUNTER,
    application.COUNTER,
    progress.COUNTER,
    withdrawal.COUNTER,
    papers.COUNTER,
    accident.COUNTER,
    complaint.COUNTER,
    human.COUNTER,
    my_pay.COUNTER,
    notices.COUNTER,
    objection.COUNTER,
    offer.COUNTER,
    check_in.COUNTER,
    duty_day.COUNTER,
    backfill.COUNTER,
    confirm.COUNTER,
    leave.COUNTER,
    mini_program.COUNTER,
    my_month.COUNTER,
    roll_call.COUNTER,
    my_term.COUNTER,
    policy.COUNTER,
    privacy.COUNTER,
    subscription.COUNTER,
    vacancy.COUNTER,
    village_review.COUNTER,
    village_staff.COUNTER,
    visits.COUNTER,
    worker_card.COUNTER,
)

_BY_INTENT = {intent: counter for counter in COUNTERS for intent in counter.intents}
_BY_FLOW = {flow.name: (flow, counter) for counter in COUNTERS for flow in counter.flows}


def counter_for(intent: str) -> Counter:
    """The counter that answers an intent, whatever it is about (`objection:17`); the menu answers
    what no other does."""
    return _BY_INTENT.get(intent.partition(":")[0], menu.COUNTER)


def flow(name: str) -> Flow | None:
    """The form of that name; None when this release has none."""
    found = _BY_FLOW.get(name)
    return found[0] if found else None


def counter_of(flow_name: str) -> Counter | None:
    """The counter that owns a form."""
    found = _BY_FLOW.get(flow_name)
    return found[1] if found else None


def flows() -> tuple[Flow, ...]:
    """Every form there is."""
    return tuple(form for form, _ in _BY_FLOW.values())


def intents() -> frozenset[str]:
    """Everything that some counter answers to."""
    return frozenset(_BY_INTENT)


def is_confidential(flow_name: str) -> bool:
    """Whether what is said in this form must not be kept with the messages."""
    counter = counter_of(flow_name)
    return counter is not None and counter.confidential
