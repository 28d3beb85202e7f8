"""What the messages of a month came to: as the provider counted them, and all of them."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from models import Role
from services import dispatch, message_story
from services.dispatch import Answer, Fate
from services.telling import tell, tell_staff
from tests.builders import NOW, create_acting, create_person, region

VILLAGE = "v-xinyan-wangjiazhuang"


def take(session: Session, segments: int) -> None:
    """The provider takes what is due, and counts it as so many parts."""
    for parcel in dispatch.claim(session, "sms", now=NOW, machine_now=NOW, limit=9):
        taken = Answer(Fate.ACCEPTED, provider="tencent", provider_id=str(parcel.id),
                       segments=segments)  # fmt: skip
        dispatch.record(session, parcel, taken, now=NOW)
    session.flush()


def test_a_long_message_costs_its_parts_and_what_goes_to_staff_costs_too(seeded: Session) -> None:
    person = create_person(seeded, village_id=region(seeded, VILLAGE).id)
    words = {"title": "通知", "text": "字" * 150, "short": "字" * 150}
    tell(seeded, kind="broadcast_duty", person=person, slots=words, cause="b", now=NOW)
    take(seeded, segments=3)
    staff = create_acting(seeded, Role.TOWN_CLERK, "xinyan").staff
    assert staff is not None
    staff.phone = "13800005555"
    slots = {"place": "新兖镇", "number": "1"}
    tell_staff(seeded, kind="objection_town", staff=staff, slots=slots, cause="c", now=NOW)
    take(seeded, segments=1)
    rows = message_story.costs(seeded, region(seeded, "yanzhou"), date(2022, 4, 1))
    assert [(row.place, row.sms, row.parts, row.cost_fen) for row in rows] == [
        ("新兖镇", 1, 3, 15),
        ("", 1, 1, 5),
    ]
    [inside] = message_story.costs(seeded, region(seeded, "xinyan"), date(2022, 4, 1))
    assert (inside.place, inside.parts) == ("王家庄村", 3)
