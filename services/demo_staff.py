"""The demonstration's staff accounts. They exist in sandbox mode only, where the sign-in page shows
how to get in; nobody's real account is made here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyotp
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from models import Region, Role, Staff, StaffGrant, new_id

PASSWORD = "yanzhou-2022"  # noqa: S105 - shown on the sandbox's sign-in page
TOTP_SECRET = "GONGYIGANGDEMO2345234523"  # noqa: S105 - shown there too


@dataclass(frozen=True)
class Access:
    """How to get into the demonstration: everybody's password, secret and present code, and who
    there is."""

    password: str
    secret: str
    code: str
    members: tuple[Staff, ...]


def seed(session: Session, section: Mapping[str, Any], now: datetime) -> None:
    """The accounts of `deploy/demo.yaml`; safe to repeat."""
    if session.scalars(select(Staff.id).limit(1)).first() is not None:
        return
    for entry in section["members"]:
        add_member(session, entry, section["password_hash"], now)


def add_member(
    session: Session, entry: Mapping[str, Any], password_hash: str, now: datetime
) -> Staff:
    """One account, with its roles."""
    member = Staff(
        id=new_id(),
        login=entry["login"],
        name=entry["name"],
        unit=entry["unit"],
        password_hash=password_hash,
        must_change_password=False,
        totp_confirmed_at=now,
        created_at=now,
    )
    member.totp = TOTP_SECRET
    session.add(member)
    session.flush()
    for given in entry["grants"]:
        place = session.scalars(select(Region).where(Region.code == given["region"])).one()
        session.add(
            StaffGrant(
                staff_id=member.id,
                role=Role(given["role"]),
                region_id=place.id,
                from_on=given["from_on"],
                to_on=given.get("to_on"),
            )
        )
    return member


def access(session: Session, now: datetime) -> Access:
    """What the sandbox's sign-in page shows."""
    members = session.scalars(
        select(Staff)
        .where(Staff.disabled_at.is_(None))
        .options(selectinload(Staff.grants).selectinload(StaffGrant.region))
    )
    shown = [one for one in members if one.grants and one.totp == TOTP_SECRET]
    return Access(
        password=PASSWORD,
        secret=TOTP_SECRET,
        code=pyotp.TOTP(TOTP_SECRET).at(now),
        members=tuple(sorted(shown, key=lambda one: one.grants[0].id)),
    )
