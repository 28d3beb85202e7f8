"""The procedures of a term as one table: extending it, leaving the post, being suspended (R-3.3f,
R-3.3g, requirements 3.3). `services.terms.walk` walks it; nothing else changes these states.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from models.procedure import APPLICANT, APPROVER, CLOCK, TOWN_CLERK, TOWN_HEAD, VILLAGE, Actor
from models.staff import Role


class TermMatter(StrEnum):
    """What is being decided about somebody's time on a post."""

    EXTENSION = "extension"
    EXIT = "exit"
    PAUSE = "pause"


class TermState(StrEnum):
    """Where such a matter stands. The value is stored."""

    AT_VILLAGE = "at_village"
    AT_TOWN = "at_town"
    AT_DISTRICT = "at_district"
    GRANTED = "granted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"
    SET = "set"
    """The exit is certain; its last day may still be ahead."""
    DONE = "done"
    UNDONE = "undone"
    UNDER_WAY = "under_way"
    OVER = "over"


class ExitCause(StrEnum):
    """Why somebody leaves (requirements 2.7, 3.3)."""

    TERM_END = "term_end"
    RESIGNED = "resigned"
    JOB = "job"
    RETIRED = "retired"
    DIED = "died"
    BREACH = "breach"
    HEALTH = "health"
    POST_REVOKED = "post_revoked"


class PauseCause(StrEnum):
    """Why somebody is off the post for a while. Which are paid is a parameter."""

    LIST_HIT = "list_hit"
    INJURY = "injury"
    DISPUTE = "dispute"
    LONG_SICK = "long_sick"
    CHECKING = "checking"
    DEATH_REPORTED = "death_reported"
    UNDECIDED = "undecided"
    """Between the end of a term and an extension that was granted too late."""


@dataclass(frozen=True)
class TermStep:
    """One edge. `guards` name functions of `services.terms.guards`; `limit`: the parameter, in
    working days, that dates the next step; `approval` steps may not be taken twice running by one
    person."""

    matter: TermMatter
    act: str
    source: TermState
    target: TermState
    actors: frozenset[Role | Actor]
    guards: tuple[str, ...] = ()
    limit: str | None = None
    reason: bool = False
    approval: bool = False


S, M = TermState, TermMatter
EXTENDS, LEAVES, PAUSES = M.EXTENSION, M.EXIT, M.PAUSE
PROPOSERS = VILLAGE | TOWN_CLERK
MAY_PAUSE = TOWN_CLERK | TOWN_HEAD | APPROVER | {Role.DISTRICT_CLERK}
_DAYS = "term.decision_days"
_LIMITS = ("within_limit", "not_too_often")

TERM_STEPS: tuple[TermStep, ...] = (
    # an extension: village, town, district; before the term is over (R-3.3f)
    TermStep(EXTENDS, "propose", S.AT_VILLAGE, S.AT_TOWN, PROPOSERS,
             guards=_LIMITS, limit=_DAYS, reason=True, approval=True),
    TermStep(EXTENDS, "oppose", S.AT_VILLAGE, S.AT_TOWN, VILLAGE,
             limit=_DAYS, reason=True, approval=True),
    TermStep(EXTENDS, "pass", S.AT_TOWN, S.AT_DISTRICT, TOWN_HEAD,
             guards=("has_new_end", *_LIMITS), limit=_DAYS, approval=True),
    TermStep(EXTENDS, "return_to_village", S.AT_TOWN, S.AT_VILLAGE, TOWN_HEAD,
             limit=_DAYS, reason=True, approval=True),
    TermStep(EXTENDS, "refuse_in_town", S.AT_TOWN, S.REFUSED, TOWN_HEAD,
             reason=True, approval=True),
    TermStep(EXTENDS, "grant", S.AT_DISTRICT, S.GRANTED, APPROVER,
             guards=("has_new_end", *_LIMITS), approval=True),
    TermStep(EXTENDS, "return_to_town", S.AT_DISTRICT, S.AT_TOWN, APPROVER,
             limit=_DAYS, reason=True, approval=True),
    TermStep(EXTENDS, "refuse", S.AT_DISTRICT, S.REFUSED, APPROVER, reason=True, approval=True),
    TermStep(EXTENDS, "let_lapse", S.AT_VILLAGE, S.LAPSED, CLOCK),
    *(
        TermStep(EXTENDS, "withdraw", source, S.WITHDRAWN, APPLICANT | CLOCK)
        for source in (S.AT_VILLAGE, S.AT_TOWN, S.AT_DISTRICT)
    ),
    # an exit: the village reports, the town proposes, the district approves
    TermStep(LEAVES, "propose", S.AT_VILLAGE, S.AT_DISTRICT, TOWN_CLERK,
             limit=_DAYS, reason=True, approval=True),
    TermStep(LEAVES, "confirm", S.AT_TOWN, S.SET, TOWN_CLERK,
             guards=("has_signed_paper",), approval=True),
    TermStep(LEAVES, "approve", S.AT_DISTRICT, S.SET, APPROVER, approval=True),
    TermStep(LEAVES, "refuse", S.AT_DISTRICT, S.REFUSED, APPROVER, reason=True, approval=True),
    *(
        TermStep(LEAVES, "drop", source, S.WITHDRAWN, TOWN_CLERK, reason=True)
        for source in (S.AT_VILLAGE, S.AT_TOWN)
    ),
    TermStep(LEAVES, "take_back", S.SET, S.WITHDRAWN, APPLICANT, guards=("is_resignation",)),
    TermStep(LEAVES, "carry_out", S.SET, S.DONE, CLOCK, guards=("last_day_over",)),
    TermStep(LEAVES, "undo", S.DONE, S.UNDONE, APPROVER,
             guards=("place_is_free", "holds_no_other_post"), reason=True, approval=True),
    # a suspension: looked at again within ten working days
    TermStep(PAUSES, "resume", S.UNDER_WAY, S.OVER,
             TOWN_HEAD | APPROVER | {Role.DISTRICT_CLERK}, reason=True),
    TermStep(PAUSES, "prolong", S.UNDER_WAY, S.UNDER_WAY,
             TOWN_HEAD | APPROVER | {Role.DISTRICT_CLERK},
             limit="term.pause_review_days", reason=True),
    TermStep(PAUSES, "end_with_exit", S.UNDER_WAY, S.OVER, CLOCK),
    TermStep(PAUSES, "lift", S.UNDER_WAY, S.WITHDRAWN, CLOCK),  # as if it had never been
)  # fmt: skip

TERM_OPEN = frozenset(
    {S.AT_VILLAGE, S.AT_TOWN, S.AT_DISTRICT, S.SET, S.UNDER_WAY},
)
"""Something is still to come: at most one matter of a kind stands here per engagement."""

TERM_HOLDERS: dict[TermState, str] = {
    S.AT_VILLAGE: "village",
    S.AT_TOWN: "town",
    S.AT_DISTRICT: "district",
    S.UNDER_WAY: "town",
}
"""Whose turn it is. An exit that the village reported waits for the town (see `holder_level`)."""


def holder_level(matter: TermMatter, state: TermState) -> str | None:
    """The office that a matter waits for; None when nobody has to do anything."""
    if matter is M.EXIT and state is S.AT_VILLAGE:
        return "town"
    return TERM_HOLDERS.get(state)


def term_steps_from(matter: TermMatter, state: TermState) -> tuple[TermStep, ...]:
    """Every step of a matter that leads on from a state, in the order of the table."""
    return tuple(step for step in TERM_STEPS if step.matter is matter and step.source is state)
