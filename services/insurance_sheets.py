"""The lists that the district sends to the insurer, in the form in which they come back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from models import Engagement
from services.insurance import ToAdd, ToDelete
from services.sheets_in import WORDS
from services.sheets_out import Column, register

HEADS: dict[str, str] = WORDS["heads"]
VALUES: dict[str, str] = WORDS["values"]


def add_list(rows: Sequence[ToAdd], who: str, now: datetime) -> bytes:
    """Whom to cover from which day; the insurer fills in the last three columns."""
    names = (*_PERSON, "needed_from", "policy", "from_on", "to_on")
    lines = [(*_person(row.engagement), row.from_on.isoformat(), "", "", "") for row in rows]
    return register(WORDS["sheets"]["add_list"], _columns(names), lines, who, now)


def delete_list(rows: Sequence[ToDelete], who: str, now: datetime) -> bytes:
    """Which covers to end on which day."""
    names = (*_PERSON, "policy", "from_on", "ended_on", "to_on")
    lines = [
        (
            *_person(row.engagement),
            row.cover.policy_number,
            row.cover.from_on.isoformat(),
            row.last_on.isoformat(),
            "",
        )
        for row in rows
    ]
    return register(WORDS["sheets"]["delete_list"], _columns(names), lines, who, now)


_PERSON = ("name", "sex", "id_number", "village", "post", "worker_code")


def _person(engagement: Engagement) -> tuple[str, ...]:
    person, post = engagement.person, engagement.post
    return (
        person.name,
        VALUES[person.sex],
        person.id_number or "",
        post.region.name,
        post.name,
        engagement.worker_code,
    )


def _columns(names: Sequence[str]) -> list[Column]:
    return [Column(HEADS[name], 22 if name in {"id_number", "policy"} else 13) for name in names]
