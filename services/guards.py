"""The guards of `models.procedure.STEPS`: what must hold for a step, each by its name.

A guard gives the obstacles it sees, none when it holds. It decides nothing and writes nothing; what
a step brings with it (a decision trace, a quota taken) is `settle`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from models import (
    Agreement,
    Application,
    ApplicationStatus,
    BankAccount,
    Engagement,
    EngagementStatus,
    ExclusionCheck,
    InsuranceCover,
    Material,
    Objection,
    Person,
    Post,
    PostStatus,
    PublicNotice,
    PublicNoticeItem,
    Review,
    ReviewResult,
    Ticket,
    Training,
)
from models.procedure import FAILED, Step
from models.talk import TicketKind
from rules import parameters
from services import quotas, screening
from services.clock import business_date

DECIDED_OUTSIDE_THE_LIST = "outside_list_decided"
"""The reason code by which a person decides for somebody outside the listed groups (R-3.2h)."""


_Found = TypeVar("_Found")


@dataclass(frozen=True)
class Obstacle:
    """Why a step cannot be taken: a wording key and its slots."""

    key: str
    slots: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Scene:
    """What a guard looks at."""

    session: Session
    application: Application
    now: datetime
    reason_code: str | None
    only_looking: bool = False
    """For a page: no row is locked."""
    known: dict[str, Any] = field(default_factory=dict)
    """What has been found out already: several guards, and the page itself, ask the same."""

    def once(self, name: str, find: Callable[[], _Found]) -> _Found:
        """What `find` gives, asked for once."""
        if name not in self.known:
            self.known[name] = find()
        found: _Found = self.known[name]
        return found


Guard = Callable[[Scene], tuple[Obstacle, ...]]
HOLDS: tuple[Obstacle, ...] = ()
GUARDS: dict[str, Guard] = {}


def guard(function: Guard) -> Guard:
    """Register a guard under its function's name."""
    GUARDS[function.__name__] = function
    return function


def check(name: str, scene: Scene) -> tuple[Obstacle, ...]:
    """The obstacles that the guard of that name sees."""
    return scene.once(f"guard {name}", lambda: GUARDS[name](scene))


def settle(session: Session, application: Application, step: Step, now: datetime) -> None:
    """What a step brings with it, in its transaction: the trace that was decided on, the quota and
    the engagement taken at approval, the engagement begun at the start or given back, the line
    taken off the notice."""
    if "age_holds" in step.guards:
        _keep_trace(session, application, now)
    if step.act == "approve":
        quotas.take_place(session, application, now)
    if step.target is ApplicationStatus.ON_POST:
        quotas.begin(session, application, now)
    if step.target is ApplicationStatus.DECLINED:
        quotas.give_back(session, application)
    if step.target in FAILED and application.notice_id is not None:
        _take_off_the_notice(session, application, now)


def _take_off_the_notice(session: Session, application: Application, now: datetime) -> None:
    """Who withdrew or was refused is no longer proposed; the others' notice runs on (3.6)."""
    session.execute(
        update(PublicNoticeItem)
        .where(
            PublicNoticeItem.application_id == application.id,
            PublicNoticeItem.removed_at.is_(None),
        )
        .values(removed_at=now)
    )


def _keep_trace(session: Session, application: Application, now: datetime) -> None:
    question = screening.of_application(application, business_date(now))
    screening.decide_and_keep(session, question, at=now, application_id=application.id)


def _obstacle(condition: object, key: str, **slots: Any) -> tuple[Obstacle, ...]:
    return HOLDS if condition else (Obstacle(f"obstacle.{key}", slots),)


def _exists(scene: Scene, query: Any) -> bool:
    return scene.session.scalars(query.limit(1)).first() is not None


@guard
def papers_complete(scene: Scene) -> tuple[Obstacle, ...]:
    """An ID card and a household page have come, as photos or on paper at the village."""
    held = set(
        scene.session.scalars(
            select(Material.kind).where(
                Material.application_id == scene.application.id, Material.state != "lost"
            )
        )
    )
    lacking = [kind for kind in ("id_card", "household") if kind not in held]
    return tuple(Obstacle("obstacle.paper_lacking", {"kind": kind}) for kind in lacking)


