"""How a crowd's work is cut: towards its time, never by leaps."""

import pytest

from scheduler.broadcast_works import LEAST, MOST, PIECE_SECONDS, size_after


@pytest.mark.parametrize(
    ("size", "took", "following"),
    [
        (100, PIECE_SECONDS, 100),
        (100, PIECE_SECONDS / 1.5, 150),
        (100, PIECE_SECONDS / 10, 200),
        (100, PIECE_SECONDS * 10, 50),
        (100, 0.0, 200),
        (LEAST, 60.0, LEAST),
        (MOST, 0.001, MOST),
    ],
)
def test_the_next_piece(size: int, took: float, following: int) -> None:
    assert size_after(size, took) == following
