"""The welcome, the menu, small talk, and what nobody else understood."""

from __future__ import annotations

from dialog import Say
from handlers import policy
from handlers.counter import Asked, Counter, Outcome
from handlers.desk import Desk
from models import EngagementStatus, Role
from services import registers, village_desk
from services.days import signing
from wording.hearing.choices import is_nod
from wording.hearing.matters import is_about, substance

MISSES_BEFORE_A_PERSON = 3

SERVICES = ("eligibility", "apply", "progress", "notice_result", "policy", "human")
"""What the numbered menu offers, in its order."""

WORKER_SERVICES = ("checkin_yes", "my_month", "leave_wanted", "pay", "term_end", "human")
"""What somebody on a post comes for."""

CLERK_SERVICES = ("staff_work", "roll_call", "who_came", "who_on_leave", "witness")
HEAD_SERVICES = ("staff_work", "confirm_days", "leave_answer", "who_came", "witness")
"""What village staff do by phone."""


NOD = 2
"""So many signs at most may be one more way to nod to this morning's reminder."""


def open_menu(desk: Desk, asked: Asked) -> Outcome:
    """Answer a nod, a greeting or a thank-you; else show what can be done here."""
    if asked.intent != "menu" and asked.misses <= 1 and _may_be_the_sign(desk, asked):
        return Outcome((Say("check_in.sure"),), offers=("checkin_yes", "menu"))
    return _answered(desk, asked)


def _answered(desk: Desk, asked: Asked) -> Outcome:
    if asked.intent == "greeting" and is_about("thanks", asked.heard.text):
        return Outcome((Say("menu.thanks"),))
    if asked.intent == "greeting":
        return _menu(desk, Say("menu.greeting"))
    if asked.intent == "unclear":
        known = policy.answer(desk, asked.heard.text) if substance(asked.heard.text) else None
        if known is not None:
            return Outcome((known,))
        key = "menu.not_understood"
        if asked.misses >= MISSES_BEFORE_A_PERSON:
            key = "menu.offer_person"
        sorry = Say(key, {"phone": desk.office.district_phone})
        return _menu(desk, sorry)
    if asked.intent == "provide_info":
        return _menu(desk, Say("menu.what_for"))
    return _menu(desk)


def _may_be_the_sign(desk: Desk, asked: Asked) -> bool:
    """Whether a nod comes from a worker whose sign of today is still missing: they are asked back,
    for nobody is signed in by a guess."""
    if not _is_nod(asked):
        return False
    held = signing.standing_of(desk.session, desk.contact_id, desk.now, desk.on_post)
    if held is None or held.obstacle is not None or held.on_leave:
        return False
    return held.first_at is None


def _is_nod(asked: Asked) -> bool:
    text = asked.heard.text.strip()
    if is_nod(text):
        return True
    longest = 1 if asked.intent == "greeting" else NOD
    return 0 < len(text) <= longest and not is_about("thanks", text)


def _menu(desk: Desk, *before: Say) -> Outcome:
    services = _services(desk)
    lines = tuple(Say(f"menu.go_{name}") for name in services)
    return Outcome((*before, Say("menu.services", {"menu": lines})), offers=services)


def _services(desk: Desk) -> tuple[str, ...]:
    """By who writes: village staff, somebody on a post, or anybody."""
    who = village_desk.acting(desk.session, desk.contact, desk.now)
    if who is not None:
        return HEAD_SERVICES if who.role == Role.VILLAGE_HEAD else CLERK_SERVICES
    held = registers.current_engagement(desk.session, desk.person) if desk.person else None
    on_post = held is not None and held.status != EngagementStatus.STARTING
    return WORKER_SERVICES if on_post else SERVICES


COUNTER = Counter(
    name="menu",
    intents=frozenset({"menu", "greeting", "unclear", "provide_info"}),
    open=open_menu,
)
