"""Posts and people from before 2022 that the programme takes over (R-3.1e): one list, whole or not
at all. Earlier months count to each person's 36; whether the people count in a year's quota is said
per list, because the plan leaves it open."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import (
    Engagement,
    EngagementStatus,
    IntegratedBatch,
    Person,
    Post,
    Region,
    Role,
    new_id,
)
from models.sealing import blind_index
from rules import id_number as id_numbers
from rules import parameters
from rules.errors import InvalidQuestion
from services import identity, sheets_in
from services.acting import Acting
from services.attachments import Upload
from services.clock import business_date
from services.guards import Obstacle
from services.numbers import next_number
from services.procedure import Hindered
from services.sheets_in import WORDS, BadCell, Row
from services.staff import area
from services.terms import reckoning
from services.terms.reckoning import Reckoned
from services.trail import note

MAY_TAKE_OVER = frozenset({Role.DISTRICT_CLERK})
ORIGIN = "integrated"


@dataclass(frozen=True)
class TakenOver:
    """What became of a list: people on a post, people whose term is over already; or what is wrong,
    each with its row, and then nothing was taken over."""

    on_post: int = 0
    over: int = 0
    wrong: tuple[tuple[int, Obstacle], ...] = ()


class _Unusable(Exception):
    """Some row is wrong: everything of the list is undone."""


def take_over(
    session: Session, upload: Upload, *, plan_year: int | None, acting: Acting, now: datetime
) -> TakenOver:
    """Enter a list. `plan_year`: the year whose quota these people count in, or None. `Unfit` for
    another kind of file; `Hindered` for one that was taken over before."""
    if acting.role not in MAY_TAKE_OVER or acting.region is None or acting.staff is None:
        raise Hindered("take_over", (Obstacle("obstacle.not_your_role"),))
    digest = hashlib.sha256(upload.content).hexdigest()
    if session.scalar(select(IntegratedBatch.id).where(IntegratedBatch.sha256 == digest)):
        raise Hindered("take_over", (Obstacle("integrated.known_already"),))
    rows = list(sheets_in.read(upload.content, "integrated"))
    batch = IntegratedBatch(
        id=new_id(),
        file_name=upload.file_name[-128:],
        sha256=digest,
        plan_year=plan_year,
        rows_count=len(rows),
        taken_by_id=acting.staff.id,
        taken_at=now,
    )
    wrong: list[tuple[int, Obstacle]] = []
    on_post = 0
    try:
        with session.begin_nested():
            session.add(batch)
            session.flush()
            for row in rows:
                try:
                    made = _take_row(session, row, batch, acting.region, now)
                    on_post += made.status == EngagementStatus.ON_POST
                except BadCell as bad:
                    wrong.append((row.number, bad.obstacle))
                except Hindered as hindered:
                    wrong += [(row.number, obstacle) for obstacle in hindered.obstacles]
            if wrong or not rows:
                raise _Unusable
    except _Unusable:
        return TakenOver(wrong=tuple(wrong) or ((0, Obstacle("integrated.empty")),))
    note(
        session,
        "register.taken_over",
        actor=acting.name,
        at=now,
        subject=("integrated_batch", batch.id),
        rows=len(rows),
        plan_year=plan_year,
    )
    return TakenOver(on_post=on_post, over=len(rows) - on_post)


def _take_row(
    session: Session, row: Row, batch: IntegratedBatch, region: Region, now: datetime
) -> Engagement:
    today = business_date(now)
    id_number, name = row.id_number("id_number", today), row.text("name")
    post = _post(session, row.text("post"), region)
    starts_on = row.day("starts_on")
    first_on = row.maybe_day("first_on") or starts_on
    _check_days(starts_on, first_on, today)
    person = _person(session, name, id_number, post, now)
    engagement = Engagement(
        id=new_id(),
        person_id=person.id,
        post_id=post.id,
        worker_code=f"W{today.year}{next_number(session, f'worker-{today.year}'):05d}",
        origin=ORIGIN,
        track=post.track,
        starts_on=starts_on,
        first_approved_on=first_on,
        retire_category=_category(row, person, post),
        batch_id=batch.id,
        created_at=now,
    )
    engagement.person = person
    _check_free(session, person)
    found = _set_end(session, engagement, starts_on, today)
    if engagement.status == EngagementStatus.ON_POST:
        _check_room(session, post)
    session.add(engagement)
    session.flush()
    reckoning.write(session, engagement, found.ends_on, cause="start", actor="clock", now=now,
                    verdict=found.verdict)  # fmt: skip
    return engagement


def _post(session: Session, code: str, region: Region) -> Post:
    post = session.scalars(
        select(Post).join(Post.region).where(Post.code == code, area(region))
    ).first()
    if post is None:
        raise Hindered("take_over", (Obstacle("integrated.no_such_post", {"code": code}),))
    return post


def _check_days(starts_on: date, first_on: date, today: date) -> None:
    effective_on = date.fromisoformat(parameters.in_force("plan.effective_on", today).value)
    if starts_on >= effective_on:
        raise Hindered("take_over", (Obstacle("integrated.begins_too_late"),))
    if first_on > starts_on:
        raise Hindered("take_over", (Obstacle("integrated.first_after_start"),))


def _person(session: Session, name: str, id_number: str, post: Post, now: datetime) -> Person:
    person = identity.find(session, id_number)
    if person is not None:
        if person.name != name:
            raise Hindered("take_over", (Obstacle("integrated.name_differs"),))
        return person
    read = id_numbers.read(id_number, on=business_date(now))
    assert read.born_on is not None
    assert read.sex is not None
    person = Person(
        id=new_id(),
        name=name,
        born_on=read.born_on,
        sex=read.sex,
        created_at=now,
        village_id=post.region_id if post.region.kind == "village" else None,
    )
    person.id_number = id_number
    person.id_number_index = blind_index(id_number, "id_number")
    session.add(person)
    session.flush()
    return person


def _category(row: Row, person: Person, post: Post) -> str | None:
    """How an urban woman retires: said by staff, never taken from her sex (requirements 2.2)."""
    if post.track == "rural" or person.sex == "male":
        return None
    said = row.maybe_text("category")
    for category, spellings in WORDS["categories"].items():
        if said in spellings:
            return str(category)
    raise Hindered("take_over", (Obstacle("integrated.no_category"),))


def _set_end(session: Session, engagement: Engagement, starts_on: date, today: date) -> Reckoned:
    """The regular end by the term's rules; a term that is over is kept as over."""
    with session.no_autoflush:
        try:
            found = reckoning.reckon(session, engagement, starts_on, today)
        except InvalidQuestion:
            raise Hindered("take_over", (Obstacle("integrated.retired_before"),)) from None
    if found.ends_on is None:
        raise Hindered("take_over", (Obstacle("onboarding.months_used_up"),))
    over = found.ends_on < today
    engagement.status = EngagementStatus.ENDED if over else EngagementStatus.ON_POST
    engagement.ended_on = found.ends_on if over else None
    return found


_HELD = Engagement.status != EngagementStatus.ENDED


def _check_free(session: Session, person: Person) -> None:
    """Nobody holds two posts (R-3.5c)."""
    held = select(Engagement.id).where(Engagement.person_id == person.id, _HELD)
    if session.scalars(held.limit(1)).first() is not None:
        raise Hindered("take_over", (Obstacle("obstacle.has_a_post"),))


def _check_room(session: Session, post: Post) -> None:
    """A post holds no more people than its headcount (R-3.5c)."""
    taken = session.scalar(select(func.count()).where(Engagement.post_id == post.id, _HELD))
    if (taken or 0) >= post.headcount:
        raise Hindered("take_over", (Obstacle("obstacle.post_full", {"post": post.name}),))
