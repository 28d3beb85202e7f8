"""The worker's own sign by chat: check-in and check-out by a word, a place, a photo, or the post's
code; a sign that was forgotten; how things stand today (requirements 3.4).

Only the closed grammar of acts checks in. Questions, negations and what sounds like it are asked
back or answered. What speaks against a check-in is kept with it and told plainly; nothing refuses.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from dialog import Say
from handlers import backfill, my_month, papers, policy, standing_words
from handlers.callback import due
from handlers.counter import Asked, Counter, Outcome
from handlers.desk import Desk
from models import EventKind
from models.talk import TicketKind
from services import tickets, whereabouts
from services.clock import SHANGHAI
from services.days import codes, signing, stand_ins
from services.days.signing import Sign, Standing
from wording import load_book
from wording.hearing.days import (
    Matter,
    hear_leaving,
    hear_matter,
    hear_month,
    hear_sign_code,
)
from wording.hearing.matters import is_about

TRANSIT_SECONDS = 600
"""So long a message may take without anybody asking when it was sent."""

WANTED = "helper_wanted"
ACTS = frozenset({"checkin_yes", "place", "picture"})


def open_check_in(desk: Desk, asked: Asked) -> Outcome:
    """Take a sign, or answer what was asked about it."""
    name, _, about = asked.intent.partition(":")
    if name in {"checkin_for", WANTED}:
        return _ask_for_a_phone(desk) if name == WANTED else _sign_for(desk, about)
    moment = _sent_at(desk, asked)
    standing = signing.standing_of(desk.session, desk.contact_id, moment, desk.on_post)
    if standing is None:
        standing = _met_just_now(desk, moment)
    if standing is None:
        return _on_no_post(desk, asked)
    if standing.obstacle is not None:
        return standing_words.refuse(desk, standing)
    code = hear_sign_code(asked.heard.text)
    if asked.act or name in ACTS or code is not None:
        return Outcome(tuple(_sign(desk, asked, standing, code)))
    if name == "checkin_maybe":
        return Outcome((Say("check_in.sure"),), offers=("checkin_yes", "menu"))
    return _answer(desk, asked, standing)


def _met_just_now(desk: Desk, moment: datetime) -> Standing | None:
    """The standing of an SMS writer who is recognised only now (`Desk.contact`)."""
    if desk.channel != "sms" or desk.person is None:
        return None
    desk.session.flush()
    return signing.standing_of(desk.session, desk.contact_id, moment)


def _sign(desk: Desk, asked: Asked, standing: Standing, code: str | None) -> Iterator[Say]:
    """Keep the sign; what to say about it."""
    leaving = hear_leaving(asked.heard.text)
    kind = EventKind.CHECKOUT if leaving else EventKind.CHECKIN
    if leaving and standing.first_at is None:
        yield Say("check_in.out_without_in")
    evidence: dict[str, bool] = {}
    if code is not None:
        right = codes.is_right(standing.post_id, code, desk.now)
        evidence["code" if right else "code_wrong"] = True
        yield Say("check_in.code_right" if right else "check_in.code_wrong")
    moment = _sent_at(desk, asked)
    sign = Sign(kind, desk.channel, evidence, happened_at=moment)
    if asked.heard.place is not None:
        yield from _with_place(desk, standing, sign, asked.heard.place)
    elif asked.heard.media_id is not None and asked.heard.kind == "image":
        yield from _with_photo(desk, standing, sign, asked.heard.media_id)
    elif standing.first_at is not None and not leaving and not evidence:
        yield Say("check_in.twice", {"time": _clock(standing)})
        return
    else:
        signing.sign(desk.session, standing, desk.contact_id, sign, desk.now, later=desk.later)
        yield from standing_words.kept(desk, standing, moment, leaving=leaving)
    if standing.duty.fence is not None and not leaving and asked.heard.place is None:
        yield Say("check_in.place_welcome")


def _sent_at(desk: Desk, asked: Asked) -> datetime:
    """When the sign was given: a message that its carrier kept back counts from its sending."""
    kept_back = asked.heard.delay_seconds
    return desk.now - timedelta(seconds=kept_back) if kept_back > TRANSIT_SECONDS else desk.now


def _with_place(
    desk: Desk, standing: Standing, sign: Sign, place: tuple[float, float]
) -> Iterator[Say]:
    evidence = signing.sign_with_point(
        desk.session, standing, desk.contact_id, sign=sign, point=place, now=desk.now
    )
    if standing.first_at is None:
        yield from standing_words.kept(desk, standing, desk.now)
    else:
        yield Say("check_in.place_added")
    if evidence.get("outside"):
        yield Say("check_in.outside", {"metres": evidence["distance_m"]})


def _with_photo(desk: Desk, standing: Standing, sign: Sign, media_id: str) -> Iterator[Say]:
    signing.sign_with_photo(
        desk.session, standing, desk.contact_id, sign=sign, media_id=media_id, now=desk.now
    )
    if standing.first_at is None:
        yield from standing_words.kept(desk, standing, desk.now)
    yield Say("check_in.photo_added")


def _answer(desk: Desk, asked: Asked, standing: Standing) -> Outcome:
    """A question about check-in, or words that only sound like one."""
    match hear_matter(asked.heard.text):
        case Matter.FOR_OTHERS:
            return _offer_for(desk) or _for_others()
        case Matter.WINDOW:
            return Outcome((standing_words.window(desk, standing),))
        case Matter.FORGOT:
            return backfill.begin(desk, standing)
        case Matter.MONTH:
            return _of_month(desk, asked)
        case Matter.CAME:
            return Outcome((_today(standing),), offers=_offer_sign(standing))
    return Outcome((Say("check_in.sure"),), offers=("checkin_yes", "menu"))


def _of_month(desk: Desk, asked: Asked) -> Outcome:
    """The month that is named; else where to find this one."""
    if hear_month(asked.heard.text, desk.today) is not None:
        return my_month.open_my_month(desk, asked)
    return Outcome((Say("check_in.month_hint"),), offers=("my_month",))


def _today(standing: Standing) -> Say:
    if standing.first_at is None:
        return Say("check_in.not_yet_today")
    return Say("check_in.came_today", {"time": _clock(standing)})


def _offer_sign(standing: Standing) -> tuple[str, ...]:
    return ("checkin_yes",) if standing.first_at is None else ()


def _on_no_post(desk: Desk, asked: Asked) -> Outcome:
    """Whoever is on no post: a declared helper's phone, somebody who left, or a stranger."""
    if asked.intent == "picture":
        return papers.open_papers(desk, asked)
    if asked.intent == "place":
        return Outcome((Say("reader.place_alone"),))
    if (offered := _offer_for(desk)) is not None:
        return offered
    left_on = signing.was_on_post(desk.session, desk.contact_id)
    if left_on is not None:
        return Outcome((Say("check_in.after_exit", {"left_on": left_on.isoformat()}),),
                       offers=("human",))  # fmt: skip
    asks = not asked.act and is_about("asks", asked.heard.text)
    said = policy.answer(desk, asked.heard.text, topics=frozenset({"work"})) if asks else None
    before = (said,) if said is not None else ()
    return Outcome((*before, Say("check_in.no_record"), Say("check_in.what_next")),
                   offers=("apply", "human"))  # fmt: skip


