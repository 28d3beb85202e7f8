"""Binding: who is writing. Consent first, then name, ID number, phone with a code, village.

On the SMS channel the phone is the address itself, so it needs no code.
"""

from __future__ import annotations

from collections.abc import Sequence

from dialog import Answers, Ask, Flow, Heard, Option, Reading, Say, Value, Wrong
from handlers.counter import Asked, Counter, Outcome, Start
from handlers.desk import Desk
from handlers.readers import choice, identity, mobile, name, words
from handlers.villages import chosen_village, village_asks
from models import Person
from services import codes
from services import identity as people
from wording.hearing import digits_in, hear_again, mask_name

FLOW = "binding"
CODE_FLOW = "binding_code"
CONSENT_VERSION = "2022-1"
"""Changes with the words of `binding.ask_consent`; kept with every consent."""


def _consented(answers: Answers) -> bool:
    return answers.get("consent") is True


def consent_options(_answers: Answers, _desk: Desk) -> Sequence[Option]:
    return [
        Option(value=True, label=Say("binding.consent_yes")),
        Option(value=False, label=Say("binding.consent_no")),
    ]


def writing_phone(_answers: Answers, desk: Desk) -> Sequence[Option]:
    """The number that writes by SMS: it is the answer, and is not asked for."""
    known = desk.contact.address if desk.channel == "sms" else None
    return [Option(known, known)] if known else []


def code(heard: Heard, _reading: Reading) -> Value | Wrong:
    """The six digits of the message, or the wish for another one."""
    text = words(heard)
    if isinstance(text, Wrong):
        return text
    if hear_again(text):
        return Value("again")
    digits = digits_in(text)
    if len(digits) != codes.CODE_DIGITS:
        return Wrong(Say("binding_code.wrong_code"), complete=True)
    return Value(digits)


FORM = Flow(
    FLOW,
    (
        Ask("consent", choice(consent_options), options=consent_options),
        Ask("name", name, when=_consented),
        Ask("id_number", identity, when=_consented),
        Ask("phone", mobile, when=_consented, options=writing_phone, alone=True),
        *village_asks("village", _consented),
    ),
)
CODE_FORM = Flow(CODE_FLOW, (Ask("code", code),))


def needed_first(_desk: Desk) -> Start:
    """The form that a counter opens on top of its own when the writer is not known yet."""
    return Start(FLOW)


def open_binding(desk: Desk, _asked: Asked) -> Outcome:
    if desk.person is not None:
        who = mask_name(desk.person.name)
        return Outcome((Say("binding.already", {"name": who}),))
    return Outcome((), (needed_first(desk),))


def finish_binding(desk: Desk, flow: str, answers: Answers) -> Outcome:
    if flow == CODE_FLOW:
        return _finish_code(desk, answers)
    if not _consented(answers):
        return Outcome((Say("binding.declined"),), leave=True)
    people.give_consent(
        desk.session, desk.contact, purpose="binding", text_version=CONSENT_VERSION, now=desk.now
    )
    claimed = people.Identity(
        name=answers["name"],
        id_number=answers["id_number"],
        village_id=chosen_village(answers),
        phone=answers["phone"],
    )
    if desk.channel == "sms":
        return _bind_by_sms(desk, claimed)
    match people.claim(desk.session, desk.contact, claimed, desk.now):
        case people.NotYou():
            return Outcome((Say("binding.not_you"),), leave=True)
        case codes.TooMany(minutes):
            return Outcome((Say("binding.too_many_codes", {"minutes": minutes}),), leave=True)
        case people.CodeSent() as sent:
            says = [Say("binding.code_sent", {"tail": sent.tail})]
            if sent.on_record:
                says = [Say("binding.code_to_old_phone")]
            if sent.shared:
                says.append(Say("binding.shared_phone"))
            return Outcome(tuple(says), (Start(CODE_FLOW),))


def _bind_by_sms(desk: Desk, claimed: people.Identity) -> Outcome:
    """The phone has proved itself by writing; only a number bound elsewhere is turned away."""
    person = people.bind_sender(desk.session, desk.contact, claimed, desk.now)
    if person is None:
        return Outcome((Say("binding.not_you"),), leave=True)
    return _bound(person)


def _finish_code(desk: Desk, answers: Answers) -> Outcome:
    if answers["code"] == "again":
        return _send_again(desk)
    checked = codes.verify(desk.session, desk.contact, answers["code"], desk.now)
    if checked.outcome == "right":
        assert checked.phone is not None
        return _bound(
            people.bind(desk.session, desk.contact, checked.claim, checked.phone, desk.now)
        )
    if checked.outcome == "none":
        return Outcome((Say("binding.start_over"),), (needed_first(desk),))
    said = Say(f"binding.code_{checked.outcome}", {"left": checked.tries_left})
    return Outcome((said,), (Start(CODE_FLOW),))


def _send_again(desk: Desk) -> Outcome:
    try:
        too_many = codes.send_again(desk.session, desk.contact, desk.now)
    except LookupError:
        return Outcome((Say("binding.start_over"),), (needed_first(desk),))
    if too_many is not None:
        minutes = {"minutes": too_many.minutes}
        return Outcome((Say("binding.too_many_codes", minutes),), (Start(CODE_FLOW),))
    return Outcome((Say("binding.sent_again"),), (Start(CODE_FLOW),))


def _bound(person: Person) -> Outcome:
    return Outcome((Say("binding.bound", {"name": mask_name(person.name)}),))


COUNTER = Counter(
    name="binding",
    intents=frozenset({"binding"}),
    open=open_binding,
    flows=(FORM, CODE_FORM),
    finish=finish_binding,
)
