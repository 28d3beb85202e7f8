"""The worker's own sign: check-in and check-out, by chat or SMS (requirements 3.4).

A check-in by word is the house's hot path: one SELECT that brings everything it must know, one
INSERT, both prepared. Nothing here refuses for a technical reason: what speaks against a check-in
is written into its evidence.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, cast

from sqlalchemy import Select, Table, and_, bindparam, exists, func, select
from sqlalchemy.orm import Session

from models import (
    AttendanceEvent,
    CheckInPhoto,
    CheckInPoint,
    Contact,
    DutyPlan,
    Engagement,
    EngagementStatus,
    EventKind,
    Leave,
    LeaveState,
    Post,
)
from models.prepared import Prepared, Write
from models.sealing import blind_index
from rules import parameters
from services.clock import SHANGHAI, business_date
from services.days import deriving, judging, unsigned
from services.days.duty import PLAN_COLUMNS, Duty, Fence, in_force, of_columns

COARSE_M = 10
"""A distance is kept in steps of so many metres; never the point itself."""

_EVENT = cast(Table, AttendanceEvent.__table__)
_ENGAGEMENT = cast(Table, Engagement.__table__)
_CONTACT = cast(Table, Contact.__table__)
_PLAN = cast(Table, DutyPlan.__table__)
_LEAVE = cast(Table, Leave.__table__)
_POST = cast(Table, Post.__table__)

_undo = _EVENT.alias("undo")
_first_at = (
    select(func.min(_EVENT.c.happened_at))
    .where(
        _EVENT.c.engagement_id == _ENGAGEMENT.c.id,
        _EVENT.c.day_on == bindparam("day"),
        _EVENT.c.kind == "checkin",
        ~exists().where(_undo.c.undoes_id == _EVENT.c.id),
    )
    .correlate(_ENGAGEMENT)
    .scalar_subquery()
)
_on_leave = exists().where(
    _LEAVE.c.engagement_id == _ENGAGEMENT.c.id,
    _LEAVE.c.state == LeaveState.APPROVED.value,
    _LEAVE.c.from_on <= bindparam("day"),
    func.coalesce(_LEAVE.c.ended_on, _LEAVE.c.to_on) >= bindparam("day"),
)
_COLUMNS = (
    _ENGAGEMENT.c.id,
    _ENGAGEMENT.c.status,
    _ENGAGEMENT.c.starts_on,
    _ENGAGEMENT.c.ends_on,
    _POST.c.id,
    _POST.c.name,
    _first_at.label("first_at"),
    _on_leave.label("on_leave"),
    *(_PLAN.c[name] for name in PLAN_COLUMNS),
)
_OPEN = _ENGAGEMENT.c.status != EngagementStatus.ENDED.value
_PLAN_OF_THE_DAY = in_force(bindparam("day"))
_ABOUT = (
    select(*_COLUMNS)
    .select_from(_ENGAGEMENT)
    .join(_POST, _POST.c.id == _ENGAGEMENT.c.post_id)
    .outerjoin(_PLAN, _PLAN_OF_THE_DAY)
)
_OF_CONTACT = Prepared(
    _ABOUT.join(_CONTACT, _CONTACT.c.person_id == _ENGAGEMENT.c.person_id).where(
        _CONTACT.c.id == bindparam("contact"), _OPEN
    )
)
_OF_ENGAGEMENT = Prepared(_ABOUT.where(_ENGAGEMENT.c.id == bindparam("engagement")))
_KEPT = tuple(column.name for column in _EVENT.c if column.name != "id")


@dataclass(frozen=True)
class Standing:
    """What a check-in must know of a worker and of this day."""

    engagement_id: uuid.UUID
    status: str
    starts_on: date | None
    ends_on: date | None
    post_id: int
    post: str
    day: date
    duty: Duty
    first_at: datetime | None
    on_leave: bool

    @property
    def obstacle(self) -> str | None:
        """Why there is nothing to check in to: `starting`, `before_start`, `over`; else None."""
        if self.status == EngagementStatus.STARTING or self.starts_on is None:
            return "starting"
        if self.day < self.starts_on:
            return "before_start"
        if self.ends_on is not None and self.day > self.ends_on:
            return "over"
        return None


@dataclass(frozen=True)
class Sign:
    """One sign of a worker: how it came and what was checked."""

    kind: EventKind = EventKind.CHECKIN
    source: str = "wechat"
    evidence: Mapping[str, Any] = field(default_factory=dict)
    happened_at: datetime | None = None


@dataclass(frozen=True)
class Foreknown:
    """What was read of the writer's standing on a day together with something else."""

    day: date
    row: tuple[Any, ...]


def with_standing(page: Select[Any]) -> Select[Any]:
    """A statement about a `contact`, which then brings how its person stands on the parameter `day`
    in its last columns as well: what `Foreknown` keeps. Empty ones for who is on no post."""
    return (
        page.add_columns(*_COLUMNS)
        .outerjoin(_ENGAGEMENT, and_(_ENGAGEMENT.c.person_id == _CONTACT.c.person_id, _OPEN))
        .outerjoin(_POST, _POST.c.id == _ENGAGEMENT.c.post_id)
        .outerjoin(_PLAN, _PLAN_OF_THE_DAY)
    )


def standing_of(
    session: Session, contact_id: uuid.UUID, now: datetime, known: Foreknown | None = None
) -> Standing | None:
    """The standing of who writes; None where they are on no post, or have not said who they are.
    Of `known` the standing as it was then, if it is about this day and says anything."""
    day = business_date(now)
    row: tuple[Any, ...] | None
    if known is not None and known.day == day and known.row[0] is not None:
        row = known.row
    else:
        row = _OF_CONTACT.peek(session.connection(), {"contact": contact_id, "day": day})
    return None if row is None else _standing(row, day)


