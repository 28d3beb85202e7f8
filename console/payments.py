"""Money on its way: batches for the bank, what the bank says, what failed; corrections and what
must come back (R-3.3a, R-3.3c, F-07)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from werkzeug.wrappers import Response

from console import forms
from console.base import NAV, Elsewhere, NavItem, current, door, keep, look, needs, page, tell
from console.downloads import xlsx
from console.files import upload
from console.words import obstacle_words
from models import ClawBack, CorrectionRequest, Engagement, PaymentBatch, Role, SocialClaim
from services import sheets_in
from services.guards import Obstacle
from services.pay import batches, claw_backs, corrections, funds, paying, results, social, stopping
from services.pay.claw_backs import CAUSES, Claim, Sum
from services.pay.paying import MAY_LIST, MAY_SETTLE
from services.procedure import Hindered

SEES = MAY_LIST | {Role.DISTRICT_APPROVER, Role.SUPERVISION}
SEES_PAYMENTS = SEES | MAY_SETTLE
DECIDES = frozenset({Role.DISTRICT_APPROVER})
ACTS = frozenset({"agree", "drop", "receive", "hand_over"})

NAV.append(NavItem("console.payments", "payments.nav", SEES_PAYMENTS, order=31, group="money"))
NAV.append(NavItem("console.claw_backs", "payments.nav_claw_backs", SEES, order=32, group="money"))


@door.get("/payments", endpoint="payments")
@needs(*SEES_PAYMENTS)
def payments_page() -> str:
    """What can be paid, the batches, what came back."""
    return _screen()


def _screen(trouble: str = "") -> str:
    seat = current()
    failed = batches.failed(seat.session)
    if failed:
        look("payment_batch", "failed", rows=len(failed))
    return page(
        "payments.html",
        ready={track: batches.ready(seat.session, track) for track in funds.TRACKS},
        batches=batches.all_of(seat.session),
        failed=failed,
        results=results.all_of(seat.session),
        lists=seat.role in MAY_LIST,
        settles=paying.settles(seat.session, seat.acting, seat.today),
        finance=paying.finance(seat.session, seat.today),
        words_of=_words_of,
        trouble=trouble,
    )


def _words_of(one: dict[str, object]) -> str:
    """A kept trouble of a result file as its sentence."""
    slots = one["slots"]
    assert isinstance(slots, dict)
    return obstacle_words(Obstacle(str(one["key"]), slots))


@door.post("/payments/make/<track>")
@needs(*MAY_LIST)
def payments_made(track: str) -> ResponseReturnValue:
    """Make a batch of everything that is ready."""
    seat = current()
    if track not in funds.TRACKS:
        raise Elsewhere("payment_batch", track)
    batch = batches.make(seat.session, track, seat.acting, seat.now)
    payers = paying.finance(seat.session, seat.today)
    tell("payments.made_for_finance" if payers else "payments.made",
         number=batch.number, rows=batch.rows_count, total_fen=batch.total_fen)  # fmt: skip
    return redirect(url_for("console.payment_batch", number=batch.number))


@door.get("/payments/<number>", endpoint="payment_batch")
@needs(*SEES_PAYMENTS)
def payment_batch(number: str) -> str:
    """A batch: what was in it, what should be stopped, and what became of it."""
    return _batch_screen(_batch(number))


def _batch_screen(
    batch: PaymentBatch, words: tuple[str, ...] = (), typed: Mapping[str, str] | None = None
) -> str:
    seat = current()
    return page(
        "payment_batch.html",
        batch=batch,
        tally=batches.tally(seat.session, batch),
        as_made=batches.is_as_made(seat.session, batch),
        to_stop=stopping.in_batch(seat.session, batch),
        taken_out=stopping.taken_out(seat.session, batch),
        typed=typed or {},
        words=words,
        settles=paying.settles(seat.session, seat.acting, seat.today),
        finance=paying.finance(seat.session, seat.today),
    )


@door.get("/payments/<number>/<kind>")
@needs(*MAY_SETTLE)
def payment_file(number: str, kind: str) -> Response:
    """The file for the bank, with account numbers: whoever takes it is written down."""
    seat, batch = current(), _batch(number)
    if kind not in {"xlsx", "csv"}:
        raise Elsewhere("payment_batch", number)
    paying.require(seat.session, seat.acting, "take_bank_file", seat.today)
    keep("batch.taken_away", ("payment_batch", batch.id), accounts=True, rows=batch.rows_count)
    if kind == "xlsx":
        who = f"{seat.staff.unit} {seat.staff.name}"
        return xlsx(batches.xlsx_of(seat.session, batch, who, seat.now), f"{batch.number}.xlsx")
    answer = Response(batches.csv_of(seat.session, batch, whole=False), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{batch.number}.csv"'
    return answer


@door.post("/payments/<number>/take-out")
@needs(*MAY_SETTLE)
def payment_taken_out(number: str) -> ResponseReturnValue:
    """Take one row out of a file: its person is being looked into, and the bank has stopped it."""
    seat, batch = current(), _batch(number)
    row, words = forms.whole("row") or 0, forms.text("words", stopping.LONGEST_WORDS)
    try:
        with seat.session.begin_nested():
            stopping.take_out(seat.session, batch, row, words, seat.acting, seat.now)
    except Hindered as hindered:
        return _batch_screen(batch, tuple(map(obstacle_words, hindered.obstacles)),
                             request.form), 409  # fmt: skip
    tell("payments.taken_out")
    return redirect(url_for("console.payment_batch", number=batch.number))


def _batch(number: str) -> PaymentBatch:
    batch = batches.numbered(current().session, number[:32].replace("\x00", ""))
    if batch is None:
        raise Elsewhere("payment_batch", number)
    return batch


@door.post("/payments/result")
@needs(*MAY_SETTLE)
def payments_result() -> ResponseReturnValue:
    """Read what the bank sent back."""
    seat, file = current(), upload("result")
    if file is None:
        return _screen(obstacle_words(sheets_in.NO_FILE)), 422
    try:
        with seat.session.begin_nested():
            read = results.read(seat.session, file, seat.acting, seat.now)
    except sheets_in.Unfit as unfit:
        return _screen(obstacle_words(unfit.obstacle)), 422
    except Hindered as hindered:
        return _screen(obstacle_words(hindered.obstacles[0])), 409
    tell("payments.read", paid=read.paid, failed=read.failed, known=read.known,
         wrong=len(read.troubles))  # fmt: skip
    return redirect(url_for("console.payments"))


@door.get("/claw-backs", endpoint="claw_backs")
@needs(*SEES)
def claw_backs_page() -> str:
    """Corrections that wait, and money that must come back."""
    seat = current()
    claims, asked = claw_backs.open_ones(seat.session), corrections.waiting(seat.session)
    if claims or asked:
        look("claw_back", "open", rows=len(claims) + len(asked))
    return page(
        "claw_backs.html",
        claims=claims,
        asked=asked,
        social=social.waiting(seat.session),
        suggested=claw_backs.suggested(seat.session),
        causes=CAUSES,
        month_fen=claw_backs.instalment_fen,
        decides=seat.role in DECIDES,
        proposes=seat.role in claw_backs.PROPOSES,
    )


@door.post("/claw-backs")
@needs(*claw_backs.PROPOSES)
def claw_backs_proposed() -> ResponseReturnValue:
    """Propose that money comes back, for a worker by their code."""
    seat = current()
    engagement = seat.session.scalars(
        select(Engagement).where(Engagement.worker_code == forms.text("worker_code", 32))
    ).first()
    if engagement is None:
        raise Hindered("propose_claw_back", (Obstacle("payments.no_such_worker"),))
    claim = Claim(
        cause=forms.text("cause", 16),
        amount_fen=forms.fen("amount") or 0,
        reason=forms.text("reason", 255),
        instalments=forms.whole("instalments") or 0,
    )
    claw_backs.propose(seat.session, engagement, claim, seat.acting, seat.now)
    tell("payments.claim_proposed")
    return redirect(url_for("console.claw_backs"))


@door.post("/claw-backs/<uuid:key>/<act>")
@needs(*(claw_backs.PROPOSES | DECIDES))
def claw_back_step(key: uuid.UUID, act: str) -> ResponseReturnValue:
    """Decide on a claim, write down what came in, or hand it over."""
    seat = current()
    claim = seat.session.get(ClawBack, key)
    if claim is None or act not in ACTS:
        raise Elsewhere("claw_back", key)
    if act in {"agree", "drop"}:
        claw_backs.decide(seat.session, claim, agreed=act == "agree", acting=seat.acting,
                          now=seat.now)  # fmt: skip
    elif act == "receive":
        money = Sum(forms.fen("amount") or 0, forms.day("received_on") or seat.today,
                    forms.text("voucher", 64))  # fmt: skip
        claw_backs.receive(seat.session, claim, money, seat.acting, seat.now)
    else:
        claw_backs.hand_over(seat.session, claim, forms.text("office", 64), seat.acting, seat.now)
    tell("payments.claim_done")
    return redirect(url_for("console.claw_backs"))


@door.post("/corrections/<uuid:key>")
@needs(*DECIDES)
def correction_decided(key: uuid.UUID) -> ResponseReturnValue:
    """Agree to a correction, or not."""
    seat = current()
    asked = seat.session.get(CorrectionRequest, key)
    if asked is None:
        raise Elsewhere("correction", key)
    agreed = request.form.get("do") == "agree"
    made = corrections.decide(seat.session, asked, agreed=agreed, acting=seat.acting, now=seat.now)
    if made is None:
        tell("payments.correction_none")
    elif made.amount_fen < 0:
        tell("payments.correction_back", amount_fen=-made.amount_fen)
    else:
        tell("payments.correction_more", amount_fen=made.amount_fen)
    return redirect(url_for("console.claw_backs"))


@door.post("/social-claims/<uuid:key>")
@needs(*DECIDES)
def social_decided(key: uuid.UUID) -> ResponseReturnValue:
    """Agree to the subsidy of a month's social insurance, or not."""
    seat = current()
    claim = seat.session.get(SocialClaim, key)
    if claim is None:
        raise Elsewhere("social_claim", key)
    agreed = request.form.get("do") == "agree"
    made = social.decide(seat.session, claim, agreed=agreed, acting=seat.acting, now=seat.now)
    if made is None:
        tell("payments.social_refused")
    else:
        tell("payments.social_agreed", amount_fen=made.amount_fen)
    return redirect(url_for("console.claw_backs"))
