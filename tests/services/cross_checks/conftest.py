"""An office with two workers whose April is marked, for whoever holds a list against them."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from tests.services.month import Office, create_office, create_worker, mark_days


@pytest.fixture
def office(seeded: Session) -> Office:
    office = create_office(seeded)
    for name in ("甲一", "乙二"):
        mark_days(seeded, create_worker(seeded, name=name))
    return office