def standing_in(session: Session, engagement_id: uuid.UUID, day: date) -> Standing:
    """The standing of one engagement on a day."""
    values = {"engagement": engagement_id, "day": day}
    row = _OF_ENGAGEMENT.first(session.connection(), values)
    if row is None:
        raise LookupError(f"no engagement {engagement_id}")
    return _standing(row, day)


def sign(
    session: Session,
    standing: Standing,
    contact_id: uuid.UUID,
    sign: Sign,
    now: datetime,
    *,
    later: list[Write] | None = None,
) -> None:
    """Keep a sign without more than a word behind it; in `later`, where it may wait for the turn's
    end. Once the evening has closed the day, the day is derived anew."""
    _call_off(session, standing, now)
    write = Write(_EVENT, _event_row(standing, contact_id, sign, now))
    if later is not None and judging.moment(now).phase(standing.day) == "open":
        later.append(write)
        return
    write.run(session.connection())
    _renew(session, standing, now)


def sign_with_point(
    session: Session,
    standing: Standing,
    contact_id: uuid.UUID,
    *,
    sign: Sign,
    point: tuple[float, float],
    now: datetime,
) -> dict[str, Any]:
    """Keep a check-in with the place it came from; gives the evidence: how far from the middle of
    the fence, in steps of ten metres, and whether inside. Outside is a reason, never a refusal."""
    evidence = {**sign.evidence, **judge_point(standing.duty.fence, point)}
    event = _keep(session, standing, contact_id, Sign(sign.kind, sign.source, evidence), now)
    words = f"{point[0]:.6f},{point[1]:.6f}"
    kept = CheckInPoint(
        event_id=event.id, spot_index=blind_index(words, "check_in_spot"), taken_at=now
    )
    kept.point = words
    session.add(kept)
    session.flush()
    _renew(session, standing, now)
    return evidence


def sign_with_photo(
    session: Session,
    standing: Standing,
    contact_id: uuid.UUID,
    *,
    sign: Sign,
    media_id: str,
    now: datetime,
) -> None:
    """Keep a check-in with a photo, which the clock asks the platform for afterwards."""
    evidence = {**sign.evidence, "photo": True}
    event = _keep(session, standing, contact_id, Sign(sign.kind, sign.source, evidence), now)
    session.add(CheckInPhoto(event_id=event.id, media_id=media_id, taken_at=now, next_try_at=now))
    session.flush()
    _renew(session, standing, now)


def judge_point(fence: Fence | None, point: tuple[float, float]) -> dict[str, Any]:
    """What is kept of a place: nothing but the coarse distance, and inside or not."""
    if fence is None:
        return {"place": True}
    metres = fence.distance_m(*point)
    coarse = round(metres / COARSE_M) * COARSE_M
    found: dict[str, Any] = {"distance_m": coarse, "inside": metres <= fence.radius_m}
    return found if found["inside"] else {**found, "outside": True}


def was_on_post(session: Session, contact_id: uuid.UUID) -> date | None:
    """The last day on a post of somebody who is on none any more."""
    return session.scalar(
        select(func.max(func.coalesce(Engagement.ended_on, Engagement.ends_on)))
        .join(Contact, Contact.person_id == Engagement.person_id)
        .where(
            Contact.id == contact_id,
            Engagement.status == EngagementStatus.ENDED,
        )
    )


def _standing(row: tuple[Any, ...], day: date) -> Standing:
    (engagement_id, status, starts_on, ends_on, post_id, post, first_at, on_leave, *plan) = row
    return Standing(
        engagement_id=engagement_id,
        status=status,
        starts_on=starts_on,
        ends_on=ends_on,
        post_id=post_id,
        post=post,
        day=day,
        duty=of_columns(plan, day),
        first_at=first_at,
        on_leave=bool(on_leave),
    )


def _event_row(
    standing: Standing, contact_id: uuid.UUID, sign: Sign, now: datetime
) -> dict[str, Any]:
    return {
        **dict.fromkeys(_KEPT),
        "engagement_id": standing.engagement_id,
        "day_on": standing.day,
        "kind": sign.kind.value,
        "happened_at": sign.happened_at or now,
        "recorded_at": now,
        "contact_id": contact_id,
        "source": sign.source,
        "evidence": dict(sign.evidence),
        "reason": "",
    }


def _keep(
    session: Session, standing: Standing, contact_id: uuid.UUID, sign: Sign, now: datetime
) -> AttendanceEvent:
    _call_off(session, standing, now)
    event = AttendanceEvent(**_event_row(standing, contact_id, sign, now))
    session.add(event)
    session.flush()
    return event


def _call_off(session: Session, standing: Standing, now: datetime) -> None:
    """Who signs after the window need not hear that they have not. In time costs no statement."""
    late = int(parameters.in_force_or_first("attendance.late_minutes", standing.day).value)
    over = datetime.combine(standing.day, standing.duty.closes, SHANGHAI)
    if now >= over + timedelta(minutes=late):
        unsigned.call_off(session, standing.engagement_id, standing.day, now)


def _renew(session: Session, standing: Standing, now: datetime) -> None:
    if judging.moment(now).phase(standing.day) != "open":
        day = standing.day
        deriving.derive(session, [standing.engagement_id], from_on=day, to_on=day, now=now)
