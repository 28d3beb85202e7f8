"""How the ways out are doing: each SMS provider's share and stumbles, and which channels rest."""

from __future__ import annotations

from console.base import NAV, NavItem, console, current, door, needs, page, say
from models import Role
from services import channel_rests, sms_health, telling_facts
from services.sms_health import WELL, Health

SEE = frozenset({Role.DISTRICT_CLERK, Role.SUPERVISION, Role.ADMINISTRATOR})
CHANNELS = ("wechat", "subscription", "template", "sms")

NAV.append(NavItem("console.provider_health", "providers.nav", SEE, order=86, group="house"))


@door.get("/providers")
@needs(*SEE)
def provider_health() -> str:
    """Every channel and SMS provider, in words. No resident is named here."""
    seat, shares = current(), console().sms_shares
    known = sms_health.overview(seat.session, shares, seat.wall)
    drawn = sum(one.weight * shares[one.provider] for one in known)
    rests = {one.channel: one for one in channel_rests.known(seat.session)}
    return page(
        "providers.html",
        channels=[
            (_name("message", "channel", name), rests.get(name))
            for name in dict.fromkeys((*_channels(), *sorted(rests)))
        ],
        providers=[
            {
                "it": one,
                "name": _name("providers", "named", one.provider),
                "state": _state(one),
                "share": shares[one.provider],
                "share_now": _percent(one.weight * shares[one.provider], drawn),
            }
            for one in known
        ],
        wall=seat.wall,
    )


def _channels() -> tuple[str, ...]:
    """The ways out that every district has, and the mini-program where there is one."""
    return (*CHANNELS, "mini") if telling_facts.has_mini() else CHANNELS


def _state(one: Health) -> str:
    """Well, recovering by itself, or left out until it has recovered somewhat."""
    if one.weight >= WELL:
        return "well"
    return "less" if one.weight else "out"


def _percent(part: int, whole: int) -> int:
    return round(part * 100 / whole) if whole else 0


def _name(topic: str, stem: str, name: str) -> str:
    key = f"{topic}.{stem}_{name}"
    return say(key) if key in console().book.phrases else name
