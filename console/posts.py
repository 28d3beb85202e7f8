"""Posts: the register, a post's page with its steps and history, the Excel export (R-3.1*)."""

from __future__ import annotations

from dataclasses import dataclass

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.wrappers import Response

from console import forms
from console.base import NAV, Elsewhere, NavItem, current, door, keep, look, needs, page, say, tell
from console.downloads import xlsx
from console.words import obstacle_words
from models import Post, PostStatus, Region, Role
from rules import posts as law
from services import (
    plan_work,  # noqa: F401 - puts demands on the first page
    post_checks,
    post_register,
    post_steps,
    posts,
    sheets_out,
)
from services.post_register import Filters
from services.post_steps import Why
from services.procedure import Hindered
from services.staff import area

READERS = tuple(frozenset(Role) - {Role.FINANCE})
ACTORS = tuple(frozenset(READERS) - {Role.SUPERVISION, Role.ADMINISTRATOR, Role.AGENCY})

NAV.append(NavItem("console.posts_page", "post.nav", frozenset(READERS), order=45, group="hiring"))


@dataclass(frozen=True)
class Said:
    """What stands above the page after a step that was not taken, and what was typed."""

    act: str = ""
    words: tuple[str, ...] = ()
    reason: str = ""
    override: str = ""
    marks: frozenset[str] = frozenset()


NOTHING = Said()


@door.get("/posts")
@needs(*READERS)
def posts_page() -> str:
    """The register of one's area."""
    seat, filters = current(), _filters()
    after = request.args.get("after", 0, type=int)
    found = post_register.find(
        seat.session, seat.acting, filters, after if 0 < after <= forms.LARGEST_KEY else 0
    )
    return page(
        "posts.html",
        found=found,
        filters=filters,
        places=_places(),
        may_demand=seat.role in posts.DEMANDERS,
        **vocabulary(),
    )


@door.get("/posts.xlsx")
@needs(*READERS)
def posts_export() -> Response:
    """The filtered register as Excel, marked with who took it, and written down."""
    seat, filters = current(), _filters()
    rows = post_register.export(seat.session, seat.acting, filters)
    keep("post.export", ("region", seat.region.code), rows=len(rows))
    widths = (14, 24, 26, 8, 14, 8, 8, 26, 20, 12, 12, 14)
    columns = [
        sheets_out.Column(say(f"post.column_{number}"), width)
        for number, width in enumerate(widths, start=1)
    ]
    content = sheets_out.register(
        say("post.nav"), columns, [_cells(row) for row in rows], seat.staff.name, seat.now
    )
    return xlsx(content, "posts.xlsx")


def _cells(row: post_register.Row) -> list[object]:
    post = row.post
    town = post.region.parent.name if post.region.kind == "village" and post.region.parent else ""
    return [
        post.code,
        post.name,
        f"{town}{post.region.name}",
        say(f"post.track_{post.track}"),
        law.categories().get(post.category, post.category),
        post.headcount,
        row.people,
        post.worksite,
        post.host_unit,
        post.hours_per_week,
        post.pay_fen / 100 if post.pay_fen else None,
        say(f"post_status.{post.status}"),
    ]


@door.get("/posts/underpaid")
@needs(*READERS)
def posts_underpaid() -> str:
    """The posts that the present minimum wage has overtaken, each with its arithmetic."""
    seat = current()
    rows = post_register.underpaid(seat.session, seat.acting, seat.today)
    return page("posts_underpaid.html", rows=rows)


@door.get("/posts/<code>")
@needs(*READERS)
def post_page(code: str) -> str:
    """One post: what it is, who is on it, what may be done now, every change."""
    return screen(found(code), NOTHING)


