"""Pictures made small: what a page of many shows, so that it loads on a village road.

Made when a check-in's photo is kept, or when somebody first looks; sealed like the picture itself.
What a camera wrote into the file (where, when) does not go with it.
"""

from __future__ import annotations

import base64
import io
import warnings
from datetime import datetime
from typing import Any

from PIL import Image, ImageOps, UnidentifiedImageError
from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from models import Attachment, Thumbnail
from services import attachments

SIDE = 160
"""The longer side, in points: sharp on a phone where it is shown at half of that."""
QUALITY = 60
CONTENT_TYPE = "image/jpeg"


def of(session: Session, attachment: Attachment, now: datetime) -> bytes | None:
    """A picture small, as JPEG; None where no picture can be made of the file, or where the file
    has been emptied. Whoever shows it to staff logs the view."""
    held = select(func.length(Attachment.content_sealed)).where(Attachment.id == attachment.id)
    if not session.scalar(held):  # its length: the whole picture is not read for the small one
        return None
    known = session.get(Thumbnail, attachment.id)
    if known is None:
        known = keep(session, attachment, attachments.content_of(attachment), now)
    return base64.b64decode(known.content) if known.content else None


def keep(session: Session, attachment: Attachment, content: bytes, now: datetime) -> Thumbnail:
    """Make and keep it; of two who do so at once the first one's stands."""
    small = made_small(content)
    made = Thumbnail(attachment_id=attachment.id, made_at=now)
    made.content = None if small is None else base64.b64encode(small).decode("ascii")
    row = {"attachment_id": made.attachment_id, "content_sealed": made.content_sealed,
           "made_at": now}  # fmt: skip
    insert: Any = (
        postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    )
    session.execute(insert(Thumbnail).values(row).on_conflict_do_nothing())
    return made


def made_small(content: bytes) -> bytes | None:
    """The picture upright, at most `SIDE` points long; None for what is no picture that can be
    opened here, and for one that would blow up."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content)) as picture:
                picture.draft("RGB", (SIDE * 2, SIDE * 2))
                upright = ImageOps.exif_transpose(picture).convert("RGB")
    except (
        UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError,
        Image.DecompressionBombWarning,
    ):  # fmt: skip
        return None
    upright.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    upright.save(out, "JPEG", quality=QUALITY, optimize=True)
    return out.getvalue()
