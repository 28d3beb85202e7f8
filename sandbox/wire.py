"""WeChat's wire format, written from the platform's description and from nothing of the service's.

Signature: SHA-1 over the sorted parts. Envelope: AES-256-CBC, IV = first half of the key, PKCS#7
padding to 32 bytes, plaintext = 16 random bytes + length (4 bytes, big endian) + XML + app id.
"""

import base64
import hashlib
import secrets
import struct
from collections.abc import Mapping
from typing import Any

import xmltodict
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK = 32


class EnvelopeError(ValueError):
    """What the service sent is not what the platform would accept; the text says why."""


def sign(*parts: str) -> str:
    """The hex SHA-1 of the parts, sorted and joined."""
    # The platform's algorithm; not chosen here.
    return hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()


class Envelope:
    """Seals and opens the `Encrypt` element for one app id."""

    def __init__(self, *, aes_key: str, app_id: str) -> None:
        self._key = base64.b64decode(aes_key + "=")
        self._app_id = app_id.encode()
        if len(self._key) != 32:
            raise EnvelopeError("the AES key does not decode to 32 bytes")

    def _cipher(self) -> Cipher[modes.CBC]:
        return Cipher(algorithms.AES(self._key), modes.CBC(self._key[:16]))

    def seal(self, xml: str) -> str:
        """The base64 text that only the holder of the key can read."""
        body = xml.encode()
        plain = secrets.token_bytes(16) + struct.pack(">I", len(body)) + body + self._app_id
        pad = BLOCK - len(plain) % BLOCK
        encryptor = self._cipher().encryptor()
        sealed = encryptor.update(plain + bytes([pad]) * pad) + encryptor.finalize()
        return base64.b64encode(sealed).decode()

    def open(self, sealed: str) -> str:
        """The XML inside; EnvelopeError when the padding, the length or the app id is wrong."""
        try:
            decryptor = self._cipher().decryptor()
            plain = decryptor.update(base64.b64decode(sealed)) + decryptor.finalize()
        except ValueError as error:
            raise EnvelopeError("the ciphertext is not whole blocks of base64") from error
        pad = plain[-1] if plain else 0
        if not 1 <= pad <= BLOCK or plain[-pad:] != bytes([pad]) * pad:
            raise EnvelopeError("the padding is wrong")
        plain = plain[:-pad]
        end = 20 + struct.unpack(">I", plain[16:20])[0] if len(plain) >= 20 else -1
        if end < 0 or plain[end:] != self._app_id:
            raise EnvelopeError("the envelope is for another app id")
        return plain[20:end].decode()


def to_xml(fields: Mapping[str, Any]) -> str:
    """`<xml>` with the fields in order: texts as CDATA, whole numbers bare, mappings nested."""
    return f"<xml>{_elements(fields)}</xml>"


def _elements(fields: Mapping[str, Any]) -> str:
    parts = []
    for name, value in fields.items():
        for one in value if isinstance(value, list) else [value]:
            parts.append(f"<{name}>{_content(one)}</{name}>")
    return "".join(parts)


def _content(value: object) -> str:
    if isinstance(value, Mapping):
        return _elements(value)
    if isinstance(value, int):
        return str(value)
    return f"<![CDATA[{str(value).replace(']]>', ']]]]><![CDATA[>')}]]>"


def from_xml(text: str) -> dict[str, Any]:
    """The fields below `<xml>`; EnvelopeError when the text is not such a document."""
    try:
        document = xmltodict.parse(text)
    except Exception as error:  # expat's own error or a refused entity: both mean the same here
        raise EnvelopeError("the answer is not well-formed XML") from error
    fields = document.get("xml")
    if not isinstance(fields, dict):
        raise EnvelopeError("the answer has no <xml> root with fields")
    return fields