@guard
def is_overdue(scene: Scene) -> tuple[Obstacle, ...]:
    due_on = scene.application.due_on
    return _obstacle(due_on and due_on < business_date(scene.now), "not_due_yet")


@guard
def review_held(scene: Scene) -> tuple[Obstacle, ...]:
    """A closed review holds a vote on this application (no stage skipped, R-3.4c)."""
    return _obstacle(_result(scene), "no_review")


@guard
def review_passed(scene: Scene) -> tuple[Obstacle, ...]:
    result = _result(scene)
    passed = result is not None and result.votes_for > result.votes_against + result.abstained
    return _obstacle(passed, "review_not_passed")


@guard
def review_failed(scene: Scene) -> tuple[Obstacle, ...]:
    return _obstacle(bool(review_passed(scene)), "review_was_passed")


def _result(scene: Scene) -> ReviewResult | None:
    return scene.once("result", lambda: _find_result(scene))


def _find_result(scene: Scene) -> ReviewResult | None:
    return scene.session.scalars(
        select(ReviewResult)
        .join(Review)
        .where(ReviewResult.application_id == scene.application.id, Review.closed_at.is_not(None))
        .order_by(ReviewResult.id.desc())
        .limit(1)
    ).first()


@guard
def cross_checked(scene: Scene) -> tuple[Obstacle, ...]:
    """Every circumstance that may exclude has been looked into (requirements 2.4)."""
    found = scene.once(
        "exclusions", lambda: exclusions(scene.session, scene.application, scene.now)
    )
    open_ones = tuple(name for name, outcome in found.items() if outcome is None)
    return tuple(Obstacle("obstacle.not_checked", {"circumstance": name}) for name in open_ones)


@guard
def not_excluded(scene: Scene) -> tuple[Obstacle, ...]:
    found = scene.once(
        "exclusions", lambda: exclusions(scene.session, scene.application, scene.now)
    )
    hits = tuple(name for name, outcome in found.items() if outcome == "hit")
    return tuple(Obstacle("obstacle.excluded", {"circumstance": name}) for name in hits)


def exclusions(session: Session, application: Application, now: datetime) -> dict[str, str | None]:
    """Each circumstance that the parameter names, with the latest finding: clear, hit or None."""
    names = parameters.in_force("eligibility.exclusions", business_date(now)).value
    found: dict[str, str | None] = dict.fromkeys(names)
    checks = session.scalars(
        select(ExclusionCheck)
        .where(ExclusionCheck.application_id == application.id)
        .order_by(ExclusionCheck.id)
    )
    for made in checks:
        if made.circumstance in found:
            found[made.circumstance] = made.outcome
    return found


@guard
def on_published_notice(scene: Scene) -> tuple[Obstacle, ...]:
    notice = _notice(scene)
    hangs = notice and notice.published_at and notice.withdrawn_at is None
    return _obstacle(hangs, "no_notice")


@guard
def objection_open(scene: Scene) -> tuple[Obstacle, ...]:
    return _obstacle(_open_objections(scene), "no_objection")


@guard
def no_open_objection(scene: Scene) -> tuple[Obstacle, ...]:
    """None against this person; and none against the notice of which nobody has said yet whom it
    concerns: it may be this one (R-3.4e)."""
    if _open_objections(scene):
        return (Obstacle("obstacle.objection_open"),)
    return (Obstacle("objections.unassigned"),) if _unassigned_objections(scene) else HOLDS


@guard
def findings_written(scene: Scene) -> tuple[Obstacle, ...]:
    """Every objection has its findings and its decision, and both sides can be answered."""
    undecided = _objections(scene).where(
        (Objection.findings.is_(None)) | (Objection.decided_at.is_(None))
    )
    return _obstacle(not _exists(scene, undecided), "findings_lacking")


@guard
def notice_over(scene: Scene) -> tuple[Obstacle, ...]:
    """The last day has ended at 24:00 in Shanghai (requirements 2.6)."""
    notice = _notice(scene)
    over = (
        notice is not None
        and notice.last_on is not None
        and notice.last_on < business_date(scene.now)
        and notice.withdrawn_at is None
    )
    return _obstacle(over, "notice_runs")


