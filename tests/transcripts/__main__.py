"""`python -m tests.transcripts [FILE …]`: write the replies of all (or these) transcripts anew."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from models.sealing import install
from tests.builders import seed
from tests.databases import TEST_KEYRING, sqlite_database
from tests.talk import Talk
from tests.transcripts.script import files, replay


def main(names: list[str]) -> None:
    install(TEST_KEYRING)
    with (
        tempfile.TemporaryDirectory() as folder,
        sqlite_database(Path(folder)) as engine,
    ):
        for file in [Path(name) for name in names] or files():
            before = file.read_text("utf-8")
            after = _rewritten(engine, before)
            if after != before:
                file.write_text(after, "utf-8")
                sys.stdout.write(f"rewrote {file.name}\n")


def _rewritten(engine: Engine, script: str) -> str:
    """Said on a database of its own: the transaction is rolled back."""
    with engine.connect() as connection:
        outer = connection.begin()
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            seed(session)
            session.commit()
            written = replay(script, Talk(connection=connection, session=session))
        outer.rollback()
    return written


if __name__ == "__main__":
    main(sys.argv[1:])
