"""One broadcast on its page, and who sees it: its own place and above all of it, a village below
what was sent to it."""

from __future__ import annotations

import uuid

from flask import request

from console.base import Elsewhere, current, page, say
from console.words import obstacle_words
from models import Broadcast, BroadcastAct, BroadcastState, Role
from services.acting import covers
from services.broadcasts import audience as audiences
from services.broadcasts import deciding, followers, hardship, mass, paper, reach, texts, writing
from services.guards import Obstacle
from services.procedure import Hindered

MAKERS = tuple(writing.MAKERS)
APPROVERS = tuple(deciding.APPROVERS)
VILLAGE = frozenset({Role.VILLAGE_CLERK, Role.VILLAGE_HEAD})
READERS = tuple(writing.READERS | VILLAGE)
PUBLISHED = (BroadcastState.SENDING, BroadcastState.DONE)
SENT = (*PUBLISHED, BroadcastState.PAUSED, BroadcastState.STOPPED)
TO_COME = (BroadcastState.DRAFT, BroadcastState.SUBMITTED, BroadcastState.APPROVED)


def found(key: uuid.UUID) -> Broadcast:
    """One of the place or below; or, once sent, one from above."""
    seat = current()
    one = seat.session.get(Broadcast, key)
    if one is None or not (is_own(one) or _is_from_above(one)):
        raise Elsewhere("broadcast", key)
    return one


def own(key: uuid.UUID) -> Broadcast:
    one = found(key)
    if not is_own(one):
        raise Elsewhere("broadcast", key)
    return one


def is_own(one: Broadcast) -> bool:
    seat = current()
    return seat.role not in VILLAGE and covers(seat.region, one.region)


def _is_from_above(one: Broadcast) -> bool:
    return one.state in PUBLISHED and covers(one.region, current().region)


def is_stale(one: Broadcast) -> bool:
    return request.form.get("edition") != str(one.edition)


def screen(one: Broadcast, said: tuple[str, ...] = (), came: tuple[str, ...] = ()) -> str:
    seat = current()
    mine = is_own(one)
    people = audiences.count(seat.session, one, seat.now) if mine else 0
    obstacles: tuple[Obstacle, ...] = ()
    if mine and one.state == BroadcastState.DRAFT:
        obstacles = writing.obstacles(seat.session, one, seat.now)
    return page(
        "broadcast.html",
        one=one,
        own=mine,
        people=people,
        nameless=followers.count(seat.session, one) if mine else 0,
        outlook=_outlook(one) if mine else None,
        warnings=_warnings(one) if mine else [],
        who=audience_words(one),
        previews=texts.previews(writing.words_of(one), seat.today),
        obstacles=[obstacle_words(obstacle) for obstacle in obstacles],
        loudspeaker=paper.loudspeaker(one, one.region if mine else seat.region),
        reach=reach.report(seat.session, one) if mine and one.state in SENT else None,
        said=said,
        came=came,
        may={str(act): _may(one, act) for act in BroadcastAct} if mine else {},
    )


def _outlook(one: Broadcast) -> mass.Outlook | None:
    """What a mass message would be, before it is one."""
    seat = current()
    if not one.mass or one.state not in TO_COME:
        return None
    return mass.outlook(seat.session, one.region, seat.now)


def _warnings(one: Broadcast) -> list[str]:
    """What whoever agrees must look at: words about hardship, and beside them words that are
    somebody's name too."""
    found = hardship.found_in(writing.words_of(one)) if one.state in TO_COME else ()
    if not found:
        return []
    said = [say("broadcast.hardship_warning", words=list(found))]
    if names := hardship.declared(current().session, one):
        said.append(say("broadcast.no_names_declared", names=list(names)))
    return said


def names_in(hindered: Hindered) -> tuple[str, ...]:
    """The names in a text that hinder it, and may be no more than words."""
    found = (one for one in hindered.obstacles if one.key == hardship.OF_SOMEBODY)
    return tuple(str(one.slots["name"]) for one in found)


def _may(one: Broadcast, act: BroadcastAct) -> bool:
    """Whether this person sees the button; the service judges again."""
    seat = current()
    decides = act in (BroadcastAct.APPROVE, BroadcastAct.RETURN, BroadcastAct.RESUME)
    roles = deciding.APPROVERS if decides else writing.MAKERS
    if not one.allows(act) or seat.role not in roles:
        return False
    return act != BroadcastAct.APPROVE or not deciding.wrote(seat.session, one, seat.acting)


def audience_words(one: Broadcast) -> str:
    """For whom it is, in words."""
    audience = audiences.read(one.audience)
    parts = [say(f"broadcast.who_{audience.who}")]
    if audience.track:
        parts.append(say(f"broadcast.track_{audience.track}"))
    parts += [say(f"role.{role}") for role in audience.roles]
    return f"{one.region.name} · " + " · ".join(parts)


def reasons(hindered: Hindered) -> tuple[str, ...]:
    return tuple(obstacle_words(one) for one in hindered.obstacles)
