"""What workers and village heads write about days, leave, pay and terms.

It is understood, answered from the plan where the plan speaks, and nothing is recorded: a check-in
that we did not keep must not look kept. Who is on a post hears what their record says.
"""

from __future__ import annotations

from dialog import Say
from handlers import policy
from handlers.counter import Asked, Counter, Outcome
from handlers.desk import Desk
from models import Engagement
from services import registers
from services.policy import ENOUGH_WITHIN, entries
from wording.hearing.matters import is_about

TOPICS: dict[str, frozenset[str]] = {
    "leave": frozenset({"work", "pay"}),
}
"""Where the plan may speak to a question of this intent."""

NEXT = ("apply", "human")


def open_on_post(desk: Desk, asked: Asked) -> Outcome:
    said = _answer(desk, asked)
    before = (said,) if said is not None else ()
    if (held := _engagement(desk)) is not None:
        return Outcome((*before, *_on_record(held)), offers=("human",))
    asks = asked.intent in {"checkin", "leave"} and is_about("asks", asked.heard.text)
    key = "no_record" if before or asks else asked.intent
    return Outcome((*before, Say(f"on_post.{key}"), Say("on_post.what_next")), offers=NEXT)


def _engagement(desk: Desk) -> Engagement | None:
    return registers.current_engagement(desk.session, desk.person) if desk.person else None


def _on_record(held: Engagement) -> tuple[Say, ...]:
    """What can be told to somebody with a post: which, until when, and what is not here yet."""
    says = [Say("on_post.your_post", {"post": held.post.name, "place": held.post.region.name})]
    if held.ends_on is not None:
        says.append(Say("on_post.until", {"ends_on": held.ends_on.isoformat()}))
    return (*says, Say("on_post.not_by_phone_yet"), Say("on_post.ask_somebody"))


def _answer(desk: Desk, asked: Asked) -> Say | None:
    """What the plan says, when a question was asked and not the act itself. Whoever hints that
    their pay is taken hears whose it is (F-12)."""
    text = asked.heard.text
    if "pooling" in asked.signals:
        return policy.say_entry(desk, entries()["pooling"])
    if asked.act or not is_about("asks", text):
        return None
    within = TOPICS[asked.intent]
    return policy.answer(desk, text) or policy.answer(
        desk, text, topics=within, enough=ENOUGH_WITHIN
    )


COUNTER = Counter(name="on_post", intents=frozenset(TOPICS), open=open_on_post)
