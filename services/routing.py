"""By which way one person is told one thing: a pure decision over facts (platform.md 2.3).

`decide` looks at the kind's channels from left to right and says of each why it was taken or not;
the reasons are kept with the message and shown to staff. Nothing here reads or writes a table.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from services.telling_kinds import Channel, Kind


@dataclass(frozen=True)
class Chat:
    """One WeChat contact of the recipient, or of whoever applied for them (`helper`)."""

    id: uuid.UUID
    followed: bool = True
    opted_out: bool = False
    helper: bool = False
    open_until: datetime | None = None
    """Until when a customer-service message may go; None where no window is open."""
    consents: int = 0
    """Subscription consents left for the kind's template."""
    templates: bool = False
    """Whether the account may send this kind's template message to them."""


@dataclass(frozen=True)
class Mini:
    """The recipient's contact in the mini-program. `consents`: left for the kind's template there;
    None where the mini-program has no such template."""

    id: uuid.UUID
    consents: int | None = 0


@dataclass(frozen=True)
class Phone:
    """The recipient's mobile number. `shared_by`: how many people in the register have it."""

    opted_out: bool = False
    stopped: bool = False
    """Carriers say that it does not exist, or takes no messages."""
    shared_by: int = 1


@dataclass(frozen=True)
class Facts:
    """What is known about a recipient when the choice is made. `at`: when it may leave."""

    at: datetime
    chats: tuple[Chat, ...] = ()
    minis: tuple[Mini, ...] | None = None
    """None: the district has no mini-program, and nothing is said of it."""
    phone: Phone | None = None
    silenced: bool = False
    """A death was reported: nothing leaves by itself."""
    village: bool = True
    """Whether it is known which village could knock."""


@dataclass(frozen=True)
class Verdict:
    """One channel looked at: taken or not, and why (the end of a key `telling.why_…`)."""

    channel: Channel
    taken: bool
    why: str
    contact_id: uuid.UUID | None = None


@dataclass(frozen=True)
class Choice:
    """The ways to take now (none: nothing is left to try), and what was said of each channel."""

    ways: tuple[Verdict, ...]
    verdicts: tuple[Verdict, ...]


def decide(kind: Kind, facts: Facts, tried: frozenset[Channel] = frozenset()) -> Choice:
    """The next way, or with `at_once` the next of WeChat and SMS together."""
    verdicts: list[Verdict] = []
    ways: list[Verdict] = []
    for channel in kind.channels:
        if channel is Channel.MINI and facts.minis is None:
            continue
        verdict = _judge(kind, facts, channel, tried)
        verdicts.append(verdict)
        if not verdict.taken:
            continue
        ways.append(verdict)
        if not _goes_on(kind, channel):
            break
    return Choice(tuple(_together(ways)), tuple(verdicts))


def _goes_on(kind: Kind, channel: Channel) -> bool:
    """Whether a second way is looked for beside this one."""
    return kind.at_once and channel not in (Channel.SMS, Channel.VISIT)


def _together(ways: list[Verdict]) -> Iterator[Verdict]:
    """The first way, and the SMS beside it: never two by WeChat, never a visit beside another."""
    for number, way in enumerate(ways):
        if number == 0 or way.channel is Channel.SMS:
            yield way


def _judge(kind: Kind, facts: Facts, channel: Channel, tried: frozenset[Channel]) -> Verdict:
    if channel in tried:
        return Verdict(channel, taken=False, why="tried")
    if channel is Channel.VISIT:
        why = "knock" if facts.village else "no_village"
        return Verdict(channel, taken=facts.village, why=why)
    if facts.silenced:
        return Verdict(channel, taken=False, why="silenced")
    if channel is Channel.SMS:
        return _sms(kind, facts)
    if channel is Channel.MINI:
        return _mini(kind, facts)
    return _wechat(kind, facts, channel)


def _refused(kind: Kind, facts: Facts) -> bool:
    """Whether they said in a chat of their own that they want none of this: they were told that it
    ends, so it does not come by another way. A phone may be a family's: what its owner refuses by
    SMS is refused there."""
    return kind.refusable and any(chat.opted_out for chat in facts.chats if not chat.helper)


def _sms(kind: Kind, facts: Facts) -> Verdict:
    phone, why = facts.phone, "sms"
    if phone is None:
        why = "no_phone"
    elif phone.stopped:
        why = "phone_stopped"
    elif _refused(kind, facts) or (phone.opted_out and kind.refusable):
        why = "opted_out"
    elif phone.shared_by > 1:
        why = "sms_shared"
    return Verdict(Channel.SMS, taken=why in ("sms", "sms_shared"), why=why)


def _mini(kind: Kind, facts: Facts) -> Verdict:
    """Nobody can refuse in the mini-program itself but by not ticking: whoever refused in their
    chat is not reminded here either."""
    usable = [one for one in facts.minis or () if one.consents]
    if not facts.minis:
        why = "no_mini"
    elif _refused(kind, facts):
        why = "opted_out"
    elif all(one.consents is None for one in facts.minis):
        why = "no_mini_template"
    elif not usable:
        why = "no_mini_consent"
    else:
        return Verdict(Channel.MINI, taken=True, why="mini", contact_id=usable[0].id)
    return Verdict(Channel.MINI, taken=False, why=why)


def _wechat(kind: Kind, facts: Facts, channel: Channel) -> Verdict:
    chats = [chat for chat in facts.chats if kind.helper or not chat.helper]
    if not chats:
        return Verdict(channel, taken=False, why="no_wechat")
    chats = [chat for chat in chats if chat.followed]
    if not chats:
        return Verdict(channel, taken=False, why="not_followed")
    chats = [chat for chat in chats if not (chat.opted_out and kind.refusable)]
    if not chats:
        return Verdict(channel, taken=False, why="opted_out")
    fitting = [chat for chat in chats if _open(chat, channel, facts.at)]
    if not fitting:
        return Verdict(channel, taken=False, why=f"no_{channel}")
    best = max(fitting, key=lambda chat: (not chat.helper, _until(chat)))
    return Verdict(channel, taken=True, why=str(channel), contact_id=best.id)


def _open(chat: Chat, channel: Channel, at: datetime) -> bool:
    if channel is Channel.CHAT:
        return chat.open_until is not None and at < chat.open_until
    if channel is Channel.SUBSCRIPTION:
        return chat.consents > 0
    return chat.templates


def _until(chat: Chat) -> float:
    return chat.open_until.timestamp() if chat.open_until else 0.0
