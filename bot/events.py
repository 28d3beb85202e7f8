"""What happens on events: follow, scan, menu click, unfollow, a tick for or against notices.
Everything else is acknowledged."""

from __future__ import annotations

from sqlalchemy import select

from bot.conversation import begin
from bot.standing import Standing
from channels.inbound import Inbound
from dialog import Heard, Say
from handlers.counter import Asked
from handlers.desk import Desk
from models import Region
from services import card_consents
from services.broadcasts import mass_tags


def react(desk: Desk, standing: Standing, event: Inbound) -> tuple[Say, ...]:
    """Answer an event, or say nothing. Unknown events are acknowledged in silence."""
    match event.event:
        case "subscribe":
            desk.contact.followed = True
            mass_tags.forget_all(desk.session, desk.contact)
            return (Say("menu.welcome"), *_came_by_code(desk, event.event_key))
        case "scan":
            return _came_by_code(desk, event.event_key) or begin(
                desk, standing, Asked("menu", Heard(kind="event"))
            )
        case "unsubscribe":
            desk.contact.followed = False
            mass_tags.forget_all(desk.session, desk.contact)
            return ()
        case "click" if event.event_key:
            intent = event.event_key.removeprefix("go:")
            return begin(desk, standing, Asked(intent, Heard(kind="event")))
        case _:
            ticked = event.event or ""
            card_consents.note_inbound(desk.session, desk.contact, ticked, event.details, desk.now)
            return ()


def _came_by_code(desk: Desk, scene: str | None) -> tuple[Say, ...]:
    """A village's QR code says where its reader probably lives; it proves nothing."""
    if not scene:
        return ()
    village = desk.session.scalars(select(Region).where(Region.code == scene)).first()
    if village is None:
        return ()
    desk.contact.village_hint_id = village.id
    return (Say("menu.from_village", {"village": village.name}),)
