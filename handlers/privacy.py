"""My information: see it, correct it, take consent back, be forgotten (requirements 2.9)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from dialog import (
    Answers,
    Ask,
    Flow,
    Heard,
    Json,
    Option,
    Reading,
    Reopen,
    Say,
    Suggest,
    Value,
    Wrong,
)
from handlers import binding
from handlers.callback import due
from handlers.certain import certainly
from handlers.counter import Asked, Counter, Outcome, Start
from handlers.desk import Desk
from handlers.readers import choice, mobile, name
from handlers.villages import chosen_village, village_asks
from models import Person
from models.talk import TicketKind
from services import codes, own_records, privacy, tickets
from wording.hearing.matters import is_about

FLOW = "privacy"


def wish_options(_answers: Answers, desk: Desk) -> Sequence[Option]:
    """What can be done: a phone that writes by SMS is the address itself and cannot be swapped."""
    wishes = ["phone", "name", "village", "consent", "forget", "nothing"]
    if desk.person is None:
        wishes = ["forget", "nothing"]
    elif desk.channel == "sms":
        wishes.remove("phone")
    return [Option(wish, Say(f"privacy.wish_{wish}")) for wish in wishes]


def wish(heard: Heard, reading: Reading) -> Value | Wrong | Suggest | Reopen:
    """One of the menu; erasing also in whoever's own words, for it is asked back anyway."""
    read = choice(wish_options)(heard, reading)
    if isinstance(read, Wrong) and is_about("erase", heard.text):
        return Value("forget")
    return read


def sure_options(_answers: Answers, _desk: Desk) -> Sequence[Option]:
    return [
        Option(value=True, label=Say("privacy.sure_yes")),
        Option(value=False, label=Say("privacy.sure_no")),
    ]


def wants_phone(answers: Answers) -> bool:
    return answers.get("wish") == "phone"


def wants_name(answers: Answers) -> bool:
    return answers.get("wish") == "name"


def wants_village(answers: Answers) -> bool:
    return answers.get("wish") == "village"


def wants_consent_back(answers: Answers) -> bool:
    return answers.get("wish") == "consent"


def wants_to_be_forgotten(answers: Answers) -> bool:
    return answers.get("wish") == "forget"


FORM = Flow(
    FLOW,
    (
        Ask("wish", wish, options=wish_options),
        Ask("phone", mobile, when=wants_phone),
        Ask("name", name, when=wants_name),
        *village_asks("village", wants_village),
        Ask("consent_sure", certainly(sure_options), when=wants_consent_back, options=sure_options),
        Ask(
            "forget_sure", certainly(sure_options), when=wants_to_be_forgotten, options=sure_options
        ),
    ),
)


def open_privacy(desk: Desk, asked: Asked) -> Outcome:
    """Show what we hold and what can be done; a message that names the wish goes straight on."""
    if is_about("erase", asked.heard.text):
        return Outcome((), (Start(FLOW, {"wish": "forget"}),))
    if desk.person is None:
        return Outcome((Say("privacy.held_chat_only"),), (Start(FLOW),))
    if is_about("change_phone", asked.heard.text) and desk.channel != "sms":
        return Outcome((), (Start(FLOW, {"wish": "phone"}),))
    return Outcome((_held(desk, desk.person), *_besides(desk, desk.person)), (Start(FLOW),))


def _held(desk: Desk, person: Person) -> Say:
    held = privacy.view(desk.session, desk.contact, person, desk.now)
    slots: dict[str, Json] = {
        "name": held.name,
        "tail": held.phone_tail or "",
        "village": held.village or "",
        "applications": held.applications,
        "tickets": held.tickets,
    }
    return Say("privacy.held", slots)


