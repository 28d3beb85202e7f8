"""Questions about the policy: answered from the plan with its clause, or honestly not."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from dialog import Answers, Ask, Flow, Option, Say
from handlers.callback import due
from handlers.counter import Asked, Counter, Outcome, Start
from handlers.desk import Desk
from handlers.readers import choice, free_text
from models.talk import TicketKind
from services import policy, tickets, whereabouts
from wording.hearing.matters import is_about, substance

FLOW = "policy"
MOST_NEAR = 3
VERBATIM = 0.98
"""The score of a question that is asked as we have it, but for the small words."""


def near_options(answers: Answers, _desk: Desk) -> Sequence[Option]:
    """The questions of ours that come closest, as they are asked, and none of these."""
    return [
        *(Option(match.entry.name, match.entry.questions[0]) for match in _near(answers)),
        Option(None, Say("policy.none_of_these")),
    ]


def _is_unsure(answers: Answers) -> bool:
    question = answers.get("question")
    return question is not None and policy.find(question) is None and bool(_near(answers))


def _near(answers: Answers) -> list[policy.Match]:
    close = policy.rank(answers["question"])[:MOST_NEAR]
    return [match for match in close if match.score >= policy.PERHAPS]


FORM = Flow(
    FLOW,
    (
        Ask("question", free_text(), free=True),
        Ask("which", choice(near_options), when=_is_unsure, options=near_options),
    ),
)


def open_policy(desk: Desk, asked: Asked) -> Outcome:
    """Answer the question that came with the message; a bare wish to ask is asked what for."""
    question = substance(asked.heard.text) if asked.intent == "policy" else None
    if question is None or policy.find(question) is None:
        return Outcome((), (Start(FLOW),))
    return _answered(desk, question, None)


def finish_policy(desk: Desk, _flow: str, answers: Answers) -> Outcome:
    """Answer; what the plan does not say becomes a ticket, so that a person answers it."""
    return _answered(desk, answers["question"], answers.get("which"))


def _answered(desk: Desk, question: str, which: str | None) -> Outcome:
    match = policy.find(question)
    entry = policy.entries().get(which) if which else match.entry if match else None
    if entry is not None:
        return Outcome((say_entry(desk, entry), Say("policy.ask_more")))
    request = tickets.Request(
        TicketKind.QUESTION,
        words=question,
        contact=desk.contact,
        place=whereabouts.home(desk.session, desk.contact),
    )
    ticket = tickets.open_ticket(desk.session, request, desk.now)
    slots = {"number": ticket.number, "due": due(ticket), "phone": desk.office.district_phone}
    return Outcome((Say("policy.not_in_plan", slots),))


def answer(
    desk: Desk, question: str, *, topics: Collection[str] | None = None, enough: float | None = None
) -> Say | None:
    """The answer to a question, for any counter; None when the plan and we have none that fits.
    `topics` narrows the search, and then `policy.ENOUGH_WITHIN` is a fair threshold."""
    match = policy.find(question, topics=topics, enough=policy.ENOUGH if enough is None else enough)
    return say_entry(desk, match.entry) if match else None


def in_passing(desk: Desk, text: str) -> Say | None:
    """The answer to a question put in the middle of a form; None for what is no question."""
    return answer(desk, text) if substance(text) and is_about("asks", text) else None


def knows(text: str) -> bool:
    """Whether the words are a question that we have an answer to."""
    asks = bool(substance(text)) and is_about("asks", text)
    return asks and policy.find(text) is not None


def knows_by_heart(text: str) -> bool:
    """Whether the words are, as good as word for word, a question of ours."""
    close = policy.rank(text)[:1] if substance(text) else []
    return bool(close) and close[0].score >= VERBATIM


def say_entry(desk: Desk, entry: policy.Entry) -> Say:
    """One answer, with the clause that it stands on or the word that nobody has ruled."""
    slots = {"answer": entry.text(desk.today), "clause": entry.clause or ""}
    return Say(f"policy.answer_{entry.status}", slots)


COUNTER = Counter(
    name="policy",
    intents=frozenset({"policy"}),
    open=open_policy,
    flows=(FORM,),
    finish=finish_policy,
)