def _offer_for(desk: Desk) -> Outcome | None:
    """Ask a declared helper whether they sign for somebody; None for whoever helps nobody."""
    for_whom = _next_to_sign(desk)
    if for_whom is None:
        return None
    return Outcome((Say("check_in.helper_for", {"name": for_whom.name}),),
                   offers=(f"checkin_for:{for_whom.engagement_id}", "menu"))  # fmt: skip


def _next_to_sign(desk: Desk) -> stand_ins.Worker | None:
    """For whom this phone is to sign: of several the first one who has not been signed for today,
    so that a daughter's phone serves both her parents."""
    known = stand_ins.workers_of(desk.session, desk.contact_id, desk.today)
    standings = (signing.standing_in(desk.session, one.engagement_id, desk.today) for one in known)
    waiting = (one for one, held in zip(known, standings, strict=True)
               if held.first_at is None and held.obstacle is None)  # fmt: skip
    return next(waiting, known[0] if known else None)


def _sign_for(desk: Desk, key: str) -> Outcome:
    """A declared helper's phone signs for a worker: kept as what it is."""
    worker = stand_ins.worker(desk.session, desk.contact_id, key, desk.today)
    if worker is None:
        return _for_others()
    standing = signing.standing_in(desk.session, worker.engagement_id, desk.today)
    if standing.obstacle is not None:
        return standing_words.refuse(desk, standing)
    if standing.first_at is not None:
        return Outcome((Say("check_in.twice", {"time": _clock(standing)}),))
    sign = Sign(EventKind.CHECKIN, "helper", {"by_helper": True})
    signing.sign(desk.session, standing, desk.contact_id, sign, desk.now)
    return Outcome((Say("check_in.helper_kept", {"name": worker.name}),))


def _for_others() -> Outcome:
    """Whose phone signs for whom, and how that is declared."""
    return Outcome((Say("check_in.for_others"),), offers=(WANTED, "human"))


def _ask_for_a_phone(desk: Desk) -> Outcome:
    """Have a phone of the family declared: a task of the town, which may do it itself."""
    request = tickets.Request(
        TicketKind.HELP,
        words=load_book().text("helper.asked_words", "console"),
        contact=desk.contact,
        place=whereabouts.home(desk.session, desk.contact),
        answers={"about": "check_in_helper"},
    )
    ticket = tickets.open_ticket(desk.session, request, desk.now)
    return Outcome((Say("helper.asked", {"number": ticket.number, "due": due(ticket)}),))


def _clock(standing: Standing) -> str:
    assert standing.first_at is not None
    return f"{standing.first_at.astimezone(SHANGHAI):%H:%M}"


COUNTER = Counter(
    name="check_in",
    intents=frozenset({"checkin", "checkin_for", "checkin_maybe", WANTED, *ACTS}),
    open=open_check_in,
)
