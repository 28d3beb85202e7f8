"""A worker's own term by chat: until when, staying on, resigning (confirmed twice), explaining a
suspension; and, after the post, what they need (plan 三(三), 三(七))."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta

from dialog import Answers, Ask, Flow, Json, Option, Say
from handlers import binding, policy
from handlers.certain import certainly
from handlers.counter import Asked, Counter, Outcome, Start
from handlers.desk import Desk
from handlers.my_followup import FOLLOW_UP, FOLLOW_UP_FORM, finish_follow_up, open_follow_up
from handlers.readers import choice, free_text
from models import Engagement, EngagementStatus, Exit, Extension
from models.procedure import Actor
from models.term_steps import ExitCause, TermState
from rules.months import end_of_month
from services import registers
from services.acting import Acting
from services.cross_checks import asking
from services.guards import Obstacle
from services.policy import ENOUGH_WITHIN, entries
from services.procedure import Hindered
from services.terms import exits, extensions, followups, pauses, settling
from wording.hearing.matters import is_about

RESIGN, EXTEND, EXPLAIN = "my_resignation", "my_extension", "my_explanation"
TOPICS = frozenset({"term", "after"})
ACTS = ("term_extend", "term_resign", "human")
"""What the numbers under somebody's term mean."""

WHAT = {"resigns": "term_resign", "extends": "term_extend", "explains": "term_explain"}
"""What a sentence about the term asks for, besides when it ends; the first that fits."""


def last_options(_answers: Answers, desk: Desk) -> Sequence[Option]:
    """Today, the end of this month, the end of the next one; nothing behind the term."""
    held = _held(desk)
    latest = held.ends_on if held and held.ends_on else date.max
    this = end_of_month(desk.today)
    days = (desk.today, this, end_of_month(this + timedelta(days=1)))
    shown = list(dict.fromkeys(day for day in days if day <= latest)) or [latest]
    return [Option(day.isoformat(), Say("my_term.until_day", {"day_on": day.isoformat()}))
            for day in shown]  # fmt: skip


def sure_options(_answers: Answers, _desk: Desk) -> Sequence[Option]:
    return [
        Option(value=True, label=Say("my_term.sure_yes")),
        Option(value=False, label=Say("my_term.sure_no")),
    ]


def _is_sure(answers: Answers) -> bool:
    return answers.get("sure") is True


def _last_day(answers: Answers, _desk: Desk) -> Mapping[str, Json]:
    return {"last_on": answers["last"]}


RESIGN_FORM = Flow(
    RESIGN,
    (
        Ask("sure", certainly(sure_options), options=sure_options),
        Ask("last", choice(last_options), when=_is_sure, options=last_options),
        Ask("again", certainly(sure_options), when=_is_sure, options=sure_options, fill=_last_day),
    ),
)
EXTEND_FORM = Flow(EXTEND, (Ask("sure", certainly(sure_options), options=sure_options),))
EXPLAIN_FORM = Flow(EXPLAIN, (Ask("words", free_text(longest=300), free=True),))


def open_my_term(desk: Desk, asked: Asked) -> Outcome:
    if "pooling" in asked.signals:
        return Outcome((policy.say_entry(desk, entries()["pooling"]),))
    if asked.intent == "followup":
        return open_follow_up(desk, asked)
    wanted = _wanted(asked)
    acts = wanted != "term_end" and not is_about("asks", asked.heard.text)
    if desk.person is None and acts:
        return Outcome((Say("progress.bind_first"),), (binding.needed_first(desk),), then=(asked,))
    held = _held(desk)
    if held is None:
        if wanted == "term_explain" and asking.open_of(desk.session, desk.person):
            return Outcome((), (Start(EXPLAIN),))
        return _not_held(desk, asked)
    serve = _SERVICES.get(wanted)
    return serve(desk, held) if serve else _when(desk, held, asked)


def _wanted(asked: Asked) -> str:
    if asked.intent != "term_end":
        return asked.intent
    text = asked.heard.text
    if is_about("takes_back", text):
        return "term_take_back"
    return next((act for matter, act in WHAT.items() if is_about(matter, text)), "term_end")


def _held(desk: Desk) -> Engagement | None:
    return registers.current_engagement(desk.session, desk.person) if desk.person else None


