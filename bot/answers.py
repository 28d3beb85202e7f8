"""A message while a form is open: the answer to its question, or something that comes between."""

from __future__ import annotations

from dataclasses import replace

from bot.forms import go_on, open_counter, settle, title
from bot.intents import Understanding
from bot.meaning import SURE, asked_for, is_at, is_free, meaning
from bot.standing import Standing
from dialog import Heard, Say, prompt, turn
from handlers import policy, registry, signals
from handlers.counter import Asked
from handlers.desk import Desk
from wording.hearing import hear_service
from wording.hearing.matters import is_about, substance

CHATTER = frozenset({"greeting", "unclear", "provide_info", "confirm"})
"""Intents that never pull a resident out of a form."""

ASKED_IN_PASSING = CHATTER | {"eligibility", "apply", "policy"}
"""Intents under which a form's reader may only have wondered about the policy."""

ERRANDS = frozenset({"apply", "progress", "notice_result", "eligibility", "withdraw", "privacy"})
"""Intents that are no part of what somebody in trouble goes on telling."""


def step_aside(desk: Desk, standing: Standing, asked: Asked) -> tuple[Say, ...]:
    """Something else comes first; the open form waits underneath and goes on afterwards."""
    waiting = standing.top
    says = open_counter(desk, standing, asked)
    if standing.top is not waiting:
        return says
    return says + go_on(desk, standing)


def answer(desk: Desk, standing: Standing, heard: Heard, meant: Understanding) -> tuple[Say, ...]:
    """Let the open question hear the message."""
    assert standing.top is not None
    flow = registry.flow(standing.top.flow)
    if flow is None:  # a release took this form away: nothing is guessed
        gone = standing.stack.pop()
        return (Say("dialog.form_gone", {"form": title(gone)}), *go_on(desk, standing))
    if obstacle := _obstacle(desk, flow.name):
        standing.stack.pop()
        return (obstacle, *go_on(desk, standing))
    if heard.affirms is False and standing.top.suggested and is_free(standing.top):
        return _question_first(desk, standing, str(standing.top.suggested[0]))
    heard_by_form = turn(flow, standing.top, heard, desk)
    if heard_by_form.missed and heard.text:
        said = _unanswered(desk, standing, heard, meant)
        if said is not None:
            return said
    heeded = signals.attend(desk, asked_for(heard, meant), in_form=True)
    return heeded + settle(desk, standing, heard_by_form)


def queue(standing: Standing, heard: Heard, meant: Understanding) -> None:
    """Keep for afterwards what a message holds besides its first matter."""
    for intent in meant.queued:
        standing.queued.append({"intent": intent, "text": heard.text})


def _question_first(desk: Desk, standing: Standing, text: str) -> tuple[Say, ...]:
    """What was put to a form, and turned out to be a question: it is answered, and the form is kept
    for later, so that the numbers of the answer mean what they say."""
    assert standing.top is not None
    form = title(standing.top)
    standing.pause()
    heard = Heard(text=text)
    if service := hear_service(text):
        asked = Asked(service, heard)
    else:
        asked = replace(asked_for(heard, meaning(desk, heard, open_question=False)), act=False)
    return (*open_counter(desk, standing, asked), Say("dialog.put_aside", {"form": form}))


def _unanswered(
    desk: Desk, standing: Standing, heard: Heard, meant: Understanding
) -> tuple[Say, ...] | None:
    """Words that do not answer the open question: another counter's matter, more of the story, or
    a question in passing. None where they only missed."""
    assert standing.top is not None
    if service := hear_service(heard.text):
        meant = replace(meant, intent=service, act=False, confidence=1)
    sure = meant.confidence >= SURE and not is_at(standing.top, meant)
    if (
        not (sure and meant.intent in ERRANDS)
        and (told := _add_to_story(desk, standing, heard)) is not None
    ):
        return told
    if meant.intent in ASKED_IN_PASSING and (said := policy.in_passing(desk, heard.text)):
        return (said, *go_on(desk, standing))
    if not sure or meant.intent in CHATTER:
        return None
    queue(standing, heard, meant)
    return step_aside(desk, standing, asked_for(heard, meant))


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
    return settle(desk, standing, again)


def _obstacle(desk: Desk, flow: str) -> Say | None:
    counter = registry.counter_of(flow)
    return counter.obstacle(desk) if counter and counter.obstacle else None
