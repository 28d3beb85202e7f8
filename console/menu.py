"""All pages that somebody may open, by group, for screens that cannot show the whole menu."""

from __future__ import annotations

from itertools import groupby

from console.base import EVERYBODY, current, door, menu_of, needs, page


@door.get("/menu", endpoint="menu_page")
@needs(*EVERYBODY)
def menu() -> str:
    """The menu as a page."""
    items = menu_of(current().role)
    groups = [(name, list(some)) for name, some in groupby(items, lambda item: item.group)]
    return page("menu.html", groups=groups)
