"""Village staff knock: whom, the words to say, how it went; and who may not."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import AuditEntry, Message, MessageState, Role, Visit
from services import visits, worklist
from services.acting import Acting
from services.telling import tell
from services.visits import Outcome, Report, VisitError, Way
from tests.builders import NOW, create_acting, create_person, region
from tests.handlers.test_village_staff import pair
from tests.talk import Talk

VILLAGE = "v-xinyan-wangjiazhuang"


@pytest.fixture
def clerk(seeded: Session) -> Acting:
    return create_acting(seeded, Role.VILLAGE_CLERK, VILLAGE)


@pytest.fixture
def untold(seeded: Session) -> Message:
    """Somebody without a phone and without WeChat who is approved."""
    person = create_person(seeded, name="张翠英", phone=None, village_id=region(seeded, VILLAGE).id)
    message = tell(
        seeded,
        kind="case_approved",
        person=person,
        slots={"number": "2022900009"},
        cause="application:1|approve",
        now=NOW,
    )
    seeded.flush()
    return message


def the_visit(session: Session, message: Message) -> Visit:
    return session.scalars(select(Visit).where(Visit.message_id == message.id)).one()


def test_the_head_reads_the_words_out_and_says_how_it_went(
    talk: Talk, clerk: Acting, untold: Message
) -> None:
    pair(talk, clerk)
    assert "当面告诉张翠英" in talk("今天有啥要办")
    said = talk("要上门告诉的")
    assert "批准了！愿意去，回“接受”" in said
    assert "2022年4月11日前" in said
    talk("1")
    assert "记上了：张翠英" in talk("2")
    talk.session.expire_all()
    visit = the_visit(talk.session, untold)
    assert (visit.way, visit.outcome, visit.done_on) == ("door", "family_told", date(2022, 4, 6))
    assert untold.state == MessageState.READ
    assert "眼下没有要上门告诉的" in talk("要上门告诉的")
    acts = talk.session.scalars(select(AuditEntry.act)).all()
    assert "visit.done" in acts


def test_of_several_one_is_chosen_from_short_lines(
    talk: Talk, clerk: Acting, untold: Message
) -> None:
    second = create_person(
        talk.session, name="刘长顺", phone=None, village_id=region(talk.session, VILLAGE).id
    )
    slots = {"number": "2022900010"}
    tell(talk.session, kind="case_refused", person=second, slots=slots, cause="x", now=NOW)
    talk.session.commit()
    pair(talk, clerk)
    said = talk("要上门告诉的")
    assert "1 张翠英：收件号2022900009" in said
    assert "2 刘长顺：收件号2022900010" in said
    assert "这次没有通过" in talk("2")
    talk("2")
    assert "还有1个要告诉" in talk("4")


def test_who_is_not_paired_sees_nobody(talk: Talk, untold: Message) -> None:
    assert "请先在工作台" in talk("要上门告诉的")


def test_a_neighbouring_village_sees_nobody(talk: Talk, seeded: Session, untold: Message) -> None:
    other = create_acting(seeded, Role.VILLAGE_CLERK, "v-xinyan-xinghualing")
    pair(talk, other)
    assert "眼下没有要上门告诉的" in talk("要上门告诉的")
    assert visits.find(seeded, the_visit(seeded, untold).id, other) is None


def test_one_who_cannot_be_found_stays_untold(
    seeded: Session, clerk: Acting, untold: Message
) -> None:
    visit = the_visit(seeded, untold)
    visits.finish(seeded, visit, clerk, Report(NOW.date(), Way.PHONE, Outcome.MOVED_AWAY), NOW)
    assert (untold.state, untold.ended_why) == ("unreached", "moved_away")


BAD = {
    "before it was asked": (Report(date(2022, 4, 5), Way.DOOR, Outcome.TOLD), "visit.wrong_day"),
    "tomorrow": (Report(date(2022, 4, 7), Way.DOOR, Outcome.TOLD), "visit.wrong_day"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_day_that_cannot_be(seeded: Session, clerk: Acting, untold: Message, name: str) -> None:
    report, key = BAD[name]
    with pytest.raises(VisitError) as refused:
        visits.finish(seeded, the_visit(seeded, untold), clerk, report, NOW)
    assert refused.value.key == key
    assert the_visit(seeded, untold).done_at is None


def test_done_twice_is_done_once(seeded: Session, clerk: Acting, untold: Message) -> None:
    visit = the_visit(seeded, untold)
    report = Report(NOW.date(), Way.DOOR, Outcome.TOLD)
    visits.finish(seeded, visit, clerk, report, NOW)
    with pytest.raises(VisitError, match="done_already"):
        visits.finish(seeded, visit, clerk, report, NOW)


def test_a_village_that_lets_the_day_pass_loses_it_to_the_town(
    seeded: Session, clerk: Acting, untold: Message
) -> None:
    town = create_acting(seeded, Role.TOWN_CLERK, "xinyan")
    late = NOW + timedelta(days=6)
    assert not visits.is_late(seeded, NOW + timedelta(days=5))
    assert visits.hand_up(seeded, late) == 1
    assert visits.hand_up(seeded, late) == 0
    found = dict(worklist.others(seeded, town, late))["visits"]
    assert [item.key for item in found] == ["visit.work_from_village"]
    assert "visits" not in dict(worklist.others(seeded, clerk, late))
    report = Report(late.date(), Way.PHONE, Outcome.TOLD)
    visits.finish(seeded, the_visit(seeded, untold), town, report, late)
    assert untold.state == MessageState.READ
