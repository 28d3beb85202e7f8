"""What clerks write onto a case besides its steps: which post it is for, what was looked up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from models import Application, ExclusionCheck, Post, PostStatus, Region, Role
from models.procedure import ApplicationStatus
from services import quotas
from services.acting import Acting
from services.staff import area
from services.trail import note

MAY_ASSIGN = frozenset({Role.TOWN_CLERK, Role.DISTRICT_CLERK})
MAY_CHECK = frozenset({Role.TOWN_CLERK, Role.DISTRICT_CLERK})
"""Who looks circumstances up and says what was found (requirements 2.4)."""
ASSIGNABLE = frozenset(
    {
        ApplicationStatus.VILLAGE_REVIEW,
        ApplicationStatus.TOWN_CLERK,
        ApplicationStatus.TOWN_HEAD,
        ApplicationStatus.DISTRICT_CLERK,
        ApplicationStatus.DISTRICT_APPROVAL,
    }
)


def may_assign(application: Application, acting: Acting) -> bool:
    """Whether this role may say now which post the applicant is for."""
    return acting.role in MAY_ASSIGN and application.status in ASSIGNABLE


def posts_for(session: Session, application: Application) -> tuple[Post, ...]:
    """The announced posts of the applicant's town and track."""
    town = quotas.town_of(application.village)
    rows = session.scalars(
        select(Post)
        .join(Region, Post.region_id == Region.id)
        .where(
            Post.track == application.track,
            Post.status == PostStatus.ANNOUNCED,
            Post.announcement_id == application.announcement_id,
            area(town),
        )
        .options(joinedload(Post.region))
        .order_by(Post.region_id != application.village_id, Post.code)
    )
    return tuple(rows)


def assign_post(
    session: Session, application: Application, post: Post, acting: Acting, now: datetime
) -> None:
    """Say which post the applicant is for. The same post again changes nothing."""
    if application.post_id == post.id:
        return
    before = application.post.code if application.post else None
    application.post = post
    note(
        session,
        "case.assign_post",
        actor=acting.name,
        at=now,
        subject=("application", application.id),
        before={"post": before},
        after={"post": post.code},
    )
    session.flush()


@dataclass(frozen=True)
class Finding:
    """What was found of one circumstance, and where it was looked up."""

    circumstance: str
    outcome: str
    source: str


def record_finding(
    session: Session, application: Application, finding: Finding, acting: Acting, now: datetime
) -> None:
    """Keep a finding; the earlier ones stay, the latest counts."""
    assert acting.staff is not None
    session.add(
        ExclusionCheck(
            application_id=application.id,
            circumstance=finding.circumstance,
            outcome=finding.outcome,
            source=finding.source,
            checked_by_id=acting.staff.id,
            checked_at=now,
        )
    )
    note(
        session,
        "case.check",
        actor=acting.name,
        at=now,
        subject=("application", application.id),
        after={"circumstance": finding.circumstance, "outcome": finding.outcome},
        why=finding.source,
    )
    session.flush()
