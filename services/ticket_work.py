"""Tickets on the worklist: those that it is this office's turn to answer, urgent ones first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from services import ticket_desk, worklist
from services.acting import Acting
from services.worklist import Item
from wording import load_book


class Tickets:
    """The open tickets of this office."""

    kind = "tickets"

    def items(self, session: Session, acting: Acting, now: datetime, limit: int) -> Sequence[Item]:
        return [
            Item(
                self.kind,
                "ticket_desk.work_urgent" if one.urgent else "ticket_desk.work",
                {"kind": kind_name(one.kind), "number": one.number},
                one.due_on,
                "console.ticket",
                {"number": one.number},
            )
            for one in ticket_desk.waiting(session, acting, limit)
        ]


def kind_name(kind: str) -> str:
    """What staff call a kind of ticket."""
    return load_book().text(f"ticket_desk.kind_{kind}")


def register() -> None:
    """Put tickets onto every worklist."""
    worklist.source(Tickets)
