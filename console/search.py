"""Looking somebody or something up. A search needs something to search for."""

from __future__ import annotations

from flask import request

from console.base import NAV, NavItem, current, door, look, needs, page
from console.worklist import CASE_ROLES
from services import case_search

NAV.append(NavItem("console.search", "console.nav_search", CASE_ROLES, order=15, group="work"))


@door.get("/search")
@needs(*CASE_ROLES)
def search() -> str:
    """Cases of the area by name, number, village, whole ID number or whole phone number."""
    seat = current()
    asked = request.args.get("q", "").strip()[:64]
    if not asked:
        return page("search.html", asked="", found=None)
    found = case_search.find(seat.session, asked, seat.region)
    if found is not None:
        look("search", found.kind, rows=len(found.rows))
    return page("search.html", asked="" if found and found.is_personal else asked, found=found,
                too_short=found is None, most=case_search.MOST)  # fmt: skip