def _notice(scene: Scene) -> PublicNotice | None:
    key = scene.application.notice_id
    return scene.session.get(PublicNotice, key) if key is not None else None


def _objections(scene: Scene) -> Any:
    return (
        select(Objection.id)
        .join(PublicNoticeItem, Objection.item_id == PublicNoticeItem.id)
        .where(PublicNoticeItem.application_id == scene.application.id)
    )


def _open_objections(scene: Scene) -> bool:
    return scene.once("open objections", lambda: _has_open_objections(scene))


def _has_open_objections(scene: Scene) -> bool:
    return _exists(scene, _objections(scene).where(Objection.decided_at.is_(None)))


def _unassigned_objections(scene: Scene) -> bool:
    tickets = select(Ticket.id).where(
        Ticket.notice_id == scene.application.notice_id,
        Ticket.kind == TicketKind.OBJECTION,
        Ticket.closed_at.is_(None),
        ~select(Objection.id).where(Objection.ticket_id == Ticket.id).exists(),
    )
    return scene.application.notice_id is not None and _exists(scene, tickets)


@guard
def age_holds(scene: Scene) -> tuple[Obstacle, ...]:
    """The rules, asked again on this day with the facts as they stand (R-3.4e). Somebody outside
    the list passes only by a person's written decision (R-3.2h)."""
    today = business_date(scene.now)
    decision = screening.decide_application(scene.application, today)
    if decision.outcome == "eligible" or scene.reason_code == DECIDED_OUTSIDE_THE_LIST:
        return HOLDS
    return (Obstacle("obstacle.rules_say", {"outcome": decision.outcome}),)


@guard
def no_duplicate(scene: Scene) -> tuple[Obstacle, ...]:
    """The person holds no other post (R-3.5c, F-06). Their row is locked, so that of two approvals
    at once the second one sees the first."""
    if not scene.only_looking:
        mine = select(Person.id).where(Person.id == scene.application.person_id)
        scene.session.execute(mine.with_for_update())
    other = select(Engagement.id).where(
        Engagement.person_id == scene.application.person_id,
        Engagement.status != EngagementStatus.ENDED,
    )
    return _obstacle(not _exists(scene, other), "has_a_post")


@guard
def post_has_room(scene: Scene) -> tuple[Obstacle, ...]:
    """A post has been assigned, and fewer people are on it than its headcount."""
    key, locks = scene.application.post_id or 0, not scene.only_looking
    post = scene.session.get(Post, key, with_for_update=locks)
    if post is None or post.status not in (PostStatus.APPROVED, PostStatus.ANNOUNCED):
        return (Obstacle("obstacle.no_post"),)
    taken = scene.session.scalar(
        select(func.count()).where(
            Engagement.post_id == post.id, Engagement.status != EngagementStatus.ENDED
        )
    )
    return _obstacle((taken or 0) < post.headcount, "post_full", post=post.name)


@guard
def quota_has_room(scene: Scene) -> tuple[Obstacle, ...]:
    """The plan version in force today leaves room; the quota's row is locked until the end."""
    room = _room(scene)
    if room is None:
        return (Obstacle("obstacle.quota_not_issued"),)
    return _obstacle(room > 0, "quota_full")


def _room(scene: Scene) -> int | None:
    today, seen = business_date(scene.now), scene.application
    ask = quotas.room_seen if scene.only_looking else quotas.room
    return scene.once("room", lambda: ask(scene.session, seen, today))


@guard
def quota_is_full(scene: Scene) -> tuple[Obstacle, ...]:
    room = _room(scene)
    return _obstacle(room is not None and room <= 0, "quota_has_room")


@guard
def first_in_line(scene: Scene) -> tuple[Obstacle, ...]:
    rank = quotas.waiting_rank(scene.session, scene.application)
    return _obstacle(rank == 1, "others_before", rank=rank or 0)


def longest_wait(today: date) -> timedelta:
    """How long a place on the waiting list holds."""
    months = int(parameters.in_force("application.waiting_list_months", today).value)
    return timedelta(days=months * 365 / 12)


