"""The register of people on posts: looked up by a filter, taken away as Excel; and the list of
those who were there before 2022."""

from __future__ import annotations

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from console.base import NAV, NavItem, current, door, look, needs, page, say, tell
from console.downloads import xlsx
from console.files import upload
from console.words import obstacle_words
from console.worklist import CASE_ROLES
from models import EngagementStatus, Region, Role
from services import integrated, registers, sheets_in
from services.integrated import MAY_TAKE_OVER, ORIGIN, TakenOver
from services.procedure import Hindered
from services.registers import SHORTEST_NAME, Filter
from services.staff import area

EXPORTERS = CASE_ROLES - {Role.SUPERVISION, Role.ADMINISTRATOR, Role.AGENCY}
TRACKS = ("rural", "urban")
ORIGINS = ("recruited", ORIGIN)

NAV.append(NavItem("console.people", "register.nav", CASE_ROLES, order=40, group="at_work"))


@door.get("/people")
@needs(*CASE_ROLES)
def people() -> str:
    """The people of the area who fit; nobody where nothing was asked for."""
    seat, wanted = current(), _wanted()
    found = registers.find(seat.session, seat.region, wanted, request.args.get("after", "")[:32])
    if found.rows:
        look("people", seat.region.code, rows=len(found.rows), filter=wanted.shown())
    asked = request.args.to_dict()
    asked.pop("after", None)
    return page(
        "people.html",
        found=found,
        wanted=wanted,
        too_short=0 < len(wanted.name) < SHORTEST_NAME and not wanted.is_enough,
        places=_places(),
        statuses=list(EngagementStatus),
        tracks=TRACKS,
        origins=ORIGINS,
        asked=asked,
        exports=seat.role in EXPORTERS,
        with_numbers=seat.role in registers.SEES_ID_NUMBERS,
        takes_over=seat.role in MAY_TAKE_OVER,
    )


def _wanted() -> Filter:
    args = request.args
    status, track, origin = args.get("status"), args.get("track", ""), args.get("origin", "")
    return Filter(
        place=_place(args.get("place", "")),
        status=EngagementStatus(status) if status in set(EngagementStatus) else None,
        track=track if track in TRACKS else "",
        origin=origin if origin in ORIGINS else "",
        name=args.get("name", "").strip()[:64],
        code=args.get("code", "").strip().upper()[:32],
    )


def _place(code: str) -> Region | None:
    seat = current()
    query = select(Region).where(Region.code == code, area(seat.region))
    return seat.session.scalars(query).first() if code else None


def _places() -> list[Region]:
    """The offices right under this one."""
    seat = current()
    query = select(Region).where(Region.parent_id == seat.region.id).order_by(Region.id)
    return list(seat.session.scalars(query))


@door.get("/people.xlsx")
@needs(*EXPORTERS)
def people_export() -> ResponseReturnValue:
    """The people who fit, as Excel."""
    seat, wanted = current(), _wanted()
    if not wanted.is_enough:
        tell("register.say_what", level="warning")
        return redirect(url_for("console.people"))
    return xlsx(registers.export(seat.session, wanted, seat.acting, seat.now), "people.xlsx")


@door.get("/people/integrated")
@needs(*MAY_TAKE_OVER)
def integrated_page() -> str:
    """The form for a list of those who were there before 2022."""
    return _integrated(None)


def _integrated(taken: TakenOver | None, trouble: str = "") -> str:
    return page(
        "integrated.html",
        taken=taken,
        trouble=trouble,
        year=request.form.get("year", ""),
        today=current().today,
    )


@door.post("/people/integrated")
@needs(*MAY_TAKE_OVER)
def integrated_taken() -> ResponseReturnValue:
    """Take a list over, whole or not at all."""
    seat, sheet = current(), upload("list")
    year = request.form.get("year", "")
    if sheet is None:
        return _integrated(None, obstacle_words(sheets_in.NO_FILE)), 422
    if year and not (year.isdecimal() and 2022 <= int(year) <= seat.today.year + 1):
        return _integrated(None, say("register.bad_year")), 422
    try:
        taken = integrated.take_over(
            seat.session,
            sheet,
            plan_year=int(year) if year else None,
            acting=seat.acting,
            now=seat.now,
        )
    except sheets_in.Unfit as unfit:
        return _integrated(None, obstacle_words(unfit.obstacle)), 422
    except Hindered as hindered:
        return _integrated(None, " ".join(map(obstacle_words, hindered.obstacles))), 409
    return _integrated(taken), 409 if taken.wrong else 200
