"""Entering a version of the plan: what does not add up is refused, what surprises is said
(R-2.3, R-2.4, R-A2a, R-A2c).

A version is never overwritten: an adjustment or a transfer between towns is the next version, with
its reason, document and first day. Errors: a column that does not come to its total, a year that
is not the plan's. Warnings, kept with the version: the rural share, a town below what is filled,
the programme's ceiling.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import PlanVersion, Quota, Region
from models.places import RegionKind
from rules import quota as law
from rules.quota import TRACKS, Track
from services import plan
from services.acting import Acting
from services.guards import Obstacle
from services.judgement import Judgement
from services.procedure import Hindered
from services.trail import note

ENTER = "plan.enter"


@dataclass(frozen=True)
class Proposal:
    """A version that somebody wants to enter. `numbers` is town code → track → posts; `targets`
    the year's totals as the document gives them. `based_on` is the version number seen when the
    form was opened (0: none). `total_adjusted`: the document changes the year's total (R-2.4)."""

    year: int
    effective_on: date
    document: str
    reason: str
    targets: Mapping[Track, int]
    numbers: Mapping[str, Mapping[Track, int]]
    based_on: int = 0
    total_adjusted: bool = False


def judge(session: Session, proposal: Proposal) -> Judgement:
    """What stands against a proposal, and what its author should know."""
    latest = plan.latest(session, proposal.year)
    if (latest.version if latest else 0) != proposal.based_on:
        return Judgement((Obstacle("plan.newer_version", {"version": _number(latest)}),))
    errors = [
        *_missing_words(proposal),
        *_sums(session, proposal),
        *_year_total(session, proposal, latest),
    ]
    return Judgement(tuple(errors), () if errors else tuple(_warnings(session, proposal)))


def enter(
    session: Session, proposal: Proposal, acting: Acting, now: datetime
) -> tuple[PlanVersion, tuple[Obstacle, ...]]:
    """Add the next version of the year; gives it with its warnings. Raises `Hindered`.

    The rows of the version before are locked: an approval that counts on them ends first."""
    _lock_latest(session, proposal.year)
    judged = judge(session, proposal)
    if judged.errors:
        raise Hindered(ENTER, judged.errors)
    version = PlanVersion(
        year=proposal.year,
        version=proposal.based_on + 1,
        effective_on=proposal.effective_on,
        document=proposal.document.strip(),
        reason=proposal.reason.strip(),
        rural_target=proposal.targets["rural"],
        urban_target=proposal.targets["urban"],
        entered_by_id=acting.staff.id if acting.staff else None,
        entered_at=now,
    )
    _add(session, version)
    places = {town.code: town for town in session.scalars(select(Region)) if town.code}
    session.add_all(
        Quota(plan_version_id=version.id, region_id=places[code].id, track=track, number=number)
        for code, row in proposal.numbers.items()
        for track, number in row.items()
    )
    _note(session, version, proposal, judged.warnings, acting, now)
    session.flush()
    return version, judged.warnings


def transfer(
    session: Session, latest: PlanVersion, track: Track, between: tuple[str, str], number: int
) -> tuple[dict[str, dict[Track, int]], tuple[Obstacle, ...]]:
    """The numbers of a version with `number` posts moved from one town to another: their sum is
    kept (R-A2c). Gives them with what forbids the move."""
    giver, taker = between
    numbers = plan.numbers_of(session, latest)
    given = numbers.get(giver, {}).get(track)
    if given is None or taker not in numbers or giver == taker:
        return numbers, (Obstacle("plan.transfer_places"),)
    if not 0 < number <= given:
        return numbers, (Obstacle("plan.transfer_too_many", {"number": given}),)
    numbers[giver][track] = given - number
    numbers[taker][track] = numbers[taker].get(track, 0) + number
    return numbers, ()


def _missing_words(proposal: Proposal) -> list[Obstacle]:
    return [
        Obstacle(f"plan.{name}_needed")
        for name in ("document", "reason")
        if not getattr(proposal, name).strip()
    ]