@door.post("/posts/<code>/steps/<act>")
@needs(*ACTORS)
def post_step(code: str, act: str) -> ResponseReturnValue:
    """Take one step; a page that is no longer true takes none and says so."""
    seat, post = current(), found(code)
    why = Why(
        reason=forms.text("reason", 255),
        has_substance="has_substance" in request.form,
        is_no_office_post="is_no_office_post" in request.form,
        override=forms.text("override", 255),
    )
    if request.form.get("version") != str(post.version):
        return screen(post, _said(act, why, (moved_on(post),))), 409
    try:
        with seat.session.begin_nested():
            post_steps.take(seat.session, post, act, seat.acting, seat.now, why)
    except Hindered as hindered:
        words = tuple(obstacle_words(one) for one in hindered.obstacles)
        return screen(post, _said(act, why, words)), 422
    except StaleDataError:
        seat.session.refresh(post)
        return screen(post, _said(act, why, (moved_on(post),))), 409
    tell("post.done", code=post.code, status=say(f"post_status.{post.status}"))
    return redirect(url_for("console.post_page", code=post.code))


def screen(post: Post, said: Said) -> str:
    """The page of a post."""
    seat = current()
    sheet, today = post_checks.sheet_of(post), seat.today
    people = post_register.people_on(seat.session, post) if _sees_people() else ()
    if people:
        look("post", post.id, people=len(people))
    judged = post_checks.judge(seat.session, sheet, post.region, today)
    flags = post_checks.identical_flag(seat.session, post, today)
    return page(
        "post.html",
        post=post,
        said=said,
        people=people,
        held=posts.people_on(seat.session, post),
        pay=post_checks.pay_check(sheet, today),
        warnings=[obstacle_words(one) for one in (*flags, *judged.warnings)]
        if post.status in (PostStatus.DEMANDED, PostStatus.TOWN_CHECKED)
        else [],
        offers=post_steps.offers(seat.session, post, seat.acting, seat.now),
        history=posts.history(seat.session, post),
        may_change=seat.role in posts.TOWN | posts.DISTRICT | posts.DEMANDERS
        and post.status not in (PostStatus.REVOKED, PostStatus.REFUSED),
        shown=_shown,
        **vocabulary(),
    )


def _shown(value: object, name: str) -> str:
    """A value of a change, as words."""
    if value is None or value in ("", []):
        return say("post.nothing")
    if name == "pay_fen":
        return say("announcement.pay", pay_fen=value)
    if name == "category":
        return law.categories().get(str(value), str(value))
    if name in ("mode", "pay_kind"):
        return say(f"post.{name}_{value}")
    if isinstance(value, list):
        names = law.focus_areas() if name == "focus_areas" else {}
        return say("post.list", parts=[names.get(one, str(one)) for one in value])
    return str(value)


def found(code: str) -> Post:
    """The post, or `Elsewhere`."""
    seat = current()
    code = code.replace("\x00", "")  # no database takes one
    post = post_register.one(seat.session, seat.acting, code)
    if post is None:
        raise Elsewhere("post", code)
    return post


def moved_on(post: Post) -> str:
    """Who changed the post last, for somebody who holds an older page."""
    changes = posts.history(current().session, post)
    if not changes:
        return say("console.moved_on")
    last = changes[0]
    who = last.staff.name if last.staff else say("post.system")
    return say("post.moved_on", who=who, act=say(f"post_act.{last.act}"))


def vocabulary() -> dict[str, object]:
    """What the pages call categories and areas."""
    return {
        "categories": law.categories(),
        "focus_areas": law.focus_areas(),
        "statuses": list(PostStatus),
    }


def _said(act: str, why: Why, words: tuple[str, ...]) -> Said:
    marks = {name for name in ("has_substance", "is_no_office_post") if getattr(why, name)}
    return Said(act, words, why.reason, why.override, frozenset(marks))


def _sees_people() -> bool:
    return current().role not in (Role.DEPARTMENT, Role.ADMINISTRATOR)


def _filters() -> Filters:
    names = Filters.__dataclass_fields__
    asked = {name: request.args.get(name, "").replace("\x00", "") for name in names}
    return Filters(**{name: text.strip()[:64] for name, text in asked.items()})


def _places() -> list[Region]:
    """The offices right under this one, to narrow the register by."""
    seat = current()
    inside = select(Region).where(Region.parent_id == seat.region.id, area(seat.region))
    return list(seat.session.scalars(inside.order_by(Region.id)))
