"""Applying (R-3.4b): for oneself or for a relative, under the announcement that is open.

What was entered decides nothing: also somebody who does not fit may hand in, and staff see why
(R-3.2h). The form itself is `handlers.application_form`.
"""

from __future__ import annotations

from dialog import Answers, Json, Say
from handlers import binding, policy
from handlers.application_form import FLOW, FORM, PAPERS, for_relative, has_kin, pledged
from handlers.counter import Asked, Counter, Outcome, Start
from handlers.desk import Desk
from handlers.eligibility import as_facts
from handlers.villages import chosen_village
from models import Announcement
from services import announcements, cases, outbox
from services import identity as people
from services.policy import ENOUGH_WITHIN
from wording.hearing import hear_number, hear_relative, mask_name, wants_to_apply

POLICY_TOPICS = frozenset({"apply", "review", "quota", "post", "eligibility"})


def open_application(desk: Desk, asked: Asked) -> Outcome:
    posted = announcements.open_on(desk.session, desk.today)
    if posted is None:
        return Outcome((Say("application.nothing_open"),))
    text = asked.heard.text
    if text and not wants_to_apply(text) and hear_number(text) is None:
        return Outcome(how_to_apply(desk, text, posted))
    if desk.person is None:
        return Outcome(
            (Say("application.bind_first", {"closes_on": posted.closes_on.isoformat()}),),
            (binding.needed_first(desk),),
            then=(asked,),
        )
    relation = hear_relative(text)
    answers: dict[str, Json] = {"own_sex": desk.person.sex}
    if relation is not None:
        answers |= {"for_whom": "relative", "relation": relation}
    earlier = cases.open_one(desk.session, desk.person, posted)
    if earlier is not None and relation is None:
        return Outcome((Say("application.already", {"number": earlier.number}),))
    begin = Say("application.begin", {"closes_on": posted.closes_on.isoformat()})
    return Outcome((begin,), (Start(FLOW, answers),))


def how_to_apply(desk: Desk, text: str, posted: Announcement) -> tuple[Say, ...]:
    """A question around applying: the plan's answer if it has one, then how to begin."""
    known = policy.answer(desk, text, topics=POLICY_TOPICS, enough=ENOUGH_WITHIN)
    how = Say("application.how_to", {"closes_on": posted.closes_on.isoformat()})
    return (known, how) if known else (how,)


def still_open(desk: Desk) -> Say | None:
    """None while one can apply; a form that is half full hears at once when the window closed."""
    if announcements.open_on(desk.session, desk.today) is None:
        return Say("application.closed_meanwhile")
    return None


def finish_application(desk: Desk, _flow: str, answers: Answers) -> Outcome:
    """Hand in what the form holds, unless the pledge was refused or the window has closed."""
    if not pledged(answers):
        return Outcome((Say("application.no_pledge"),))
    posted = announcements.open_on(desk.session, desk.today)
    if posted is None or desk.person is None:
        return Outcome((Say("application.closed_meanwhile"),))
    request = _request(desk, answers)
    if isinstance(request, Say):
        return Outcome((request,))
    receipt = cases.submit(desk.session, desk.contact, posted, request, desk.now)
    if not receipt.is_new:
        return Outcome((Say("application.already", {"number": receipt.application.number}),))
    _send_receipt(desk, request, receipt)
    return Outcome(_received(receipt))


def _request(desk: Desk, answers: Answers) -> cases.Request | Say:
    assert desk.person is not None
    person, village_id = desk.person, desk.person.village_id
    if for_relative(answers):
        claimed = people.Identity(
            name=answers["rel_name"],
            id_number=answers["rel_id_number"],
            village_id=chosen_village(answers, "rel_village"),
            phone=answers["rel_phone"],
        )
        kept = people.keep_relative(desk.session, claimed, desk.now)
        if kept is None:
            return Say("application.relative_mismatch")
        person, village_id = kept, claimed.village_id
    if village_id is None:
        return Say("application.village_lacking")
    return cases.Request(
        person=person,
        village_id=village_id,
        facts=as_facts({key: answers.get(key) for key in FACT_SLOTS}),
        post_id=answers["post"],
        papers={kind: tuple(answers.get(f"paper_{kind}") or ()) for kind in _asked_for(answers)},
        kin_details=answers.get("kin_details") if has_kin(answers) else None,
        helper_relation=answers["relation"] if for_relative(answers) else None,
    )


FACT_SLOTS = ("track", "groups", "unemployed", "zero_employment_household", "retire_category")


def _asked_for(answers: Answers) -> tuple[str, ...]:
    return tuple(kind for kind in PAPERS if f"paper_{kind}" in answers)


def _received(receipt: cases.Receipt) -> tuple[Say, ...]:
    application = receipt.application
    says = [Say("application.received", {"number": application.number})]
    if receipt.lacking:
        lacking = tuple(Say(f"papers.kind_{kind}") for kind in receipt.lacking)
        says.append(Say("application.papers_lacking", {"papers": lacking}))
    says.append(Say("application.next_step", {"holder": application.village.name}))
    if application.due_on is not None:
        says.append(Say("progress.by", {"due_on": application.due_on.isoformat()}))
    says.append(Say("application.ask_progress"))
    return tuple(says)


def _send_receipt(desk: Desk, request: cases.Request, receipt: cases.Receipt) -> None:
    """The receipt by SMS too: it outlives a lost phone's chat."""
    phone = request.person.phone or (desk.person.phone if desk.person else None)
    if phone is None or desk.channel == "sms":
        return
    outbox.enqueue(
        desk.session,
        channel="sms",
        address=phone,
        key="sms.application_received",
        slots={"name": mask_name(request.person.name), "number": receipt.application.number},
        cause=f"application:{receipt.application.id}",
        now=desk.now,
        expires_at=None,
    )


COUNTER = Counter(
    name="application",
    intents=frozenset({"apply"}),
    open=open_application,
    flows=(FORM,),
    finish=finish_application,
    obstacle=still_open,
)
