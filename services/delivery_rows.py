"""The two statements that every message passes, without an object for its row.

The rest of what happens to deliveries goes through `services.delivery_steps.advance`; what is
written here is what `DELIVERY_STEPS` says of CLAIMED and ACCEPTED.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, Table, and_, bindparam, literal, or_, select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.util import identity_key
from sqlalchemy.sql.dml import ReturningUpdate

from models import Delivery
from models.sealing import Sealed
from models.telling import DELIVERY_STEPS, DeliveryState, Happening

ROWS = cast(Table, Delivery.__table__)
AT = ROWS.c.due_at.type


@dataclass(frozen=True)
class Claimed:
    """As much of a claimed row as a carrier needs, still sealed."""

    __tablename__ = Delivery.__tablename__

    id: uuid.UUID
    key: str
    address_sealed: bytes | None
    slots_sealed: bytes | None
    rank: int
    due_at: datetime

    address = Sealed()
    slots = Sealed()


def _taking(*more: ColumnElement[bool]) -> ReturningUpdate[Any]:
    first = (
        select(ROWS.c.id)
        .where(
            ROWS.c.channel == bindparam("on_channel"),
            ROWS.c.state == literal(DeliveryState.QUEUED.value, literal_execute=True),
            ROWS.c.due_at <= bindparam("now", type_=AT),
            ROWS.c.expires_at > bindparam("now", type_=AT),
            # A repeat does not leave after the platform has forgotten its key.
            or_(
                ROWS.c.repeat_until.is_(None),
                ROWS.c.repeat_until >= bindparam("machine_now", type_=AT),
            ),
            *more,
        )
        .order_by(ROWS.c.rank, ROWS.c.due_at)
        .limit(bindparam("most"))
        .with_for_update(skip_locked=True)
    )
    return (
        update(ROWS)
        .where(ROWS.c.id.in_(first.scalar_subquery()))
        .values(
            state=DELIVERY_STEPS[Happening.CLAIMED][DeliveryState.QUEUED],
            happening=Happening.CLAIMED,
            lease_until=bindparam("lease", type_=AT),
            tries=ROWS.c.tries + 1,
            settled_at=None,
        )
        .returning(*(ROWS.c[name] for name in Claimed.__dataclass_fields__))
    )


_TAKE = _taking()
_TAKE_OF = _taking(ROWS.c.id.in_(bindparam("keys", expanding=True)))
_ACCEPT = (
    update(ROWS)
    .where(
        and_(
            ROWS.c.id == bindparam("key_of_row", type_=ROWS.c.id.type),
            ROWS.c.lease_until == bindparam("lease", type_=AT),
            or_(*(ROWS.c.state == state.value for state in DELIVERY_STEPS[Happening.ACCEPTED])),
        )
    )
    .values(
        state=DeliveryState.ACCEPTED,
        happening=Happening.ACCEPTED,
        provider=bindparam("by"),
        provider_id=bindparam("number"),
        segments=bindparam("charged"),
        error=bindparam("said"),
        settled_at=None,
    )
)


def take(
    session: Session, values: Mapping[str, Any], *, keys: Sequence[uuid.UUID] | None
) -> list[Claimed]:
    """CLAIMED, in one statement for all of them; the first one first. `values`: `on_channel`,
    `now`, `machine_now`, `lease` and `most`; of `keys` only, where they are given."""
    session.flush()
    taking, given = (_TAKE, values) if keys is None else (_TAKE_OF, {**values, "keys": keys})
    taken = [Claimed(*row) for row in session.connection().execute(taking, given)]
    _look_again(session, [one.id for one in taken])
    return sorted(taken, key=lambda one: (one.rank, one.due_at))


def accept(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """ACCEPTED, each by the claim that sent it: what was settled or claimed anew since stays. A row
    is `key_of_row`, `lease`, `by`, `number`, `charged` and `said`."""
    session.flush()
    session.connection().execute(_ACCEPT, rows)
    _look_again(session, [row["key_of_row"] for row in rows])


def _look_again(session: Session, keys: Collection[uuid.UUID]) -> None:
    """Have what the session knows of these rows read anew."""
    for key in keys if session.identity_map else ():
        known = session.identity_map.get(identity_key(Delivery, key))
        if known is not None:
            session.expire(known)
