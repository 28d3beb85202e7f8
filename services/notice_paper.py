"""The text of a notice: written down at publication, shown from there ever after.

`write` gives canonical JSON with the full names (for the boards) and the masked ones (for the web);
its SHA-256 proves later what hung. Pages and papers are made from it, so that nothing that changes
in a case afterwards changes what was published.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from models import PublicNotice
from models.places import Region
from services.masking import Audience, name_for
from services.whereabouts import town_of


@dataclass(frozen=True)
class PaperLine:
    """One row as an audience sees it. `order` is its number on the paper; it never changes."""

    item_id: int
    order: int
    name: str
    village: str
    post: str
    number_tail: str


@dataclass(frozen=True)
class Paper:
    """A notice for one audience, without the lines that were taken off since."""

    code: str
    title: str
    place: str
    town: str
    posted_on: date | None
    last_on: date | None
    working_days: int
    lines: tuple[PaperLine, ...]

    def days_left(self, today: date) -> int:
        """Days after today; 0 on the last day, negative when it is over."""
        return (self.last_on - today).days if self.last_on else 0


def write(notice: PublicNotice) -> str:
    """The canonical text of a notice as it stands."""
    content = {
        "code": notice.code,
        "title": notice.title,
        "place": notice.region.name,
        "town": town_of(notice.region).name,
        "posted_on": notice.posted_on.isoformat() if notice.posted_on else None,
        "last_on": notice.last_on.isoformat() if notice.last_on else None,
        "working_days": notice.working_days,
        **{str(audience): _rows(notice, audience) for audience in Audience},
    }
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def fingerprint(text: str) -> str:
    """SHA-256 of the canonical text."""
    return hashlib.sha256(text.encode()).hexdigest()


def is_intact(notice: PublicNotice) -> bool:
    """Whether the text that is kept is the one that was published."""
    return notice.snapshot is not None and fingerprint(notice.snapshot) == notice.sha256


def paper(notice: PublicNotice, audience: Audience) -> Paper:
    """The notice for an audience: as published; a draft as it would be published."""
    content: dict[str, Any] = json.loads(notice.snapshot or write(notice))
    shown = {item.id for item in notice.items if item.removed_at is None}
    return Paper(
        code=content["code"],
        title=content["title"],
        place=content["place"],
        town=content["town"],
        posted_on=_day(content["posted_on"]),
        last_on=_day(content["last_on"]),
        working_days=content["working_days"],
        lines=tuple(PaperLine(**row) for row in content[str(audience)] if row["item_id"] in shown),
    )


def boards(notice: PublicNotice) -> tuple[Region, ...]:
    """Where the paper hangs: at every village that it names, and at its town."""
    villages = {item.village_id: item.village for item in notice.items}
    return (*villages.values(), town_of(notice.region))


def _rows(notice: PublicNotice, audience: Audience) -> list[dict[str, Any]]:
    return [
        {
            "item_id": item.id,
            "order": order,
            "name": name_for(audience, item.name),
            "village": item.village.name,
            "post": item.post_name,
            "number_tail": item.number_tail,
        }
        for order, item in enumerate(notice.items, start=1)
    ]


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def for_print(notice: PublicNotice) -> dict[str, Any]:
    """What the Word template of the boards' paper takes."""
    board = paper(notice, Audience.VILLAGE_BOARD)
    cases = [item.application for item in notice.items if item.application is not None]
    return {
        "title": board.title,
        "posted_on": board.posted_on,
        "last_on": board.last_on,
        "working_days": board.working_days,
        "town": board.town,
        "phone": cases[0].announcement.contact_phone if cases else "",
        "place": board.town,
        "code": board.code,
        "lines": [asdict(line) for line in board.lines],
    }
