"""How the clock's jobs stand, for whoever has to look after them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from models import JobState

WORDS_LENGTH = 255


@dataclass(frozen=True)
class Look:
    """One look of the clock at one job. `looked_at` is the machine's time, `next_due_at` business
    time; `missed` is empty for a look-out."""

    job: str
    does: str
    missed: str | None
    looked_at: datetime
    next_due_at: datetime | None
    error: str | None


def write(session: Session, looks: Sequence[Look]) -> None:
    """Write down the newest look at each job, one row a job."""
    if not looks:
        return
    insert_on = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    insert = insert_on.insert(JobState)
    columns = ("does", "missed", "looked_at", "next_due_at", "error")
    upsert = insert.on_conflict_do_update(
        index_elements=[JobState.job],
        set_={name: getattr(insert.excluded, name) for name in columns},
    )
    session.execute(upsert, [asdict(look) for look in looks])