def _sums(session: Session, proposal: Proposal) -> list[Obstacle]:
    """Unknown places, negative numbers, and columns that do not come to their total."""
    known = dict(session.execute(select(Region.code, Region.kind)).tuples().all())
    errors = [
        Obstacle("plan.unknown_town", {"town": code})
        for code in proposal.numbers
        if known.get(code) in (None, RegionKind.DISTRICT, RegionKind.VILLAGE)
    ]
    if any(number < 0 for row in proposal.numbers.values() for number in row.values()):
        errors.append(Obstacle("plan.negative"))
    for track in TRACKS:
        total = sum(row.get(track, 0) for row in proposal.numbers.values())
        if total != proposal.targets[track]:
            slots = {"sum": total, "target": proposal.targets[track]}
            errors.append(Obstacle(f"plan.column_{track}", slots))
    return errors


def _year_total(session: Session, proposal: Proposal, latest: PlanVersion | None) -> list[Obstacle]:
    """The year's total is the plan's; only a document may change it, said expressly (R-2.4)."""
    year, total = plan.planned(proposal.year), sum(proposal.targets.values())
    before = sum(plan.targets_of(session, latest).values()) if latest else year
    if year is None or proposal.total_adjusted or total in (year, before):
        return []
    return [Obstacle("plan.year_total", {"sum": total, "planned": year})]


def _warnings(session: Session, proposal: Proposal) -> list[Obstacle]:
    rural, urban = proposal.targets["rural"], proposal.targets["urban"]
    found = []
    if rural + urban and not law.keeps_rural_share(rural, urban, on=proposal.effective_on):
        percent = round(100 * rural / (rural + urban))
        found.append(Obstacle("plan.warn_share", {"percent": percent}))
    filled = plan.filled_places(session, proposal.year)
    for town in plan.towns(session, _district(session)):
        for track in TRACKS:
            number = proposal.numbers.get(town.code, {}).get(track, 0)
            if (held := filled[town.id, track]) > number:
                slots = {"town": town.name, "number": number, "filled": held}
                found.append(Obstacle(f"plan.warn_below_{track}", slots))
    for track in TRACKS:
        total = proposal.targets[track] + _other_years(session, proposal.year, track)
        if total > (ceiling := law.programme_total(track)):
            slots = {"sum": total, "ceiling": ceiling}
            found.append(Obstacle(f"plan.warn_programme_{track}", slots))
    return found


def _other_years(session: Session, year: int, track: Track) -> int:
    """The targets of the other years' newest versions (R-2.1)."""
    newest: dict[int, PlanVersion] = {}
    for version in session.scalars(select(PlanVersion).order_by(PlanVersion.version)):
        newest[version.year] = version
    others = [one for one in newest.values() if one.year != year]
    return sum(plan.targets_of(session, one)[track] for one in others)


def _district(session: Session) -> Region:
    return session.scalars(select(Region).where(Region.kind == RegionKind.DISTRICT)).one()


def _number(version: PlanVersion | None) -> int:
    return version.version if version else 0


def _add(session: Session, version: PlanVersion) -> None:
    """Two first versions of a year at the same moment: the second is told, like any later one."""
    try:
        with session.begin_nested():
            session.add(version)
    except IntegrityError:
        newer = Obstacle("plan.newer_version", {"version": version.version})
        raise Hindered(ENTER, (newer,)) from None


def _lock_latest(session: Session, year: int) -> None:
    latest = plan.latest(session, year)
    if latest is not None:
        locked = select(Quota.id).where(Quota.plan_version_id == latest.id).order_by(Quota.id)
        session.execute(locked.with_for_update())


def _note(
    session: Session,
    version: PlanVersion,
    proposal: Proposal,
    warnings: tuple[Obstacle, ...],
    acting: Acting,
    now: datetime,
) -> None:
    note(
        session,
        ENTER,
        actor=acting.name,
        at=now,
        subject=("plan_version", f"{version.year}-{version.version}"),
        before={"version": proposal.based_on},
        after={"targets": dict(proposal.targets), "numbers": {**proposal.numbers}},
        why=proposal.reason,
        document=proposal.document,
        warnings=[warning.key for warning in warnings],
    )
