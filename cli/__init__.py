"""`gyg`: the service from a terminal. Puts the real things together; no logic of its own."""

from __future__ import annotations

import os
import sys

import click

from cli import demo, desk, sms, wechat
from cli.surroundings import read_yaml, settings_or_exit
from models import schema
from models.opening import open_database
from services import seeding


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """The service that runs a district's public-welfare posts."""


COMMANDS = (
    desk.intents,
    desk.rules_desk,
    desk.screen,
    demo.demo,
    demo.replay_files,
    wechat.wechat,
    sms.sms,
)
for command in COMMANDS:
    main.add_command(command)


@main.group()
def db() -> None:
    """The database: schema and first contents."""


@db.command()
def upgrade() -> None:
    """Bring the schema to this release and make sure that the district is there."""
    settings = settings_or_exit()
    schema.upgrade(settings.database_url)
    with open_database(settings).begin() as session:
        seeding.seed_district(session, read_yaml("district.yaml"))


@db.command(name="demo")
def fill_demo() -> None:
    """Fill an empty database with the demonstration (sandbox mode only)."""
    settings = settings_or_exit()
    if not settings.sandbox:
        click.echo("gyg: the demonstration needs GYG_SANDBOX=1", err=True)
        sys.exit(2)
    with open_database(settings).begin() as session:
        seeding.seed_demo(session, read_yaml("demo.yaml"))


@main.command()
def serve() -> None:
    """Run the web process (waitress, one process: the embedded default)."""
    settings = settings_or_exit()
    listen = f"--listen={settings.host}:{settings.port}"
    command = [sys.executable, "-m", "waitress", "--threads=8", listen, "--call", "wsgi:create_app"]
    os.execv(sys.executable, command)  # noqa: S606 - the process becomes the server
