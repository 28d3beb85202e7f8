"""A value that is worked out once, and never behind somebody else's."""

from __future__ import annotations

import threading

from handlers.once import once

PATIENCE_SECONDS = 5


class Asked:
    def __init__(self, waits_for: threading.Event | None = None) -> None:
        self.waits_for = waits_for
        self.times = 0

    @once
    def value(self) -> int:
        """What is asked for."""
        if self.waits_for is not None:
            assert self.waits_for.wait(PATIENCE_SECONDS)
        self.times += 1
        return self.times


def test_it_is_worked_out_once() -> None:
    asked = Asked()
    assert [asked.value, asked.value] == [1, 1]
    assert asked.times == 1


def test_whoever_waits_inside_holds_up_nobody_else() -> None:
    """One turn waits for the write lock of SQLite where it first asks who writes; the turn that
    holds it asks the same of its own desk, and must get on."""
    released = threading.Event()
    waits, holds = Asked(released), Asked()
    waiting = threading.Thread(target=lambda: waits.value)
    waiting.start()

    def ask_and_release() -> None:
        assert holds.value == 1
        released.set()

    asking = threading.Thread(target=ask_and_release)
    asking.start()
    asking.join(PATIENCE_SECONDS)
    waiting.join(PATIENCE_SECONDS)
    assert released.is_set()
    assert (waits.value, holds.value) == (1, 1)
