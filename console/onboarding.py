"""From the approval to the first day, on one page of the case."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from werkzeug.wrappers import Response

from console.base import Elsewhere, Seat, current, door, look, needs, page, say, tell
from console.case import HOOKS
from console.changes import is_stale
from console.files import docx, shown, upload
from console.typed import NoDay, day
from console.words import moment, obstacle_words
from console.worklist import CASE_ROLES
from models import Application, Attachment, Role
from models.procedure import TOWN_CLERK
from services import (
    accounts,
    agreements,
    case_page,
    onboarding,
    procedure,
    social_insurance,
)
from services.accounts import Account
from services.case_page import CasePage
from services.onboarding import MAY_RECORD, MAY_SEE
from services.procedure import Hindered

MAY_PRINT = MAY_RECORD | {Role.DISTRICT_CLERK}


def link_on_case_page(_seat: Seat, shown_case: CasePage) -> str:
    """The way from the case to this page, once there is an approval."""
    if shown_case.application.engagement is None:
        return ""
    return Markup(  # noqa: S704 - the template escapes its values
        render_template(
            "onboarding_link.html",
            case=shown_case.application,
            engagement=shown_case.application.engagement,
        )
    )


HOOKS.append(link_on_case_page)


def _found(number: str) -> Application:
    seat = current()
    found = case_page.find(seat.session, number, seat.region)
    if found is None:
        raise Elsewhere("application", number)
    return found


@door.get("/cases/<number>/onboarding", endpoint="onboarding")
@needs(*CASE_ROLES)
def onboarding_page(number: str) -> str:
    """What is on file, what is missing, and the forms for it."""
    return _screen(_found(number))


def _screen(application: Application, words: tuple[str, ...] = ()) -> str:
    seat = current()
    progress = onboarding.progress(seat.session, application)
    if progress is None:
        raise Elsewhere("onboarding", application.number)
    look("application", application.id)
    offers = procedure.offers(seat.session, application, seat.acting, seat.now)
    return page(
        "onboarding.html",
        case=application,
        it=progress,
        words=words,
        typed=request.form,
        start=next((offer for offer in offers if offer.step.act == "start"), None),
        under_way=application.status in onboarding.UNDER_WAY,
        may=_may(seat),
        kinds=social_insurance.kinds_on(seat.today),
        tail=accounts.tail(progress.account) if progress.account else "",
    )


def _may(seat: Seat) -> Mapping[str, bool]:
    return {
        "record": seat.role in MAY_RECORD,
        "see": seat.role in MAY_SEE,
        "town": seat.role in TOWN_CLERK,
        "print": seat.role in MAY_PRINT,
    }


def _do(number: str, done: str, verb: Callable[[Seat, Application], Any]) -> ResponseReturnValue:
    """Do one thing on the case; whatever hinders it is said with what was typed still there."""
    seat, application = current(), _found(number)
    if is_stale(application.version):
        return _screen(application, (_what_changed(application),)), 409
    try:
        with seat.session.begin_nested():
            verb(seat, application)
    except Hindered as hindered:
        words = tuple(obstacle_words(obstacle) for obstacle in hindered.obstacles)
        return _screen(application, words), 409
    except NoDay:
        return _screen(application, (say("onboarding.no_day"),)), 422
    tell(done)
    return redirect(url_for("console.onboarding", number=number))


def _what_changed(application: Application) -> str:
    last = case_page.last_event(current().session, application)
    if last is None:
        return say("console.moved_on")
    who = last.staff.name if last.staff else say("console.not_staff")
    return say("console.what_changed", who=who, at=moment(last.at), act=say(f"case_act.{last.act}"))


@door.post("/cases/<number>/offer")
@needs(*MAY_RECORD)
def offer_accepted(number: str) -> ResponseReturnValue:
    """The applicant said yes on paper."""
    return _do(
        number,
        "onboarding.offer_kept",
        lambda seat, case: onboarding.accept_offer(
            seat.session, case, seat.acting, seat.now, paper=upload("paper")
        ),
    )


@door.get("/cases/<number>/offer/paper")
@needs(*CASE_ROLES)
def offer_paper(number: str) -> Response:
    """The scan of the yes on paper."""
    application = _found(number)
    paper = onboarding.acceptance_paper(current().session, application)
    if paper is None or not paper.content_sealed:  # said by chat, or erased at the worker's wish
        raise Elsewhere("offer_paper", number)
    look("attachment", paper.id, application=str(application.id))
    return shown(paper)


@door.post("/cases/<number>/agreement")
@needs(*MAY_RECORD)
def agreement_made(number: str) -> ResponseReturnValue:
    """Make the agreement from a first day."""
    return _do(
        number,
        "onboarding.agreement_made",
        lambda seat, case: agreements.make(
            seat.session, case, from_on=day("from_on"), acting=seat.acting, now=seat.now
        ),
    )


@door.get("/cases/<number>/agreement.docx")
@needs(*MAY_PRINT)
def agreement_printed(number: str) -> Response:
    """The agreement to print, in two copies."""
    seat, application = current(), _found(number)
    progress = onboarding.progress(seat.session, application)
    if progress is None or progress.agreement is None:
        raise Elsewhere("agreement", number)
    made = progress.agreement
    content = agreements.printed(seat.session, application, made, seat.acting, seat.now)
    return docx(content, f"{made.number}.docx")


@door.post("/cases/<number>/agreement/signed")
@needs(*MAY_RECORD)
def agreement_signed(number: str) -> ResponseReturnValue:
    """The signed copy comes back."""
    return _do(
        number,
        "onboarding.agreement_signed",
        lambda seat, case: agreements.sign(
            seat.session,
            case,
            signed_on=day("signed_on"),
            upload=upload("copy"),
            acting=seat.acting,
            now=seat.now,
        ),
    )


@door.get("/cases/<number>/agreement/signed")
@needs(*CASE_ROLES)
def agreement_copy(number: str) -> Response:
    """The photo of the signed agreement."""
    seat, application = current(), _found(number)
    progress = onboarding.progress(seat.session, application)
    made = progress.agreement if progress else None
    copy = seat.session.get(Attachment, made.signed_copy_id) if made else None
    if copy is None or not copy.content_sealed:  # never there, or erased at the worker's wish
        raise Elsewhere("agreement", number)
    look("attachment", copy.id, application=str(application.id))
    return shown(copy)


@door.post("/cases/<number>/seen")
@needs(*MAY_SEE)
def person_seen(number: str) -> ResponseReturnValue:
    """The person stood here with their ID card."""
    return _do(
        number,
        "onboarding.seen_kept",
        lambda seat, case: onboarding.see_in_person(seat.session, case, seat.acting, seat.now),
    )


@door.post("/cases/<number>/account")
@needs(*MAY_RECORD)
def account_given(number: str) -> ResponseReturnValue:
    """The worker's own bank account."""
    form = request.form
    account = Account(
        form.get("bank", "")[:64], form.get("holder", "")[:64], form.get("card", "")[:40]
    )
    return _do(
        number,
        "onboarding.account_given",
        lambda seat, case: accounts.give(seat.session, case, account, seat.acting, seat.now),
    )


@door.post("/cases/<number>/start-day")
@needs(*TOWN_CLERK)
def start_day_set(number: str) -> ResponseReturnValue:
    """The first day on the post."""
    return _do(
        number,
        "onboarding.start_day_set",
        lambda seat, case: onboarding.set_start_day(
            seat.session, case, day("starts_on"), seat.acting, seat.now
        ),
    )


@door.post("/cases/<number>/social-insurance")
@needs(*TOWN_CLERK)
def social_recorded(number: str) -> ResponseReturnValue:
    """An urban worker's contract and social insurance."""
    return _do(
        number,
        "onboarding.social_kept",
        lambda seat, case: social_insurance.record(
            seat.session,
            case,
            contract_number=request.form.get("contract", ""),
            kinds=request.form.getlist("kind"),
            from_on=day("from_on"),
            acting=seat.acting,
            now=seat.now,
        ),
    )
