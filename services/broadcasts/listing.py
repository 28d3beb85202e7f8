"""The people of a broadcast from an Excel list, row by row; what cannot be taken is said."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Broadcast, BroadcastAct, BroadcastRecipient, Person
from models.sealing import blind_index
from services import sheets_in
from services.acting import Acting
from services.broadcasts import audience as audiences
from services.broadcasts.audience import Audience, Who
from services.broadcasts.writing import MAKERS, forget_list, log, may, step
from services.clock import business_date
from services.guards import Obstacle
from services.procedure import Hindered

CHUNK = 500


@dataclass(frozen=True)
class Listed:
    """What came of a list: how many people it named, twice or in another place, row by row."""

    taken: int
    remarks: tuple[Obstacle, ...]


def take_list(
    session: Session, broadcast: Broadcast, content: bytes, acting: Acting, now: datetime
) -> Listed:
    """Take the people of an Excel list instead of any list before. Rows that name nobody of the
    place are named and left out; somebody named three times is told once. Raises `Hindered` for a
    file that cannot be read, or names nobody."""
    may(acting, broadcast.region, MAKERS)
    try:
        rows = list(sheets_in.read(content, "broadcast"))
    except sheets_in.Unfit as unfit:
        raise Hindered("broadcast.list", (unfit.obstacle,)) from None
    remarks: list[Obstacle] = []
    people = _people(session, broadcast, rows, remarks, now)
    if not people:
        raise Hindered("broadcast.list", (*remarks[:20], Obstacle("broadcast.list_empty")))
    step(session, broadcast, BroadcastAct.EDIT)
    forget_list(session, broadcast)
    session.add_all(
        BroadcastRecipient(broadcast_id=broadcast.id, person_id=key, region_id=village)
        for key, village in people.items()
    )
    broadcast.audience = Audience(Who.LISTED).plain
    session.flush()
    log(
        session, "broadcast.list", broadcast, acting, now, people=len(people), left_out=len(remarks)
    )
    return Listed(len(people), tuple(remarks))


def _people(
    session: Session,
    broadcast: Broadcast,
    rows: Sequence[sheets_in.Row],
    remarks: list[Obstacle],
    now: datetime,
) -> dict[uuid.UUID, int | None]:
    """Person → village, of those rows that name somebody of the place; remarks on the others."""
    found: dict[uuid.UUID, int | None] = {}
    read = list(_read(rows, remarks, now))
    for start in range(0, len(read), CHUNK):
        some = read[start : start + CHUNK]
        keys = [key for _row, _name, key in some]
        asked = select(Person.id_number_index, Person.id, Person.name, Person.village_id).where(
            Person.id_number_index.in_(keys), audiences.lives_there(broadcast.region)
        )
        known = {
            key: (person, name, village) for key, person, name, village in session.execute(asked)
        }
        for number, name, key in some:
            person, called, village = known.get(key, (None, "", None))
            if person is None or called != name:
                what = "unknown" if person is None else "other_name"
                remarks.append(Obstacle(f"broadcast.row_{what}", {"row": number}))
            elif person in found:
                remarks.append(Obstacle("broadcast.row_twice", {"row": number}))
            else:
                found[person] = village
    return found


def _read(
    rows: Sequence[sheets_in.Row], remarks: list[Obstacle], now: datetime
) -> Iterator[tuple[int, str, str]]:
    """(row, name, blind index) of every row that can be read."""
    for row in rows:
        try:
            number = row.id_number("id_number", business_date(now))
            yield row.number, row.text("name"), blind_index(number, "id_number")
        except sheets_in.BadCell as bad:
            remarks.append(bad.obstacle)
