"""No more messages, please; and back again. Asked back in one step, never guessed."""

from __future__ import annotations

from collections.abc import Sequence

from dialog import (
    Answers,
    Ask,
    Flow,
    Heard,
    Option,
    Reading,
    Reopen,
    Say,
    Suggest,
    Value,
    Wrong,
)
from handlers import privacy
from handlers.callback import due
from handlers.certain import certainly
from handlers.counter import Asked, Counter, Outcome, Start
from handlers.desk import Desk
from models.talk import TicketKind
from rules import parameters
from services import subscriptions, tickets, whereabouts
from wording.hearing import hear_service
from wording.hearing.matters import is_about

FLOW = "subscription"


def sure_options(_answers: Answers, _desk: Desk) -> Sequence[Option]:
    return [
        Option(value=True, label=Say("subscription.sure_yes")),
        Option(value=False, label=Say("subscription.sure_no")),
    ]


def sure(heard: Heard, reading: Reading) -> Value | Wrong | Suggest | Reopen:
    """Whoever says it a second time is sure; whoever wants messages again is not."""
    if is_about("bare_code", heard.text) or is_about("stop_again", heard.text):
        return Value(value=True)
    if hear_service(heard.text) == "resubscribe":
        return Value(value=False)
    return certainly(sure_options)(heard, reading)


FORM = Flow(FLOW, (Ask("sure", sure, options=sure_options),))


def open_subscription(desk: Desk, asked: Asked) -> Outcome:
    """Stop, resume, a wish about when and how, or only a question how it is done."""
    if asked.intent == "resubscribe":
        return _resume(desk)
    if asked.intent == "stop_messages":
        return _ask_back(desk)
    if "death" in asked.signals and desk.contact.quiet_at is not None:
        return Outcome()  # the condolence has said it: nothing is sent any more
    if "erasure" in asked.signals or is_about("erase", asked.heard.text):
        return privacy.open_privacy(desk, Asked("privacy", asked.heard))
    return _hear_refusal(desk, asked)


def _hear_refusal(desk: Desk, asked: Asked) -> Outcome:
    text = asked.heard.text
    if desk.channel == "sms" and asked.act and is_code(text):
        return _stop(desk)  # on SMS the code alone is the refusal: nothing more may be asked
    if is_about("bare_cancel", text):
        offers = ("stop_messages", "withdraw", "menu")
        return Outcome((Say("subscription.cancel_what"),), offers=offers)
    wish = _wish(desk, text)
    if wish is not None:
        return wish
    if asked.act:
        return _ask_back(desk)
    return Outcome((Say("subscription.how"),), offers=("stop_messages",))


def is_code(text: str, *, in_form: bool = False) -> bool:
    """Whether a short message is nothing but a code of refusal (platform.md 8.4). Inside a form a
    bare N says no to the question."""
    return is_about("stop_code", text) or (not in_form and is_about("bare_code", text))


def finish_subscription(desk: Desk, _flow: str, answers: Answers) -> Outcome:
    if not answers["sure"]:
        return Outcome((Say("subscription.kept"),))
    return _stop(desk)


def _ask_back(desk: Desk) -> Outcome:
    if desk.contact.opted_out_at is not None:
        return Outcome((Say("subscription.stopped_already"),))
    return Outcome((), (Start(FLOW),))


def _stop(desk: Desk) -> Outcome:
    subscriptions.stop(desk.session, desk.contact, desk.now)
    return Outcome((Say("subscription.stopped"),))


def _resume(desk: Desk) -> Outcome:
    resumed = subscriptions.resume(desk.session, desk.contact, desk.now)
    return Outcome((Say("subscription.resumed" if resumed else "subscription.never_stopped"),))


def _wish(desk: Desk, text: str) -> Outcome | None:
    """A wish that is not a refusal of everything: what holds anyway is said, the rest is a
    ticket."""
    if is_about("night", text):
        hours = parameters.in_force("contact.quiet_hours", desk.today).value
        slots = {"from_hour": hours["from"], "to": hours["to"]}
        return Outcome((Say("subscription.quiet_hours", slots),))
    if not (is_about("one_channel_only", text) or is_about("for_somebody_else", text)):
        return None
    request = tickets.Request(
        TicketKind.PREFERENCE,
        words=text,
        contact=desk.contact,
        place=whereabouts.home(desk.session, desk.contact),
    )
    ticket = tickets.open_ticket(desk.session, request, desk.now)
    key = "other_person" if is_about("for_somebody_else", text) else "one_channel"
    slots = {"number": ticket.number, "due": due(ticket)}
    return Outcome((Say(f"subscription.{key}", slots),))


COUNTER = Counter(
    name="subscription",
    intents=frozenset({"unsubscribe", "resubscribe", "stop_messages"}),
    open=open_subscription,
    flows=(FORM,),
    finish=finish_subscription,
)
