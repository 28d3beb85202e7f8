"""Signing in and out: password, one-time code, first password, role (requirements 3.0)."""

from __future__ import annotations

from io import BytesIO
from urllib.parse import urlsplit

import segno
from flask import redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from werkzeug.wrappers import Response

from console.base import console, current, door, needs, only_reading, page, say, tell, transaction
from models import Role
from services import demo_staff, staff
from services.clock import business_date


@door.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> ResponseReturnValue:
    """The password. A wrong login and a wrong password look alike."""
    if request.method == "GET":
        return page("sign_in.html", login="", trouble=None, **_demo())
    login, password = request.form.get("login", ""), request.form.get("password", "")
    trouble = _try_password(login[:64], password[:256])
    if trouble is not None:
        return page("sign_in.html", login=login[:64], trouble=trouble, **_demo()), 401
    return redirect(url_for("console.second_step", next=_inside(request.form.get("next"))))


def _try_password(login: str, password: str) -> str | None:
    """None when the first step is done; else the sentence why not. The slow part stands between
    two short transactions."""
    room = console()
    wall = room.wall()
    with only_reading() as opened:
        member = staff.by_login(opened, login)
        known = member.password_hash if member and not member.disabled_at else None
        minutes = staff.locked_minutes(member, wall) if member else 0
    if minutes:
        return say("console.locked", minutes=minutes)
    right = staff.fits(known, password)
    with transaction() as opened:
        today = business_date(room.clock.now(opened))
        member = staff.by_login(opened, login, lock=True)
        if member is not None and right and not staff.locked_minutes(member, wall):
            session.clear()
            session["token"] = staff.open_sign_in(opened, member, wall, today)
            return None
        if member is not None:
            staff.count_wrong(opened, member, wall, today)
    return say("console.wrong_password")


def _demo() -> dict[str, object]:
    if not console().sandbox:
        return {"demo": None}
    with only_reading() as opened:
        return {"demo": demo_staff.access(opened, console().wall())}


def _inside(address: str | None) -> str | None:
    """An address of the console to go on to; nothing else is followed."""
    parts = urlsplit(address or "")
    fits = not parts.scheme and not parts.netloc and parts.path.startswith("/console/")
    return address if fits and not {"\\", ".."} & {*parts.path, *parts.path.split("/")} else None


@door.route("/code", methods=["GET", "POST"])
@needs(*Role)
def second_step() -> ResponseReturnValue:
    """The one-time code; the first time with a QR code to enrol by."""
    seat = current()
    if seat.signed_in.passed_totp:
        return redirect(url_for("console.worklist"))
    trouble = _try_code(request.form.get("code", "")) if request.method == "POST" else None
    if request.method == "POST" and trouble is None:
        return redirect(_inside(request.form.get("next")) or url_for("console.worklist"))
    enrolling = seat.staff.totp_confirmed_at is None
    return page(
        "second_step.html",
        trouble=trouble,
        enrolling=enrolling,
        secret=staff.totp_secret(seat.staff) if enrolling else None,
        picture=_qr(staff.totp_address(seat.staff, say("console.name"))) if enrolling else None,
    )


def _try_code(code: str) -> str | None:
    seat = current()
    seat.session.refresh(seat.staff, with_for_update=True)  # two tries at once see each other
    if minutes := staff.locked_minutes(seat.staff, seat.wall):
        return say("console.locked", minutes=minutes)
    found = staff.check_code(seat.staff, code, seat.wall)
    if found is staff.Code.RIGHT:
        staff.pass_code(seat.session, seat.signed_in, seat.wall)
        return None
    if found is staff.Code.USED:
        return say("console.code_used")
    staff.count_wrong(seat.session, seat.staff, seat.wall, seat.today)
    return say("console.code_wrong")


def _qr(address: str) -> Markup:
    """The code as an SVG element: no request, no inline style."""
    out = BytesIO()
    segno.make(address, error="m").save(out, kind="svg", scale=5, xmldecl=False, svgns=True)
    return Markup(out.getvalue().decode())  # noqa: S704 - drawn by us, holds no text


@door.route("/password", methods=["GET", "POST"])
@needs(*Role)
def change_password() -> ResponseReturnValue:
    """A password of one's own."""
    seat = current()
    trouble = None
    if request.method == "POST":
        new, again = request.form.get("new", "")[:256], request.form.get("again", "")[:256]
        old_fits = staff.fits(seat.staff.password_hash, request.form.get("old", "")[:256])
        trouble = _password_trouble(new, again, old_fits=old_fits)
        if trouble is None:
            staff.change_password(seat.session, seat.staff, new, seat.wall)
            tell("console.password_changed")
            return redirect(url_for("console.worklist"))
    least = staff.password_length(seat.today)
    return page("change_password.html", trouble=trouble, least=least)


def _password_trouble(new: str, again: str, *, old_fits: bool) -> str | None:
    seat = current()
    if not old_fits:
        staff.count_wrong(seat.session, seat.staff, seat.wall, seat.today)
        return say("console.old_password_wrong")
    if new != again:
        return say("console.passwords_differ")
    weak = staff.weakness(new, seat.staff, seat.today)
    least = staff.password_length(seat.today)
    return say(f"console.password_{weak}", least=least) if weak else None


@door.route("/role", methods=["GET", "POST"])
@needs(*Role)
def choose_role() -> ResponseReturnValue:
    """Which of several roles to work in; where none holds any more, it says so."""
    seat = current()
    if request.method == "POST":
        number = request.form.get("grant", "")
        chosen = staff.choose_grant(
            seat.session,
            seat.signed_in,
            int(number) if number.isdigit() else 0,
            now=seat.wall,
            today=seat.today,
        )
        if chosen is not None:
            return redirect(url_for("console.worklist"))
        tell("console.role_not_yours", level="danger")
    grants = staff.in_force(seat.staff, seat.today)
    return page("choose_role.html", grants=grants, ended=seat.staff.grants if not grants else [])


@door.get("/account")
@needs(*Role)
def account() -> str:
    """One's own account: where one is signed in, password, roles."""
    seat = current()
    return page(
        "account.html",
        sign_ins=staff.open_ones(seat.session, seat.staff),
        grants=staff.in_force(seat.staff, seat.today),
    )


@door.post("/sign-out")
@needs(*Role)
def sign_out() -> Response:
    """End this sign-in."""
    seat = current()
    staff.end(seat.session, seat.signed_in, seat.wall)
    session.clear()
    tell("console.signed_out", level="info")
    return redirect(url_for("console.sign_in"))


@door.post("/sign-out-others")
@needs(*Role)
def sign_out_others() -> Response:
    """End one's sign-ins on other devices."""
    seat = current()
    ended = staff.end_others(seat.session, seat.signed_in, seat.wall)
    tell("console.others_signed_out", count=ended)
    return redirect(url_for("console.account"))
