"""The yearly recruitment announcement: drafts, previews, publication, corrections (R-3.4a)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.wrappers import Response

from console import (
    forms,
    public_recruitment,  # noqa: F401 - the page for everybody, which this one links to
)
from console.base import NAV, Elsewhere, NavItem, current, door, needs, page, say, tell
from console.files import docx
from console.words import obstacle_words
from models import Announcement, Role
from rules import rulesets
from services import recruitment, recruitment_paper
from services import recruitment_publishing as publishing
from services.clock import business_date
from services.procedure import Hindered
from services.recruitment import DAYS, Text

READERS = frozenset(Role) - {Role.FINANCE}
MAKERS = tuple(recruitment.MAKERS)
PUBLISHERS = tuple(publishing.PUBLISHERS)

NAV.append(NavItem("console.announcements", "announcement.nav", READERS, order=42, group="hiring"))


@door.get("/announcements")
@needs(*READERS)
def announcements() -> str:
    """Every version of every year; drafts only for the district."""
    seat = current()
    makes = seat.role in recruitment.MAKERS
    rows = [one for one in recruitment.every(seat.session) if makes or one.published_at]
    return page(
        "announcements.html",
        rows=rows,
        may_make=makes,
        missing=recruitment.is_missing(seat.session, seat.today),
    )


@door.get("/announcements/<int:key>")
@needs(*READERS)
def announcement(key: int) -> str:
    """One version: as chat message, as page, what is missing, what may be done."""
    return _screen(_found(key))


@door.get("/announcements/<int:key>/sheet.docx")
@needs(*READERS)
def announcement_sheet(key: int) -> Response:
    """The sheet for the boards, to print."""
    seat, one = current(), _found(key)
    district = seat.region
    while district.parent is not None:
        district = district.parent
    on = business_date(one.published_at) if one.published_at else None
    content = recruitment_paper.sheet(publishing.shown(seat.session, one), district.name, on)
    return docx(content, f"announcement-{one.year}-{one.version}.docx")


@door.get("/announcements/new")
@needs(*MAKERS)
def announcement_new() -> str:
    """The form for a year's first version."""
    year = current().today.year
    title = say("announcement.default_title", year=year)
    return _form({"year": year, "title": title})


@door.post("/announcements/new")
@needs(*MAKERS)
def announcement_draft() -> ResponseReturnValue:
    """Write a draft; what is not fit comes back as it was typed."""
    seat, text = current(), _read()
    if text is None:
        return _form(request.form, (say("announcement.date_needed"),)), 422
    try:
        with seat.session.begin_nested():
            made = recruitment.draft(seat.session, text, seat.acting, seat.now)
    except Hindered as hindered:
        return _form(request.form, _words(hindered)), 422
    tell("announcement.saved")
    return redirect(url_for("console.announcement", key=made.id))


@door.get("/announcements/<int:key>/edit")
@needs(*MAKERS)
def announcement_edit_form(key: int) -> str:
    """The form of a draft."""
    one = _found(key)
    return _form(recruitment.plain(recruitment.text_of(one)), (), one)


@door.post("/announcements/<int:key>/edit")
@needs(*MAKERS)
def announcement_edit(key: int) -> ResponseReturnValue:
    """Put a draft into other words."""
    seat, one, text = current(), _found(key), _read()
    if _is_stale(one):
        return _form(request.form, (say("announcement.moved_on"),), one), 409
    if text is None:
        return _form(request.form, (say("announcement.date_needed"),), one), 422
    try:
        with seat.session.begin_nested():
            recruitment.edit(seat.session, one, text, seat.acting, seat.now)
    except Hindered as hindered:
        return _form(request.form, _words(hindered), one), 422
    tell("announcement.saved")
    return redirect(url_for("console.announcement", key=key))


@door.post("/announcements/<int:key>/schedule")
@needs(*PUBLISHERS)
def announcement_schedule(key: int) -> ResponseReturnValue:
    """Publish now, or have the clock do it at a time."""
    seat, one = current(), _found(key)
    at = seat.now if request.form.get("when") == "now" else forms.moment("at")
    if at is None:
        return _screen(one, (say("announcement.date_needed"),)), 422
    return _do(
        one,
        lambda: publishing.schedule(seat.session, one, at, seat.acting, seat.now),
        "announcement.published" if at <= seat.now else "announcement.scheduled",
    )


