"""What residents find before they write: the menu below the chat and the villages' QR codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Region
from models.places import RegionKind
from services.places import find_villages, label

TOP_BUTTONS, SUB_BUTTONS = 3, 5
TOP_BYTES, SUB_BYTES, KEY_BYTES = 16, 60, 128
GO = "go:"


class StorefrontError(Exception):
    """The menu or the village cannot be used; the text says why, to whoever sits at a terminal."""


def check_menu(menu: Mapping[str, Any], intents: frozenset[str]) -> dict[str, Any]:
    """The menu as it may be published. Raises `StorefrontError` where the platform would refuse it
    (platform.md 5) or a button leads to none of `intents`."""
    buttons = menu.get("button")
    _check_row(buttons, most=TOP_BUTTONS, name_bytes=TOP_BYTES)
    for button in buttons or ():
        if "sub_button" in button:
            _check_row(button["sub_button"], most=SUB_BUTTONS, name_bytes=SUB_BYTES)
        for end in button.get("sub_button", [button]):
            _check_end(end, intents)
    return dict(menu)


def village_scene(session: Session, text: str) -> tuple[str, str]:
    """The scene of a village's QR code and the village's full name, from its code or its name.
    Raises `StorefrontError` where no village or several are meant."""
    by_code = session.scalars(
        select(Region).where(Region.kind == RegionKind.VILLAGE, Region.code == text)
    ).first()
    villages: Sequence[Region] = (by_code,) if by_code else find_villages(session, text).villages
    if len(villages) == 1:
        return villages[0].code, label(villages[0])
    if not villages:
        raise StorefrontError(f"no village is called {text}")
    which = ", ".join(f"{label(village)} ({village.code})" for village in villages)
    raise StorefrontError(f"{text} may be any of: {which}")


def _check_row(buttons: Any, *, most: int, name_bytes: int) -> None:
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= most:
        raise StorefrontError(f"a row of the menu has 1 to {most} buttons")
    for button in buttons:
        name = str(button.get("name", ""))
        if not 0 < len(name.encode()) <= name_bytes:
            raise StorefrontError(f"the button {name!r} needs a name of 1 to {name_bytes} bytes")


def _check_end(button: Mapping[str, Any], intents: frozenset[str]) -> None:
    name, key = button["name"], str(button.get("key", ""))
    if button.get("type") == "view" and button.get("url"):
        return
    if button.get("type") != "click" or not key.startswith(GO) or len(key.encode()) > KEY_BYTES:
        raise StorefrontError(f"the button {name!r} needs a key {GO}<intent>, or a url")
    if key.removeprefix(GO) not in intents:
        raise StorefrontError(f"the button {name!r} leads to no counter: {key}")