def _not_held(desk: Desk, asked: Asked) -> Outcome:
    """No post any more: when it ended. None on record: the plan's answer, and where to ask."""
    former = followups.former_engagement(desk.session, desk.person) if desk.person else None
    if former is not None and former.ended_on is not None:
        slots = {"post": former.post.name, "last_on": former.ended_on.isoformat()}
        return Outcome((Say("my_term.left", slots),), offers=("followup", "human"))
    text = asked.heard.text
    said = policy.answer(desk, text) if is_about("asks", text) else None
    said = said or policy.answer(desk, text, topics=TOPICS, enough=ENOUGH_WITHIN)
    before = (said,) if said is not None and is_about("asks", text) else ()
    key = "my_term.no_record" if before else "my_term.none"
    return Outcome((*before, Say(key), Say("my_term.what_next")), offers=("apply", "human"))


def _when(desk: Desk, held: Engagement, asked: Asked) -> Outcome:
    """Which post, until when, how many days are left, and what is under way."""
    post = Say("my_term.your_post", {"post": held.post.name, "place": held.post.region.name})
    if held.ends_on is None or held.status == EngagementStatus.STARTING:
        return Outcome((post, Say("my_term.not_begun")), offers=("human",))
    ends_on, left = held.ends_on.isoformat(), (held.ends_on - desk.today).days
    says = [post]
    if held.status == EngagementStatus.UNDECIDED or left < 0:  # the clock says so a little later
        says.append(Say("my_term.undecided", {"ends_on": ends_on}))
    elif left == 0:
        says.append(Say("my_term.last_day"))
    else:
        says.append(Say("my_term.until", {"ends_on": ends_on, "days": left}))
    if (pause := pauses.current(desk.session, held)) is not None:
        says.append(Say("my_term.suspended", {"from_on": pause.from_on.isoformat()}))
    leaving = settling.open_exit(desk.session, held)
    if leaving is not None:
        return Outcome((*says, _leaving(leaving)), offers=("human",))
    if (wished := settling.open_extension(desk.session, held)) is not None and wished.wished_at:
        says.append(Say(f"my_term.wish_{wished.state}"))
    elif is_about("asks", asked.heard.text) and not is_about("when_it_ends", asked.heard.text):
        said = policy.answer(desk, asked.heard.text, topics=TOPICS, enough=ENOUGH_WITHIN)
        says = [said, *says] if said is not None else says
    menu = tuple(Say(f"my_term.go_{act}") for act in ACTS)
    return Outcome((*says, Say("my_term.choices", {"menu": menu})), offers=ACTS)


def _leaving(leaving: Exit) -> Say:
    slots = {"last_on": leaving.last_on.isoformat()}
    mine = leaving.cause == ExitCause.RESIGNED and leaving.state == TermState.SET
    return Say("my_term.leaving" if mine else "my_term.leaving_checked", slots)


def _begin_resigning(desk: Desk, held: Engagement) -> Outcome:
    if (leaving := settling.open_exit(desk.session, held)) is not None:
        return Outcome((_leaving(leaving),), offers=("human",))
    if held.status not in (EngagementStatus.ON_POST, EngagementStatus.SUSPENDED):
        return Outcome((Say("my_term.cannot_resign_now"),), offers=("human",))
    return Outcome((), (Start(RESIGN),))


def _begin_extending(desk: Desk, held: Engagement) -> Outcome:
    if (wished := settling.open_extension(desk.session, held)) is not None and wished.wished_at:
        return Outcome((Say(f"my_term.wish_{wished.state}"),), offers=("human",))
    answer = extensions.may_extend(desk.session, held, desk.now)
    if answer.obstacle is not None:
        return Outcome((_why_not(answer.obstacle), Say("my_term.ask_person")), offers=("human",))
    assert answer.latest_on is not None
    key = "my_term.may_extend" if answer.is_certain else "my_term.may_extend_assumed"
    said = Say(key, {"latest_on": answer.latest_on.isoformat()})
    return Outcome((said,), (Start(EXTEND),))


