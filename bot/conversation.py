"""One turn of a talk: which counter hears the message, and what happens to the open forms.

Order (design.md 2 and 3.9): global words, then what outranks any form (an accident, despair, a
complaint), then the open form, then the intents. A form that is put aside keeps its answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.intents import Understanding, understand
from bot.standing import Standing
from dialog import Answers, Heard, Say, State, Turn, open_form, prompt, step_back, turn
from handlers import policy, registry, signals, subscription
from handlers.counter import Asked, Counter, Outcome, Start
from handlers.desk import Desk
from services.days import signing
from wording.hearing import Command, hear_command, hear_number, hear_service, hear_yes_no
from wording.hearing.days import clauses, is_not_coming
from wording.hearing.matters import is_about, substance

SURE = 0.75
"""How sure the matcher must be before a message that missed its question is taken elsewhere."""

CHATTER = frozenset({"greeting", "unclear", "provide_info", "confirm"})
"""Intents that never pull a resident out of a form."""

ASKED_IN_PASSING = CHATTER | {"eligibility", "apply", "policy"}
"""Intents under which a form's reader may only have wondered about the policy."""

ERRANDS = frozenset({"apply", "progress", "notice_result", "eligibility", "withdraw", "privacy"})
"""Intents that are no part of what somebody in trouble goes on telling."""

WORDLESS = {"image": "picture", "location": "place"}
"""Who takes what comes without words while no form is open."""

MISTAKEN = frozenset({"complaint", "objection", "human"})
"""Intents that give way where the very words are a question we have an answer to."""


def converse(desk: Desk, standing: Standing, heard: Heard) -> tuple[Say, ...]:
    """Take one message of words, a picture or a place. Changes `standing`; gives what to say."""
    if heard.kind in {"text", "voice"}:
        heard = replace(heard, affirms=hear_yes_no(heard.text))
    if _is_stop_code(desk, standing, heard):
        standing.offered = []
        says = _leave_for(desk, standing, Asked("unsubscribe", heard, act=True))
    else:
        says = _hear(desk, standing, heard)
    if not standing.stack and standing.queued:
        waiting = standing.queued.pop(0)
        queued = Asked(intent=waiting["intent"], heard=Heard(text=waiting["text"]))
        before = () if waiting.get("expected") else (Say("dialog.and_then"),)
        says += (*before, *_open(desk, standing, queued))
    return says


def _hear(desk: Desk, standing: Standing, heard: Heard) -> tuple[Say, ...]:
    offered, standing.offered = standing.offered, []
    command = hear_command(heard.text) if heard.text else None
    if command is not None and (said := obey(desk, standing, command, heard)) is not None:
        return said
    if standing.top is None:
        return _at_the_door(desk, standing, heard, offered)
    meant = _meaning(desk, heard, open_question=True)
    if meant.intent == "unsubscribe" and meant.act and not _is_at(standing.top, meant):
        return _leave_for(desk, standing, _asked(heard, meant))
    if "despair" in meant.signals and not _is_free(standing.top):
        return _leave_for(desk, standing, replace(_asked(heard, meant), intent="human"))
    signed: tuple[Say, ...] = ()
    if not _is_free(standing.top):
        signed, heard, meant = _sign_first(desk, standing, heard, meant)
    if _outranks(standing.top, meant):
        return signed + _aside(desk, standing, heard, meant)
    return signed + _answer(desk, standing, heard, meant)


def _is_stop_code(desk: Desk, standing: Standing, heard: Heard) -> bool:
    """By SMS a code of refusal outranks all else, whatever form is open."""
    if desk.channel != "sms" or not heard.text:
        return False
    return subscription.is_code(heard.text, in_form=standing.top is not None)


def _at_the_door(
    desk: Desk, standing: Standing, heard: Heard, offered: Sequence[str]
) -> tuple[Say, ...]:
    """A message while no form is open: a service word, a number of the menu, or an intent."""
    if not heard.text:
        return _wordless(desk, standing, heard)
    chosen = hear_number(heard.text)
    if chosen is not None and 1 <= chosen <= len(offered):
        return _open(desk, standing, Asked(offered[chosen - 1], heard))
    if service := hear_service(heard.text):
        return _open(desk, standing, Asked(service, heard))
    meant = _meaning(desk, heard, open_question=False)
    standing.misses = standing.misses + 1 if meant.intent == "unclear" else 0
    signed, heard, meant = _sign_first(desk, standing, heard, meant)
    _queue(standing, heard, meant)
    return signed + _open(desk, standing, _asked(heard, meant, misses=standing.misses))


