"""A running number is given once, also when many draw the first one of a series at once."""

from __future__ import annotations

import threading

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker

from services.numbers import next_number

AT_ONCE = 12


def test_many_draw_the_first_number_at_once(sessions: sessionmaker[Session]) -> None:
    gate = threading.Barrier(AT_ONCE)
    drawn: list[int] = []

    def draw() -> None:
        gate.wait()
        while True:
            try:
                with sessions.begin() as session:
                    number = next_number(session, "series")
                drawn.append(number)
                return
            except OperationalError:  # SQLite's queue was long: again
                continue

    threads = [threading.Thread(target=draw) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(drawn) == list(range(1, AT_ONCE + 1))
