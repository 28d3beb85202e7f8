"""A broadcast of a town, its writer and its approver."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

from models import Broadcast, Person, Role
from services.acting import Acting
from services.broadcasts import deciding, expansion, mass, release, writing
from services.broadcasts.audience import Audience, Who
from services.broadcasts.texts import Words
from services.broadcasts.writing import Sheet, Urgency
from tests.builders import NOW, create_acting, create_person, region

WANGJIA = "v-xinyan-wangjiazhuang"
ELSEWHERE = "v-gulou-xiangyang"
WORDS = Words("集中培训", "{姓名}，4月10日上午8点半到{镇街}人社所培训，带身份证。")


def sheet(**more: Any) -> Sheet:
    values: dict[str, Any] = {
        "words": WORDS,
        "urgency": Urgency.DUTY,
        "audience": Audience(Who.EVERYBODY),
        **more,
    }
    return Sheet(**values)


def villagers(session: Session, count: int, code: str = WANGJIA) -> list[Person]:
    village = region(session, code).id
    return [create_person(session, village_id=village) for _ in range(count)]


@pytest.fixture
def clerk(seeded: Session) -> Acting:
    return create_acting(seeded, Role.TOWN_CLERK, "xinyan")


@pytest.fixture
def head(seeded: Session) -> Acting:
    return create_acting(seeded, Role.TOWN_HEAD, "xinyan")


Approved = Callable[..., Broadcast]


@pytest.fixture
def approved(seeded: Session, clerk: Acting, head: Acting) -> Approved:
    """Write, submit and approve one for now."""

    def make(now: datetime = NOW, **more: Any) -> Broadcast:
        one = writing.draft(seeded, region(seeded, "xinyan"), sheet(**more), clerk, now)
        deciding.submit(seeded, one, clerk, now)
        deciding.approve(seeded, one, now, head, now)
        return one

    return make


def run(session: Session, broadcast: Broadcast, now: datetime = NOW, *, chunk: int = 500) -> int:
    """What the clock does with it, to the end; how many were handed over."""
    if broadcast in expansion.to_start(session, now):
        expansion.start(session, broadcast, now)
    if broadcast in mass.to_prepare(session):
        mass.give_up(session, broadcast, mass.NO_ACCOUNT, now)
    while broadcast.expanded_at is None:
        expansion.expand(session, broadcast, now, chunk=chunk)
    handed = 0
    while some := release.release(session, broadcast, now, chunk=chunk):
        handed += some
    return handed
