"""The pictures of numbers: what stands on their axis."""

from __future__ import annotations

import re

import pytest

from console import charts


def axis(*values: int) -> list[str]:
    """What stands beside bars of these numbers."""
    labels = ["甲镇", "乙镇", "丙镇"][: len(values)]
    picture = charts.bars("月表", labels, [("等签字", values)]).get_data(as_text=True)
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", picture)
    return [text for text in texts if re.fullmatch(r"[0-9.]+", text)]


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ((1,), ["0", "1"]),
        ((1, 2, 0), ["0", "1", "2"]),
        ((0, 3), ["0", "1", "2", "3"]),
    ],
)
def test_few_are_counted_in_whole_ones(values: tuple[int, ...], shown: list[str]) -> None:
    assert axis(*values) == shown


@pytest.mark.parametrize("most", [0, 7, 11, 99, 40_000])
def test_no_axis_has_fractions(most: int) -> None:
    numbers = [float(text) for text in axis(most, most // 2)]
    assert all(number.is_integer() for number in numbers)
    assert len(numbers) <= 24
