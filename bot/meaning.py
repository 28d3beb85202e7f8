"""What a message means beside an open form: whose matter it is, and whether it comes first."""

from __future__ import annotations

from dataclasses import replace

from bot.intents import Understanding, understand
from dialog import Heard, State
from handlers import policy, registry
from handlers.counter import Asked
from handlers.desk import Desk
from wording.hearing import hear_number

SURE = 0.75
"""How sure the matcher must be before a message that missed its question is taken elsewhere."""

MISTAKEN = frozenset({"complaint", "objection", "human"})
"""Intents that give way where the very words are a question we have an answer to."""


def meaning(desk: Desk, heard: Heard, *, open_question: bool) -> Understanding:
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


def asked_for(heard: Heard, meant: Understanding, *, misses: int = 0) -> Asked:
    """The errand with which the writer comes to a counter."""
    return Asked(
        intent=meant.intent,
        heard=heard,
        act=meant.act,
        signals=meant.signals,
        misses=misses,
    )


def outranks(top: State, meant: Understanding) -> bool:
    """Whether the message comes before any form, seen from the form that is open."""
    if is_free(top):
        return False
    counter = registry.counter_for(meant.intent)
    urgent = counter.outranks_forms or "death" in meant.signals
    return urgent and meant.confidence >= SURE and not is_at(top, meant)


def is_at(top: State, meant: Understanding) -> bool:
    """Whether the open form belongs to the counter that the message is for."""
    return registry.counter_for(meant.intent) is registry.counter_of(top.flow)


def is_free(top: State) -> bool:
    """Whether the open question takes any words as its answer."""
    flow = registry.flow(top.flow)
    question = flow.ask(top.asked) if flow else None
    return question is not None and question.free
