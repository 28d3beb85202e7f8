"""Alembic's environment: one schema for SQLite and PostgreSQL."""

from __future__ import annotations

from alembic import context

from models import Base, make_engine

engine = make_engine(context.config.attributes["database_url"])

with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        compare_type=True,
        user_module_prefix="models.base.",
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
engine.dispose()
