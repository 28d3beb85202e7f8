"""The demonstration's people on a post, insured as the district would have done it, and their
village's staff with a paired phone, so that a check-in, a roll-call and a confirmation can be tried
at once. In sandbox mode only."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Contact,
    Engagement,
    EngagementStatus,
    InsuranceCover,
    Person,
    Post,
    PostStatus,
    Region,
    Staff,
    StaffContact,
    new_id,
)
from models.sealing import blind_index
from services import demo_staff
from services.terms import reckoning


def seed(session: Session, demo: Mapping[str, Any], now: datetime) -> None:
    """What `at_work` in `deploy/demo.yaml` says: a post, its workers, and the village's staff, each
    with an account and a paired phone. Safe to repeat."""
    section = demo["at_work"]
    details = dict(section["post"])
    if session.scalars(select(Post.id).where(Post.code == details["code"])).first() is not None:
        return
    village = session.scalars(select(Region).where(Region.code == details.pop("village"))).one()
    post = Post(region_id=village.id, status=PostStatus.APPROVED, **details)
    session.add(post)
    session.flush()
    for entry in section["workers"]:
        engagement = _put_on_post(session, post, entry, now)
        _insure(session, engagement, section["insurance"], now)
    for entry in section["members"]:
        member = demo_staff.add_member(session, entry, demo["staff"]["password_hash"], now)
        contact = _contact(session, entry["contact"])
        session.add(
            StaffContact(staff_id=member.id, contact_id=contact.id, code_index="-",
                         offered_at=now, expires_at=now, bound_at=now)
        )  # fmt: skip


def _put_on_post(
    session: Session, post: Post, entry: Mapping[str, Any], now: datetime
) -> Engagement:
    person = Person(
        id=new_id(),
        name=entry["name"],
        born_on=entry["born_on"],
        sex=entry["sex"],
        village_id=post.region_id,
        phone_verified_at=now,
        created_at=now,
        seen_in_person_at=now,
    )
    person.id_number, person.phone = entry["id_number"], entry["phone"]
    person.id_number_index = blind_index(entry["id_number"], "id_number")
    person.phone_index = blind_index(entry["phone"], "phone")
    session.add(person)
    session.flush()
    if "contact" in entry:
        contact = _contact(session, entry["contact"])
        contact.person_id, contact.bound_at = person.id, now
    engagement = Engagement(
        id=new_id(),
        person_id=person.id,
        post_id=post.id,
        worker_code=entry["worker_code"],
        track=post.track,
        status=EngagementStatus.ON_POST,
        starts_on=entry["from_on"],
        first_approved_on=entry["from_on"],
        created_at=now,
    )
    session.add(engagement)
    session.flush()
    reckoning.begin(session, engagement, "seed", now)
    return engagement


def _insure(
    session: Session, engagement: Engagement, details: Mapping[str, Any], now: datetime
) -> None:
    """Accident cover from before the first day on."""
    buyer = session.scalars(select(Staff).where(Staff.login == details["bought_by"])).one()
    session.add(
        InsuranceCover(
            engagement_id=engagement.id,
            policy_number=details["policy_number"],
            from_on=details["from_on"],
            recorded_by_id=buyer.id,
            recorded_at=now,
        )
    )


def _contact(session: Session, openid: str) -> Contact:
    """The contact of a phone of the sandbox, whether or not it has written before."""
    known = select(Contact).where(Contact.channel == "wechat", Contact.address_key == openid)
    if (found := session.scalars(known).first()) is not None:
        return found
    made = Contact(id=new_id(), channel="wechat", address_key=openid, followed=True)
    session.add(made)
    session.flush()
    return made
