"""Bring a database's schema to this release."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from models.engine import make_engine

MIGRATIONS = Path(__file__).parent.parent / "migrations"


def upgrade(database_url: str, revision: str = "head") -> None:
    """Run the migrations up to `revision`. Safe to repeat."""
    command.upgrade(config(database_url), revision)


def is_current(database_url: str) -> bool:
    """Whether the database's schema is this release's."""
    engine = make_engine(database_url)
    with engine.connect() as connection:
        held = MigrationContext.configure(connection).get_current_heads()
    engine.dispose()
    return set(held) == set(ScriptDirectory.from_config(config(database_url)).get_heads())


def config(database_url: str) -> Config:
    """Alembic's configuration for a database, without an ini file."""
    settings = Config()
    settings.set_main_option("script_location", str(MIGRATIONS))
    settings.attributes["database_url"] = database_url
    return settings