@guard
def waited_too_long(scene: Scene) -> tuple[Obstacle, ...]:
    waited = scene.now - scene.application.status_at
    return _obstacle(waited > longest_wait(business_date(scene.now)), "may_still_wait")


@guard
def offer_accepted(scene: Scene) -> tuple[Obstacle, ...]:
    return _obstacle(scene.application.offer_accepted_at, "offer_not_accepted")


def engagement_of(session: Session, application: Application) -> Engagement | None:
    """The engagement that the approval made."""
    return session.scalars(
        select(Engagement).where(Engagement.application_id == application.id)
    ).first()


def _engagement(scene: Scene) -> Engagement | None:
    return scene.once("engagement", lambda: engagement_of(scene.session, scene.application))


def _of_engagement(scene: Scene, table: Any) -> Any:
    engagement = _engagement(scene)
    return select(table.id).where(table.engagement_id == (engagement.id if engagement else None))


@guard
def agreement_signed(scene: Scene) -> tuple[Obstacle, ...]:
    """An agreement with its signed copy (R-3.6a)."""
    signed = _of_engagement(scene, Agreement).where(
        Agreement.signed_on.is_not(None), Agreement.signed_copy_id.is_not(None)
    )
    return _obstacle(_exists(scene, signed), "not_signed")


@guard
def training_passed(scene: Scene) -> tuple[Obstacle, ...]:
    """A new hire has been trained and passed; whether somebody must again who was on a post before
    is a parameter (R-3.4h)."""
    passed = _exists(scene, _of_engagement(scene, Training).where(Training.passed))
    return _obstacle(passed or _is_spared_training(scene), "not_trained")


def _is_spared_training(scene: Scene) -> bool:
    if parameters.in_force("application.rehire_trains", business_date(scene.now)).value:
        return False
    earlier = select(Engagement.id).where(
        Engagement.person_id == scene.application.person_id,
        Engagement.application_id.is_distinct_from(scene.application.id),
        Engagement.starts_on.is_not(None),
        Engagement.ends_on.is_not(None),
    )
    return _exists(scene, earlier)


@guard
def start_day_ahead(scene: Scene) -> tuple[Obstacle, ...]:
    """Nobody is paid for days before the papers were complete: the first day is not in the past."""
    engagement = _engagement(scene)
    starts_on = engagement.starts_on if engagement else None
    return _obstacle(starts_on is None or starts_on >= business_date(scene.now), "start_day_past")


@guard
def insured(scene: Scene) -> tuple[Obstacle, ...]:
    """A rural worker is covered from the first day; an urban one is insured by law (R-3.6c, e)."""
    if scene.application.track != "rural":
        return HOLDS
    engagement = _engagement(scene)
    starts_on = engagement.starts_on if engagement else None
    if starts_on is None:
        return (Obstacle("obstacle.no_start_day"),)
    cover = _of_engagement(scene, InsuranceCover).where(
        InsuranceCover.from_on <= starts_on,
        (InsuranceCover.to_on.is_(None)) | (InsuranceCover.to_on >= starts_on),
    )
    return _obstacle(_exists(scene, cover), "not_insured")


@guard
def own_account(scene: Scene) -> tuple[Obstacle, ...]:
    """The wage account is the worker's own (R-3.3a)."""
    account = select(BankAccount.id).where(
        BankAccount.person_id == scene.application.person_id,
        BankAccount.holder == scene.application.person.name,
        BankAccount.replaced_at.is_(None),
    )
    return _obstacle(_exists(scene, account), "no_own_account")


@guard
def identity_verified(scene: Scene) -> tuple[Obstacle, ...]:
    """Somebody has seen the person and the ID card together (F-01)."""
    return _obstacle(scene.application.person.seen_in_person_at, "not_seen_in_person")


@guard
def one_engagement(scene: Scene) -> tuple[Obstacle, ...]:
    other = select(Engagement.id).where(
        Engagement.person_id == scene.application.person_id,
        Engagement.status != EngagementStatus.ENDED,
        Engagement.application_id != scene.application.id,
    )
    return _obstacle(not _exists(scene, other), "has_a_post")