def _take_back(desk: Desk, held: Engagement) -> Outcome:
    leaving = settling.open_exit(desk.session, held)
    if leaving is None or leaving.cause != ExitCause.RESIGNED:
        return Outcome((Say("my_term.nothing_to_take_back"),), offers=("human",))
    try:
        exits.take_back(desk.session, leaving, _me(desk), desk.now)
    except Hindered:  # the village passed it on, with a signature: the town takes it back
        return Outcome((Say("my_term.ask_person"),), offers=("human",))
    assert held.ends_on is not None
    return Outcome((Say("my_term.taken_back", {"ends_on": held.ends_on.isoformat()}),))


def _unwish(desk: Desk, held: Engagement) -> Outcome:
    """The worker does not want to stay any more: nobody need decide."""
    wished = settling.open_extension(desk.session, held)
    if wished is None or wished.wished_at is None:
        return Outcome((Say("my_term.no_wish"),), offers=("human",))
    settling.take(desk.session, wished, "withdraw", _me(desk), desk.now)
    assert held.ends_on is not None
    return Outcome((Say("my_term.unwished", {"ends_on": held.ends_on.isoformat()}),))


def _begin_explaining(desk: Desk, held: Engagement) -> Outcome:
    if pauses.current(desk.session, held) is None and not asking.open_of(desk.session, desk.person):
        return Outcome((Say("my_term.not_suspended"),), offers=("human",))
    return Outcome((), (Start(EXPLAIN),))


def finish_my_term(desk: Desk, flow: str, answers: Answers) -> Outcome:
    if flow == FOLLOW_UP:
        return finish_follow_up(desk, flow, answers)
    held = _held(desk)
    if flow == EXPLAIN:
        return _explain(desk, held, answers)
    if held is None:
        return Outcome((Say("my_term.none"),))
    try:
        if flow == RESIGN:
            return _resign(desk, held, answers)
        return _extend(desk, held, answers)
    except Hindered as hindered:
        says = tuple(_why_not(obstacle) for obstacle in hindered.obstacles)
        return Outcome((*says, Say("my_term.ask_person")), offers=("human",))


def _resign(desk: Desk, held: Engagement, answers: Answers) -> Outcome:
    if not (answers["sure"] and answers.get("again")):
        return Outcome((Say("my_term.kept"),))
    last_on = date.fromisoformat(answers["last"])
    made = exits.resign(desk.session, held, last_on, _me(desk), desk.now)
    return Outcome((Say("my_term.resigned", {"last_on": made.last_on.isoformat()}),))


def _extend(desk: Desk, held: Engagement, answers: Answers) -> Outcome:
    if not answers["sure"]:
        return Outcome((Say("my_term.not_wished"),))
    wished: Extension = extensions.wish(desk.session, held, _me(desk), desk.now)
    assert wished.ends_on is not None
    return Outcome((Say("my_term.wished", {"ends_on": wished.ends_on.isoformat()}),))


def _explain(desk: Desk, held: Engagement | None, answers: Answers) -> Outcome:
    """To a suspension, and to what stands about them on other departments' lists."""
    me, words, kept = _me(desk), answers["words"], 0
    if desk.person is not None:
        kept = asking.explain(desk.session, desk.person, words, me.name, desk.now)
    pause = pauses.current(desk.session, held) if held is not None else None
    if pause is not None:
        pauses.explain(desk.session, pause, words, me, desk.now)
    return Outcome((Say("my_term.explained" if pause or kept else "my_term.not_suspended"),))


def _me(desk: Desk) -> Acting:
    return Acting(role=Actor.APPLICANT, contact=desk.contact)


def _why_not(obstacle: Obstacle) -> Say:
    return Say(obstacle.key, dict(obstacle.slots))


_SERVICES: dict[str, Callable[[Desk, Engagement], Outcome]] = {
    "term_resign": _begin_resigning,
    "term_extend": _begin_extending,
    "term_take_back": _take_back,
    "term_explain": _begin_explaining,
    "term_unwish": _unwish,
}

COUNTER = Counter(
    name="my_term",
    intents=frozenset({"term_end", "followup", *_SERVICES}),
    open=open_my_term,
    flows=(RESIGN_FORM, EXTEND_FORM, EXPLAIN_FORM, FOLLOW_UP_FORM),
    finish=finish_my_term,
)
