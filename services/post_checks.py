"""Whether a post may be as it is described (plan 三(一), 三(三); R-3.1*, R-3.3b, R-4.2c)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Announcement, Post, PostStatus, Quota, Region
from models.places import RegionKind
from rules import parameters, wage
from rules import posts as law
from rules.errors import NotInForce
from rules.quota import TRACKS
from services import quotas
from services.guards import Obstacle
from services.judgement import Judgement

COUNTED = frozenset({PostStatus.APPROVED, PostStatus.ANNOUNCED, PostStatus.SUSPENDED})
"""States of posts that the plan counts as created (R-2.1)."""

TEXTS = {"name": 64, "worksite": 128, "host_unit": 64, "responsible": 64}
MOST_AT_ONCE = 500


@dataclass(frozen=True)
class Sheet:
    """A post as a form describes it. `pay_fen` is a month's pay; hours are whole hours."""

    track: str
    name: str
    category: str
    duties: tuple[str, ...]
    headcount: int
    worksite: str
    host_unit: str
    responsible: str
    hours_per_week: int | None
    focus_areas: tuple[str, ...] = ()
    mode: str = "single"
    hours_per_month: int | None = None
    pay_kind: str | None = None
    pay_fen: int | None = None

    def values(self) -> dict[str, Any]:
        """The columns of `Post`, as plain JSON."""
        return {**asdict(self), "duties": list(self.duties), "focus_areas": list(self.focus_areas)}


def sheet_of(post: Post) -> Sheet:
    """A post's present description."""
    names = Sheet.__dataclass_fields__
    values = {name: getattr(post, name) for name in names}
    return Sheet(
        **{**values, "duties": tuple(post.duties), "focus_areas": tuple(post.focus_areas or ())}
    )


@dataclass(frozen=True)
class PayCheck:
    """The arithmetic of a pay against its floor (R-3.3b). `hours`: of an hourly post's month.
    `is_certain` is false where nobody has confirmed the standard or the district's tier."""

    pay_fen: int
    floor_fen: int
    standard_fen: int
    hours: int | None
    reference: str
    is_certain: bool

    @property
    def is_enough(self) -> bool:
        return self.pay_fen >= self.floor_fen

    @property
    def words(self) -> Obstacle:
        """The arithmetic as a phrase, whatever its outcome."""
        kind = "month" if self.hours is None else "hour"
        enough = "enough" if self.is_enough else "low"
        slots = {
            "pay_fen": self.pay_fen,
            "floor_fen": self.floor_fen,
            "standard_fen": self.standard_fen,
            "hours": self.hours,
        }
        return Obstacle(f"post.pay_{kind}_{enough}", slots)


def pay_check(sheet: Sheet, day: date) -> PayCheck | None:
    """The pay of a sheet against the minimum wage in force on a day; None where the pay, its kind
    or the hours are not set yet, or no standard is known for the day."""
    if sheet.pay_fen is None or sheet.pay_kind is None:
        return None
    hours = sheet.hours_per_month if sheet.pay_kind == "hour" else None
    if sheet.pay_kind == "hour" and hours is None:
        return None
    try:
        floor = (
            wage.monthly_floor(day)
            if hours is None
            else wage.hourly_floor(day, paid_hours=max(hours, 0))
        )
    except NotInForce:
        return None
    return PayCheck(
        sheet.pay_fen, floor.fen, floor.standard_fen, hours, floor.reference, floor.is_certain
    )


def judge(session: Session, sheet: Sheet, place: Region, day: date) -> Judgement:
    """What stands against a post at a place, and what should be known of it."""
    errors = [*_text_errors(sheet), *_choice_errors(sheet), *_number_errors(sheet)]
    warnings = [*_mode_warnings(sheet), *_hour_warnings(sheet, day)]
    if law.is_for_veterans(sheet.name, sheet.host_unit, *sheet.duties):
        errors.insert(0, Obstacle("post.veterans"))
    if words := law.doubtful_words(sheet.name, *sheet.duties):
        warnings.append(Obstacle("post.doubtful", {"words": list(words)}))
    if (missing := plan_missing(session, sheet.track, place, day)) is not None:
        (warnings if missing.key == "post.year_not_issued" else errors).append(missing)
    if (pay := pay_check(sheet, day)) is not None:
        if not pay.is_enough:
            errors.append(pay.words)
        if not pay.is_certain:
            warnings.append(Obstacle("post.pay_uncertain", {"reference": pay.reference}))
    return Judgement(tuple(errors), tuple(warnings))


def plan_missing(session: Session, track: str, place: Region, day: date) -> Obstacle | None:
    """`post.year_not_issued` where the year has no version, `post.not_allocated` where it has one
    without a row for the place's town (R-0.1, R-2.5)."""
    version = quotas.version_in_force(session, day.year, day)
    if version is None:
        return Obstacle("post.year_not_issued", {"year": day.year})
    town = quotas.town_of(place)
    row = select(Quota.id).where(
        Quota.plan_version_id == version.id, Quota.region_id == town.id, Quota.track == track
    )
    if session.scalars(row).first() is None:
        return Obstacle("post.not_allocated", {"town": town.name, "year": day.year})
    return None


