"""`gyg`: the service from a terminal. Puts the real things together; no logic of its own."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import yaml

import wsgi
from bot.intents import label_lines
from models import schema
from services import seeding
from settings import Settings, SettingsError, load

DEPLOY = Path(__file__).parent / "deploy"


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """The service that runs a district's public-welfare posts."""


def settings_or_exit() -> Settings:
    """The settings, or one sentence per problem on standard error and exit status 2."""
    try:
        return load()
    except SettingsError as error:
        click.echo(f"gyg: {error}", err=True)
        sys.exit(2)


@main.command()
def intents() -> None:
    """Read a phrase a line, print `intent<TAB>phrase`."""
    for line in label_lines(sys.stdin):
        click.echo(line)


@main.group()
def db() -> None:
    """The database: schema and first contents."""


@db.command()
def upgrade() -> None:
    """Bring the schema to this release and make sure that the district is there."""
    settings = settings_or_exit()
    schema.upgrade(settings.database_url)
    wsgi.install_keyring(settings)
    inbox = wsgi.make_inbox(settings)
    with inbox.sessions.begin() as session:
        seeding.seed_district(session, read_yaml("district.yaml"))


@db.command()
def demo() -> None:
    """Fill an empty database with the demonstration (sandbox mode only)."""
    settings = settings_or_exit()
    if not settings.sandbox:
        click.echo("gyg: the demonstration needs GYG_SANDBOX=1", err=True)
        sys.exit(2)
    wsgi.install_keyring(settings)
    inbox = wsgi.make_inbox(settings)
    with inbox.sessions.begin() as session:
        seeding.seed_demo(session, read_yaml("demo.yaml"))


@main.command()
def serve() -> None:
    """Run the web process (waitress, one process: the embedded default)."""
    from waitress import serve as run

    settings = settings_or_exit()
    run(wsgi.create_app(settings), host=settings.host, port=settings.port, threads=8)


def read_yaml(name: str) -> dict[str, object]:
    """One of the data files of deploy/."""
    with (DEPLOY / name).open(encoding="utf-8") as file:
        return dict(yaml.safe_load(file))