def _sign_first(
    desk: Desk, standing: Standing, heard: Heard, meant: Understanding
) -> tuple[tuple[Say, ...], Heard, Understanding]:
    """“到了，今天腿疼想请半天假”: a worker's sign beside a wish for leave is kept at once, for the
    hour counts; what to say of it, and what is left to be heard. Else nothing, and all of it."""
    parts = clauses(heard.text)
    wanted = {meant.intent, *meant.queued}
    if len(parts) < 2 or not wanted & {"leave", "checkin"} or is_not_coming(heard.text):
        return (), heard, meant
    each = [understand(part, channel=desk.channel) for part in parts]
    signs = [one.intent == "checkin" and one.act for one in each]
    rest = ",".join(part for part, sign in zip(parts, signs, strict=True) if not sign)
    if (
        not any(signs)
        or not rest
        or signing.standing_of(desk.session, desk.contact_id, desk.now) is None
    ):
        return (), heard, meant
    left = understand(rest, channel=desk.channel)
    if left.intent != "leave":
        return (), heard, meant
    sign = replace(heard, text=parts[signs.index(True)])
    return _open(desk, standing, Asked("checkin", sign, act=True)), replace(heard, text=rest), left


def _meaning(desk: Desk, heard: Heard, *, open_question: bool) -> Understanding:
    """What the words mean. A bare number or yes to an open question needs no matcher."""
    if open_question and (heard.affirms is not None or hear_number(heard.text) is not None):
        return Understanding(
            "provide_info", act=False, queued=(), signals=frozenset(), confidence=1
        )
    meant = understand(heard.text, channel=desk.channel, open_question=open_question)
    if meant.intent in MISTAKEN and not meant.signals:
        knows = policy.knows_by_heart if meant.confidence >= SURE else policy.knows
        if knows(heard.text):
            return replace(meant, intent="policy", queued=())
    return meant


def _wordless(desk: Desk, standing: Standing, heard: Heard) -> tuple[Say, ...]:
    """A picture, a voice nobody recognised, a place, a link, while no form is open."""
    if (intent := WORDLESS.get(heard.kind)) is not None:
        return _open(desk, standing, Asked(intent, heard))
    return (Say("reader.voice" if heard.kind == "voice" else "reader.words_please"),)


def obey(desk: Desk, standing: Standing, command: Command, heard: Heard) -> tuple[Say, ...] | None:
    """A global word. None where it means nothing here and the message goes on as it is."""
    if command is Command.MENU or (command is Command.BACK and standing.top is None):
        return _leave_for(desk, standing, Asked("menu", heard))
    if command is Command.HUMAN:
        return _leave_for(desk, standing, Asked("human", heard))
    if command is Command.RESUME:
        return _reprompt(desk, standing) if standing.resume() else None
    if command is Command.MORE:
        rest, standing.more = standing.more, ""
        if not rest:
            return (Say("dialog.no_more"), *_reprompt(desk, standing))
        return (Say("dialog.more_text", {"text": rest}),)
    return _within_form(desk, standing, command)


def _within_form(desk: Desk, standing: Standing, command: Command) -> tuple[Say, ...] | None:
    """One step back, or leave the form; None when no form is open."""
    if standing.top is None:
        return None
    if command is Command.CANCEL:
        dropped = standing.top
        standing.pause()
        standing.queued.clear()
        return (Say("dialog.cancelled", {"form": _title(dropped)}),)
    flow = registry.flow(standing.top.flow)
    return _settle(desk, standing, step_back(flow, standing.top, desk)) if flow else None


def begin(desk: Desk, standing: Standing, asked: Asked) -> tuple[Say, ...]:
    """Go to a counter from outside a message (a menu click, a scan): open forms are put aside."""
    return _leave_for(desk, standing, asked)


def _leave_for(desk: Desk, standing: Standing, asked: Asked) -> tuple[Say, ...]:
    left = standing.top
    standing.leave()
    says = _open(desk, standing, asked)
    if left is None or left not in standing.paused:
        return says
    if standing.top is not None and standing.top.flow == left.flow:
        standing.paused.pop()  # the same form, begun anew
        return says
    return (*says, Say("dialog.put_aside", {"form": _title(left)}))


