"""The platform's signature and envelope (platform.md 1.1, 1.2), thin over `cryptography`.

wechatpy's own crypto is the oracle in the tests. It is not used at the door because it compares
signatures with `!=`, takes any number for a padding or a length, and lets a wrong key out as one of
four unrelated exceptions.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK = 32
"""Bytes that the plaintext is padded to: PKCS#7 with 32, not with the cipher's own 16."""

PREFIX = 20
"""16 random bytes and the length of the text in 4."""


class Undecipherable(ValueError):
    """The ciphertext was not made with our key."""


class WrongApp(ValueError):
    """The ciphertext was made with our key, and for another app."""


def sign(*parts: str) -> str:
    """The hex SHA-1 of the parts, sorted and joined."""
    joined = "".join(sorted(parts)).encode("utf-8", "surrogatepass")
    return hashlib.sha1(joined, usedforsecurity=False).hexdigest()


def is_signed(signature: str, *parts: str) -> bool:
    """True when `signature` belongs to the parts, compared in constant time."""
    return hmac.compare_digest(signature.encode("utf-8", "surrogatepass"), sign(*parts).encode())


class Envelope:
    """Seals and opens the `Encrypt` element of one account. Safe to share between threads."""

    def __init__(self, *, app_id: str, aes_key: bytes) -> None:
        self._app_id = app_id.encode()
        self._cipher = Cipher(algorithms.AES(aes_key), modes.CBC(aes_key[:16]))

    def seal(self, xml: bytes) -> str:
        """The base64 text that only the holder of the key can read; different every time."""
        text = b"%b%b%b%b" % (
            secrets.token_hex(8).encode(),
            len(xml).to_bytes(4, "big"),
            xml,
            self._app_id,
        )
        padding = BLOCK - len(text) % BLOCK
        encryptor = self._cipher.encryptor()
        sealed = encryptor.update(text + bytes([padding]) * padding) + encryptor.finalize()
        return base64.b64encode(sealed).decode()

    def unseal(self, sealed: str) -> bytes:
        """The text inside. Raises `Undecipherable`, or `WrongApp` when it names another app."""
        try:
            decryptor = self._cipher.decryptor()
            text = decryptor.update(base64.b64decode(sealed)) + decryptor.finalize()
        except ValueError:
            raise Undecipherable from None
        padding = text[-1] if text else 0
        end = PREFIX + int.from_bytes(text[16:PREFIX], "big")
        if not 1 <= padding <= BLOCK or end > len(text) - padding:
            raise Undecipherable
        if not hmac.compare_digest(text[end:-padding], self._app_id):
            raise WrongApp
        return text[PREFIX:end]
