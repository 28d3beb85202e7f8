"""Bring a database's schema to this release."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config

MIGRATIONS = Path(__file__).parent.parent / "migrations"


def upgrade(database_url: str, revision: str = "head") -> None:
    """Run the migrations up to `revision`. Safe to repeat."""
    command.upgrade(config(database_url), revision)


def config(database_url: str) -> Config:
    """Alembic's configuration for a database, without an ini file."""
    settings = Config()
    settings.set_main_option("script_location", str(MIGRATIONS))
    settings.attributes["database_url"] = database_url
    return settings
