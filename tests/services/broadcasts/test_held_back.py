"""What the clock does with a broadcast: no more than the channels can take, nothing in the night
but what keeps people safe, and nothing any more once it was stopped."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Delivery, Visit
from models.telling import DeliveryState
from services import dispatch
from services.acting import Acting
from services.broadcasts import deciding, expansion, recall, release
from services.broadcasts.writing import Urgency
from services.dispatch import Answer, Fate
from tests.builders import NOW, at
from tests.services.broadcasts.conftest import Approved, run, villagers

NIGHT = at("2022-04-06 23:00")


def queued(session: Session) -> list[Delivery]:
    session.flush()
    return list(session.scalars(select(Delivery).where(Delivery.state == DeliveryState.QUEUED)))


def test_a_crowd_waits_while_the_channels_are_full(
    seeded: Session, approved: Approved, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(release, "AHEAD", 2)
    villagers(seeded, 3)
    broadcast = approved()
    expansion.start(seeded, broadcast, NOW)
    expansion.expand(seeded, broadcast, NOW)
    assert release.has_room(seeded, broadcast)
    release.release(seeded, broadcast, NOW, chunk=2)
    assert not release.has_room(seeded, broadcast)
    broadcast.kind = Urgency.SAFETY
    assert release.has_room(seeded, broadcast)


@pytest.mark.parametrize(("urgency", "waits"), [(Urgency.DUTY, True), (Urgency.SAFETY, False)])
def test_only_what_keeps_people_safe_leaves_in_the_night(
    seeded: Session, approved: Approved, urgency: Urgency, *, waits: bool
) -> None:
    villagers(seeded, 1)
    run(seeded, approved(NIGHT, urgency=urgency), NIGHT)
    [delivery] = queued(seeded)
    assert (delivery.due_at > NIGHT) is waits
    assert (dispatch.due(seeded, "sms", now=NIGHT, limit=1) == []) is waits


def test_what_comes_back_after_a_stop_takes_no_further_way(
    seeded: Session, clerk: Acting, approved: Approved
) -> None:
    villagers(seeded, 1)
    broadcast = approved()
    run(seeded, broadcast)
    [parcel] = dispatch.claim(seeded, "sms", now=NOW, machine_now=NOW)
    deciding.stop(seeded, broadcast, "不用了", clerk, NOW)
    dispatch.record(seeded, parcel, Answer(Fate.REFUSED, error="dead number"), now=NOW)
    seeded.flush()
    visit = seeded.scalars(select(Visit)).one()
    assert recall.leftovers(seeded, NOW) == [broadcast]
    assert recall.take_back(seeded, broadcast, NOW) == 1
    assert visit.withdrawn_at == NOW
    assert recall.leftovers(seeded, NOW) == []
