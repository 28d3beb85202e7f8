"""The `INSERT … ON CONFLICT` of the database that a session talks to."""

from __future__ import annotations

from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session


def upserting(session: Session) -> Any:
    """The dialect module whose `insert` knows `on_conflict_do_update`; the two write it alike."""
    return postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
