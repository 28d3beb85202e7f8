"""Personal data at rest: sealed columns and blind indexes (design.md 6).

A sealed column holds `key id : nonce : AES-256-GCM ciphertext`, with `table.column|row id` as
associated data, so that a value copied into another row or column does not open. A blind index is
an HMAC of the value: equality can be asked without the value being readable.

The keyring is set once per process by the front door (`install`). Errors: `SealError` when a value
was moved, damaged, or sealed with a key that is not on the ring.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import uuid
from dataclasses import dataclass
from typing import Protocol, overload

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12


class SealError(Exception):
    """A sealed value cannot be opened here."""


@dataclass(frozen=True)
class Keyring:
    """`keys`: key id → 32 bytes; the first one writes. `index_key` keys the blind indexes."""

    keys: dict[str, bytes]
    index_key: bytes

    def seal(self, plain: str, place: str) -> bytes:
        key_id = next(iter(self.keys))
        nonce = os.urandom(NONCE_BYTES)
        sealed = AESGCM(self.keys[key_id]).encrypt(nonce, plain.encode(), place.encode())
        return key_id.encode() + b":" + nonce + sealed

    def open(self, sealed: bytes, place: str) -> str:
        key_id, _, rest = sealed.partition(b":")
        key = self.keys.get(key_id.decode("ascii", "replace"))
        if key is None:
            raise SealError(f"{place}: sealed with a key that is not on the ring")
        try:
            plain = AESGCM(key).decrypt(rest[:NONCE_BYTES], rest[NONCE_BYTES:], place.encode())
        except (InvalidTag, ValueError):
            raise SealError(f"{place}: damaged, or moved from another place") from None
        return plain.decode()

    def index(self, value: str, purpose: str) -> str:
        """32 hex digits, the same for the same value and purpose."""
        message = f"{purpose}|{value}".encode()
        return hmac.new(self.index_key, message, hashlib.sha256).hexdigest()[:32]


class _Ring:
    installed: Keyring | None = None


def install(keyring: Keyring) -> None:
    """Put the process's keyring in place. Called by the front doors before any session opens."""
    _Ring.installed = keyring


def ring() -> Keyring:
    """The installed keyring; `SealError` where a front door forgot it."""
    if _Ring.installed is None:
        raise SealError("no keyring is installed in this process")
    return _Ring.installed


def derive_index_key(secret_key: str) -> bytes:
    """The index key that belongs to GYG_SECRET_KEY."""
    return hashlib.sha256(b"gongyigang blind index|" + secret_key.encode()).digest()


def blind_index(value: str, purpose: str) -> str:
    """Equality key for a personal value, e.g. `blind_index(id_number, "id_number")`."""
    return ring().index(value, purpose)


class _Row(Protocol):
    __tablename__: str


class Sealed:
    """Reads and writes the clear text of the `<name>_sealed` column beside it.

    The row needs its key first (`id`, or the column named by `row_key`): it is part of the
    associated data.
    """

    def __init__(self, *, row_key: str = "id") -> None:
        self._row_key = row_key

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, row: None, owner: type) -> Sealed: ...
    @overload
    def __get__(self, row: _Row, owner: type) -> str | None: ...
    def __get__(self, row: _Row | None, owner: type) -> Sealed | str | None:
        if row is None:
            return self
        sealed: bytes | None = getattr(row, self._name + "_sealed")
        return None if sealed is None else ring().open(sealed, self._place(row))

    def __set__(self, row: _Row, plain: str | None) -> None:
        sealed = None if plain is None else ring().seal(plain, self._place(row))
        setattr(row, self._name + "_sealed", sealed)

    def _place(self, row: _Row) -> str:
        key: uuid.UUID | None = getattr(row, self._row_key)
        if key is None:
            raise SealError(f"{row.__tablename__}.{self._name}: the row needs its key first")
        return f"{row.__tablename__}.{self._name}|{key}"
