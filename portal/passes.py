"""A mini-program's session: the contact's number, signed and dated, and nothing else.

It is carried in `Authorization: Bearer …`, lives two hours by the machine's clock, and needs no
row: who is bound to the contact is read anew with every request.
"""

from __future__ import annotations

import hashlib
import uuid

from itsdangerous import BadSignature, URLSafeTimedSerializer

SECONDS = 2 * 3600
SCHEME = "Bearer "


class Passes:
    """Writes and reads them. `secret`: GYG_SECRET_KEY; a change of it ends all of them."""

    def __init__(self, secret: str) -> None:
        key = hashlib.sha256(b"gongyigang mini-program|" + secret.encode()).hexdigest()
        self._signer = URLSafeTimedSerializer(key, salt="mini-session")

    def write(self, contact_id: uuid.UUID) -> str:
        """A session of this contact, from now on."""
        return str(self._signer.dumps(contact_id.hex))

    def read(self, header: str) -> uuid.UUID | None:
        """The contact whose session an Authorization header carries; None for one that is over,
        was changed, or is none."""
        if not header.startswith(SCHEME) or len(header) > 256:
            return None
        try:
            return uuid.UUID(hex=self._signer.loads(header[len(SCHEME) :], max_age=SECONDS))
        except (BadSignature, ValueError, TypeError):
            return None
