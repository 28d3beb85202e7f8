"""How long somebody is on a post: the reckoning of the last day, extensions, exits, suspensions,
vacancies, and the follow-up of who left (plan 三(三), 三(七); R-3.3d to h, R-3.7*, 3.8, F-13)."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from models.base import Base, new_id
from models.onpost import Engagement
from models.people import Person
from models.places import Region
from models.plan import Post
from models.staff import Staff
from models.term_steps import ExitCause, PauseCause, TermMatter, TermState

_OPEN = text("state IN ('at_village', 'at_town', 'at_district', 'set', 'under_way')")


class TermRecord(Base):
    """One reckoning of an engagement's last day: what it was before and after, and the verdict
    with all that it was made from (R-3.3g). Only ever added."""

    __tablename__ = "term_record"

    id: Mapped[int] = mapped_column(primary_key=True)
    engagement_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("engagement.id"), index=True)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(64))
    cause: Mapped[str] = mapped_column(String(16))
    """start, extension, exit, undo, correction, support or law."""
    before_on: Mapped[date | None]
    after_on: Mapped[date | None]
    verdict: Mapped[dict[str, Any]]


class OtherSupport(Base):
    """Another employment subsidy that somebody drew, proved by a record: its months count to the
    36 where the parameter `term.other_support` names its kind (R-3.3d)."""

    __tablename__ = "other_support"
    __table_args__ = (CheckConstraint("from_on <= to_on", name="dates"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), index=True)
    kind: Mapped[str] = mapped_column(String(32))
    from_on: Mapped[date]
    to_on: Mapped[date]
    source: Mapped[str] = mapped_column(String(128))
    recorded_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    recorded_at: Mapped[datetime]


class _Matter:
    """What an extension, an exit and a suspension have in common."""

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    state: Mapped[TermState] = mapped_column(String(12))
    state_at: Mapped[datetime]
    due_on: Mapped[date | None]
    asked_by: Mapped[str] = mapped_column(String(8))
    """worker, village, town, district or clock."""
    reason: Mapped[str] = mapped_column(String(255), default="")
    opened_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    @declared_attr
    def engagement_id(cls) -> Mapped[uuid.UUID]:  # noqa: N805 - SQLAlchemy's own declaration
        return mapped_column(ForeignKey("engagement.id"), index=True)

    @declared_attr
    def holder_id(cls) -> Mapped[int | None]:  # noqa: N805
        return mapped_column(ForeignKey("region.id"), index=True)

    @declared_attr
    def engagement(cls) -> Mapped[Engagement]:  # noqa: N805
        return relationship()

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:  # noqa: N805
        return {"version_id_col": cls.__table__.c.version}  # type: ignore[attr-defined]  # mapped


def _one_open(table: str) -> Index:
    return Index(
        f"uq_{table}_open",
        "engagement_id",
        unique=True,
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )


class Extension(_Matter, Base):
    """The wish to stay beyond the term. `to_on` is the new last day, `verdict` what allowed it."""

    __tablename__ = "extension"
    __table_args__ = (_one_open("extension"),)
    matter = TermMatter.EXTENSION

    ends_on: Mapped[date]
    """The last day that it would move."""
    to_on: Mapped[date | None]
    wished_at: Mapped[datetime | None]
    """When the worker asked for it; None where the clock only reminded the village."""
    supported: Mapped[bool | None]
    verdict: Mapped[dict[str, Any]] = mapped_column(default=dict)


class Exit(_Matter, Base):
    """Somebody leaves a post, or has left it."""

    __tablename__ = "exit"
    __table_args__ = (_one_open("exit"),)
    matter = TermMatter.EXIT

    cause: Mapped[ExitCause] = mapped_column(String(16))
    last_on: Mapped[date]
    """The last day on the post, both for work and for pay."""
    reported_on: Mapped[date]
    """When the house first heard of it: counted against the limit of the vacancy report."""
    former_ends_on: Mapped[date | None]
    done_at: Mapped[datetime | None]


class EngagementPause(_Matter, Base):
    """Off the post from a day to a day (None: it goes on), paid or not by its cause."""

    __tablename__ = "engagement_pause"
    __table_args__ = (
        _one_open("engagement_pause"),
        CheckConstraint("to_on IS NULL OR from_on <= to_on", name="dates"),
    )
    matter = TermMatter.PAUSE

    cause: Mapped[PauseCause] = mapped_column(String(16))
    from_on: Mapped[date]
    to_on: Mapped[date | None]
    paid: Mapped[bool]
    explanation: Mapped[str] = mapped_column(String(500), default="")
    explained_at: Mapped[datetime | None]


class TermEvent(Base):
    """One step of an extension, an exit or a suspension. Only ever added."""

    __tablename__ = "term_event"
    __table_args__ = (Index("ix_term_event_subject", "matter", "subject_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    matter: Mapped[TermMatter] = mapped_column(String(12))
    subject_id: Mapped[uuid.UUID]
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(64))
    staff_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    act: Mapped[str] = mapped_column(String(32))
    from_state: Mapped[str | None] = mapped_column(String(12))
    to_state: Mapped[str] = mapped_column(String(12))
    approval: Mapped[bool] = mapped_column(default=False)
    remark: Mapped[str] = mapped_column(String(255), default="")

    staff: Mapped[Staff | None] = relationship()


class TermNotice(Base):
    """That the worker was told, at so many days before that very last day. Another last day begins
    anew."""

    __tablename__ = "term_notice"
    __table_args__ = (UniqueConstraint("engagement_id", "ends_on", "days_before"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    engagement_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("engagement.id"))
    ends_on: Mapped[date]
    days_before: Mapped[int]
    told_at: Mapped[datetime]


class Vacancy(Base):
    """A place that somebody left. It counts as reported when the house first heard that they leave:
    from the worker, the village, the town or the clock (2.7, F-13)."""

    __tablename__ = "vacancy"

    id: Mapped[int] = mapped_column(primary_key=True)
    exit_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("exit.id"), unique=True)
    engagement_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("engagement.id"), index=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"), index=True)
    left_on: Mapped[date]
    due_on: Mapped[date]
    reported_on: Mapped[date]
    opened_at: Mapped[datetime]
    late_at: Mapped[datetime | None] = mapped_column(index=True)
    """When it was found that the report came after `due_on`: what was paid for days after `left_on`
    is looked at for being paid back."""
    void_at: Mapped[datetime | None]
    """The exit was undone."""

    engagement: Mapped[Engagement] = relationship()
    post: Mapped[Post] = relationship()


class FollowUpCase(Base):
    """Help for somebody who left a post (plan 三(七)): opened that same day, contacted by plan
    until it is closed with an allowed result."""

    __tablename__ = "follow_up_case"
    __table_args__ = (Index("ix_follow_up_case_due", "region_id", "closed_at", "next_on"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    exit_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("exit.id"), unique=True)
    engagement_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("engagement.id"), index=True)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), index=True)
    region_id: Mapped[int] = mapped_column(ForeignKey("region.id"))
    opened_on: Mapped[date]
    need: Mapped[str | None] = mapped_column(String(16))
    suggests_aid: Mapped[bool] = mapped_column(default=False)
    """The household is on a hardship list: the civil-affairs clerk is asked without waiting."""
    next_on: Mapped[date | None]
    """The day of the next contact."""
    reached_on: Mapped[date]
    """The last contact that reached the person; the day of exit before the first."""
    missed: Mapped[int] = mapped_column(default=0)
    """Tries in a row that reached nobody."""
    escalated_at: Mapped[datetime | None]
    result: Mapped[str | None] = mapped_column(String(16))
    closed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own declaration

    engagement: Mapped[Engagement] = relationship()
    person: Mapped[Person] = relationship()
    region: Mapped[Region] = relationship()


class FollowUpContact(Base):
    """One contact, or one try. Only ever added."""

    __tablename__ = "follow_up_contact"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("follow_up_case.id"), index=True)
    at: Mapped[datetime]
    how: Mapped[str] = mapped_column(String(8))
    """visit, phone or chat."""
    reached: Mapped[bool]
    need: Mapped[str | None] = mapped_column(String(16))
    remark: Mapped[str] = mapped_column(String(255), default="")
    staff_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))

    staff: Mapped[Staff | None] = relationship()


class Referral(Base):
    """Somebody who left was sent on: to a training, an employer, a start-up service, or, with their
    consent, to civil affairs (R-3.7b, c)."""

    __tablename__ = "referral"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("follow_up_case.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    place: Mapped[str] = mapped_column(String(64))
    consented_on: Mapped[date | None]
    made_at: Mapped[datetime]
    made_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    outcome: Mapped[str] = mapped_column(String(255), default="")
    outcome_at: Mapped[datetime | None]
