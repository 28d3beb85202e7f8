"""A provider's share: taken away by steps, given back by time, the same for all senders."""

from __future__ import annotations

import threading
from datetime import timedelta

from sqlalchemy.orm import Session, sessionmaker

from services import sms_health
from services.sms_health import RECOVERY_EVERY, note_failure, note_slowness, weights
from tests.builders import NOW


def test_four_failures_in_a_row_take_the_whole_share(session: Session) -> None:
    assert weights(session, NOW) == {}
    left = [note_failure(session, "tencent", "unknown: ReadTimeout", NOW) for _ in range(5)]
    assert left == [750, 500, 250, 0, 0]
    assert weights(session, NOW) == {"tencent": 0}


def test_slowness_costs_less(session: Session) -> None:
    assert note_slowness(session, "aliyun", "a call took 9 s", NOW) == 900


def test_time_gives_it_back_by_steps_and_never_more_than_all(session: Session) -> None:
    for _ in range(4):
        note_failure(session, "tencent", "x", NOW)
    given = [
        weights(session, NOW + steps * RECOVERY_EVERY)["tencent"] for steps in (0, 1, 2, 8, 80)
    ]
    assert given == [0, 125, 250, 1000, 1000]


def test_a_failure_in_between_begins_where_time_had_come(session: Session) -> None:
    for _ in range(4):
        note_failure(session, "tencent", "x", NOW)
    later = NOW + 4 * RECOVERY_EVERY
    assert note_failure(session, "tencent", "x", later) == 250
    assert weights(session, later + RECOVERY_EVERY - timedelta(seconds=1))["tencent"] == 250


def test_a_clock_that_went_back_gives_nothing(session: Session) -> None:
    note_failure(session, "tencent", "x", NOW)
    assert weights(session, NOW - timedelta(hours=1)) == {"tencent": 750}


def test_the_console_sees_each_provider(session: Session) -> None:
    note_failure(session, "tencent", "unknown: ReadTimeout", NOW)
    note_slowness(session, "tencent", "a call took 9 s", NOW)
    tencent, aliyun = sms_health.overview(session, {"tencent": 70, "aliyun": 30}, NOW)
    assert (tencent.weight, tencent.failed, tencent.slow) == (650, 1, 1)
    assert tencent.reason == "a call took 9 s"
    assert (aliyun.weight, aliyun.failed, aliyun.changed_at) == (1000, 0, None)


def test_no_stumble_of_several_senders_is_lost(sessions: sessionmaker[Session]) -> None:
    ready = threading.Barrier(4)

    def stumble() -> None:
        ready.wait()
        with sessions.begin() as own:
            note_slowness(own, "tencent", "x", NOW)

    threads = [threading.Thread(target=stumble) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with sessions() as session:
        assert weights(session, NOW) == {"tencent": 600}
