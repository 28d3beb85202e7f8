"""`gyg db …` and `gyg serve`: the schema, the first contents, the web process."""

from __future__ import annotations

import os
import sys
from datetime import datetime

import click

from cli.surroundings import read_yaml, settings_or_exit
from models import schema
from models.opening import open_database
from scheduler import worker as sending
from services import demo_workers, seeding
from settings import Settings


@click.group()
def db() -> None:
    """The database: schema and first contents."""


@db.command()
def upgrade() -> None:
    """Bring the schema to this release and make sure that the district is there."""
    prepare(settings_or_exit())


@db.command(name="demo")
@click.option("--at-work", is_flag=True, help="With people on a post, and their village's staff.")
def fill_demo(*, at_work: bool) -> None:
    """Fill an empty database with the demonstration (sandbox mode only)."""
    settings = settings_or_exit()
    if not settings.sandbox:
        click.echo("gyg: the demonstration needs GYG_SANDBOX=1", err=True)
        sys.exit(2)
    prepare(settings)
    prepare_demo(settings)
    if at_work:
        demo = read_yaml("demo.yaml")
        with open_database(settings).begin() as session:
            demo_workers.seed(session, demo, datetime.fromisoformat(demo["clock"]))


@click.command()
def serve() -> None:
    """Run the web process (waitress, one process: the embedded default).

    In sandbox mode an empty database is made ready first; elsewhere a schema that is not this
    release's refuses to start.
    """
    settings = settings_or_exit()
    if settings.sandbox:
        prepare(settings)
        prepare_demo(settings)
    elif not schema.is_current(settings.database_url):
        click.echo("gyg: the schema is not this release's; run: gyg db upgrade", err=True)
        sys.exit(2)
    listen = f"--listen={settings.host}:{settings.port}"
    command = [sys.executable, "-m", "waitress", "--threads=8", listen, "--call", "wsgi:create_app"]
    os.execv(sys.executable, command)  # noqa: S606 - this process becomes the server


def prepare(settings: Settings) -> None:
    """Schema and district; safe to repeat."""
    schema.upgrade(settings.database_url)
    with open_database(settings).begin() as session:
        seeding.seed_district(session, read_yaml("district.yaml"))


def prepare_demo(settings: Settings) -> None:
    """The demonstration's villages, announcement and clock; safe to repeat."""
    with open_database(settings).begin() as session:
        seeding.seed_demo(session, read_yaml("demo.yaml"))


@click.command()
def worker() -> None:
    """Run one more sender, at scale: it takes what the clock hands to the broker."""
    sys.exit(sending.main())
