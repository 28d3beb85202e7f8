"""A notice: who is on it, what keeps it from hanging, its days, its end, its correction."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import (
    Application,
    ApplicationEvent,
    ApplicationStatus,
    AuditEntry,
    PublicNotice,
    Role,
    StaffGrant,
    StaffKin,
)
from services import notice_boards, notice_paper, notice_publishing, notices, public_notices
from services import procedure as steps
from services.acting import Acting
from services.attachments import Upload
from services.masking import Audience
from services.procedure import Hindered, Why
from tests.builders import at, create_acting, create_application, create_person, region

VILLAGE, TOWN = "v-xinyan-wangjiazhuang", "xinyan"
POSTED = at("2022-04-28 10:00")
OVER = at("2022-05-10 00:05")
JPEG = b"\xff\xd8\xff\xe0 a photo"


@pytest.fixture
def head(seeded: Session) -> Acting:
    return create_acting(seeded, Role.TOWN_HEAD, TOWN)


def case(session: Session, name: str = "李桂香", village: str = VILLAGE) -> Application:
    person = create_person(session, name=name, village_id=region(session, village).id)
    return create_application(
        session, village=village, person=person, status=ApplicationStatus.TO_PUBLISH
    )


def drafted(
    session: Session, head: Acting, *cases: Application, place: str = VILLAGE
) -> PublicNotice:
    chosen = {one.id for one in cases}
    return public_notices.draft(session, region(session, place), chosen, head, POSTED)


def hung(session: Session, head: Acting, *cases: Application, place: str = VILLAGE) -> PublicNotice:
    notice = drafted(session, head, *cases, place=place)
    notice_publishing.publish(session, notice, head, POSTED)
    return notice


def keys(hindered: pytest.ExceptionInfo[Hindered]) -> list[str]:
    return [obstacle.key for obstacle in hindered.value.obstacles]


def test_publishing_takes_every_case_on_and_writes_text_and_hash(
    seeded: Session, head: Acting
) -> None:
    first, second = case(seeded), case(seeded, "欧阳小满")
    notice = hung(seeded, head, first, second)
    assert {first.status, second.status} == {ApplicationStatus.ON_NOTICE}
    assert (notice.posted_on, notice.last_on) == (date(2022, 4, 28), date(2022, 5, 9))
    assert notice_paper.is_intact(notice)
    board = notice_paper.paper(notice, Audience.VILLAGE_BOARD)
    web = notice_paper.paper(notice, Audience.WEB)
    assert [line.name for line in board.lines] == ["李桂香", "欧阳小满"]
    assert [line.name for line in web.lines] == ["李*香", "欧阳*满"]
    assert web.lines[0].number_tail == first.number[-4:]


def test_what_is_shown_is_what_was_published_whatever_changes_after(
    seeded: Session, head: Acting
) -> None:
    notice = hung(seeded, head, case(seeded))
    notice.items[0].name = "别人"
    seeded.flush()
    assert notice_paper.paper(notice, Audience.VILLAGE_BOARD).lines[0].name == "李桂香"
    assert notice.snapshot is not None
    notice.snapshot = notice.snapshot.replace("李桂香", "别人")
    assert not notice_paper.is_intact(notice)


@pytest.mark.parametrize(
    "name", ["李桂香370899197706150029", "李桂香13800001234", "李桂香（低保）"]
)
def test_a_private_thing_in_a_name_keeps_the_notice_down_and_names_the_place(
    seeded: Session, head: Acting, name: str
) -> None:
    good, bad = case(seeded), case(seeded, name)
    notice = drafted(seeded, head, good, bad)
    with pytest.raises(Hindered) as hindered:
        notice_publishing.publish(seeded, notice, head, POSTED)
    (obstacle,) = hindered.value.obstacles
    assert (obstacle.key, obstacle.slots["row"]) == ("exposure.in_row", 2)
    assert notice.published_at is None
    assert good.status == ApplicationStatus.TO_PUBLISH


def test_a_year_without_a_calendar_is_told_and_nothing_is_guessed(
    seeded: Session, head: Acting
) -> None:
    notice = drafted(seeded, head, case(seeded))
    with pytest.raises(Hindered) as hindered:
        notice_publishing.publish(seeded, notice, head, at("2031-04-28 10:00"))
    assert keys(hindered) == ["notice.unknown_year"]


def test_too_short_a_notice_is_refused(seeded: Session, head: Acting) -> None:
    notice = drafted(seeded, head, case(seeded))
    notice.working_days = 2
    with pytest.raises(Hindered) as hindered:
        notice_publishing.publish(seeded, notice, head, POSTED)
    assert keys(hindered) == ["notice.too_short"]


def test_all_go_up_or_none_and_the_row_is_named(seeded: Session, head: Acting) -> None:
    mine, other = case(seeded, "周桂兰"), case(seeded)
    assert head.staff is not None
    seeded.add(
        StaffKin(
            staff_id=head.staff.id, person_id=mine.person_id, relation="姐姐", declared_at=POSTED
        )
    )
    seeded.flush()
    notice = drafted(seeded, head, mine, other)
    with pytest.raises(Hindered) as hindered:
        notice_publishing.publish(seeded, notice, head, POSTED)
    (obstacle,) = hindered.value.obstacles
    assert (obstacle.slots["name"], obstacle.slots["why"].key) == (
        "周桂兰",
        "obstacle.conflict_kin",
    )
    assert (notice.published_at, other.status) == (None, ApplicationStatus.TO_PUBLISH)
    row = next(item for item in notice.items if item.application_id == mine.id)
    public_notices.drop(seeded, notice, row, head, POSTED)
    notice_publishing.publish(seeded, notice, head, POSTED)
    assert (mine.status, other.status) == ("to_publish", "on_notice")
    assert mine in public_notices.waiting(seeded, region(seeded, VILLAGE))


def test_a_case_stands_on_one_draft_only(seeded: Session, head: Acting) -> None:
    one = case(seeded)
    notice = drafted(seeded, head, one)
    with pytest.raises(Hindered) as hindered:
        drafted(seeded, head, one)
    assert keys(hindered) == ["notice.choose_people"]
    public_notices.discard(seeded, notice, head, POSTED)
    assert drafted(seeded, head, one).items


def test_a_case_without_a_post_cannot_be_published(seeded: Session, head: Acting) -> None:
    one = case(seeded)
    one.post = None
    seeded.flush()
    with pytest.raises(Hindered) as hindered:
        drafted(seeded, head, one)
    assert keys(hindered) == ["notice.no_post"]


@pytest.mark.parametrize(
    ("role", "place", "key"),
    [
        (Role.VILLAGE_HEAD, VILLAGE, "obstacle.not_your_role"),
        (Role.TOWN_CLERK, TOWN, "obstacle.not_your_role"),
        (Role.DISTRICT_APPROVER, "yanzhou", "obstacle.not_your_role"),
        (Role.TOWN_HEAD, "xiaomeng", "obstacle.not_your_place"),
    ],
)
def test_only_the_head_of_the_town_publishes(
    seeded: Session, head: Acting, role: Role, place: str, key: str
) -> None:
    notice = drafted(seeded, head, case(seeded))
    with pytest.raises(Hindered) as hindered:
        notice_publishing.publish(seeded, notice, create_acting(seeded, role, place), POSTED)
    assert keys(hindered) == [key]


def test_a_second_click_publishes_nothing_twice(seeded: Session, head: Acting) -> None:
    notice = hung(seeded, head, case(seeded))
    with pytest.raises(Hindered) as hindered:
        notice_publishing.publish(seeded, notice, head, POSTED)
    assert keys(hindered) == ["notice.published_already"]
    published = ApplicationEvent.act == "publish"
    assert seeded.scalar(select(func.count()).select_from(ApplicationEvent).where(published)) == 1


def test_the_clock_publishes_at_the_time_in_the_name_of_the_head(
    seeded: Session, head: Acting
) -> None:
    one = case(seeded)
    notice = drafted(seeded, head, one)
    notice_publishing.schedule(seeded, notice, at("2022-04-29 08:00"), head, POSTED)
    assert notice_publishing.to_publish(seeded, at("2022-04-29 07:59")) == []
    due = at("2022-04-29 08:00")
    assert notice_publishing.to_publish(seeded, due) == [notice.id]
    assert notice_publishing.publish_due(seeded, notice, due)
    assert (notice.posted_on, one.status) == (date(2022, 4, 29), ApplicationStatus.ON_NOTICE)
    event = seeded.scalars(select(ApplicationEvent)).all()[-1]
    assert head.staff is not None
    assert event.staff_id == head.staff.id


def test_whoever_is_head_no_more_publishes_no_more(seeded: Session, head: Acting) -> None:
    one = case(seeded)
    notice = drafted(seeded, head, one)
    notice_publishing.schedule(seeded, notice, at("2022-04-29 08:00"), head, POSTED)
    assert head.staff is not None
    theirs = select(StaffGrant).where(StaffGrant.staff_id == head.staff.id)
    seeded.scalars(theirs).one().to_on = date(2022, 4, 28)
    seeded.flush()
    assert not notice_publishing.publish_due(seeded, notice, at("2022-04-29 08:00"))
    assert (notice.scheduled_at, one.status) == (None, ApplicationStatus.TO_PUBLISH)
    said = seeded.scalars(select(AuditEntry).where(AuditEntry.act == "notice.not_published")).one()
    assert said.details["why"] == ["obstacle.not_your_role"]


def test_a_time_that_is_past_cannot_be_set(seeded: Session, head: Acting) -> None:
    notice = drafted(seeded, head, case(seeded))
    with pytest.raises(Hindered) as hindered:
        notice_publishing.schedule(seeded, notice, POSTED, head, POSTED)
    assert keys(hindered) == ["notice.time_is_past"]


@pytest.mark.parametrize(
    ("now", "status"),
    [("2022-05-09 23:59", "on_notice"), ("2022-05-10 00:00", "district_clerk")],
)
def test_the_last_day_ends_at_midnight(
    seeded: Session, head: Acting, now: str, status: str
) -> None:
    one = case(seeded)
    notice = hung(seeded, head, one)
    is_over = status != "on_notice"
    assert (notice.id in notice_publishing.to_close(seeded, at(now))) is is_over
    assert notice_publishing.close_if_over(seeded, notice, at(now)) == int(is_over)
    assert one.status == status
    assert bool(notice.closed_at) is is_over


def test_it_can_be_read_for_its_days_and_then_comes_down_but_is_kept(
    seeded: Session, head: Acting
) -> None:
    notice = hung(seeded, head, case(seeded))
    assert notice.id not in notice_publishing.to_take_down(seeded, at("2022-05-12 23:59"))
    assert notice.id in notice_publishing.to_take_down(seeded, at("2022-05-13 00:00"))
    notice_publishing.take_down(seeded, notice, at("2022-05-13 00:00"))
    assert notice_paper.is_intact(notice)
    assert notice.id not in notice_publishing.to_take_down(seeded, at("2022-06-13 00:00"))


def test_who_withdraws_comes_off_the_list_and_the_others_stay(
    seeded: Session, head: Acting
) -> None:
    gone, stays = case(seeded, "甄去"), case(seeded)
    notice = hung(seeded, head, gone, stays)
    village_head = create_acting(seeded, Role.VILLAGE_HEAD, VILLAGE)
    steps.take(seeded, gone, "withdraw", village_head, POSTED, Why())
    seeded.expire_all()
    shown = notice_paper.paper(notice, Audience.VILLAGE_BOARD).lines
    assert [(line.order, line.name) for line in shown] == [(2, "李桂香")]
    (in_chat, *_) = notices.showing(seeded, region(seeded, VILLAGE), POSTED.date())
    assert [line.name for line in in_chat.lines] == ["李*香"]


def test_a_correction_hangs_its_full_time_for_those_concerned_only(
    seeded: Session, head: Acting
) -> None:
    wrong, right = case(seeded, "甄错"), case(seeded)
    notice = hung(seeded, head, wrong, right)
    later = at("2022-05-06 10:00")
    item = next(item for item in notice.items if item.application_id == wrong.id)
    fresh = public_notices.correct(seeded, notice, {item.id}, "岗位写错了", head, later)
    notice_publishing.publish(seeded, fresh, head, later)
    assert (notice.withdrawn_at, fresh.corrects_id) == (None, notice.id)
    assert fresh.last_on == date(2022, 5, 12)
    assert notice_publishing.close_if_over(seeded, notice, OVER) == 1
    assert (wrong.status, right.status) == ("on_notice", "district_clerk")
    assert notice_publishing.close_if_over(seeded, fresh, at("2022-05-13 00:01")) == 1
    assert wrong.status == "district_clerk"


def test_a_withdrawn_notice_lets_nobody_go_on_and_its_people_wait_for_a_new_one(
    seeded: Session, head: Acting
) -> None:
    one = case(seeded)
    notice = hung(seeded, head, one)
    with pytest.raises(Hindered) as hindered:
        public_notices.withdraw(seeded, notice, " ", head, POSTED)
    assert keys(hindered) == ["obstacle.reason_needed"]
    public_notices.withdraw(seeded, notice, "标题写错了", head, POSTED)
    assert notice.id not in notice_publishing.to_close(seeded, OVER)
    assert notice_publishing.close_if_over(seeded, notice, OVER) == 0
    assert notices.showing(seeded, region(seeded, VILLAGE), POSTED.date()) == ()
    assert one in public_notices.waiting(seeded, region(seeded, TOWN))
    again = hung(seeded, head, one)
    assert (one.status, one.notice_id) == ("on_notice", again.id)


def test_the_boards_of_villages_and_town_each_want_a_photo_with_its_day(
    seeded: Session, head: Acting
) -> None:
    other = "v-xinyan-xinghualing"
    notice = hung(seeded, head, case(seeded), case(seeded, "田秀花", other), place=TOWN)
    boards = notice_boards.boards(seeded, notice)
    assert {board.region.code for board in boards} == {VILLAGE, other, TOWN}
    assert boards[0].due_on == date(2022, 4, 29)
    clerk = create_acting(seeded, Role.VILLAGE_CLERK, VILLAGE)
    village = region(seeded, VILLAGE)
    assert len(notice_boards.lacking(seeded, village, POSTED)) == 1

    def show(place: str, hung_on: date) -> None:
        notice_boards.show(
            seeded,
            notice,
            region=region(seeded, place),
            hung_on=hung_on,
            upload=Upload("board.jpg", JPEG),
            acting=clerk,
            now=POSTED,
        )

    for day in (date(2022, 4, 27), date(2022, 4, 29)):
        with pytest.raises(Hindered) as hindered:
            show(VILLAGE, day)
        assert keys(hindered) == ["notice.board_day"]
    with pytest.raises(Hindered) as hindered:
        show(other, date(2022, 4, 28))
    assert keys(hindered) == ["obstacle.not_your_place"]
    show(VILLAGE, date(2022, 4, 28))
    assert notice_boards.lacking(seeded, village, POSTED) == []
    assert len(notice_boards.lacking(seeded, region(seeded, TOWN), POSTED)) == 2


def test_a_correction_that_is_given_up_leaves_its_people_waiting(
    seeded: Session, head: Acting
) -> None:
    wrong, right = case(seeded, "甄错"), case(seeded)
    notice = hung(seeded, head, wrong, right)
    item = next(item for item in notice.items if item.application_id == wrong.id)
    fresh = public_notices.correct(seeded, notice, {item.id}, "岗位写错了", head, POSTED)
    public_notices.discard(seeded, fresh, head, POSTED)
    assert list(public_notices.waiting(seeded, region(seeded, VILLAGE))) == [wrong]
    assert hung(seeded, head, wrong).items[0].application_id == wrong.id
    assert wrong.status == ApplicationStatus.ON_NOTICE