def _aside(desk: Desk, standing: Standing, heard: Heard, meant: Understanding) -> tuple[Say, ...]:
    """Something else comes first; the open form waits underneath and goes on afterwards."""
    _queue(standing, heard, meant)
    waiting = standing.top
    says = _open(desk, standing, _asked(heard, meant))
    if standing.top is not waiting:
        return says
    return says + _reprompt(desk, standing)


def _answer(desk: Desk, standing: Standing, heard: Heard, meant: Understanding) -> tuple[Say, ...]:
    assert standing.top is not None
    flow = registry.flow(standing.top.flow)
    if flow is None:  # a release took this form away: nothing is guessed
        gone = standing.stack.pop()
        return (Say("dialog.form_gone", {"form": _title(gone)}), *_reprompt(desk, standing))
    if obstacle := _obstacle(desk, flow.name):
        standing.stack.pop()
        return (obstacle, *_reprompt(desk, standing))
    if heard.affirms is False and standing.top.suggested and _is_free(standing.top):
        return _question_first(desk, standing, str(standing.top.suggested[0]))
    heard_by_form = turn(flow, standing.top, heard, desk)
    if heard_by_form.missed and heard.text:
        said = _unanswered(desk, standing, heard, meant)
        if said is not None:
            return said
    heeded = signals.attend(desk, _asked(heard, meant), in_form=True)
    return heeded + _settle(desk, standing, heard_by_form)


def _question_first(desk: Desk, standing: Standing, text: str) -> tuple[Say, ...]:
    """What was put to a form, and turned out to be a question: it is answered, and the form is kept
    for later, so that the numbers of the answer mean what they say."""
    assert standing.top is not None
    form = _title(standing.top)
    standing.pause()
    heard = Heard(text=text)
    if service := hear_service(text):
        asked = Asked(service, heard)
    else:
        asked = replace(_asked(heard, _meaning(desk, heard, open_question=False)), act=False)
    return (*_open(desk, standing, asked), Say("dialog.put_aside", {"form": form}))


def _unanswered(
    desk: Desk, standing: Standing, heard: Heard, meant: Understanding
) -> tuple[Say, ...] | None:
    """Words that do not answer the open question: another counter's matter, more of the story, or
    a question in passing. None where they only missed."""
    assert standing.top is not None
    if service := hear_service(heard.text):
        meant = replace(meant, intent=service, act=False, confidence=1)
    sure = meant.confidence >= SURE and not _is_at(standing.top, meant)
    if (
        not (sure and meant.intent in ERRANDS)
        and (told := _add_to_story(desk, standing, heard)) is not None
    ):
        return told
    if meant.intent in ASKED_IN_PASSING and (said := policy.in_passing(desk, heard.text)):
        return (said, *_reprompt(desk, standing))
    return _aside(desk, standing, heard, meant) if sure and meant.intent not in CHATTER else None


def _add_to_story(desk: Desk, standing: Standing, heard: Heard) -> tuple[Say, ...] | None:
    """Whoever goes on telling, instead of choosing a number, is heard: the words go to what was
    told before. None where the form keeps no story, or the message tells nothing."""
    assert standing.top is not None
    counter = registry.counter_of(standing.top.flow)
    slot = counter.story if counter else ""
    before = standing.top.answers.get(slot)
    if not before or is_about("asks", heard.text) or (words := substance(heard.text)) is None:
        return None
    answers = {**standing.top.answers, slot: f"{before}\n{words}"}
    standing.stack[-1] = replace(standing.top, answers=answers)
    flow = registry.flow(standing.top.flow)
    assert flow is not None
    again = prompt(flow, standing.top, desk, before=(Say("dialog.added"),))
    return _settle(desk, standing, again)


def _obstacle(desk: Desk, flow: str) -> Say | None:
    counter = registry.counter_of(flow)
    return counter.obstacle(desk) if counter and counter.obstacle else None


def _settle(desk: Desk, standing: Standing, result: Turn) -> tuple[Say, ...]:
    """Keep the form's new state; a full form is handed to its counter, once."""
    standing.stack[-1] = result.state
    if result.finished is None:
        return result.says
    standing.stack.pop()
    return result.says + _finish(desk, standing, result.state.flow, result.finished)


