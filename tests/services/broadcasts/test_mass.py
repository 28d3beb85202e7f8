"""A broadcast as a mass message: whom WeChat reached is not told again, the others are; followers
without a name have it too; and whatever goes wrong, everybody goes the usual way."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Broadcast, BroadcastState, Contact, Delivery, MassSend, Message
from models.telling import Attended, DeliveryState, Happening
from services import dead_letters, receipts
from services.acting import Acting
from services.broadcasts import (
    deciding,
    expansion,
    followers,
    mass,
    mass_reports,
    mass_tags,
    reach,
    release,
    writing,
)
from services.broadcasts.audience import Audience, Who
from services.broadcasts.texts import Words
from services.broadcasts.writing import Urgency
from services.delivery_steps import advance
from services.mass_months import spend_month
from tests.builders import NOW, create_contact, create_inbound, region
from tests.services.broadcasts.conftest import (
    ELSEWHERE,
    WANGJIA,
    Approved,
    sheet,
    villagers,
)
from tests.services.broadcasts.test_life import keys

LATER = NOW + timedelta(minutes=20)
PUBLICITY = {"urgency": Urgency.PUBLICITY, "mass": True}


def tag(session: Session, broadcast: Broadcast) -> None:
    """What the clock does over the line: the tag of the place is in step."""
    place = broadcast.region
    mass_tags.know(session, place, 101, NOW)
    missing = mass_tags.to_tag(session, place, limit=99)
    mass_tags.note_tagged(session, place, [key for key, _openid in missing], NOW)
    assert mass_tags.is_in_step(session, place)


def begin(session: Session, broadcast: Broadcast) -> MassSend:
    """Started, its people made out, the mass message in the outbox."""
    expansion.start(session, broadcast, NOW)
    while expansion.expand(session, broadcast, NOW, chunk=2):
        pass
    tag(session, broadcast)
    assert mass.to_prepare(session) == [broadcast]
    made = mass.prepare(session, broadcast, NOW)
    assert mass.to_prepare(session) == []
    return made


def report(session: Session, made: MassSend, status: str = "send success", **more: str) -> None:
    """The platform took it, and says how it went."""
    assert made.delivery is not None
    for happening in (Happening.CLAIMED, Happening.ACCEPTED):
        advance(session, made.delivery, happening, LATER)
    made.delivery.provider, made.delivery.provider_id = "wechat", "34182"
    counts = {"TotalCount": "3", "FilterCount": "2", "SentCount": "2", "ErrorCount": "0"}
    details = {"MsgID": "34182", "Status": status, **counts, **more}
    mass_reports.note_report(session, details, LATER)
    good = status in ("send success", "SEND_SUCCESS")
    advance(session, made.delivery, Happening.ARRIVED if good else Happening.BOUNCED, LATER)
    session.flush()


def finish(session: Session, broadcast: Broadcast) -> None:
    while release.release(session, broadcast, LATER, chunk=2):
        pass
    session.flush()


def channels(session: Session) -> dict[object, str | None]:
    return {one.person_id: one.channel for one in session.scalars(select(Message))}


def follower(session: Session, person: object = None, **more: object) -> Contact:
    key = getattr(person, "id", None)
    return create_contact(session, person_id=key, **more)


def test_whom_it_reached_is_not_told_again_and_the_others_go_the_usual_way(
    seeded: Session, approved: Approved
) -> None:
    following, texting, refusing = villagers(seeded, 3)
    follower(seeded, following)
    follower(seeded, refusing, opted_out_at=NOW)
    broadcast = approved(**PUBLICITY)
    made = begin(seeded, broadcast)
    assert made.planned == 1
    assert release.release(seeded, broadcast, NOW) == 0, "nobody is told before it is known"
    report(seeded, made)
    finish(seeded, broadcast)
    assert channels(seeded) == {
        following.id: "mass", texting.id: "sms", refusing.id: None,
    }  # fmt: skip
    assert broadcast.state == BroadcastState.DONE
    told = reach.report(seeded, broadcast)
    counts = told.total.counts
    assert (counts["mass"], counts["under_way"], counts["withdrawn"]) == (1, 1, 1)
    assert told.mass is not None
    assert told.mass.report is not None
    assert (told.mass.report.total, told.mass.report.sent) == (3, 2)


def test_one_text_for_all_names_nobody(seeded: Session, approved: Approved) -> None:
    [person] = villagers(seeded, 1)
    follower(seeded, person)
    made = begin(seeded, approved(**PUBLICITY))
    assert made.delivery is not None
    assert (made.delivery.channel, made.delivery.address) == ("mass", "101")
    assert "乡亲，4月10日" in str(made.delivery.slots)


@pytest.mark.parametrize("why", ["send fail", "silent", "refused", "may not"])
def test_where_it_came_to_nothing_everybody_goes_the_usual_way(
    seeded: Session, approved: Approved, why: str
) -> None:
    [person] = villagers(seeded, 1)
    follower(seeded, person)
    broadcast = approved(**PUBLICITY)
    made = begin(seeded, broadcast)
    assert made.delivery is not None
    now = LATER
    if why == "send fail":
        report(seeded, made, why)
    elif why == "may not":
        for happening in (Happening.CLAIMED, Happening.POSTPONED):
            advance(seeded, made.delivery, happening, LATER, error="account: 48001 unauthorized")
    elif why == "refused":
        advance(seeded, made.delivery, Happening.CLAIMED, LATER)
        advance(seeded, made.delivery, Happening.REFUSED, LATER, error="account: 48001")
    else:
        now = NOW + timedelta(hours=7)
    assert release.release(seeded, broadcast, now) == 1
    assert channels(seeded) == {person.id: "sms"}
    assert made.outcome == ("silent" if why == "silent" else "failed")
    seeded.refresh(made.delivery)
    assert made.delivery.state in (DeliveryState.FAILED, DeliveryState.STOPPED)


def test_what_failed_is_not_sent_again_by_hand(seeded: Session, approved: Approved) -> None:
    [person] = villagers(seeded, 1)
    follower(seeded, person)
    chatting = follower(seeded, village_hint_id=region(seeded, WANGJIA).id)
    create_inbound(seeded, chatting, received_at=NOW)
    broadcast = approved(**PUBLICITY, audience=Audience(Who.SUBSCRIBED))
    made = begin(seeded, broadcast)
    report(seeded, made, "send fail")
    finish(seeded, broadcast)
    assert made.delivery is not None
    why = dead_letters.why_not(made.delivery, Attended.AGAIN, LATER)
    assert why == "outbox.again_not_mass"
    [chat] = seeded.scalars(select(Delivery).where(Delivery.contact_id == chatting.id))
    for happening in (Happening.CLAIMED, Happening.REFUSED):
        advance(seeded, chat, happening, LATER, error="window: 45015")
    seeded.flush()
    on_pile = dead_letters.lying(seeded, dead_letters.Pile.FAILED, limit=9)
    assert list(on_pile) == [made.delivery]


def test_who_had_four_this_month_goes_the_usual_way(seeded: Session, approved: Approved) -> None:
    worn, fresh = villagers(seeded, 2)
    tired = follower(seeded, worn)
    follower(seeded, fresh)
    for _ in range(4):
        spend_month(seeded, [tired.id], NOW)
    broadcast = approved(**PUBLICITY)
    outlook = mass.outlook(seeded, broadcast.region, NOW)
    assert (outlook.followers, outlook.used_up, outlook.sent_this_month) == (2, 1, 0)
    made = begin(seeded, broadcast)
    assert made.planned == 1
    report(seeded, made)
    finish(seeded, broadcast)
    assert channels(seeded) == {worn.id: "sms", fresh.id: "mass"}
    assert mass.outlook(seeded, broadcast.region, NOW).sent_this_month == 1


def test_followers_without_a_name_have_it_by_mass_or_while_they_chat(
    seeded: Session, approved: Approved
) -> None:
    hint = region(seeded, WANGJIA).id
    villagers(seeded, 1)
    scanned = follower(seeded, village_hint_id=hint)
    follower(seeded, village_hint_id=region(seeded, ELSEWHERE).id)
    broadcast = approved(**PUBLICITY, audience=Audience(Who.SUBSCRIBED))
    made = begin(seeded, broadcast)
    assert made.planned == 1
    report(seeded, made)
    finish(seeded, broadcast)
    assert followers.ways(seeded, broadcast)["mass"] == 1
    assert spend_month(seeded, [scanned.id], NOW), "the second of the month"


def test_without_a_mass_message_an_open_chat_is_their_only_way(
    seeded: Session, approved: Approved
) -> None:
    hint = region(seeded, WANGJIA).id
    chatting, silent = (follower(seeded, village_hint_id=hint) for _ in range(2))
    create_inbound(seeded, chatting, received_at=NOW)
    broadcast = approved(urgency=Urgency.PUBLICITY, audience=Audience(Who.SUBSCRIBED))
    expansion.start(seeded, broadcast, NOW)
    while expansion.expand(seeded, broadcast, NOW, chunk=1):
        pass
    while release.release(seeded, broadcast, NOW, chunk=1):
        pass
    assert followers.ways(seeded, broadcast) == {"mass": 0, "chat": 1, "none": 1, "waiting": 0}
    sent = seeded.scalars(select(Delivery)).all()
    assert [(one.channel, one.contact_id) for one in sent] == [("wechat", chatting.id)]
    assert reach.report(seeded, broadcast).followers["none"] == 1
    assert silent.person_id is None


def test_who_says_their_name_meanwhile_is_told_as_a_person(
    seeded: Session, approved: Approved
) -> None:
    contact = follower(seeded, village_hint_id=region(seeded, WANGJIA).id)
    broadcast = approved(urgency=Urgency.PUBLICITY, audience=Audience(Who.SUBSCRIBED))
    expansion.start(seeded, broadcast, NOW)
    while expansion.expand(seeded, broadcast, NOW):
        pass
    [person] = villagers(seeded, 1)
    contact.person_id = person.id
    seeded.flush()
    assert release.release(seeded, broadcast, NOW) == 1
    assert expansion.sweep(seeded, broadcast, NOW) == 1
    assert release.release(seeded, broadcast, NOW) == 1
    assert set(channels(seeded)) == {person.id}
    assert sum(followers.ways(seeded, broadcast).values()) == 0


def test_a_pause_takes_it_back_and_going_on_makes_it_anew(
    seeded: Session, approved: Approved, clerk: Acting, head: Acting
) -> None:
    [person] = villagers(seeded, 1)
    follower(seeded, person)
    broadcast = approved(**PUBLICITY)
    first = begin(seeded, broadcast).delivery
    assert first is not None
    assert deciding.pause(seeded, broadcast, "等等", clerk, NOW) == 1
    assert first.state == DeliveryState.STOPPED
    assert mass.to_prepare(seeded) == []
    deciding.resume(seeded, broadcast, head, NOW)
    assert mass.to_prepare(seeded) == [broadcast]
    again = mass.prepare(seeded, broadcast, NOW).delivery
    assert again is not None
    assert again.id != first.id


def test_no_report_and_it_is_asked(seeded: Session, approved: Approved) -> None:
    [person] = villagers(seeded, 1)
    follower(seeded, person)
    broadcast = approved(**PUBLICITY)
    made = begin(seeded, broadcast)
    assert made.delivery is not None
    for happening in (Happening.CLAIMED, Happening.ACCEPTED):
        advance(seeded, made.delivery, happening, NOW)
    made.delivery.provider, made.delivery.provider_id = "wechat", "7"
    seeded.flush()
    assert mass_reports.to_ask(seeded, NOW + timedelta(minutes=14)) == []
    assert mass_reports.to_ask(seeded, LATER) == [made]
    mass_reports.hear(seeded, made, "SENDING", LATER)
    assert mass_reports.to_ask(seeded, LATER) == []
    mass_reports.hear(seeded, made, "SEND_SUCCESS", LATER)
    finish(seeded, broadcast)
    assert channels(seeded) == {person.id: "mass"}


def test_the_report_may_come_before_the_answer(seeded: Session, approved: Approved) -> None:
    [person] = villagers(seeded, 1)
    follower(seeded, person)
    broadcast = approved(**PUBLICITY)
    made = begin(seeded, broadcast)
    mass_reports.note_report(seeded, {"MsgID": "9", "Status": "send success"}, NOW)
    mass_reports.note_report(seeded, {"MsgID": "9", "Status": "again"}, NOW)
    assert made.delivery is not None
    for happening in (Happening.CLAIMED, Happening.ACCEPTED):
        advance(seeded, made.delivery, happening, NOW)
    made.delivery.provider, made.delivery.provider_id = "wechat", "9"
    news = mass_reports.news(seeded, broadcast)
    assert news is not None
    assert news.report is not None
    assert news.report.status == "send success"
    assert receipts.record(seeded, [], NOW) == 0


@pytest.mark.parametrize(
    "more",
    [
        {"urgency": Urgency.DUTY},
        {"urgency": Urgency.PUBLICITY, "audience": Audience(Who.ON_POST)},
    ],
)
def test_only_publicity_to_all_goes_this_way(
    seeded: Session, clerk: Acting, more: dict[str, object]
) -> None:
    villagers(seeded, 1)
    one = writing.draft(seeded, region(seeded, "xinyan"), sheet(**more, mass=True), clerk, NOW)
    assert "broadcast.mass_unfit" in keys(deciding.submit, seeded, one, clerk, NOW)


def test_a_village_has_no_tag(seeded: Session, clerk: Acting) -> None:
    villagers(seeded, 1)
    one = writing.draft(
        seeded, region(seeded, WANGJIA), sheet(**PUBLICITY, words=Words("开会", "来")), clerk, NOW
    )
    assert keys(deciding.submit, seeded, one, clerk, NOW) == {"broadcast.mass_unfit"}


def test_a_tag_is_for_those_who_want_news(seeded: Session) -> None:
    place = region(seeded, "xinyan")
    [person] = villagers(seeded, 1)
    contact = follower(seeded, person)
    mass_tags.know(seeded, place, 7, NOW)
    assert mass_tags.to_tag(seeded, place, limit=9) == [(contact.id, contact.address_key)]
    mass_tags.note_tagged(seeded, place, [contact.id], NOW)
    contact.opted_out_at = NOW
    seeded.flush()
    assert mass_tags.to_untag(seeded, place, limit=9) == [(contact.id, contact.address_key)]
    mass_tags.forget_all(seeded, contact)
    assert mass_tags.is_in_step(seeded, place)
