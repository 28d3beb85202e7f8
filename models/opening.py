"""Open the database as the settings describe it: the one way in for every process."""

from __future__ import annotations

from sqlalchemy.orm import Session, sessionmaker

from models.engine import make_engine, session_factory
from models.sealing import Keyring, derive_index_key, install
from settings import Settings, parse_field_keys


def open_database(settings: Settings, *, pool_size: int = 16) -> sessionmaker[Session]:
    """Put this process's keys in place and give the factory of its sessions."""
    install_keyring(settings)
    return session_factory(make_engine(settings.database_url, pool_size=pool_size))


def install_keyring(settings: Settings) -> None:
    """Put the keys of the sealed columns in place for this process."""
    if settings.field_keys is None or settings.secret_key is None:
        raise ValueError("settings.load lets no process without keys through")
    install(
        Keyring(
            keys=parse_field_keys(settings.field_keys.get_secret_value()),
            index_key=derive_index_key(settings.secret_key.get_secret_value()),
        )
    )
