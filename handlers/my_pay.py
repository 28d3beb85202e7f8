"""A worker's own money by chat: how much, for which days, why less, where it is; not agreeing with
it; and the confidential answer whether it came to them (plan 三(三); F-12)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from dialog import Answers, Ask, Flow, Json, Say
from handlers import policy
from handlers.counter import Asked, Counter, Outcome, Start
from handlers.desk import Desk
from handlers.readers import reason
from services import registers, tickets
from services.pay import disputes, mine, received
from services.pay.mine import Month, Where
from services.policy import ENOUGH_WITHIN, entries
from services.procedure import Hindered
from wording.hearing.days import hear_month, hear_rate, hear_total, hear_year_meant
from wording.hearing.matters import is_about

DISPUTE = "pay_dispute"
TOPICS = frozenset({"pay", "insurance"})
RECEIVED = {"pay_mine": "mine", "pay_missing": "missing", "pay_taken": "taken"}


def _month_named(_answers: Answers, desk: Desk) -> Mapping[str, Json]:
    found = _disputable(desk)
    return {"month": found.line.month_on.month if found else ""}


DISPUTE_FORM = Flow(DISPUTE, (Ask("words", reason(), free=True, fill=_month_named),))


def open_my_pay(desk: Desk, asked: Asked) -> Outcome:
    """Show, explain, take a dispute or an answer."""
    if asked.intent in RECEIVED:
        return _received(desk, asked)
    if "pooling" in asked.signals:
        whose = policy.say_entry(desk, entries()["pooling"])
        return Outcome((whose, Say("my_pay.next")), offers=("human",))
    if asked.intent == "pay_dispute":
        return _dispute(desk)
    text = asked.heard.text
    found = _months(desk)
    if not found:
        return _nothing(desk, text if asked.intent == "pay" else "")
    return _answer(desk, asked, found)


def _answer(desk: Desk, asked: Asked, found: list[Month]) -> Outcome:
    """A chosen month, a sum, the rules with the worker's own part in them; else the months."""
    text = asked.heard.text
    if asked.about:
        return _show(desk, found, date.fromisoformat(asked.about))
    if hear_total(text):
        return _total(desk, found, hear_year_meant(text, desk.today))
    if asked.intent == "pay" and is_about("asks", text) and is_about("pay_rules", text):
        said = policy.answer(desk, text) or policy.answer(
            desk, text, topics=TOPICS, enough=ENOUGH_WITHIN
        )
        if said is not None:
            says = (said, *_rate(desk), Say("my_pay.own_too"))
            return Outcome(says, offers=("pay_show", "human"))
    return _show(desk, found, hear_month(text, desk.today), asks_rate=hear_rate(text))


def _show(
    desk: Desk, newest: list[Month], wanted_on: date | None = None, *, asks_rate: bool = False
) -> Outcome:
    """The newest months, or the one that was named; of one without account, why there is none."""
    assert desk.person is not None
    named = mine.months(desk.session, desk.person, desk.now, wanted_on) if wanted_on else []
    shown = named or newest
    says = [say for month in shown for say in _of_month(month)]
    if asks_rate:
        says = [*_rate(desk), *says]
    if wanted_on is not None and not named:
        says.insert(0, _no_account(desk, wanted_on))
    if (claim := mine.owed(desk.session, desk.person)) is not None:
        left = claim.amount_fen - claim.received_fen
        says.append(Say("my_pay.owed", {"left_fen": left, "reason": claim.reason}))
    return _with_next(says, _next(desk, shown, newest))


def _no_account(desk: Desk, month_on: date) -> Say:
    """Why there is no account of a month."""
    assert desk.person is not None
    slots: dict[str, Json] = {"year": month_on.year, "month": month_on.month}
    this = desk.today.replace(day=1)
    if month_on >= this:
        return Say("my_pay.month_runs" if month_on == this else "my_pay.month_ahead", slots)
    first_on = mine.first_day(desk.session, desk.person)
    if first_on is not None and month_on < first_on.replace(day=1):
        return Say("my_pay.before_start", {**slots, "starts_on": first_on.isoformat()})
    return Say("my_pay.none_of_month", slots)


def _next(desk: Desk, shown: list[Month], newest: list[Month]) -> Iterator[tuple[str, Say]]:
    """What may follow, as intent and label."""
    assert desk.person is not None
    if any(month.may_dispute and month.dispute is None for month in newest):
        yield "pay_dispute", Say("my_pay.go_dispute")
    before = mine.before(desk.session, desk.person, shown[-1].line.month_on)
    if before is not None:
        slots: dict[str, Json] = {"year": before.year, "month": before.month}
        yield f"pay_show:{before.isoformat()}", Say("my_pay.go_before", slots)
    if shown[0].line.month_on < newest[-1].line.month_on:
        yield "pay_show", Say("my_pay.go_newest")
    yield "human", Say("my_pay.go_human")


def _with_next(says: list[Say], choices: Iterator[tuple[str, Say]]) -> Outcome:
    """The answer and how to go on: in half a line where there is little to choose from."""
    offered = list(choices)
    offers = tuple(intent for intent, _ in offered)
    if offers == ("human",):
        return Outcome((*says, Say("my_pay.next")), offers=offers)
    if offers == ("pay_dispute", "human"):
        return Outcome((*says, Say("my_pay.next_dispute")), offers=offers)
    labels = tuple(label for _, label in offered)
    return Outcome((*says, Say("my_pay.choices", {"menu": labels})), offers=offers)


