"""Why a broadcast did not get through, in so few lines that somebody can read them."""

from __future__ import annotations

from sqlalchemy.orm import Session

from services import dispatch
from services.broadcasts import reach
from services.dispatch import Answer, Fate
from tests.builders import NOW, create_contact, create_inbound
from tests.services.broadcasts.conftest import Approved, run, villagers


def test_the_platforms_own_number_of_each_call_makes_no_reason_of_its_own(
    seeded: Session, approved: Approved
) -> None:
    for person in villagers(seeded, 3):
        create_inbound(seeded, create_contact(seeded, person_id=person.id))
    broadcast = approved()
    run(seeded, broadcast)
    seeded.flush()
    for number, parcel in enumerate(
        dispatch.claim(seeded, "wechat", now=NOW, machine_now=NOW, limit=9)
    ):
        error = f"window: 45015 response out of time limit rid: 62f{number}-1"
        dispatch.record(seeded, parcel, Answer(Fate.REFUSED, "wechat", error=error), now=NOW)
    seeded.flush()
    for parcel in dispatch.claim(seeded, "sms", now=NOW, machine_now=NOW, limit=2):
        error = "permanent: isv.MOBILE_NUMBER_ILLEGAL"
        dispatch.record(seeded, parcel, Answer(Fate.REFUSED, "aliyun", error=error), now=NOW)
    seeded.flush()
    assert reach.report(seeded, broadcast).reasons == [
        ("wechat", "window", 3),
        ("sms", "bad_number", 2),
    ]
