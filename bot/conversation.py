"""One turn of a talk: which counter hears the message, and what happens to the open forms.

Order (design.md 2 and 3.9), one room each:

    bot.commands   global words (菜单 返回 取消 人工 更多 继续)
    bot.numbers    the number of the menu that was shown last
    bot.meaning    what outranks any form: an accident, despair, a complaint
    bot.answers    the open form, and what comes between
    here           the intents, while no form is open

`bot.forms` opens counters and goes on with what waits. A form that is put aside keeps its answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.answers import answer, queue, step_aside
from bot.commands import leave_for, more, obey
from bot.forms import follow, open_counter, title
from bot.intents import Understanding, understand
from bot.meaning import asked_for, is_at, is_free, meaning, outranks
from bot.numbers import choose
from bot.standing import Standing
from dialog import Heard, Say
from handlers import subscription
from handlers.counter import Asked
from handlers.desk import Desk
from services.days import signing
from wording.hearing import Command, hear_command, hear_service, hear_yes_no
from wording.hearing.days import clauses, is_not_coming

WORDLESS = {"image": "picture", "location": "place"}
"""Who takes what comes without words while no form is open."""


def converse(desk: Desk, standing: Standing, heard: Heard) -> tuple[Say, ...]:
    """Take one message of words, a picture or a place. Changes `standing`; gives what to say."""
    if heard.kind in {"text", "voice"}:
        heard = replace(heard, affirms=hear_yes_no(heard.text))
    if hear_command(heard.text) is Command.MORE:
        return more(desk, standing)
    if _is_stop_code(desk, standing, heard):
        says = leave_for(desk, standing, Asked("unsubscribe", heard, act=True))
    else:
        says = _hear(desk, standing, heard)
    return says + follow(desk, standing)


def begin(desk: Desk, standing: Standing, asked: Asked) -> tuple[Say, ...]:
    """Go to a counter from outside a message (a menu click, a scan): open forms are put aside."""
    return leave_for(desk, standing, asked)


def paused_notice(standing: Standing) -> Sequence[Say]:
    """Put the forms of a talk that fell silent aside, and say so."""
    if standing.top is None:
        return ()
    left = standing.top
    standing.pause()
    return (Say("dialog.fell_silent", {"form": title(left)}),)


def _hear(desk: Desk, standing: Standing, heard: Heard) -> tuple[Say, ...]:
    if (command := hear_command(heard.text)) is not None:
        standing.offer((), desk.today)
        if (said := obey(desk, standing, command, heard)) is not None:
            return said
    if (chosen := choose(desk, standing, heard)) is not None:
        return chosen
    if standing.top is None:
        return _at_the_door(desk, standing, heard)
    return _in_a_form(desk, standing, heard)


def _in_a_form(desk: Desk, standing: Standing, heard: Heard) -> tuple[Say, ...]:
    """A message while a form is open: what comes before any form, or the form's."""
    assert standing.top is not None
    meant = meaning(desk, heard, open_question=True)
    if meant.intent == "unsubscribe" and meant.act and not is_at(standing.top, meant):
        return leave_for(desk, standing, asked_for(heard, meant))
    if "despair" in meant.signals and not is_free(standing.top):
        return leave_for(desk, standing, replace(asked_for(heard, meant), intent="human"))
    signed: tuple[Say, ...] = ()
    if not is_free(standing.top):
        signed, heard, meant = _sign_first(desk, standing, heard, meant)
    if outranks(standing.top, meant):
        queue(standing, heard, meant)
        return signed + step_aside(desk, standing, asked_for(heard, meant))
    return signed + answer(desk, standing, heard, meant)


def _is_stop_code(desk: Desk, standing: Standing, heard: Heard) -> bool:
    """By SMS a code of refusal outranks all else, whatever form is open."""
    if desk.channel != "sms" or not heard.text:
        return False
    return subscription.is_code(heard.text, in_form=standing.top is not None)


def _at_the_door(desk: Desk, standing: Standing, heard: Heard) -> tuple[Say, ...]:
    """A message while no form is open: a service word, or an intent."""
    if not heard.text:
        return _wordless(desk, standing, heard)
    if service := hear_service(heard.text):
        return open_counter(desk, standing, Asked(service, heard))
    meant = meaning(desk, heard, open_question=False)
    standing.misses = standing.misses + 1 if meant.intent == "unclear" else 0
    signed, heard, meant = _sign_first(desk, standing, heard, meant)
    queue(standing, heard, meant)
    return signed + open_counter(desk, standing, asked_for(heard, meant, misses=standing.misses))


def _wordless(desk: Desk, standing: Standing, heard: Heard) -> tuple[Say, ...]:
    """A picture, a voice nobody recognised, a place, a link, while no form is open."""
    if (intent := WORDLESS.get(heard.kind)) is not None:
        return open_counter(desk, standing, Asked(intent, heard))
    return (Say("reader.voice" if heard.kind == "voice" else "reader.words_please"),)


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
    if not any(signs) or not rest or not _may_sign(desk):
        return (), heard, meant
    left = understand(rest, channel=desk.channel)
    if left.intent != "leave":
        return (), heard, meant
    sign = replace(heard, text=parts[signs.index(True)])
    signed = open_counter(desk, standing, Asked("checkin", sign, act=True))
    return signed, replace(heard, text=rest), left


def _may_sign(desk: Desk) -> bool:
    held = signing.standing_of(desk.session, desk.contact_id, desk.now, desk.on_post)
    return held is not None and held.obstacle is None
