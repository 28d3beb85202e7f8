"""Recording a demand for a post, and changing a post (R-1.3, R-3.1d)."""

from __future__ import annotations

from collections.abc import Mapping

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm.exc import StaleDataError

from console import forms
from console.base import current, door, needs, page, say, tell
from console.posts import found, moved_on, vocabulary
from console.words import obstacle_words
from models import Post, Region, Role
from models.places import RegionKind
from services import post_checks, posts
from services.post_checks import Sheet
from services.posts import Revision
from services.procedure import Hindered
from services.staff import area

DEMANDERS = tuple(posts.DEMANDERS)
CHANGERS = tuple(posts.DEMANDERS | posts.TOWN | posts.DISTRICT)


@door.get("/posts/new")
@needs(*DEMANDERS)
def post_new() -> str:
    """The form for a demand."""
    return _form({"mode": "single", "track": "rural"})


@door.post("/posts/new")
@needs(*DEMANDERS)
def post_demand() -> ResponseReturnValue:
    """Record a demand; what is not fit comes back with everything that was typed."""
    seat = current()
    place = _place(forms.text("place"))
    if place is None:
        return _form(request.form, (say("post.place_needed"),)), 422
    try:
        with seat.session.begin_nested():
            post, warnings = posts.demand(
                seat.session, read_sheet(), place, forms.text("demand_reason", 255), seat.acting,
                seat.now,
            )  # fmt: skip
    except Hindered as hindered:
        return _form(request.form, _words(hindered)), 422
    tell("post.demanded", code=post.code)
    for warning in warnings:
        tell("post.mind", level="warning", words=obstacle_words(warning))
    return redirect(url_for("console.post_page", code=post.code))


@door.get("/posts/<code>/change")
@needs(*CHANGERS)
def post_change_form(code: str) -> str:
    """The form for a change, with the post as it is."""
    post = found(code)
    return _form(_typed(post), post=post)


@door.post("/posts/<code>/change")
@needs(*CHANGERS)
def post_change(code: str) -> ResponseReturnValue:
    """Change a post from a day on; those who work on it are told."""
    seat, post = current(), found(code)
    effective_on = forms.day("effective_on")
    if request.form.get("version") != str(post.version):
        return _form(request.form, (moved_on(post),), post), 409
    if effective_on is None:
        return _form(request.form, (say("announcement.date_needed"),), post), 422
    revision = Revision(read_sheet(post), effective_on, forms.text("reason", 255))
    try:
        with seat.session.begin_nested():
            made, warnings = posts.change(seat.session, post, revision, seat.acting, seat.now)
    except Hindered as hindered:
        return _form(request.form, _words(hindered), post), 422
    except StaleDataError:
        seat.session.refresh(post)
        return _form(request.form, (moved_on(post),), post), 409
    tell(f"post.changed_{'later' if made.act == 'planned' else 'now'}", from_on=effective_on)
    for warning in warnings:
        tell("post.mind", level="warning", words=obstacle_words(warning))
    return redirect(url_for("console.post_page", code=post.code))


def read_sheet(post: Post | None = None) -> Sheet:
    """The post as the form describes it. A number that cannot be read counts as not given. The
    track of a post that is there already stays."""
    kind = forms.text("pay_kind", 8) or None
    return Sheet(
        track=post.track if post else forms.text("track", 8),
        name=forms.text("name", 80),
        category=forms.text("category", 32),
        duties=forms.lines("duties"),
        headcount=forms.whole("headcount") or 0,
        worksite=forms.text("worksite", 160),
        host_unit=forms.text("host_unit", 80),
        responsible=forms.text("responsible", 80),
        hours_per_week=forms.whole("hours_per_week"),
        focus_areas=tuple(request.form.getlist("focus_areas")),
        mode=forms.text("mode", 8),
        hours_per_month=forms.whole("hours_per_month") if kind == "hour" else None,
        pay_kind=kind,
        pay_fen=forms.fen("pay") if kind else None,
    )


def _typed(post: Post) -> dict[str, object]:
    """A post as its form shows it."""
    values = post_checks.sheet_of(post).values()
    return {**values, "duties": "\n".join(post.duties), "pay": forms.yuan(post.pay_fen)}


def _form(typed: Mapping[str, object], said: tuple[str, ...] = (), post: Post | None = None) -> str:
    chosen = typed.get("focus_areas", ()) if post and not said else None
    focus = chosen if isinstance(chosen, list) else request.form.getlist("focus_areas")
    return page(
        "post_form.html",
        typed=typed,
        said=said,
        post=post,
        focus=focus,
        places=_places() if post is None else (),
        **vocabulary(),
    )


def _words(hindered: Hindered) -> tuple[str, ...]:
    return tuple(obstacle_words(one) for one in hindered.obstacles)


def _place(code: str) -> Region | None:
    seat = current()
    return seat.session.scalars(
        select(Region).where(Region.code == code, area(seat.region))
    ).first()


def _places() -> list[tuple[str, str]]:
    """Where a post may stand: code and name, with the town before its villages."""
    seat = current()
    inside = select(Region).where(area(seat.region), Region.kind != RegionKind.DISTRICT)
    if seat.role == Role.DEPARTMENT:
        inside = inside.order_by(Region.path)
    rows = seat.session.scalars(inside.order_by(Region.path))
    return [
        (
            one.code,
            f"{one.parent.name}{one.name}" if one.kind == "village" and one.parent else one.name,
        )
        for one in rows
    ]
