"""What has to be so before a talk and no message could bring about: `! bound VILLAGE`.

A scene is a function of the talk and of the words behind its name; add yours to SCENES.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select

from models import Contact
from models.sealing import blind_index
from tests import builders
from tests.talk import Talk


def bound(talk: Talk, village: str = "v-xinyan-xinghualing", name: str = "") -> None:
    """The writer has proved who they are: a woman born on 1970-05-02 of that village."""
    person = builders.create_person(
        talk.session,
        name=name or ("李桂香" if talk.who.isdigit() else talk.who),
        id_number=builders.id_number(order=1),
        phone=talk.who if talk.who.isdigit() else builders.phone(1),
        village_id=builders.region(talk.session, village).id,
    )
    contact = writer(talk)
    contact.person_id = person.id
    contact.bound_at = talk.clock.at


def writer(talk: Talk) -> Contact:
    """The contact of who writes now; made where they have not written yet."""
    sms = talk.who.isdigit()
    address_key = blind_index(talk.who, "phone") if sms else f"o-{talk.who}"
    known = talk.session.scalars(select(Contact).where(Contact.address_key == address_key)).first()
    if known is not None:
        return known
    contact = builders.create_contact(
        talk.session, channel="sms" if sms else "wechat", address_key=address_key
    )
    if sms:
        contact.address = talk.who
    return contact


SCENES: dict[str, Callable[..., None]] = {
    "bound": bound,
}