def _besides(desk: Desk, person: Person) -> Iterator[Say]:
    """A line for each other thing that is kept. The last one is told to everybody: it must not tell
    whom an inquiry is about."""
    kept = own_records.of_person(desk.session, person)
    for phone in kept.phones:
        yield Say("privacy.lent_phone", {"name": phone.name, "tail": phone.tail})
    for kind, state in kept.hits:
        slots = {"list": Say(f"privacy.list_{kind}"), "state": Say(f"privacy.hit_{state}")}
        yield Say("privacy.on_a_list", slots)
    if kept.followed:
        yield Say("privacy.followed")
    if kept.consents:
        yield Say("privacy.consents", {"count": kept.consents})
    yield Say("privacy.not_yet")


def finish_privacy(desk: Desk, _flow: str, answers: Answers) -> Outcome:
    wanted = answers["wish"]
    sure = answers.get(f"{wanted}_sure", True)
    if wanted == "nothing" or not sure:
        return _unchanged()
    if wanted == "forget":
        return _forget(desk)
    if desk.person is None:  # unbound meanwhile, from another phone
        return Outcome((Say("privacy.held_chat_only"),))
    return _ACTS[wanted](desk, desk.person, answers)


def _unchanged() -> Outcome:
    return Outcome((Say("privacy.unchanged"),))


def _change_phone(desk: Desk, person: Person, answers: Answers) -> Outcome:
    """The new number proves itself by a code; the form for codes does the rest."""
    phone = answers["phone"]
    claim = {"person": str(person.id), "village": person.village_id}
    too_many = codes.send(desk.session, desk.contact, phone, claim, desk.now)
    if too_many is not None:
        return Outcome((Say("binding.too_many_codes", {"minutes": too_many.minutes}),))
    return Outcome((Say("binding.code_sent", {"tail": phone[-4:]}),), (Start(binding.CODE_FLOW),))


def _rename(desk: Desk, person: Person, answers: Answers) -> Outcome:
    new = answers["name"]
    if privacy.rename(desk.session, desk.contact, person, new, desk.now):
        return Outcome((Say("privacy.renamed"),))
    return _for_staff(desk, person, new, "name")


def _move_house(desk: Desk, person: Person, answers: Answers) -> Outcome:
    village_id = chosen_village(answers)
    if privacy.move_house(desk.session, desk.contact, person, village_id, desk.now):
        return Outcome((Say("privacy.moved"),))
    return _for_staff(desk, person, "", "village", village_id=village_id)


def _for_staff(desk: Desk, person: Person, words: str, what: str, **answers: Json) -> Outcome:
    """A case is under way: staff compare with the card, then change it."""
    request = tickets.Request(
        TicketKind.CORRECTION,
        words=words or None,
        contact=desk.contact,
        place=person.village,
        answers={"what": what, **answers},
    )
    ticket = tickets.open_ticket(desk.session, request, desk.now)
    slots = {"number": ticket.number, "due": due(ticket)}
    return Outcome((Say("privacy.staff_corrects", slots),))


def _withdraw_consent(desk: Desk, _person: Person, _answers: Answers) -> Outcome:
    privacy.withdraw_consent(desk.session, desk.contact, desk.now)
    return Outcome((Say("privacy.consent_withdrawn"),))


def _forget(desk: Desk) -> Outcome:
    """Erase, and say plainly what had to stay, why, and what would free it."""
    done = privacy.forget(desk.session, desk.contact, desk.now)
    says = [] if done.kept or done.on_post else [Say("privacy.forgotten")]
    if done.kept:
        says.append(Say("privacy.kept", {"numbers": done.kept}))
    if done.on_post:
        says.append(Say("privacy.kept_on_post", {"numbers": done.on_post}))
    if done.tickets:
        says.append(Say("privacy.tickets_kept", {"numbers": done.tickets}))
    return Outcome(tuple(says), forget=True)


_ACTS: Mapping[str, Callable[[Desk, Person, Answers], Outcome]] = {
    "phone": _change_phone,
    "name": _rename,
    "village": _move_house,
    "consent": _withdraw_consent,
}

COUNTER = Counter(
    name="privacy",
    intents=frozenset({"privacy"}),
    open=open_privacy,
    flows=(FORM,),
    finish=finish_privacy,
)
