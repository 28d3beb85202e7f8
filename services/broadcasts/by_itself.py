"""The recruitment announcement goes out by itself when it is published (R-3.4a, requirements 3.9):
to everybody who follows or writes to the service and wants its news, by one mass message where
WeChat allows it, and to the villages, who have it read over the loudspeaker. Two people have agreed
to it already: it was drafted and published.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Announcement, Broadcast, BroadcastState, Region, Role, new_id
from services import recruitment_paper
from services.acting import Acting
from services.broadcasts.audience import Audience, Who
from services.broadcasts.texts import LONGEST_TITLE
from services.broadcasts.writing import STAFF_KIND, Urgency, log
from wording import load_book

VILLAGE = (str(Role.VILLAGE_HEAD), str(Role.VILLAGE_CLERK))


def spread(
    session: Session,
    announcement: Announcement,
    shown: Mapping[str, Any],
    acting: Acting,
    now: datetime,
) -> None:
    """Make the broadcasts of an announcement that was just published; the clock sends them."""
    book = load_book()
    dates = {name: shown[name] for name in ("opens_on", "closes_on")}
    title = shown["title"]
    phone = shown["contact_phone"]
    to_all = _new(session, announcement, Audience(Who.SUBSCRIBED), acting, now)
    to_all.kind, to_all.announcement_id, to_all.mass = Urgency.PUBLICITY, announcement.id, True
    to_all.body = recruitment_paper.chat(shown).removeprefix(f"{title}\n")  # it stands above
    to_all.sms_body = book.text("broadcast.recruitment_sms", title=title, phone=phone, **dates)
    to_villages = _new(session, announcement, Audience(Who.STAFF, roles=VILLAGE), acting, now)
    to_villages.kind = STAFF_KIND
    to_villages.body = book.text("broadcast.recruitment_villages", title=title, **dates)
    session.flush()
    for one in (to_all, to_villages):
        log(session, "broadcast.by_itself", one, acting, now, announcement=announcement.id)


def _new(
    session: Session,
    announcement: Announcement,
    audience: Audience,
    acting: Acting,
    now: datetime,
) -> Broadcast:
    district = session.scalars(select(Region).where(Region.parent_id.is_(None))).one()
    made = Broadcast(
        id=new_id(),
        region=district,
        title=announcement.title[:LONGEST_TITLE],
        audience=audience.plain,
        state=BroadcastState.APPROVED,
        scheduled_at=now,
        made_at=now,
        approved_at=now,
        approved_by_id=acting.staff.id if acting.staff else None,
    )
    session.add(made)
    return made
