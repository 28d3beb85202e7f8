"""The router as a table: what is known about somebody, how they are told, why not otherwise."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest

from services.routing import Chat, Facts, Mini, Phone, decide
from services.subscriptions import Purpose
from services.telling_kinds import Audience, Channel, Kind
from tests.builders import NOW

ME, MORE, HELPER, MINI = (uuid.UUID(int=n) for n in (1, 2, 3, 4))
OPEN = NOW + timedelta(hours=5)
SHUT = NOW - timedelta(hours=1)
EVERY = (Channel.CHAT, Channel.SUBSCRIPTION, Channel.TEMPLATE, Channel.SMS, Channel.VISIT)
WITH_MINI = (*EVERY[:2], Channel.MINI, *EVERY[2:])


def kind(**more: Any) -> Kind:
    given: dict[str, Any] = {
        "name": "trial",
        "phrase": "news.approved",
        "audience": Audience.APPLICANT,
        "purpose": Purpose.DECISION,
        "channels": EVERY,
        "sms": "case_news",
        "template": "news",
        **more,
    }
    return Kind(**given)


DECISION = kind()
PUBLICITY = kind(purpose=Purpose.PUBLICITY, channels=EVERY[:4])
BOTH = kind(at_once=True)
WITH_HELPER = kind(helper=True)
BY_MINI = kind(channels=WITH_MINI)
MINI_REMINDER = kind(purpose=Purpose.REMINDER, channels=(Channel.MINI, Channel.CHAT))
STAFF = kind(audience=Audience.TOWN, channels=(Channel.CHAT, Channel.SMS))


def chat(**more: Any) -> Chat:
    return Chat(**{"id": ME, "open_until": OPEN, **more})


def facts(*chats: Chat, **more: Any) -> Facts:
    return Facts(**{"at": NOW, "chats": chats, "phone": Phone(), **more})


def ticked(consents: int | None = 1) -> tuple[Mini, ...]:
    return (Mini(MINI, consents),)


ROWS: dict[str, tuple[Kind, Facts, str, str]] = {
    "the window is open": (DECISION, facts(chat()), "chat", "chat:chat"),
    "it closes at this very second": (DECISION, facts(chat(open_until=NOW)), "sms", "chat:no_chat"),
    "the window is shut, a consent is left": (
        DECISION, facts(chat(open_until=SHUT, consents=1)), "subscription", "chat:no_chat"),
    "no consent, but a template": (
        DECISION, facts(chat(open_until=None, templates=True)), "template",
        "subscription:no_subscription"),
    "nothing by WeChat": (DECISION, facts(chat(open_until=None)), "sms", "template:no_template"),
    "they left the account": (DECISION, facts(chat(followed=False)), "sms", "chat:not_followed"),
    "they never used WeChat": (DECISION, facts(), "sms", "chat:no_wechat"),
    "no phone either": (DECISION, facts(phone=None), "visit", "sms:no_phone"),
    "a phone that takes nothing": (
        DECISION, facts(phone=Phone(stopped=True)), "visit", "sms:phone_stopped"),
    "one phone of a whole family": (
        DECISION, facts(phone=Phone(shared_by=3)), "sms", "sms:sms_shared"),
    "refused, and it decides about them": (
        DECISION, facts(chat(opted_out=True), phone=Phone(opted_out=True)), "chat", "chat:chat"),
    "refused by WeChat, publicity: no short message instead": (
        PUBLICITY, facts(chat(opted_out=True)), "", "sms:opted_out"),
    "refused by SMS, publicity: the chat stays": (
        PUBLICITY, facts(chat(), phone=Phone(opted_out=True)), "chat", "chat:chat"),
    "refused everywhere, publicity": (
        PUBLICITY, facts(chat(opted_out=True), phone=Phone(opted_out=True)), "", "sms:opted_out"),
    "the owner died": (DECISION, facts(chat(), silenced=True), "visit", "chat:silenced"),
    "the owner died, publicity": (PUBLICITY, facts(chat(), silenced=True), "", "sms:silenced"),
    "nobody knows where they live": (
        DECISION, facts(phone=None, village=False), "", "visit:no_village"),
    "two at once": (BOTH, facts(chat()), "chat+sms", "sms:sms"),
    "two at once, one is there": (BOTH, facts(), "sms", "chat:no_wechat"),
    "two at once, none is there": (BOTH, facts(phone=None), "visit", "sms:no_phone"),
    "two at once, never twice by WeChat": (
        BOTH, facts(chat(consents=1, templates=True)), "chat+sms", "chat:chat"),
    "two at once, no visit beside the chat": (BOTH, facts(chat(), phone=None), "chat", "chat:chat"),
    "who applied for them, where it is about that": (
        WITH_HELPER, facts(chat(id=HELPER, helper=True)), "chat", "chat:chat"),
    "who applied for them, where it is not": (
        DECISION, facts(chat(id=HELPER, helper=True)), "sms", "chat:no_wechat"),
    "a tick in the mini-program": (
        BY_MINI, facts(chat(open_until=SHUT, templates=True), minis=ticked()), "mini",
        "subscription:no_subscription"),
    "the mini-program without the chat": (
        BY_MINI, facts(minis=ticked()), "mini", "chat:no_wechat"),
    "the service account's tick before the mini-program's": (
        BY_MINI, facts(chat(open_until=SHUT, consents=1), minis=ticked()), "subscription",
        "subscription:subscription"),
    "no tick left in the mini-program": (
        BY_MINI, facts(minis=ticked(0)), "sms", "mini:no_mini_consent"),
    "never joined to the mini-program": (BY_MINI, facts(minis=()), "sms", "mini:no_mini"),
    "the mini-program has no such template": (
        BY_MINI, facts(minis=ticked(None)), "sms", "mini:no_mini_template"),
    "the mini-program and the owner died": (
        BY_MINI, facts(minis=ticked(), silenced=True), "visit", "mini:silenced"),
    "refused in the chat, a reminder in the mini-program": (
        MINI_REMINDER, facts(chat(opted_out=True), minis=ticked()), "", "mini:opted_out"),
    "refused in the chat, a result in the mini-program": (
        BY_MINI, facts(chat(open_until=SHUT, opted_out=True), minis=ticked()), "mini", "mini:mini"),
    "two at once, by the mini-program and SMS": (
        kind(channels=WITH_MINI, at_once=True), facts(minis=ticked()), "mini+sms", "sms:sms"),
    "staff without a way": (STAFF, facts(phone=None), "", "sms:no_phone"),
}  # fmt: skip


@pytest.mark.parametrize("name", ROWS)
def test_the_way_and_the_reason(name: str) -> None:
    row, known, ways, reason = ROWS[name]
    choice = decide(row, known)
    assert "+".join(way.channel for way in choice.ways) == ways
    assert reason in {f"{one.channel}:{one.why}" for one in choice.verdicts}


def test_what_was_tried_is_not_tried_again() -> None:
    known, tried, taken = facts(chat(consents=1, templates=True)), frozenset[Channel](), []
    while ways := decide(DECISION, known, tried).ways:
        taken.append(ways[0].channel)
        tried |= {ways[0].channel}
    assert tuple(taken) == EVERY


def test_where_there_is_no_mini_program_nothing_is_said_of_it() -> None:
    choice = decide(BY_MINI, facts(chat(open_until=None)))
    assert [one.channel for one in choice.verdicts] == list(EVERY[:4])


def test_the_window_that_stays_open_longest_is_taken_and_the_own_before_a_helpers() -> None:
    longer = chat(id=MORE, open_until=OPEN + timedelta(hours=1))
    assert decide(DECISION, facts(chat(), longer)).ways[0].contact_id == MORE
    helping = chat(id=HELPER, helper=True, open_until=OPEN + timedelta(hours=9))
    assert decide(WITH_HELPER, facts(chat(), helping)).ways[0].contact_id == ME


def test_every_channel_of_a_kind_is_judged_or_made_needless_by_a_taken_one() -> None:
    choice = decide(DECISION, facts(chat(open_until=None)))
    assert [one.channel for one in choice.verdicts] == list(EVERY[:4])
    assert [one.taken for one in choice.verdicts] == [False, False, False, True]
