"""The welcome, the menu, small talk, and what nobody else understood."""

from __future__ import annotations

from dialog import Say
from handlers import policy
from handlers.counter import Asked, Counter, Outcome
from handlers.desk import Desk
from wording.hearing.matters import is_about, substance

MISSES_BEFORE_A_PERSON = 3

SERVICES = ("eligibility", "apply", "progress", "notice_result", "policy", "human")
"""What the numbered menu offers, in its order."""


def open_menu(desk: Desk, asked: Asked) -> Outcome:
    """Answer a greeting or a thank-you; else show what can be done here."""
    if asked.intent == "greeting" and is_about("thanks", asked.heard.text):
        return Outcome((Say("menu.thanks"),))
    if asked.intent == "greeting":
        return Outcome((Say("menu.greeting"), _menu()), offers=SERVICES)
    if asked.intent == "unclear":
        known = policy.answer(desk, asked.heard.text) if substance(asked.heard.text) else None
        if known is not None:
            return Outcome((known,))
        key = "menu.not_understood"
        if asked.misses >= MISSES_BEFORE_A_PERSON:
            key = "menu.offer_person"
        sorry = Say(key, {"phone": desk.office.district_phone})
        return Outcome((sorry, _menu()), offers=SERVICES)
    if asked.intent == "provide_info":
        return Outcome((Say("menu.what_for"), _menu()), offers=SERVICES)
    return Outcome((_menu(),), offers=SERVICES)


def _menu() -> Say:
    return Say("menu.services", {"menu": tuple(Say(f"menu.go_{name}") for name in SERVICES)})


COUNTER = Counter(
    name="menu",
    intents=frozenset({"menu", "greeting", "unclear", "provide_info"}),
    open=open_menu,
)
