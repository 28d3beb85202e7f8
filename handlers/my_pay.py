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
from wording.hearing.days import hear_month
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
    if asked.intent == "pay" and is_about("asks", text) and is_about("pay_rules", text):
        said = policy.answer(desk, text) or policy.answer(
            desk, text, topics=TOPICS, enough=ENOUGH_WITHIN
        )
        if said is not None:
            return Outcome((said, Say("my_pay.own_too")), offers=("pay_show", "human"))
    return _show(desk, found, hear_month(text, desk.today))


def _show(desk: Desk, found: list[Month], wanted_on: date | None = None) -> Outcome:
    """The newest months, or the one that was named; of one without account that is said."""
    named = [month for month in found if month.line.month_on == wanted_on]
    says = [say for month in named or found for say in _of_month(month)]
    if wanted_on is not None and not named:
        is_over = wanted_on < desk.today.replace(day=1)
        key = "my_pay.none_of_month" if is_over else "my_pay.month_runs"
        says.insert(0, Say(key, {"month": wanted_on.month}))
    if desk.person is not None and (claim := mine.owed(desk.session, desk.person)) is not None:
        left = claim.amount_fen - claim.received_fen
        says.append(Say("my_pay.owed", {"left_fen": left, "reason": claim.reason}))
    if any(month.may_dispute and month.dispute is None for month in found):
        return Outcome((*says, Say("my_pay.next_dispute")), offers=("pay_dispute", "human"))
    return Outcome((*says, Say("my_pay.next")), offers=("human",))


def _nothing(desk: Desk, text: str) -> Outcome:
    """No month of theirs yet: somebody new on a post, or somebody who is on none."""
    said = None
    if is_about("asks", text):
        said = policy.answer(desk, text) or policy.answer(
            desk, text, topics=TOPICS, enough=ENOUGH_WITHIN
        )
    before = (said,) if said is not None else ()
    held = registers.current_engagement(desk.session, desk.person) if desk.person else None
    if held is None:
        key = "no_record" if before else "pay"
        says = (*before, Say(f"on_post.{key}"), Say("on_post.what_next"))
        return Outcome(says, offers=("apply", "human"))
    return Outcome((*before, Say("my_pay.no_month_yet"), Say("my_pay.next")), offers=("human",))


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
