"""`gyg staff`: the console's accounts, from the machine itself: the first administrator, and
whoever lost password or phone."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import NoReturn

import click
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from cli.surroundings import settings_or_exit
from models import Region, Role, Staff, StaffGrant
from models.opening import open_database
from services import staff_accounts as accounts
from services.clock import business_date
from services.staff import by_login

DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.group()
def staff() -> None:
    """Accounts of the staff console."""


@staff.command()
@click.argument("login")
@click.option("--name", required=True, help="The person's name.")
@click.option("--unit", required=True, help="The office they belong to.")
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]))
@click.option("--region", required=True, help="Code of the place the role is for.")
@click.option("--from", "from_on", type=DAY, help="First day; today when left out.")
@click.option("--to", "to_on", type=DAY, help="Last day; an agency's contract must have one.")
def add(  # noqa: PLR0913 - one option a column
    *,
    login: str,
    name: str,
    unit: str,
    role: str,
    region: str,
    from_on: datetime | None,
    to_on: datetime | None,
) -> None:
    """Open the account LOGIN, or give an existing one a further role. Prints the first password
    once."""
    starts, ends = _day(from_on) or business_date(_now()), _day(to_on)
    if role == Role.AGENCY and ends is None:
        _stop("an agency's role ends with its contract: give --to")
    if ends is not None and ends < starts:
        _stop("--to lies before --from")
    with _session() as session:
        place = session.scalars(select(Region).where(Region.code == region)).first()
        if place is None:
            _stop(f"no place has the code {region}")
        if role == Role.FINANCE and place.parent_id is not None:
            _stop("finance pays for the whole district: give its code as --region")
        member = by_login(session, login)
        password = None
        if member is None:
            member, password = accounts.open_account(
                session, login=login, name=name, unit=unit, now=_now()
            )
        accounts.grant(session, member, Role(role), place, from_on=starts, to_on=ends)
        click.echo(f"{member.login}: {role} of {place.name} from {starts} to {ends or 'open'}")
    if password is not None:
        click.echo(f"first password, shown once: {password}")


@staff.command()
@click.argument("login")
def reset(login: str) -> None:
    """A new first password for LOGIN; the code generator must be enrolled again."""
    with _session() as session:
        member = by_login(session, login, lock=True)
        if member is None:
            _stop(f"nobody has the login {login}")
        password = accounts.reset(session, member, _now())
    click.echo(f"first password, shown once: {password}")


@staff.command()
@click.argument("login")
def close(login: str) -> None:
    """Close the account LOGIN: every sign-in ends at once, what it did stays readable."""
    with _session() as session:
        member = by_login(session, login, lock=True)
        if member is None:
            _stop(f"nobody has the login {login}")
        accounts.close(session, member, _now())
    click.echo(f"{login}: closed")


@staff.command(name="list")
def list_accounts() -> None:
    """Every account with its roles and dates; no password, no secret."""
    with _session() as session:
        members = session.scalars(
            select(Staff)
            .order_by(Staff.login)
            .options(selectinload(Staff.grants).joinedload(StaffGrant.region))
        )
        for member in members:
            state = "closed" if member.disabled_at else "open"
            click.echo(f"{member.login}\t{member.name}\t{member.unit}\t{state}")
            for given in member.grants:
                until = given.to_on or "open"
                click.echo(f"\t{given.role}\t{given.region.name}\t{given.from_on} - {until}")


@contextmanager
def _session() -> Iterator[Session]:
    with open_database(settings_or_exit()).begin() as session:
        yield session


def _now() -> datetime:
    return datetime.now(UTC)


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


def _stop(sentence: str) -> NoReturn:
    click.echo(f"gyg: {sentence}", err=True)
    sys.exit(2)
