"""The characters that no message may hold, whichever way it travels."""

from __future__ import annotations

import re

FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 may not hold in any form: control characters, halves of pairs, two non-characters.

WeChat's XML forbids them, a database refuses some of them, and nobody can type them on purpose.
"""


def strip_forbidden(text: str) -> str:
    """The text without them."""
    return FORBIDDEN.sub("", text)
