"""The table of everything we tell people: `telling_kinds.yaml`, read strictly.

A kind says in which words, to whom, by which channels in which order, whether they may refuse it,
whether it waits for the morning, and when somebody knocks on the door instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from rules import strict_yaml
from services.subscriptions import REFUSABLE, Purpose

TABLE = Path(__file__).with_name("telling_kinds.yaml")


class BadKind(ValueError):
    """A row of the table is not what the loader understands."""


class Channel(StrEnum):
    """The ways to a person, from the cheapest to the surest (platform.md 2.3)."""

    CHAT = "chat"
    SUBSCRIPTION = "subscription"
    MINI = "mini"
    TEMPLATE = "template"
    SMS = "sms"
    VISIT = "visit"


class Audience(StrEnum):
    WORKER = "worker"
    APPLICANT = "applicant"
    RESIDENT = "resident"
    VILLAGE_HEAD = "village_head"
    VILLAGE_STAFF = "village_staff"
    TOWN = "town"
    DISTRICT = "district"


STAFF = frozenset({Audience.VILLAGE_HEAD, Audience.VILLAGE_STAFF, Audience.TOWN, Audience.DISTRICT})


@dataclass(frozen=True)
class Kind:
    """One row. `phrase` is the wording key of the chat; `sms` a template of `zh/sms.yaml`;
    `template` a card of `wechat_cards.yaml`, for template and subscription messages, and of
    `mini_cards.yaml` for the mini-program's."""

    name: str
    phrase: str
    audience: Audience
    purpose: Purpose
    channels: tuple[Channel, ...]
    sms: str | None = None
    template: str | None = None
    quiet_hours: bool = True
    at_once: bool = False
    """Chat (or what stands for it) and SMS together, not one after the other."""
    helper: bool = False
    """Whoever applied for somebody else may be told in their place."""
    valid_days: int = 3
    valid_minutes: int | None = None
    """Instead of days, for what is true only for a moment."""
    unread_days: int | None = None
    """Working days after which an unread message becomes a visit."""
    unread_by: str | None = None
    """The slot with the date by which an unread message becomes a visit."""
    visit_days: int = 3
    """Working days that the village has for the visit."""

    @property
    def refusable(self) -> bool:
        """Whether a resident may refuse it: publicity and reminders, nothing that decides."""
        return self.purpose in REFUSABLE

    @property
    def for_staff(self) -> bool:
        return self.audience in STAFF


_NAMES = frozenset(field.name for field in fields(Kind)) - {"name"}


@cache
def kinds() -> Mapping[str, Kind]:
    """All kinds by name. Raises BadKind for a row with an unknown or a missing key."""
    return read(TABLE)


def kind(name: str) -> Kind:
    """One kind. Raises BadKind where the table has none of that name."""
    try:
        return kinds()[name]
    except KeyError:
        raise BadKind(f"{name}: no such kind in {TABLE.name}") from None


def read(path: Path) -> dict[str, Kind]:
    """The rows of a table: `defaults` by group, then each group's kinds."""
    rows: dict[str, Kind] = {}
    for group, content in strict_yaml.load(path).items():
        if set(content) != {"same", "kinds"}:
            raise BadKind(f"{group}: a group has `same` and `kinds`")
        for name, own in content["kinds"].items():
            if name in rows:
                raise BadKind(f"{name}: stands in two groups")
            rows[name] = _kind(name, {**content["same"], **(own or {})})
    return rows


def _kind(name: str, row: dict[str, Any]) -> Kind:
    if unknown := set(row) - _NAMES:
        raise BadKind(f"{name}: unknown {', '.join(sorted(unknown))}")
    try:
        made = Kind(
            **{
                **row,
                "name": name,
                "audience": Audience(row["audience"]),
                "purpose": Purpose(row["purpose"]),
                "channels": tuple(Channel(one) for one in row["channels"]),
            }
        )
    except (KeyError, TypeError, ValueError) as error:
        raise BadKind(f"{name}: {error}") from None
    _check(made)
    return made


def _check(made: Kind) -> None:
    """What would only be noticed when somebody was not told."""
    has = set(made.channels)
    if (Channel.SMS in has) != (made.sms is not None):
        raise BadKind(f"{made.name}: `sms` names the template exactly where SMS is a channel")
    if has & {Channel.TEMPLATE, Channel.SUBSCRIPTION, Channel.MINI} and made.template is None:
        raise BadKind(f"{made.name}: `template` is missing")
    if Channel.VISIT in has and (made.for_staff or made.refusable):
        raise BadKind(f"{made.name}: nobody knocks for staff, nor for what may be refused")
    if (made.unread_days or made.unread_by) and Channel.VISIT not in has:
        raise BadKind(f"{made.name}: unread, and then? A visit is no channel of it")
