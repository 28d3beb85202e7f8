"""The public's door: notices that anybody may read, object to, and ask an answer about, without
signing in (R-3.4d, requirements 2.6). Masked names only; search engines stay out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, Flask, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from console.base import console, only_reading, transaction
from console.guard import csrf
from console.typed import typed
from console.words import obstacle_words
from models import PublicNotice, Region
from services import notice_paper, objections, public_notices
from services.acting import CLOCK
from services.clock import business_date
from services.guards import Obstacle
from services.masking import Audience
from services.objections import Complaint
from services.procedure import Hindered
from wording.hearing import hear_phone

public = Blueprint("public", __name__, url_prefix="/notices", template_folder="templates")

HEADERS = {
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Content-Security-Policy": "default-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True)
class Said:
    """What is said above a form, and what was typed into it."""

    words: tuple[str, ...] = ()
    typed: dict[str, str] = field(default_factory=dict)


def register_public(app: Flask) -> None:
    """Mount `/notices`; the console must have been registered before."""
    app.register_blueprint(public)


@public.before_request
def protect() -> None:
    if "\x00" in request.path:  # no database takes one
        raise NotFound
    csrf.protect()


@public.after_request
def add_headers(response: Response) -> Any:
    for name, value in HEADERS.items():
        response.headers[name] = value
    return response


@public.errorhandler(NotFound)
def not_there(_error: NotFound) -> ResponseReturnValue:
    return render_template("public/gone.html", key="objections.page_gone"), 404


@public.errorhandler(CSRFError)
@public.errorhandler(StaleDataError)
def form_too_old(error: CSRFError | StaleDataError) -> ResponseReturnValue:
    """What was typed is shown again, to copy."""
    words = typed("words", 1000)
    shown = render_template("public/gone.html", key="objections.page_old", words=words)
    return shown, 400 if isinstance(error, CSRFError) else 409


@public.get("/")
def notices() -> str:
    """What hangs today, by town."""
    with only_reading() as session:
        today = _today(session)
        hanging = session.scalars(
            select(PublicNotice)
            .join(Region, PublicNotice.region_id == Region.id)
            .where(
                PublicNotice.published_at.is_not(None),
                PublicNotice.taken_down_at.is_(None),
                PublicNotice.last_on >= today,
            )
            .options(selectinload(PublicNotice.items))
            .order_by(Region.path, PublicNotice.id)
        )
        papers = [notice_paper.paper(notice, Audience.WEB) for notice in hanging]
        return render_template("public/notices.html", papers=papers, today=today)


@public.get("/<code>")
def notice(code: str) -> ResponseReturnValue:
    """One notice, as the web may show it."""
    with only_reading() as session:
        return _screen(session, _found(session, code), Said())


def _today(session: Session) -> Any:
    return business_date(console().clock.now(session))


def _found(session: Session, code: str) -> PublicNotice:
    """A notice that may still be read; what was never published is not told from what is gone."""
    found = public_notices.load(session, code)
    if found is None or found.published_at is None or found.taken_down_at is not None:
        raise NotFound
    return found


def _screen(session: Session, found: PublicNotice, said: Said) -> str:
    today = _today(session)
    shown = notice_paper.paper(found, Audience.WEB)
    return render_template(
        "public/notice.html",
        paper=shown,
        today=today,
        left=shown.days_left(today),
        said=said,
        phone=notice_paper.for_print(found)["phone"],
    )


@public.get("/<code>/objections")
def reloaded(code: str) -> ResponseReturnValue:
    """Whoever loads the page of thanks anew gets the notice, not an error."""
    return redirect(url_for("public.notice", code=code))


@public.post("/<code>/objections")
def notice_object(code: str) -> ResponseReturnValue:
    """An objection without signing in: against whom, what, a phone or none."""
    was = {name: typed(name, 1000) for name in ("item", "words", "phone")}
    with transaction() as session:
        found = _found(session, code)
        try:
            receipt = _object(session, found, was)
        except Hindered as hindered:
            words = tuple(obstacle_words(obstacle) for obstacle in hindered.obstacles)
            return _screen(session, found, Said(words, was)), 409
        return render_template("public/thanks.html", receipt=receipt, paper_code=code)


def _object(session: Session, found: PublicNotice, was: dict[str, str]) -> objections.Receipt:
    now = console().clock.now(session)
    item = next((one for one in found.items if str(one.id) == was["item"]), None)
    if item is None:
        raise Hindered("object", (Obstacle("objections.choose_line"),))
    phone = _phone(was["phone"])
    objections.count_submission(session, request.remote_addr or "", now)
    complaint = Complaint(
        words=was["words"],
        phone=phone,
        against_town="against_town" in request.form,
    )
    return objections.raise_against(session, item, complaint, CLOCK, now)


def _phone(text: str) -> str | None:
    """The number to answer to; none is fine, what is no number is not."""
    if not text.strip():
        return None
    heard = hear_phone(text)
    if heard.mobile is None and heard.problem != "landline":
        raise Hindered("object", (Obstacle("objections.wrong_phone"),))
    return heard.mobile or "".join(sign for sign in text if sign.isdecimal())


@public.route("/answers", methods=["GET", "POST"])
def answer() -> ResponseReturnValue:
    """What became of an objection, for whoever has its number and code."""
    number, code = typed("number", 32), typed("code", 16)
    found, tried = None, request.method == "POST"
    words: tuple[str, ...] = ()
    with transaction() as session:
        if tried:
            found, words = _look_up(session, number, code)
        shown = render_template(
            "public/answer.html", found=found, tried=tried, words=words, number=number
        )
    return make_response(shown, 404 if tried and found is None else 200)


def _look_up(session: Session, number: str, code: str) -> tuple[Any, tuple[str, ...]]:
    """Guessing is counted like objecting, so that nobody tries codes by the thousand."""
    if (found := objections.numbered(session, number, code)) is not None:
        return found, ()
    try:
        now = console().clock.now(session)
        objections.count_submission(session, f"answer|{request.remote_addr}", now)
    except Hindered as hindered:
        return None, tuple(obstacle_words(obstacle) for obstacle in hindered.obstacles)
    return None, ()
