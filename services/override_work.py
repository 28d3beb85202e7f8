"""Proposals for parameters on the worklist of the administrators who may agree to them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from models import Role
from services import overrides, worklist
from services.acting import Acting
from services.worklist import Item
from wording import load_book


class Proposals:
    """What somebody else proposed."""

    kind = "parameters"

    def items(self, session: Session, acting: Acting, now: datetime, limit: int) -> Sequence[Item]:
        if acting.role != Role.ADMINISTRATOR or acting.staff is None:
            return ()
        return [
            Item(
                self.kind,
                "parameters.wait",
                {"name": title(made.name), "value": made.value["value"], "day_on": made.from_on},
                made.from_on,
                "console.parameter",
                {"name": made.name},
            )
            for made in overrides.pending(session)[:limit]
            if made.proposed_by_id != acting.staff.id
        ]


def title(name: str) -> str:
    """What a parameter is called; its own name where nobody has given it one yet."""
    book, key = load_book(), f"parameter_name.{name.replace('.', '_')}"
    return book.text(key) if key in book.phrases else name


def register() -> None:
    """Put proposals onto the worklists."""
    worklist.source(Proposals)
