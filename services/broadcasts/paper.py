"""The same words for those whom no phone reaches: read over the loudspeaker, hung on the board."""

from __future__ import annotations

from datetime import date

from models import Broadcast, Region
from services import documents
from services.broadcasts.texts import filled, of_everybody
from wording import load_book


def loudspeaker(broadcast: Broadcast, place: Region) -> str:
    """What the village reads out, twice, as people on a field hear it."""
    text = filled(broadcast.body, of_everybody(place))
    return load_book().text(
        "broadcast.loudspeaker", place=place.name, title=broadcast.title, text=text
    )


def poster(broadcast: Broadcast, place: Region, on: date) -> bytes:
    """A .docx, A4, in large type."""
    return documents.render(
        "poster",
        {
            "title": broadcast.title,
            "text": filled(broadcast.body, of_everybody(place)),
            "place": place.name,
            "on": on,
        },
    )
