"""The knock on the door: village staff tell in person what nothing else brought to somebody.

A visit is opened by the router, done with its date, by whom and how, and goes to the town when the
village lets its day pass (requirements 2.10).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from models import Message, Visit, new_id
from rules import calendar
from rules.errors import UnknownYear
from services.clock import business_date
from services.telling_kinds import Kind


def open_visit(session: Session, message: Message, kind: Kind, now: datetime) -> Visit:
    """The task to tell this message in person, for the recipient's village."""
    assert message.person_id is not None
    today = business_date(now)
    try:
        due_on = calendar.add_working_days(today, kind.visit_days)
    except UnknownYear:
        due_on = today + timedelta(days=kind.visit_days)
    visit = Visit(
        id=new_id(),
        message_id=message.id,
        person_id=message.person_id,
        region_id=message.region_id,
        due_on=due_on,
        opened_at=now,
    )
    session.add(visit)
    return visit