def plan_room(session: Session, post: Post, headcount: int, day: date) -> tuple[Obstacle, ...]:
    """Whether the town's plan of the year leaves room for so many posts more (R-1.1). Locks the
    quota's row until the transaction ends."""
    if (missing := plan_missing(session, post.track, post.region, day)) is not None:
        return (missing,)
    version = quotas.version_in_force(session, day.year, day)
    town = quotas.town_of(post.region)
    assert version is not None
    number = session.scalars(
        select(Quota.number)
        .where(
            Quota.plan_version_id == version.id,
            Quota.region_id == town.id,
            Quota.track == post.track,
        )
        .with_for_update()
    ).one()
    created = posts_created(session, town, post.track, day.year)
    if created + headcount <= number:
        return ()
    slots = {"town": town.name, "number": number, "created": created, "headcount": headcount}
    return (Obstacle("post.plan_is_full", slots),)


def posts_created(session: Session, town: Region, track: str, year: int) -> int:
    """Headcount of the town's posts that count in a year's plan."""
    counted = session.scalar(
        select(func.sum(Post.headcount))
        .join(Region, Post.region_id == Region.id)
        .outerjoin(Announcement, Post.announcement_id == Announcement.id)
        .where(
            Post.track == track,
            Post.status.in_(COUNTED),
            func.coalesce(Post.plan_year, Announcement.year) == year,
            Region.path.startswith(town.path, autoescape=True),
        )
    )
    return int(counted or 0)


def identical(session: Session, post: Post) -> int:
    """How many posts like this one its town has demanded with the very same reason (R-3.1d)."""
    town = quotas.town_of(post.region)
    alike = session.scalars(
        select(Post)
        .join(Region, Post.region_id == Region.id)
        .where(
            Post.name == post.name,
            Post.category == post.category,
            Post.demand_reason == post.demand_reason,
            Post.status.not_in((PostStatus.REFUSED, PostStatus.REVOKED)),
            Region.path.startswith(town.path, autoescape=True),
        )
    )
    return sum(one.headcount for one in alike if list(one.duties) == list(post.duties))


def identical_flag(session: Session, post: Post, day: date) -> tuple[Obstacle, ...]:
    """The flag against "一刀切", with its number."""
    most = int(parameters.in_force("post.identical_posts_flag", day).value)
    number = identical(session, post)
    return (Obstacle("post.identical", {"number": number, "most": most}),) if number > most else ()


def _text_errors(sheet: Sheet) -> Iterable[Obstacle]:
    for name, longest in TEXTS.items():
        text = getattr(sheet, name).strip()
        if not text:
            yield Obstacle(f"post.{name}_needed")
        elif len(text) > longest:
            yield Obstacle(
                "post.too_long", {"field": Obstacle(f"post.field_{name}"), "most": longest}
            )


def _choice_errors(sheet: Sheet) -> Iterable[Obstacle]:
    if sheet.track not in TRACKS:
        yield Obstacle("post.track_needed")
    if sheet.category not in law.categories():
        yield Obstacle("post.category_needed")
    if set(sheet.focus_areas) - law.focus_areas().keys():
        yield Obstacle("post.focus_unknown")
    if sheet.mode not in ("single", "combined"):
        yield Obstacle("post.mode_needed")
    if sheet.pay_kind not in (None, "month", "hour"):
        yield Obstacle("post.pay_kind_needed")


def _number_errors(sheet: Sheet) -> Iterable[Obstacle]:
    if not sheet.duties:
        yield Obstacle("post.duty_needed")
    if not 1 <= sheet.headcount <= MOST_AT_ONCE:
        yield Obstacle("post.headcount_needed", {"most": MOST_AT_ONCE})
    if sheet.hours_per_week is None or not 1 <= sheet.hours_per_week <= 7 * 24:
        yield Obstacle("post.hours_needed")
    if sheet.pay_kind == "hour" and not 1 <= (sheet.hours_per_month or 0) <= 31 * 24:
        yield Obstacle("post.month_hours_needed")
    if sheet.pay_fen is not None and sheet.pay_fen <= 0:
        yield Obstacle("post.pay_needed")


def _mode_warnings(sheet: Sheet) -> Iterable[Obstacle]:
    if sheet.mode == "combined" and len(sheet.duties) < 2:
        yield Obstacle("post.combined_needs_two")


def _hour_warnings(sheet: Sheet, day: date) -> Iterable[Obstacle]:
    most = int(parameters.in_force("attendance.hours_per_week_max", day).value)
    if sheet.pay_kind == "hour" and (sheet.hours_per_week or 0) > most:
        yield Obstacle("post.many_hours", {"most": most})


def is_place_for_posts(place: Region) -> bool:
    """Posts stand in villages, towns, streets and the park; never in the district as such."""
    return place.kind != RegionKind.DISTRICT