def _total(desk: Desk, newest: list[Month], year: int | None) -> Outcome:
    """What has come so far, or in a year."""
    assert desk.person is not None
    found = mine.total(desk.session, desk.person, year)
    if found is None:
        key = "my_pay.nothing_yet" if year is None else "my_pay.nothing_in_year"
        return _with_next([Say(key, {"year": year or ""})], _next(desk, newest, newest))
    slots: dict[str, Json] = {
        "count": found.months,
        "total_fen": found.amount_fen,
        "first_on": found.first_on.isoformat(),
        "year": year or "",
    }
    key = "my_pay.total" if year is None else "my_pay.total_of_year"
    return _with_next([Say(key, slots)], _next(desk, newest, newest))


def _rate(desk: Desk) -> Iterator[Say]:
    """What a whole month on the writer's own post is."""
    held = registers.current_engagement(desk.session, desk.person) if desk.person else None
    fen = mine.whole_month(held, desk.today) if held is not None else 0
    if fen:
        yield Say("my_pay.rate", {"whole_fen": fen})


def _nothing(desk: Desk, text: str) -> Outcome:
    """No month of theirs yet: somebody new on a post, or somebody who is on none."""
    held = registers.current_engagement(desk.session, desk.person) if desk.person else None
    said = None
    if is_about("asks", text) and (held is None or is_about("pay_rules", text)):
        said = policy.answer(desk, text) or policy.answer(
            desk, text, topics=TOPICS, enough=ENOUGH_WITHIN
        )
    before = (said,) if said is not None else ()
    if held is None:
        key = "no_record" if before else "pay"
        says = (*before, Say(f"on_post.{key}"), Say("on_post.what_next"))
        return Outcome(says, offers=("apply", "human"))
    says = (*before, *_rate(desk), Say("my_pay.no_month_yet"), Say("my_pay.next"))
    return Outcome(says, offers=("human",))


def _of_month(month: Month) -> Iterator[Say]:
    """How much for which days; why less; where it is."""
    line = month.line
    slots: dict[str, Json] = {
        "year": line.month_on.year,
        "month": line.month_on.month,
        "amount_fen": line.amount_fen,
        "days": line.paid_days,
        "planned": line.planned_days,
    }
    if month.where in {Where.AT_VILLAGE, Where.AT_TOWN}:
        yield Say(f"my_pay.{month.where}", slots)
    else:
        yield Say("my_pay.nothing" if not line.amount_fen else "my_pay.month", slots)
        yield from _why(month)
        yield Say(f"my_pay.where_{month.where}", _where_slots(month))
    if month.is_late:
        yield Say("my_pay.late", {"pay_on": month.pay_on.isoformat()})
    if month.dispute is not None:
        yield _of_dispute(month)


def _where_slots(month: Month) -> dict[str, Json]:
    until_on = month.line.sheet.dispute_until_on
    return {
        "pay_on": month.pay_on.isoformat(),
        "until_on": until_on.isoformat() if until_on else "",
        "paid_on": month.paid_on.isoformat() if month.paid_on else "",
        "tail": month.tail,
        "why": month.bank_words or "-",
    }


def _why(month: Month) -> Iterator[Say]:
    line = month.line
    if line.deduction_fen <= 0:
        return
    yield Say("my_pay.less", {"less_fen": line.deduction_fen, "whole_fen": line.whole_fen})
    for state, days in month.less.items():
        yield Say(f"my_pay.days_{state}", {"days": days.split(",")})
    if "no_days_planned" in line.reasons or "no_rate" in line.reasons:
        yield Say("my_pay.not_reckoned")


def _of_dispute(month: Month) -> Say:
    assert month.dispute is not None
    if month.dispute.answered_at is None:
        return Say("my_pay.dispute_open")
    key = "my_pay.dispute_upheld" if month.dispute.upheld else "my_pay.dispute_not_upheld"
    return Say(key, {"answer": month.dispute.answer})


def _dispute(desk: Desk) -> Outcome:
    if _disputable(desk) is not None:
        return Outcome((), (Start(DISPUTE),))
    found = _months(desk)
    if not found:
        return _nothing(desk, "")
    on_its_way = found[0].where in {Where.AT_VILLAGE, Where.AT_TOWN}
    key = "my_pay.dispute_early" if on_its_way else "my_pay.dispute_late"
    return Outcome((Say(key),), offers=("human",))


def finish_my_pay(desk: Desk, _flow: str, answers: Answers) -> Outcome:
    found = _disputable(desk)
    try:
        if found is None:
            raise Hindered("dispute", ())
        disputes.raise_dispute(
            desk.session, found.line, str(answers["words"]), desk.contact, desk.now
        )
    except Hindered:
        return Outcome((Say("my_pay.dispute_late"),), offers=("human",))
    return Outcome((Say("my_pay.dispute_taken", {"month": found.line.month_on.month}),))


def _received(desk: Desk, asked: Asked) -> Outcome:
    said = RECEIVED[asked.intent]
    question = received.open_question(desk.session, desk.person) if desk.person else None
    if question is not None:
        received.answer(desk.session, question, said, desk.contact, desk.now)
        return Outcome((Say(f"my_pay.thanks_{said}"),), offers=("human",))
    if said == "taken":
        tickets.raise_signal(desk.session, desk.contact, asked.heard.text, desk.now)
        return Outcome((Say("my_pay.thanks_taken"),), offers=("human",))
    if said == "missing":
        found = _months(desk)
        return _show(desk, found) if found else _nothing(desk, "")
    return Outcome((Say("my_pay.noted"),))


def _months(desk: Desk) -> list[Month]:
    return mine.months(desk.session, desk.person, desk.now) if desk.person else []


def _disputable(desk: Desk) -> Month | None:
    return next((one for one in _months(desk) if one.may_dispute), None)


COUNTER = Counter(
    name="my_pay",
    intents=frozenset({"pay", "pay_show", "pay_dispute", *RECEIVED}),
    open=open_my_pay,
    flows=(DISPUTE_FORM,),
    finish=finish_my_pay,
)
