"""Rows and values for tests: `create_x(…)` with sensible contents, each of which can be replaced.

Nobody here exists: ID numbers begin with 370899, which is no place, and phones with 1380000.
"""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Announcement,
    Application,
    ApplicationStatus,
    Contact,
    Conversation,
    Engagement,
    EngagementStatus,
    Inbound,
    Person,
    Post,
    Region,
    Role,
    Staff,
    StaffGrant,
    new_id,
)
from models.sealing import blind_index
from services import seeding
from services.acting import Acting

DEPLOY = Path(__file__).parent.parent / "deploy"
SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2022, 4, 6, 9, 0, tzinfo=SHANGHAI)
"""When the demonstration begins: the 2022 announcement is open until 30 April."""

_numbers = count(1)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def at(text: str) -> datetime:
    """`2022-04-06 09:00` in Shanghai."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def seed(session: Session) -> None:
    """The district, its 2022 plan, and the demonstration's villages, posts and announcement."""
    seeding.seed_district(session, _contents("district"))
    seeding.seed_demo(session, _contents("demo"))
    session.flush()


@cache
def _contents(name: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((DEPLOY / f"{name}.yaml").read_text("utf-8"))
    return document


def id_number(born_on: date = date(1970, 5, 2), *, sex: str = "female", order: int = 0) -> str:
    """A valid number of nobody: place code 370899, right checksum. `order` tells people apart."""
    sequence = order * 2 + (1 if sex == "male" else 0)
    body = f"370899{born_on:%Y%m%d}{sequence:03d}"
    total = sum(int(digit) * weight for digit, weight in zip(body, _WEIGHTS, strict=True))
    return body + "10X98765432"[total % 11]


def phone(order: int = 0) -> str:
    """A mobile number that belongs to nobody."""
    return f"1380000{order % 10_000:04d}"  # one process makes more people than that


def card_number(body: str = "622202900000001") -> str:
    """A bank card's number that checks, from its digits without the last one."""
    doubled = [2 * int(digit) for digit in body[::-2]]
    total = sum(twice - 9 if twice > 9 else twice for twice in doubled)
    total += sum(int(digit) for digit in body[-2::-2])
    return body + str(-total % 10)


def region(session: Session, code: str) -> Region:
    """A seeded place by its code."""
    return session.scalars(select(Region).where(Region.code == code)).one()


def create_person(session: Session, **overrides: Any) -> Person:
    """A person who is bound nowhere: woman, born 1970-05-02, lives in no village."""
    order = next(_numbers)
    values: dict[str, Any] = {
        "id": new_id(),
        "name": "李桂香",
        "id_number": id_number(order=10 + order % 290),  # the others are for tests to name
        "born_on": date(1970, 5, 2),
        "sex": "female",
        "phone": phone(order),
        "phone_verified_at": NOW,
        "created_at": NOW,
        **overrides,
    }
    number, mobile = values.pop("id_number"), values.pop("phone")
    person = Person(**values)
    person.id_number, person.phone = number, mobile
    person.id_number_index = blind_index(number, "id_number") if number else None
    person.phone_index = blind_index(mobile, "phone") if mobile else None
    session.add(person)
    session.flush()
    return person


def create_contact(session: Session, **overrides: Any) -> Contact:
    """A WeChat user who follows the account and has not said who they are."""
    values: dict[str, Any] = {
        "id": new_id(),
        "channel": "wechat",
        "address_key": f"o-test-{next(_numbers)}",
        **overrides,
    }
    contact = Contact(**values)
    session.add(contact)
    session.flush()
    return contact


def create_conversation(session: Session, **overrides: Any) -> Conversation:
    """A talk in which nothing is open."""
    values: dict[str, Any] = {"turned_at": NOW, **overrides}
    if "contact_id" not in values:
        values["contact_id"] = create_contact(session).id
    conversation = Conversation(**values)
    session.add(conversation)
    session.flush()
    return conversation


def create_inbound(session: Session, contact: Contact, **overrides: Any) -> Inbound:
    """A message of this contact's, which opens the window for answers and has its talk."""
    values: dict[str, Any] = {
        "channel": contact.channel,
        "dedupe_key": f"m:{next(_numbers)}",
        "sender_key": contact.address_key,
        "kind": "text",
        "content": "您好",
        "received_at": NOW,
        **overrides,
    }
    inbound = Inbound(**values)
    session.add(inbound)
    talk = session.get(Conversation, contact.id)
    if talk is None:
        create_conversation(session, contact_id=contact.id, turned_at=inbound.received_at)
    else:
        talk.turned_at = inbound.received_at
    session.flush()
    return inbound


def create_staff(session: Session, **overrides: Any) -> Staff:
    """Somebody who works here and has no role yet."""
    values: dict[str, Any] = {
        "id": new_id(),
        "login": f"staff-{next(_numbers)}",
        "name": "周经办",
        "unit": "人社所",
        "password_hash": "-",
        "must_change_password": False,
        "created_at": NOW,
        **overrides,
    }
    staff = Staff(**values)
    session.add(staff)
    session.flush()
    return staff


def create_acting(session: Session, role: Role, code: str, **overrides: Any) -> Acting:
    """A member of staff at work, in a role at the place with this code."""
    staff = create_staff(session, **overrides)
    place = region(session, code)
    session.add(
        StaffGrant(staff_id=staff.id, role=role, region_id=place.id, from_on=date(2022, 1, 1))
    )
    session.flush()
    return Acting(role=role, staff=staff, region=place)


def create_application(session: Session, **overrides: Any) -> Application:
    """A rural woman's application at 王家庄 of 新兖镇, for its post, as it was handed in. Needs the
    seed. `village`: another one's code; `claims` are the screening form's answers."""
    village = region(session, overrides.pop("village", "v-xinyan-wangjiazhuang"))
    announcement = session.scalars(select(Announcement)).first()
    assert announcement is not None
    person = overrides.pop("person", None) or create_person(session, village_id=village.id)
    post = session.scalars(select(Post).where(Post.region_id == village.id)).first()
    values: dict[str, Any] = {
        "id": new_id(),
        "number": f"2022{900000 + next(_numbers)}",
        "announcement_id": announcement.id,
        "person_id": person.id,
        "village_id": village.id,
        "post_id": post.id if post else None,
        "track": "rural",
        "claims": {"track": "rural", "hukou": "local"},
        "pledged_at": NOW,
        "submitted_at": NOW,
        "status": ApplicationStatus.SUBMITTED,
        "status_at": NOW,
        "holder_id": village.id,
        **overrides,
    }
    application = Application(**values)
    session.add(application)
    session.flush()
    return application


def create_engagement(session: Session, **overrides: Any) -> Engagement:
    """The engagement of an application that has just been approved. Overrides that an application
    has (village, person, track, status) go to it; `application`: one that is there already."""
    own = {"starts_on", "ends_on", "origin", "retire_category", "worker_code", "batch_id"}
    state = overrides.pop("engagement_status", EngagementStatus.STARTING)
    mine = {name: overrides.pop(name) for name in own & overrides.keys()}
    application = overrides.pop("application", None) or create_application(
        session, **{"status": ApplicationStatus.APPROVED, **overrides}
    )
    values: dict[str, Any] = {
        "id": new_id(),
        "application_id": application.id,
        "person_id": application.person_id,
        "post_id": application.post_id,
        "worker_code": f"W2022{90000 + next(_numbers)}",
        "track": application.track,
        "status": state,
        "first_approved_on": NOW.date(),
        "created_at": NOW,
        **mine,
    }
    engagement = Engagement(**values)
    session.add(engagement)
    session.flush()
    return engagement
