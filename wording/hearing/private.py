"""What must not stay readable in a stored chat: ID, phone and card numbers."""

from __future__ import annotations

import re
import unicodedata

_ID = re.compile(r"(?<!\d)(\d[\s\-.]?){16,17}[\dXx×＊*](?!\d)|(?<!\d)\d{15}(?!\d)")
_CARD = re.compile(r"(?<!\d)(?:\d[\s\-]?){15,18}\d(?!\d)")
_PHONE = re.compile(r"(?<!\d)(?:\+?86[\s\-]?)?1[3-9](?:[\s\-]?\d){9}(?!\d)")


def mask_private(text: str) -> str:
    """The text with ID, bank card and mobile numbers replaced by a mark of what stood there."""
    plain = unicodedata.normalize("NFKC", text)
    plain = _ID.sub("[证件号]", plain)
    plain = _CARD.sub("[卡号]", plain)
    return _PHONE.sub("[手机号]", plain)
