"""Accident insurance: the lists for the insurer, the policies that come back, the days without
cover."""

from __future__ import annotations

from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

import services.insurance_work as _work  # noqa: F401 - puts the gaps on the worklist
from console.base import NAV, NavItem, current, door, keep, look, needs, page, tell
from console.downloads import xlsx
from console.files import upload
from console.words import obstacle_words
from models import Role
from services import insurance, insurance_gaps, insurance_sheets, sheets_in
from services.insurance import MAY_BUY, Entered

SEES = MAY_BUY | {Role.DISTRICT_APPROVER, Role.TOWN_CLERK, Role.TOWN_HEAD, Role.SUPERVISION}
SHOWN = 100

NAV.append(NavItem("console.insurance", "insurance.nav", SEES, order=55, group="at_work"))


@door.get("/insurance", endpoint="insurance")
@needs(*SEES)
def insurance_page() -> str:
    """Who lacks cover, who must be added and taken off."""
    return _screen()


def _screen(entered: Entered | None = None, trouble: str = "") -> str:
    seat = current()
    gaps = insurance_gaps.open_gaps(seat.session, seat.region, SHOWN)
    past = insurance_gaps.past_gaps(seat.session, seat.region, SHOWN)
    to_add = insurance.to_add(seat.session, seat.region, seat.today)
    to_delete = insurance.to_delete(seat.session, seat.region)
    if gaps or past or to_add or to_delete:
        look("insurance", seat.region.code, rows=len(gaps) + len(to_add) + len(to_delete))
    return page(
        "insurance.html",
        gaps=gaps,
        past=past,
        to_add=to_add,
        to_delete=to_delete,
        ending=insurance.ending_soon(seat.session, seat.region, seat.today),
        buys=seat.role in MAY_BUY,
        entered=entered,
        trouble=trouble,
        days=lambda gap: ((gap.to_on or seat.today) - gap.from_on).days + 1,
        shown=SHOWN,
    )


@door.get("/insurance/add.xlsx")
@needs(*MAY_BUY)
def insurance_add_list() -> Response:
    """Whom the insurer must cover, and from which day."""
    seat = current()
    rows = insurance.to_add(seat.session, seat.region, seat.today)
    _write("insurance.add_list", len(rows))
    return xlsx(insurance_sheets.add_list(rows, _who(), seat.now), "insurance-add.xlsx")


@door.get("/insurance/delete.xlsx")
@needs(*MAY_BUY)
def insurance_delete_list() -> Response:
    """Whose cover the insurer must end."""
    seat = current()
    rows = insurance.to_delete(seat.session, seat.region)
    _write("insurance.delete_list", len(rows))
    return xlsx(insurance_sheets.delete_list(rows, _who(), seat.now), "insurance-delete.xlsx")


def _who() -> str:
    staff = current().staff
    return f"{staff.unit} {staff.name}"


def _write(act: str, rows: int) -> None:
    seat = current()
    keep(act, ("region", seat.region.code), rows=rows, id_numbers=True)


@door.post("/insurance")
@needs(*MAY_BUY)
def insurance_entered() -> ResponseReturnValue:
    """The policies that came back, from Excel."""
    seat, sheet = current(), upload("list")
    if sheet is None:
        return _screen(trouble=obstacle_words(sheets_in.NO_FILE)), 422
    try:
        entered = insurance.enter(seat.session, sheet.content, seat.acting, seat.now)
    except sheets_in.Unfit as unfit:
        return _screen(trouble=obstacle_words(unfit.obstacle)), 422
    if not entered.wrong:
        tell("insurance.entered", kept=entered.kept, known=entered.known)
    return _screen(entered)
