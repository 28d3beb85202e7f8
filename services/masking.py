"""Names as an audience may see them, and the check of every public text (requirements 2.6).

Neighbours must be able to object, so the village's board shows full names; the web shows 王*兰. An
ID number or a phone number is shown to nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

from services.guards import Obstacle
from wording.hearing import mask_name
from wording.hearing.exposed import Exposure, exposed


class Audience(StrEnum):
    VILLAGE_BOARD = "village_board"
    WEB = "web"


def name_for(audience: Audience, name: str) -> str:
    """The name as this audience sees it."""
    return name if audience is Audience.VILLAGE_BOARD else mask_name(name)


def mask_id_number(number: str) -> str:
    """Enough of an ID number to tell two people of one name apart."""
    return f"{number[:3]}{'*' * (len(number) - 7)}{number[-4:]}" if len(number) > 7 else ""


def check_text(text: str, field: str) -> tuple[Obstacle, ...]:
    """What stands in the way of publishing a text; `field` is a name in wording/zh/exposure.yaml,
    and says where it was found."""
    named = Obstacle(f"exposure.field_{field}")
    return tuple(
        Obstacle("exposure.in_text", {"field": named, "what": _what(found)})
        for found in exposed(text)
    )


def check_rows(rows: Iterable[Mapping[str, str]]) -> tuple[Obstacle, ...]:
    """The same for the rows of a list: each place is named by row, from 1, and by field."""
    return tuple(
        Obstacle(
            "exposure.in_row",
            {"row": order, "field": Obstacle(f"exposure.field_{field}"), "what": _what(found)},
        )
        for order, row in enumerate(rows, start=1)
        for field, text in row.items()
        for found in exposed(text)
    )


def _what(found: Exposure) -> Obstacle:
    slots = {"word": found.word} if found.word else {}
    return Obstacle(f"exposure.{found.kind}", slots)
