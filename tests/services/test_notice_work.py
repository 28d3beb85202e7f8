"""What reviews, notices and objections put before whom, and two at one notice at once."""

from __future__ import annotations

import threading
import uuid
from datetime import date, datetime

import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.orm.exc import StaleDataError

from models import (
    Application,
    ApplicationEvent,
    ApplicationStatus,
    PublicNotice,
    Region,
    Role,
    Staff,
)
from services import notice_publishing, objections, public_notices, reviews
from services.acting import CLOCK, Acting
from services.notice_work import Notices, Objections, Reviews
from services.objections import Complaint
from services.procedure import Hindered
from tests.builders import at, create_acting, create_application, region

VILLAGE, TOWN = "v-xinyan-wangjiazhuang", "xinyan"
POSTED = at("2022-04-28 10:00")


def hung(session: Session, head: Acting) -> PublicNotice:
    case = create_application(session, status=ApplicationStatus.TO_PUBLISH)
    notice = public_notices.draft(session, region(session, VILLAGE), {case.id}, head, POSTED)
    notice_publishing.publish(session, notice, head, POSTED)
    return notice


@pytest.fixture
def head(seeded: Session) -> Acting:
    return create_acting(seeded, Role.TOWN_HEAD, TOWN)


def keys(session: Session, source: object, acting: Acting, now: datetime = POSTED) -> list[str]:
    items = source.items(session, acting, now, 50)  # type: ignore[attr-defined] # a Source
    return [item.key for item in items]


def test_a_planned_meeting_waits_for_its_village(seeded: Session) -> None:
    case = create_application(seeded, status=ApplicationStatus.VILLAGE_REVIEW)
    clerk = create_acting(seeded, Role.VILLAGE_CLERK, VILLAGE)
    reviews.plan(
        seeded,
        region(seeded, VILLAGE),
        held_on=date(2022, 4, 28),
        place="村委会",
        chosen={case.id},
        acting=clerk,
        now=POSTED,
    )
    assert keys(seeded, Reviews(), clerk) == ["work.review_open"]
    neighbour = create_acting(seeded, Role.VILLAGE_CLERK, "v-xinyan-xinghualing")
    assert keys(seeded, Reviews(), neighbour) == []


def test_a_draft_waits_for_the_town_and_a_board_for_its_own_place(
    seeded: Session, head: Acting
) -> None:
    case = create_application(seeded, status=ApplicationStatus.TO_PUBLISH)
    village = create_acting(seeded, Role.VILLAGE_HEAD, VILLAGE)
    notice = public_notices.draft(seeded, region(seeded, VILLAGE), {case.id}, head, POSTED)
    assert keys(seeded, Notices(), head) == ["work.notice_draft"]
    assert keys(seeded, Notices(), village) == []
    notice_publishing.publish(seeded, notice, head, POSTED)
    (item,) = Notices().items(seeded, village, POSTED, 50)
    assert (item.key, item.due_on) == ("work.board_photo", date(2022, 4, 29))
    assert keys(seeded, Notices(), head) == ["work.board_photo"] * 2


def test_the_towns_objection_is_the_districts_only_when_late(seeded: Session, head: Acting) -> None:
    notice = hung(seeded, head)
    objections.raise_against(seeded, notice.items[0], Complaint("开超市"), CLOCK, POSTED)
    district = create_acting(seeded, Role.DISTRICT_CLERK, "yanzhou")
    village = create_acting(seeded, Role.VILLAGE_HEAD, VILLAGE)
    assert keys(seeded, Objections(), head) == ["work.objection_check"]
    assert keys(seeded, Objections(), district) == []
    assert keys(seeded, Objections(), village) == []
    late = at("2022-05-10 09:00")
    assert keys(seeded, Objections(), district, late) == ["work.objection_check"]
    against = Complaint("镇里的亲戚", against_town=True)
    objections.raise_against(seeded, notice.items[0], against, CLOCK, POSTED)
    assert keys(seeded, Objections(), district) == ["work.objection_check"]
    assert keys(seeded, Objections(), head) == ["work.objection_check"]


def test_two_heads_at_once_publish_once(seeded_sessions: sessionmaker[Session]) -> None:
    with seeded_sessions.begin() as session:
        heads = [create_acting(session, Role.TOWN_HEAD, TOWN) for _ in range(2)]
        case = create_application(session, status=ApplicationStatus.TO_PUBLISH)
        made = public_notices.draft(session, region(session, VILLAGE), {case.id}, heads[0], POSTED)
        key = made.id
        who = [(head.staff.id, head.region.id) for head in heads if head.staff and head.region]
    outcomes = together(seeded_sessions, key, who)
    assert sorted(outcomes) == ["published", "refused"]
    with seeded_sessions() as session:
        events = session.scalars(select(ApplicationEvent).where(ApplicationEvent.act == "publish"))
        assert len(events.all()) == 1
        assert session.scalars(select(Application.status)).one() == "on_notice"


def together(
    sessions: sessionmaker[Session], key: int, who: list[tuple[uuid.UUID, int]]
) -> list[str]:
    """Both read the notice first, then both publish; what became of each."""
    outcomes: list[str] = []
    start = threading.Barrier(len(who))

    def publish(staff_id: uuid.UUID, region_id: int) -> None:
        start.wait(30)
        try:
            with sessions.begin() as session:
                outcomes.append(_publish(session, key, staff_id, region_id))
        except (Hindered, StaleDataError, OperationalError):
            outcomes.append("refused")

    threads = [threading.Thread(target=publish, args=one) for one in who]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return outcomes


def _publish(session: Session, key: int, staff_id: uuid.UUID, region_id: int) -> str:
    staff, place = session.get_one(Staff, staff_id), session.get_one(Region, region_id)
    acting = Acting(role=Role.TOWN_HEAD, staff=staff, region=place)
    notice_publishing.publish(session, session.get_one(PublicNotice, key), acting, POSTED)
    session.flush()
    return "published"


def test_a_longer_list_asks_no_more_questions(seeded: Session, head: Acting) -> None:
    def asked() -> int:
        seeded.expire_all()
        statements: list[str] = []

        def count(*call: object) -> None:
            statements.append(str(call[2]))

        event.listen(seeded.connection(), "before_cursor_execute", count)
        for source in (Notices(), Objections(), Reviews()):
            source.items(seeded, head, POSTED, 50)
        event.remove(seeded.connection(), "before_cursor_execute", count)
        return len(statements)

    def one_more() -> None:
        notice = hung(seeded, head)
        objections.raise_against(seeded, notice.items[0], Complaint("开超市"), CLOCK, POSTED)

    one_more()
    few = asked()
    for _ in range(4):
        one_more()
    assert asked() == few
