"""What did not get through, and how the clock's jobs stand: seen, and acted on with its guard."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from models import AuditEntry, Delivery, JobRun, JobState, Lease
from models.telling import Attended, DeliveryState, Happening
from services import outbox
from services.delivery_steps import advance
from tests.builders import NOW, phone
from tests.console.conftest import Visit, Watch

Sessions = sessionmaker[Session]
WAYS: dict[str, tuple[Happening, ...]] = {
    "failed": (Happening.CLAIMED, Happening.REFUSED),
    "uncertain": (Happening.CLAIMED, Happening.LOST_SIGHT),
    "stopped": (Happening.LOOPED,),
    "expired": (Happening.EXPIRED,),
    "queued": (),
}


def put(sessions: Sessions, way: str, number: int = 1, *, valid: int = 60) -> uuid.UUID:
    with sessions.begin() as session:
        delivery = outbox.enqueue(
            session,
            channel="sms",
            address=phone(number),
            key="sms.one_time_code",
            slots={"code": "135790", "minutes": 10},
            cause="test",
            now=NOW,
            expires_at=NOW + timedelta(days=valid),
        )
        session.flush()
        for happening in WAYS[way]:
            advance(session, delivery, happening, NOW, error="isv.MOBILE_NUMBER_ILLEGAL")
        return delivery.id


def row(sessions: Sessions, key: uuid.UUID) -> Delivery:
    with sessions() as session:
        return session.get_one(Delivery, key)


def test_the_three_piles_and_what_is_not_on_them(visit: Visit, seeded_sessions: Sessions) -> None:
    for number, way in enumerate(WAYS):
        put(seeded_sessions, way, number)
    clerk = visit("qujingban")
    clerk.get("/console/outbox")
    assert clerk.page.count('class="name"') == 3
    assert "对方不收" in clerk.words
    assert "同样的话发得太多" in clerk.words
    assert "不知道到没到" in clerk.words


@pytest.mark.parametrize("way", ["failed", "uncertain", "stopped"])
def test_sent_again_is_a_delivery_of_its_own(
    visit: Visit, seeded_sessions: Sessions, way: str
) -> None:
    key = put(seeded_sessions, way)
    clerk = visit("qujingban")
    assert clerk.get(f"/console/outbox/{key}").status_code == 200
    clerk.post(f"/console/outbox/{key}", {"how": "again"})
    with seeded_sessions() as session:
        again = session.scalars(select(Delivery).where(Delivery.once == f"again:{key}")).one()
        assert (again.state, again.address) == (DeliveryState.QUEUED, phone(1))
        entry = session.scalars(select(AuditEntry).where(AuditEntry.act == "delivery.again")).one()
        assert (entry.subject_id, entry.details["before"]) == (str(key), way)
    old = row(seeded_sessions, key)
    assert (old.state, old.attended) == (way, Attended.AGAIN)
    assert clerk.post(f"/console/outbox/{key}", {"how": "again"}).status_code == 409
    assert "处理过了" in clerk.words


def test_told_in_person_takes_it_off_the_list(visit: Visit, seeded_sessions: Sessions) -> None:
    key = put(seeded_sessions, "uncertain")
    clerk = visit("qujingban")
    assert clerk.post(f"/console/outbox/{key}", {"how": "in_person"}).status_code == 200
    clerk.get("/console/outbox")
    assert 'class="name"' not in clerk.page
    assert row(seeded_sessions, key).attended == Attended.IN_PERSON
    assert row(seeded_sessions, key).state == DeliveryState.UNCERTAIN  # what happened stays


def test_what_is_over_is_not_sent_again(visit: Visit, seeded_sessions: Sessions) -> None:
    key = put(seeded_sessions, "failed", valid=-1)
    clerk = visit("qujingban")
    answer = clerk.post(f"/console/outbox/{key}", {"how": "again"})
    assert answer.status_code == 409
    assert "过了有效时间" in clerk.words
    assert row(seeded_sessions, key).attended is None


def test_while_the_provider_is_asked_nobody_sends_it_twice(
    visit: Visit, seeded_sessions: Sessions
) -> None:
    key = put(seeded_sessions, "uncertain")
    with seeded_sessions.begin() as session:
        session.get_one(Delivery, key).ask_at = NOW + timedelta(minutes=1)
    clerk = visit("qujingban")
    assert clerk.post(f"/console/outbox/{key}", {"how": "again"}).status_code == 409
    assert "还在向运营商查" in clerk.words


def test_a_choice_that_is_none_and_a_delivery_that_is_none(
    visit: Visit, seeded_sessions: Sessions
) -> None:
    key, waiting = put(seeded_sessions, "failed"), put(seeded_sessions, "queued", 2)
    clerk = visit("qujingban")
    assert clerk.post(f"/console/outbox/{key}", {"how": "burn"}).status_code == 422
    assert clerk.get(f"/console/outbox/{waiting}").status_code == 404
    assert clerk.get(f"/console/outbox/{uuid.uuid4()}").status_code == 404


def test_the_jobs_and_their_alarms(visit: Visit, watch: Watch, seeded_sessions: Sessions) -> None:
    machine = watch.wall
    with seeded_sessions.begin() as session:
        session.add(Lease(name="clock", holder="here", until=machine + timedelta(hours=1)))
        for job, looked_at, error in (
            ("tidy_mail", machine, None),
            ("seal_audit", machine - timedelta(hours=1), None),
            ("forget_runs", machine, "RuntimeError"),
        ):
            session.add(JobState(job=job, does="x", looked_at=looked_at, error=error))
    keeper = visit("guanliyi")
    keeper.get("/console/jobs")
    assert "时钟在走" in keeper.words
    assert "好几分钟没人看了" in keeper.words
    assert keeper.words.index("好几分钟没人看了") < keeper.words.index("清理过期的消息")
    assert "上次出错" in keeper.words


def failed_run(sessions: Sessions, *, missed: str | None) -> int:
    with sessions.begin() as session:
        session.add(JobState(job="close", does="x", missed=missed, looked_at=NOW))
        run = JobRun(
            job="close",
            due_at=NOW,
            holder="h",
            started_at=NOW,
            heartbeat_at=NOW,
            ended_at=NOW,
            error="RuntimeError: a day does not close",
            tries=5,
        )
        session.add(run)
        session.flush()
        return run.id


def test_a_failed_run_is_run_again_on_demand(visit: Visit, seeded_sessions: Sessions) -> None:
    key = failed_run(seeded_sessions, missed="each")
    keeper = visit("guanliyi")
    keeper.get("/console/jobs")
    assert "a day does not close" in keeper.words
    assert keeper.post(f"/console/jobs/{key}/again").status_code == 200
    with seeded_sessions() as session:
        assert session.get_one(JobRun, key).tries == 0
        assert session.scalars(select(AuditEntry).where(AuditEntry.act == "job.run_again")).one()


def test_a_look_out_is_not_run_again_by_hand(visit: Visit, seeded_sessions: Sessions) -> None:
    key = failed_run(seeded_sessions, missed=None)
    assert visit("guanliyi").post(f"/console/jobs/{key}/again").status_code == 404


def test_who_only_watches_acts_on_nothing(visit: Visit, seeded_sessions: Sessions) -> None:
    key, run = put(seeded_sessions, "failed"), failed_run(seeded_sessions, missed="each")
    watcher = visit("jiandu")
    watcher.get(f"/console/outbox/{key}")
    assert phone(1) not in watcher.words
    assert "<form method" not in watcher.page.partition("<main")[2]
    assert watcher.post(f"/console/outbox/{key}", {"how": "left"}).status_code == 403
    assert watcher.post(f"/console/jobs/{run}/again").status_code == 403
