"""What the console calls things: roles, states, steps, reasons, obstacles, dates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from console.base import console, say
from services.clock import SHANGHAI
from services.guards import Obstacle

REASONS: dict[str, tuple[str, ...]] = {
    "ask_papers": ("papers_unreadable", "papers_missing", "facts_differ"),
    "fail_review": ("review_against",),
    "return_to_village": ("facts_unclear", "papers_unreadable", "review_flawed"),
    "return_to_clerk": ("facts_unclear", "papers_unreadable"),
    "refuse_in_town": ("excluded", "not_in_the_list", "facts_untrue", "other_engagement"),
    "dismiss_objection": ("objection_unfounded",),
    "uphold_objection": ("objection_founded",),
    "return_to_town": ("facts_unclear", "papers_unreadable", "notice_flawed"),
    "return_to_district_clerk": ("facts_unclear", "papers_unreadable"),
    "refuse_in_district": ("excluded", "not_in_the_list", "facts_untrue", "other_engagement"),
    "approve": ("outside_list_decided",),
    "withdraw_offer": ("not_reachable", "facts_untrue"),
}
"""The reason codes that a step offers; each is a phrase of `wording/zh/reasons.yaml`."""


def role_name(role: str) -> str:
    return say(f"role.{role}")


def status_name(status: str) -> str:
    return say(f"case_status.{status}")


def act_name(act: str) -> str:
    return say(f"case_act.{act}")


def reason_name(code: str) -> str:
    return say(f"reasons.{code}")


def reasons_of(act: str) -> list[tuple[str, str]]:
    """Code and words of the reasons that a step may give."""
    return [(code, reason_name(code)) for code in (*REASONS.get(act, ()), "other")]


def bulk_reasons(acts: Sequence[str]) -> list[tuple[str, str]]:
    """Code and words of every reason that one of these steps may give."""
    codes = dict.fromkeys(code for act in acts for code in REASONS.get(act, ()))
    return [(code, reason_name(code)) for code in (*codes, "other")]


def circumstance_name(name: str) -> str:
    return say(f"console.circumstance_{name}")


def paper_name(kind: str) -> str:
    key = f"console.paper_{kind}"
    return say(key if key in console().book.phrases else "console.paper_other")


def obstacle_words(obstacle: Obstacle) -> str:
    """Why not, as a sentence."""
    slots = dict(obstacle.slots)
    if "circumstance" in slots:
        slots["circumstance"] = circumstance_name(slots["circumstance"])
    if "kind" in slots:
        slots["kind"] = paper_name(slots["kind"])
    if "outcome" in slots:
        slots["outcome"] = say(f"console.outcome_{slots['outcome']}")
    return say(obstacle.key, **slots)


def day(value: date | datetime | None) -> str:
    """A date as it is written on paper."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        value = value.astimezone(SHANGHAI).date()
    return say("console.day", day_on=value)


def moment(value: datetime | None) -> str:
    """A date with its time in Shanghai."""
    if value is None:
        return ""
    here = value.astimezone(SHANGHAI)
    return f"{day(here)} {here:%H:%M}"


FILTERS = {
    "role_name": role_name,
    "status_name": status_name,
    "act_name": act_name,
    "reason_name": reason_name,
    "circumstance_name": circumstance_name,
    "paper_name": paper_name,
    "obstacle_words": obstacle_words,
    "day": day,
    "moment": moment,
}