def _finish(desk: Desk, standing: Standing, flow: str, answers: Answers) -> tuple[Say, ...]:
    counter = registry.counter_of(flow)
    if counter is None or counter.finish is None:
        raise LookupError(f"no counter finishes the form {flow}")
    outcome = counter.finish(desk, flow, answers)
    if outcome.leave:
        standing.pause()
        standing.queued.clear()
    says = _take(desk, standing, outcome)
    return says if outcome.starts else says + _reprompt(desk, standing)


def _open(desk: Desk, standing: Standing, asked: Asked) -> tuple[Say, ...]:
    desk.write_down()  # this counter may read what the one before left for later
    heeded = signals.attend(desk, asked)
    if signals.is_answered(asked):
        return heeded + _way_to_own_pay(desk, standing, asked)
    counter: Counter = registry.counter_for(asked.intent)
    return heeded + _take(desk, standing, counter.open(desk, asked))


def _way_to_own_pay(desk: Desk, standing: Standing, asked: Asked) -> tuple[Say, ...]:
    """Nothing is asked of a mourner; a number leads to their own money, where no form is open."""
    if standing.top is not None or not signals.asks_of_own_pay(desk, asked):
        return ()
    standing.offered = ["pay_show"]
    return (Say("dialog.own_pay"),)


def _take(desk: Desk, standing: Standing, outcome: Outcome) -> tuple[Say, ...]:
    """Say what the counter says and open its forms, the last one first to be asked."""
    standing.offered = list(outcome.offers)
    if outcome.forget:
        standing.forget()
    standing.queued += [
        {"intent": asked.intent, "text": asked.heard.text, "expected": True}
        for asked in outcome.then
    ]
    for start in outcome.starts:
        _stack(standing, start)
    if not outcome.starts:
        return outcome.says
    return outcome.says + _open_top(desk, standing)


def _stack(standing: Standing, start: Start) -> None:
    """Lay a form on top. One that lay there already, and is opened again with nothing new to fill
    in, goes on where it stood."""
    before = [state.answers for state in standing.stack if state.flow == start.flow]
    answers = before[0] if before and not start.answers else start.answers
    standing.stack = [state for state in standing.stack if state.flow != start.flow]
    standing.stack.append(State(flow=start.flow, answers=dict(answers)))


def _open_top(desk: Desk, standing: Standing) -> tuple[Say, ...]:
    opened = standing.stack[-1]
    flow = registry.flow(opened.flow)
    if flow is None:
        raise LookupError(f"no form is called {opened.flow}")
    return _settle(desk, standing, open_form(flow, opened.answers, desk))


def _reprompt(desk: Desk, standing: Standing) -> tuple[Say, ...]:
    """Go on with the form that waited underneath, if there is one."""
    if standing.top is None:
        return ()
    flow = registry.flow(standing.top.flow)
    if flow is None:
        standing.stack.pop()
        return _reprompt(desk, standing)
    before = (Say("dialog.go_on", {"form": _title(standing.top)}),)
    return _settle(desk, standing, prompt(flow, standing.top, desk, before=before))


def _outranks(top: State, meant: Understanding) -> bool:
    """Whether the message comes before any form, seen from the form that is open."""
    if _is_free(top):
        return False
    counter = registry.counter_for(meant.intent)
    urgent = counter.outranks_forms or "death" in meant.signals
    return urgent and meant.confidence >= SURE and not _is_at(top, meant)


def _is_at(top: State, meant: Understanding) -> bool:
    """Whether the open form belongs to the counter that the message is for."""
    return registry.counter_for(meant.intent) is registry.counter_of(top.flow)


def _is_free(top: State) -> bool:
    """Whether the open question takes any words as its answer."""
    flow = registry.flow(top.flow)
    question = flow.ask(top.asked) if flow else None
    return question is not None and question.free


def _queue(standing: Standing, heard: Heard, meant: Understanding) -> None:
    for intent in meant.queued:
        standing.queued.append({"intent": intent, "text": heard.text})


def _asked(heard: Heard, meant: Understanding, *, misses: int = 0) -> Asked:
    return Asked(
        intent=meant.intent,
        heard=heard,
        act=meant.act,
        signals=meant.signals,
        misses=misses,
    )


def _title(state: State) -> Say:
    return Say(f"{state.flow}.title")


def paused_notice(standing: Standing) -> Sequence[Say]:
    """Put the forms of a talk that fell silent aside, and say so."""
    if standing.top is None:
        return ()
    left = standing.top
    standing.pause()
    return (Say("dialog.fell_silent", {"form": _title(left)}),)
