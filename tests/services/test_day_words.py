"""Every state of a day has its word on the page of a month's line."""

import pytest

from models import DayState
from wording import load_book


@pytest.mark.parametrize("state", DayState)
def test_every_state_of_a_day_has_a_word(state: DayState) -> None:
    assert load_book().text(f"pay.day_{state}")
