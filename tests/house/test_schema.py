"""The migrations make what the models say, on both databases, from the first to the last."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import CheckConstraint, Engine, inspect

from models import Base, make_engine, schema

REVISIONS = [
    script.revision
    for script in reversed(list(ScriptDirectory.from_config(schema.config("")).walk_revisions()))
]


def test_the_migrations_equal_the_models(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_every_constraint_has_the_name_of_the_models(engine: Engine) -> None:
    """Alembic compares no CHECKs; a later migration that drops one needs its name."""
    inspector = inspect(engine)
    for table in Base.metadata.sorted_tables:
        wanted = {c.name for c in table.constraints if isinstance(c, CheckConstraint)}
        assert {c["name"] for c in inspector.get_check_constraints(table.name)} == wanted


def test_every_step_from_the_first_leads_to_the_models(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'steps.db'}"
    for revision in REVISIONS:
        schema.upgrade(url, revision)
    engine = make_engine(url)
    assert set(inspect(engine).get_table_names()) == {*Base.metadata.tables, "alembic_version"}
    engine.dispose()


def test_an_upgrade_can_be_repeated(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'twice.db'}"
    schema.upgrade(url)
    schema.upgrade(url)


@pytest.mark.parametrize("table", Base.metadata.sorted_tables, ids=lambda table: table.name)
def test_names_of_columns_say_what_kind_of_time_they_hold(table: object) -> None:
    columns = Base.metadata.tables[str(table)].columns
    for column in columns:
        kind = type(column.type).__name__
        is_instant = column.name in {"at", "until"} or column.name.endswith(("_at", "_until"))
        assert (kind == "Instant") == is_instant
        assert (kind == "Date") == column.name.endswith("_on")
