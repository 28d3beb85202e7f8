"""What becomes of a hit: the town clerk writes what was found, the district's approver decides
(3.3). Two people, neither of them the one it is about, or a relative.

Cleared, everything is as before. Upheld, it goes by the verbs that are there already: the town's
findings are its proposal of an exit, the decision is its approval; what was paid for later days is
claimed back by `services.pay.claw_backs`.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import Session

from models import EngagementStatus, ExclusionCheck, Exit, HitState, ListHit, Role
from models.procedure import APPROVER, TOWN_CLERK
from models.term_steps import TermState
from services.acting import Acting, covers
from services.cross_checks import asking, holding
from services.cross_checks.kinds import kinds
from services.guards import Obstacle
from services.pay import holding as pay_holding
from services.pay.conflicts import is_own_or_kin
from services.pay.reckoning_again import reckon_again
from services.procedure import Hindered, holder
from services.terms import exits, leaving, settling
from services.terms.exits import Leaving
from services.trail import note

MAY_CHECK = TOWN_CLERK
MAY_DECIDE = APPROVER
MAY_RETURN = APPROVER | {Role.DISTRICT_CLERK}


@dataclass(frozen=True)
class Findings:
    """What the town found: whether it is true, how it knows, and the last day on the post (None:
    as the kind of list says)."""

    is_true: bool
    words: str
    last_on: date | None = None


def write_findings(
    session: Session, hit: ListHit, found: Findings, acting: Acting, now: datetime
) -> None:
    """Write down what the town found; until the decision it may be written anew."""
    _require(session, hit, acting, MAY_CHECK, "check_hit")
    assert acting.staff is not None
    if not found.words.strip():
        raise Hindered("check_hit", (Obstacle("obstacle.reason_needed"),))
    hit.last_on = _last_on(hit, found) if found.is_true else None
    hit.is_true, hit.findings = found.is_true, found.words.strip()[:500]
    hit.checked_by_id, hit.checked_at = acting.staff.id, now
    _note(session, hit, "checked", acting, now, hit.findings)


def return_to_town(
    session: Session, hit: ListHit, words: str, acting: Acting, now: datetime
) -> None:
    """The district wants to know more."""
    _require(session, hit, acting, MAY_RETURN, "return_hit")
    found = _obstacles(hit, acting, words)
    if found:
        raise Hindered("return_hit", found)
    hit.checked_at = None
    hit.decision = words.strip()[:255]
    _note(session, hit, "returned", acting, now, words)


def decide(
    session: Session, hit: ListHit, *, upheld: bool, words: str, acting: Acting, now: datetime
) -> None:
    """Decide on what the town found, with a reason. Raises `Hindered`, also with what hinders the
    exit that follows; then nothing is decided."""
    _require(session, hit, acting, MAY_DECIDE, "decide_hit")
    if found := _obstacles(hit, acting, words):
        raise Hindered("decide_hit", found)
    assert acting.staff is not None
    hit.state = HitState.UPHELD if upheld else HitState.CLEARED
    hit.decided_by_id, hit.decided_at = acting.staff.id, now
    hit.decision = words.strip()[:255]
    _note(session, hit, "upheld" if upheld else "cleared", acting, now, words)
    if upheld:
        _carry_out(session, hit, acting, now)
    else:
        _lift(session, hit, now)
    _let_go(session, hit, acting, now)


def _lift(session: Session, hit: ListHit, now: datetime) -> None:
    """It was nothing: days count as they were, and whoever was asked hears so."""
    if hit.stops_days and hit.engagement is not None:
        from_on = hit.since_on + holding.ONE_DAY
        leaving.judge_days_again(session, hit.engagement, from_on, now)
    asking.tell_over(session, hit, now)


def _obstacles(hit: ListHit, acting: Acting, words: str) -> tuple[Obstacle, ...]:
    found = []
    if hit.checked_at is None:
        found.append(Obstacle("cross_check.not_checked"))
    elif acting.staff is not None and hit.checked_by_id == acting.staff.id:
        found.append(Obstacle("obstacle.two_steps_by_one"))
    if not words.strip():
        found.append(Obstacle("obstacle.reason_needed"))
    return tuple(found)


def _last_on(hit: ListHit, found: Findings) -> date | None:
    engagement = hit.engagement
    if engagement is None or kinds()[hit.kind].leaves is None:
        return None
    last_on = found.last_on or kinds()[hit.kind].last_on(hit.since_on, engagement.starts_on)
    if engagement.starts_on is not None:
        last_on = max(last_on, engagement.starts_on)
    return last_on if engagement.ends_on is None else min(last_on, engagement.ends_on)


def _carry_out(session: Session, hit: ListHit, acting: Acting, now: datetime) -> None:
    kind = kinds()[hit.kind]
    engagement = hit.engagement
    if engagement is not None and kind.leaves is not None:
        hit.exit_cause = kind.leaves
        if engagement.status in (EngagementStatus.ON_POST, EngagementStatus.SUSPENDED,
                                 EngagementStatus.UNDECIDED):  # fmt: skip
            _leave(session, hit, acting, now)
    case_id = _case_of(hit)
    if case_id is not None and kind.circumstance is not None:
        assert hit.checked_by_id is not None
        session.add(
            ExclusionCheck(
                application_id=case_id,
                circumstance=kind.circumstance,
                outcome="hit",
                source=hit.row.sheet.source,
                checked_by_id=hit.checked_by_id,
                checked_at=now,
            )
        )
    session.flush()


def _case_of(hit: ListHit) -> uuid.UUID | None:
    """The case of somebody who is not on a post yet: what is true of them excludes them there."""
    starting = hit.engagement is not None and hit.engagement.status == EngagementStatus.STARTING
    return hit.engagement.application_id if starting and hit.engagement else hit.application_id


def _leave(session: Session, hit: ListHit, acting: Acting, now: datetime) -> None:
    """The exit, by the procedure of every exit: proposed by the town, approved by the district."""
    assert hit.engagement is not None
    cause, last_on = kinds()[hit.kind].leaves, hit.last_on
    assert cause is not None
    assert last_on is not None
    town = Acting(role=Role.TOWN_CLERK, staff=hit.checked_by, region=holder(hit.region, "town"))
    known: Exit | None = settling.open_exit(session, hit.engagement)
    if known is None:
        what = Leaving(cause, last_on, hit.findings)
        known = exits.propose(session, hit.engagement, what, town, now)
    elif known.state == TermState.AT_VILLAGE:
        settling.take(session, known, "propose", town, now, hit.findings)
    if known.state != TermState.AT_DISTRICT:
        raise Hindered("decide_hit", (Obstacle("cross_check.leaving_already"),))
    settling.take(session, known, "approve", acting, now, hit.decision)


def _let_go(session: Session, hit: ListHit, acting: Acting, now: datetime) -> None:
    """Release the lines that nothing holds any more, with the days that count by the decision."""
    for line in holding.lines_of(session, hit):
        if not holding.has_open(session, line):
            reckon_again(session, line, acting, now)
            pay_holding.release(session, line, acting, now)


def _require(
    session: Session, hit: ListHit, acting: Acting, roles: Collection[Role], act: str
) -> None:
    try:
        session.refresh(hit, with_for_update={"of": ListHit})
    except InvalidRequestError:  # its list was taken back at this moment
        raise Hindered(act, (Obstacle("obstacle.state_moved_on"),)) from None
    found = []
    if acting.role not in roles or acting.staff is None:
        found.append(Obstacle("obstacle.not_your_role"))
    elif not covers(acting.region, hit.region):
        found.append(Obstacle("obstacle.not_your_place"))
    elif is_own_or_kin(session, acting, hit.person_id):
        found.append(Obstacle("cross_check.own_or_kin"))
    if hit.state != HitState.OPEN:
        found.append(Obstacle("obstacle.state_moved_on"))
    if found:
        raise Hindered(act, tuple(found))


def _note(
    session: Session, hit: ListHit, act: str, acting: Acting, now: datetime, why: str
) -> None:
    session.flush()
    note(session, f"list_hit.{act}", actor=acting.name, at=now, subject=("list_hit", hit.id),
         after={"state": str(hit.state), "is_true": hit.is_true}, kind=hit.kind,
         why=why[:255])  # fmt: skip
