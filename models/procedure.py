"""The procedure of a case, as one table (plan 三(四), requirements 3.1): every step that may be
taken, who may take it, what must hold, by when the next one is due, and who hears of it.

`services.procedure` walks it; nothing else changes `Application.status`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from models.staff import Role


class ApplicationStatus(StrEnum):
    """Where an application stands. The value is stored."""

    SUBMITTED = "submitted"
    PAPERS_MISSING = "papers_missing"
    VILLAGE_REVIEW = "village_review"
    TOWN_CLERK = "town_clerk"
    TOWN_HEAD = "town_head"
    TO_PUBLISH = "to_publish"
    ON_NOTICE = "on_notice"
    OBJECTION = "objection"
    DISTRICT_CLERK = "district_clerk"
    DISTRICT_APPROVAL = "district_approval"
    WAITING_LIST = "waiting_list"
    APPROVED = "approved"
    TO_TRAIN = "to_train"
    TO_INSURE = "to_insure"
    ON_POST = "on_post"
    REFUSED = "refused"
    LAPSED = "lapsed"
    WITHDRAWN = "withdrawn"
    DECLINED = "declined"


class Actor(StrEnum):
    """Who takes a step that no member of staff takes."""

    APPLICANT = "applicant"
    CLOCK = "clock"


class Tell(StrEnum):
    """Who hears of a step."""

    APPLICANT = "applicant"
    VILLAGE = "village"
    TOWN = "town"
    DISTRICT = "district"


@dataclass(frozen=True)
class Step:
    """One edge. `act` names it, unique per source; `guards` name functions of
    `services.guards`; `limit` is the parameter that dates the state it leads to; `reason`: a
    reason code must be given. `approval` steps may not be taken twice running by one person; what
    goes back, or waits, has been decided on too: whoever had passed it on may do so again."""

    act: str
    source: ApplicationStatus
    target: ApplicationStatus
    actors: frozenset[Role | Actor]
    guards: tuple[str, ...] = ()
    limit: str | None = None
    tells: frozenset[Tell] = frozenset()
    reason: bool = False
    approval: bool = False


S = ApplicationStatus
VILLAGE = frozenset({Role.VILLAGE_CLERK, Role.VILLAGE_HEAD})
VILLAGE_OR_TOWN = VILLAGE | {Role.TOWN_CLERK}
WITH_HELP = VILLAGE_OR_TOWN | {Role.AGENCY}
"""What an agency may do for its town: papers and training, nothing that decides (R-3.4g)."""
TOWN_CLERK = frozenset({Role.TOWN_CLERK})
TOWN_HEAD = frozenset({Role.TOWN_HEAD})
DISTRICT_CLERK = frozenset({Role.DISTRICT_CLERK})
APPROVER = frozenset({Role.DISTRICT_APPROVER})
APPLICANT = frozenset({Actor.APPLICANT})
CLOCK = frozenset({Actor.CLOCK})
A, V, T, D = Tell.APPLICANT, Tell.VILLAGE, Tell.TOWN, Tell.DISTRICT

_REVIEW_DAYS = "application.village_review_days"
_TOWN_DAYS = "application.town_review_days"
_DISTRICT_DAYS = "application.district_approval_days"
_ONBOARDING_DAYS = "application.onboarding_days"

STEPS: tuple[Step, ...] = (
    # the village: first check, papers, democratic review
    Step("accept", S.SUBMITTED, S.VILLAGE_REVIEW, VILLAGE_OR_TOWN,
         guards=("papers_complete",), limit=_REVIEW_DAYS, tells=frozenset({A})),
    Step("ask_papers", S.SUBMITTED, S.PAPERS_MISSING, WITH_HELP,
         limit="application.supplement_days", tells=frozenset({A}), reason=True),
    Step("bring_papers", S.PAPERS_MISSING, S.SUBMITTED, APPLICANT | WITH_HELP,
         limit="application.village_check_days", tells=frozenset({V})),
    Step("let_lapse", S.PAPERS_MISSING, S.LAPSED, CLOCK,
         guards=("is_overdue",), tells=frozenset({A, V})),
    Step("pass_review", S.VILLAGE_REVIEW, S.TOWN_CLERK, VILLAGE,
         guards=("review_held", "review_passed"), limit=_TOWN_DAYS, tells=frozenset({A, T})),
    Step("fail_review", S.VILLAGE_REVIEW, S.REFUSED, VILLAGE,
         guards=("review_held", "review_failed"), tells=frozenset({A}), reason=True),
    # the town: the clerk checks, the head decides
    Step("forward", S.TOWN_CLERK, S.TOWN_HEAD, TOWN_CLERK,
         guards=("cross_checked",), limit=_TOWN_DAYS, tells=frozenset({T}), approval=True),
    Step("return_to_village", S.TOWN_CLERK, S.VILLAGE_REVIEW, TOWN_CLERK,
         limit=_REVIEW_DAYS, tells=frozenset({A, V}), reason=True),
    Step("pass", S.TOWN_HEAD, S.TO_PUBLISH, TOWN_HEAD,
         guards=("cross_checked",), limit=_TOWN_DAYS, tells=frozenset({T}), approval=True),
    Step("return_to_clerk", S.TOWN_HEAD, S.TOWN_CLERK, TOWN_HEAD,
         limit=_TOWN_DAYS, tells=frozenset({T}), reason=True, approval=True),
    Step("refuse_in_town", S.TOWN_HEAD, S.REFUSED, TOWN_HEAD,
         tells=frozenset({A, V}), reason=True),
    # the public notice
    Step("publish", S.TO_PUBLISH, S.ON_NOTICE, TOWN_HEAD,
         guards=("on_published_notice",), tells=frozenset({A, V})),
    Step("object", S.ON_NOTICE, S.OBJECTION,
         APPLICANT | TOWN_CLERK | TOWN_HEAD | DISTRICT_CLERK | CLOCK,
         guards=("objection_open",), limit="notice.objection_check_days", tells=frozenset({T, D})),
    Step("dismiss_objection", S.OBJECTION, S.ON_NOTICE, TOWN_HEAD | DISTRICT_CLERK,
         guards=("findings_written",), tells=frozenset({A}), reason=True),
    Step("uphold_objection", S.OBJECTION, S.REFUSED, TOWN_HEAD | DISTRICT_CLERK,
         guards=("findings_written",), tells=frozenset({A, V}), reason=True),
    Step("close_notice", S.ON_NOTICE, S.DISTRICT_CLERK, CLOCK,
         guards=("notice_over", "no_open_objection"), limit=_DISTRICT_DAYS, tells=frozenset({D})),
    # the district: the clerk checks, the approver decides under the quota in force that day
    Step("propose", S.DISTRICT_CLERK, S.DISTRICT_APPROVAL, DISTRICT_CLERK,
         guards=("no_open_objection", "cross_checked", "age_holds"), limit=_DISTRICT_DAYS,
         tells=frozenset({D}), approval=True),
    Step("return_to_town", S.DISTRICT_CLERK, S.TOWN_HEAD, DISTRICT_CLERK,
         limit=_TOWN_DAYS, tells=frozenset({T}), reason=True, approval=True),
    Step("approve", S.DISTRICT_APPROVAL, S.APPROVED, APPROVER,
         guards=("no_open_objection", "cross_checked", "age_holds", "not_excluded",
                 "no_duplicate", "post_has_room", "quota_has_room"),
         limit=_ONBOARDING_DAYS, tells=frozenset({A, V}), approval=True),
    Step("wait_for_quota", S.DISTRICT_APPROVAL, S.WAITING_LIST, APPROVER,
         guards=("quota_is_full",), tells=frozenset({A, V}), approval=True),
    Step("return_to_district_clerk", S.DISTRICT_APPROVAL, S.DISTRICT_CLERK, APPROVER,
         limit=_DISTRICT_DAYS, tells=frozenset({D}), reason=True, approval=True),
    Step("refuse_in_district", S.DISTRICT_APPROVAL, S.REFUSED, APPROVER,
         tells=frozenset({A, V}), reason=True),
    Step("call_up", S.WAITING_LIST, S.DISTRICT_CLERK, DISTRICT_CLERK | CLOCK,
         guards=("quota_has_room", "first_in_line"), limit=_DISTRICT_DAYS,
         tells=frozenset({A, D})),
    Step("expire", S.WAITING_LIST, S.LAPSED, CLOCK,
         guards=("waited_too_long",), tells=frozenset({A})),
    # getting started on the post
    Step("sign", S.APPROVED, S.TO_TRAIN, VILLAGE_OR_TOWN,
         guards=("offer_accepted", "agreement_signed"), limit=_ONBOARDING_DAYS,
         tells=frozenset({A})),
    Step("train", S.TO_TRAIN, S.TO_INSURE, WITH_HELP,
         guards=("training_passed",), limit=_ONBOARDING_DAYS, tells=frozenset({A, D})),
    Step("start", S.TO_INSURE, S.ON_POST, TOWN_CLERK,
         guards=("agreement_signed", "training_passed", "start_day_ahead", "insured",
                 "socially_insured", "own_account", "identity_verified", "one_engagement",
                 "not_excluded"),
         tells=frozenset({A, V})),
    *(
        Step("decline", source, S.DECLINED, APPLICANT | TOWN_CLERK, tells=frozenset({V, D}))
        for source in (S.APPROVED, S.TO_TRAIN, S.TO_INSURE)
    ),
    *(
        Step("withdraw_offer", source, S.DECLINED, APPROVER, tells=frozenset({A, V}), reason=True)
        for source in (S.APPROVED, S.TO_TRAIN, S.TO_INSURE)
    ),
    *(
        Step("withdraw", source, S.WITHDRAWN, APPLICANT | VILLAGE, tells=frozenset({V}))
        for source in (
            S.SUBMITTED, S.PAPERS_MISSING, S.VILLAGE_REVIEW, S.TOWN_CLERK, S.TOWN_HEAD,
            S.TO_PUBLISH, S.ON_NOTICE, S.OBJECTION, S.DISTRICT_CLERK, S.DISTRICT_APPROVAL,
            S.WAITING_LIST,
        )
    ),
)  # fmt: skip

ENDED = frozenset(S) - {step.source for step in STEPS}
"""No step leads on from here."""

FAILED = ENDED - {S.ON_POST}
"""Ended without a post: the person may apply again."""

HOLDERS: dict[ApplicationStatus, str] = {
    S.SUBMITTED: "village",
    S.PAPERS_MISSING: "village",
    S.VILLAGE_REVIEW: "village",
    S.TOWN_CLERK: "town",
    S.TOWN_HEAD: "town",
    S.TO_PUBLISH: "town",
    S.ON_NOTICE: "town",
    S.OBJECTION: "town",
    S.DISTRICT_CLERK: "district",
    S.DISTRICT_APPROVAL: "district",
    S.WAITING_LIST: "district",
    S.APPROVED: "village",
    S.TO_TRAIN: "village",
    S.TO_INSURE: "town",
}
"""Whose turn it is in a state: the applicant's village, its town, or the district (R-4.1a)."""


def steps_from(status: ApplicationStatus) -> tuple[Step, ...]:
    """Every step that leads on from a state, in the order of the table."""
    return tuple(step for step in STEPS if step.source is status)


def find_step(status: ApplicationStatus, act: str) -> Step | None:
    """The step of that name from a state; None where there is none."""
    return next((step for step in steps_from(status) if step.act == act), None)