@door.post("/announcements/<int:key>/unschedule")
@needs(*PUBLISHERS)
def announcement_unschedule(key: int) -> ResponseReturnValue:
    """Take the time back."""
    seat, one = current(), _found(key)
    return _do(
        one,
        lambda: publishing.unschedule(seat.session, one, seat.acting, seat.now),
        "announcement.unscheduled",
    )


@door.post("/announcements/<int:key>/correct")
@needs(*MAKERS)
def announcement_correct(key: int) -> ResponseReturnValue:
    """Begin the next version from a published one."""
    seat, one = current(), _found(key)
    try:
        with seat.session.begin_nested():
            made = recruitment.correct(seat.session, one, seat.acting, seat.now)
    except Hindered as hindered:
        return _screen(one, _words(hindered)), 422
    tell("announcement.correcting", version=made.version)
    return redirect(url_for("console.announcement_edit_form", key=made.id))


def _do(one: Announcement, act: Callable[[], None], done: str) -> ResponseReturnValue:
    """Do it and say so, or show the page with every reason why not."""
    seat = current()
    if _is_stale(one):
        return _screen(one, (say("announcement.moved_on"),)), 409
    try:
        with seat.session.begin_nested():
            act()
    except Hindered as hindered:
        return _screen(one, _words(hindered)), 422
    except StaleDataError:
        seat.session.refresh(one)
        return _screen(one, (say("announcement.moved_on"),)), 409
    tell(done)
    return redirect(url_for("console.announcement", key=one.id))


def _found(key: int) -> Announcement:
    seat = current()
    one = seat.session.get(Announcement, key) if key <= forms.LARGEST_KEY else None
    if one is None or (one.published_at is None and seat.role not in recruitment.MAKERS):
        raise Elsewhere("announcement", key)
    return one


def _is_stale(one: Announcement) -> bool:
    return request.form.get("edition") != str(one.edition)


def _screen(one: Announcement, said: tuple[str, ...] = ()) -> str:
    seat = current()
    shown = publishing.shown(seat.session, one)
    newest = recruitment.of_year(seat.session, one.year)[0]
    obstacles = publishing.obstacles(seat.session, one, seat.now) if not one.published_at else ()
    return page(
        "announcement.html",
        one=one,
        shown=shown,
        days={name: date.fromisoformat(shown[name]) for name in DAYS},
        message=recruitment_paper.chat(shown),
        newest=newest,
        said=said,
        obstacles=[obstacle_words(obstacle) for obstacle in obstacles],
        may_make=seat.role in recruitment.MAKERS,
        may_publish=seat.role in publishing.PUBLISHERS,
    )


def _form(
    typed: Mapping[str, object], said: tuple[str, ...] = (), one: Announcement | None = None
) -> str:
    seat = current()
    if request.method == "POST":
        chosen = set(forms.keys("post_ids"))
    else:
        chosen = set(one.post_ids) if one else set()
    return page(
        "announcement_form.html",
        typed=typed,
        said=said,
        one=one,
        chosen=chosen,
        posts=recruitment.choosable(seat.session, one),
        rulesets=[(name, rulesets.load(name).title) for name in rulesets.names()],
    )


def _read() -> Text | None:
    """The form; None where a date cannot be read."""
    days = {name: forms.day(name) for name in DAYS}
    opens_on, closes_on, reference_on = days.values()
    if opens_on is None or closes_on is None or reference_on is None:
        return None
    return Text(
        year=forms.whole("year") or 0,
        title=forms.text("title", 128),
        ruleset=forms.text("ruleset", 64),
        opens_on=opens_on,
        closes_on=closes_on,
        reference_on=reference_on,
        contact_phone=forms.text("contact_phone", 32),
        remark=forms.text("remark", 1000),
        post_ids=forms.keys("post_ids"),
        correction_reason=forms.text("correction_reason", 255),
    )


def _words(hindered: Hindered) -> tuple[str, ...]:
    return tuple(obstacle_words(one) for one in hindered.obstacles)
