"""The month grid and what is done about days, by the console's own pages."""

from __future__ import annotations

from datetime import date, timedelta
from io import BytesIO

import pytest
import xlsxwriter
from PIL import Image
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session, sessionmaker

from models import (
    AttendanceDay,
    AttendanceEvent,
    CheckInPhoto,
    ConfirmationRound,
    DutyPlan,
    Engagement,
    EventKind,
    Leave,
    LeaveState,
    Role,
    Stoppage,
    new_id,
)
from services.days import confirming, disputes, leaves, photos
from services.days.confirming import Answers
from services.days.leaves import Wish
from tests.builders import at, create_acting, create_contact
from tests.console.conftest import Visit, Visitor, Watch
from tests.services.month import create_worker, mark_days, say, working_days

GRID = "/console/days?month=2022-04"
DAY = date(2022, 4, 6)


@pytest.fixture
def april(seeded_sessions: sessionmaker[Session], watch: Watch) -> sessionmaker[Session]:
    """王家庄 on the evening of 6 April: one signed in, one did not."""
    watch.at = at("2022-04-06 18:30")
    with seeded_sessions.begin() as session:
        first = create_worker(session, name="司徒望舒", account=False)
        create_worker(session, name="欧阳小满", account=False)
        say(session, first, DAY, EventKind.CHECKIN)
    return seeded_sessions


def worker(sessions: sessionmaker[Session], name: str) -> Engagement:
    with sessions() as session:
        return next(one for one in session.scalars(select(Engagement)) if one.person.name == name)


def events(sessions: sessionmaker[Session], kind: EventKind) -> list[AttendanceEvent]:
    with sessions() as session:
        asked = select(AttendanceEvent).where(AttendanceEvent.kind == kind)
        return list(session.scalars(asked))


def test_a_roll_call_is_kept_and_shown(april: sessionmaker[Session], visit: Visit) -> None:
    clerk = visit("cunwenshu")
    clerk.get("/console/days?roll=2022-04-06")
    assert "正在点" in clerk.words
    one, other = worker(april, "司徒望舒"), worker(april, "欧阳小满")
    clerk.post("/console/days/roll", {
        "day": "2022-04-06", "opened": clerk.field_value("opened"),
        f"m-{one.id}": "present", f"m-{other.id}": "absent",
    })  # fmt: skip
    assert "到1人，没来1人" in clerk.words
    [present] = events(april, EventKind.PRESENT)
    assert (present.engagement_id, present.source) == (one.id, "console")
    assert len(events(april, EventKind.ABSENT)) == 1
    clerk.get(f"/console/days/workers/{one.id}/2022-04-06")
    assert "点名：到了" in clerk.words
    assert "<code>open</code>" in clerk.page, "the row of the truth table that decided"


def test_a_whole_month_at_once_is_refused(april: sessionmaker[Session], visit: Visit) -> None:
    clerk = visit("cunwenshu")
    clerk.get("/console/days?roll=2022-04-06")
    one = worker(april, "司徒望舒")
    many = {"day": [f"2022-04-{day:02d}" for day in range(1, 7)], f"m-{one.id}": "present"}
    assert clerk.post("/console/days/roll", many).status_code == 409
    assert "整月补记不收" in clerk.words
    old = {"day": "2022-04-01", f"m-{one.id}": "present"}
    assert clerk.post("/console/days/roll", old).status_code == 409
    assert "只能点今天和昨天的名" in clerk.words
    assert events(april, EventKind.PRESENT) == []


def test_the_seconds_of_a_roll_call_cannot_be_made_up(
    april: sessionmaker[Session], visit: Visit, watch: Watch
) -> None:
    clerk = visit("cunwenshu")
    clerk.get("/console/days?roll=2022-04-06")
    form = {"day": "2022-04-06", f"m-{worker(april, '司徒望舒').id}": "present"}
    watch.wall += timedelta(seconds=75)
    clerk.post("/console/days/roll", {**form, "opened": clerk.field_value("opened")})
    clerk.get("/console/days?roll=2022-04-06")
    clerk.post("/console/days/roll", {**form, "opened": "1.0123456789abcdef0123456789abcdef"})
    assert [one.evidence["seconds"] for one in events(april, EventKind.PRESENT)] == [75, 0]


def test_the_head_confirms_in_an_order_of_its_own(
    april: sessionmaker[Session], visit: Visit
) -> None:
    head = visit("cunzhuren")
    head.get("/console/days/confirm")
    head.post("/console/days/confirm", {"day": "2022-04-06"})
    assert "共2人" in head.words
    with april() as session:
        round_ = session.scalars(select(ConfirmationRound)).one()
    one, other = worker(april, "司徒望舒"), worker(april, "欧阳小满")
    path = f"/console/days/rounds/{round_.id}"
    assert head.post(path, {}).status_code == 409
    assert "一个人都没选" in head.words
    head.post(path, {f"a-{one.id}": "confirmed", f"a-{other.id}": "denied"})
    assert "来了1人，没来1人" in head.words
    assert head.get(path).status_code == 404
    [confirmed] = events(april, EventKind.CONFIRMED)
    assert confirmed.engagement_id == one.id


def test_a_day_that_is_not_over_is_not_confirmed(
    april: sessionmaker[Session], visit: Visit, watch: Watch
) -> None:
    watch.at = at("2022-04-06 10:00")
    head = visit("cunzhuren")
    head.get("/console/days/confirm")
    head.post("/console/days/confirm", {"day": "2022-04-06"})
    assert "还没过完" in head.words
    head.post("/console/days/confirm", {"day": "2022-04-01"})
    assert "时间过了" in head.words


def test_a_leave_is_answered_once(april: sessionmaker[Session], visit: Visit) -> None:
    one = worker(april, "司徒望舒")
    with april.begin() as session:
        held = session.get_one(Engagement, one.id)
        contact = create_contact(session, person_id=held.person_id)
        wish = Wish("personal", date(2022, 4, 8), date(2022, 4, 8), words="赶集")
        leaves.ask(session, held, wish, acting=leaves.asker(contact), now=at("2022-04-06 12:00"))
    head = visit("cunzhuren")
    head.get("/console/days/leaves")
    assert "赶集" in head.words
    with april() as session:
        leave = session.scalars(select(Leave)).one()
    path = f"/console/days/leaves/{leave.id}"
    assert head.post(path, {"answer": "refuse"}).status_code == 409
    assert "请写明缘故" in head.words
    head.post(path, {"answer": "agree"})
    assert "批复好了" in head.words
    assert head.post(path, {"answer": "agree"}).status_code == 409


def test_the_town_rules_a_disputed_day(
    april: sessionmaker[Session], visit: Visit, watch: Watch
) -> None:
    one = worker(april, "欧阳小满")
    with april.begin() as session:
        held = session.get_one(Engagement, one.id)
        contact = create_contact(session, person_id=held.person_id)
        disputes.lodge(session, held, DAY, contact=contact, words="俺来了", source="wechat",
                       now=at("2022-04-06 21:00"))  # fmt: skip
    watch.at = at("2022-04-08 09:00")
    town = visit("zhenjingban")
    town.get("/console/days/disputes")
    assert "欧阳小满" in town.words
    path = f"/console/days/workers/{one.id}/2022-04-06"
    town.get(path)
    assert "俺来了" in town.words
    assert town.post(f"{path}/rule", {"present": "yes", "words": " "}).status_code == 409
    town.post(f"{path}/rule", {"present": "yes", "words": "邻居作证"})
    assert "核定了" in town.words
    with april() as session:
        assert session.get_one(AttendanceDay, (one.id, DAY)).counted


def test_the_district_stops_work_and_takes_it_back(
    april: sessionmaker[Session], visit: Visit
) -> None:
    clerk = visit("qujingban")
    clerk.get("/console/days/stoppages")
    form = {"place": "xinyan", "kind": "weather", "from_on": "2022-04-06", "to_on": "2022-04-06",
            "reason": "大风"}  # fmt: skip
    assert clerk.post("/console/days/stoppages", {**form, "kind": "x"}).status_code == 409
    clerk.post("/console/days/stoppages", form)
    assert "停工记好了" in clerk.words
    with april() as session:
        row = session.scalars(select(Stoppage)).one()
        days = session.scalars(select(AttendanceDay).where(AttendanceDay.day_on == DAY)).all()
        assert {one.state for one in days} == {"stopped"}
    clerk.post(f"/console/days/stoppages/{row.id}/withdraw")
    with april() as session:
        states = session.scalars(select(AttendanceDay.state).where(AttendanceDay.day_on == DAY))
        assert "stopped" not in set(states)


def test_a_duty_plan_is_entered_by_the_town(april: sessionmaker[Session], visit: Visit) -> None:
    town = visit("zhenjingban")
    path = "/console/days/posts/P2022-0001"
    town.get(path)
    form = {"from_on": "2022-04-07", "weekday": ["1", "3", "5"], "opens": "07:00",
            "closes": "08:30", "minutes": "240"}  # fmt: skip
    assert town.post(path, {**form, "from_on": "2022-04-05"}).status_code == 409
    assert town.post(path, {**form, "minutes": "9000"}).status_code == 409
    assert town.post(path, {**form, "latitude": "35.5"}).status_code == 409
    town.post(path, form)
    assert "每周一、三、五" in town.words
    with april() as session:
        assert session.scalars(select(DutyPlan.weekdays)).all() == ["135"]


def statements(visitor: Visitor, sessions: sessionmaker[Session], path: str) -> int:
    counted = []
    engine = sessions.kw["bind"]

    def count(*_: object) -> None:
        counted.append(1)

    event.listen(engine, "before_cursor_execute", count)
    assert visitor.get(path).status_code == 200
    event.remove(engine, "before_cursor_execute", count)
    return len(counted)


def test_the_grid_costs_the_same_number_of_statements(
    april: sessionmaker[Session], visit: Visit
) -> None:
    clerk = visit("cunwenshu")
    few = statements(clerk, april, GRID)
    with april.begin() as session:
        for number in range(12):
            mark_days(session, create_worker(session, name=f"工友{number}", account=False))
    assert statements(clerk, april, GRID) == few
    assert few <= 14
    with april() as session:
        assert session.scalar(select(func.count()).select_from(Engagement)) == 14


def test_filters_show_only_whom_they_name(april: sessionmaker[Session], visit: Visit) -> None:
    with april.begin() as session:
        mark_days(session, create_worker(session, name="冯大壮", account=False), absent={6})
    head = visit("cunzhuren")
    head.get(f"{GRID}&only=absent")
    assert "冯大壮" in head.words
    head.get(f"{GRID}&only=leave")
    assert "冯大壮" not in head.words
    assert "没有这样的人" in head.words


def workbook(rows: list[list[object]]) -> BytesIO:
    """The month's sheet as a clerk fills it: a title, heads, rows."""
    out = BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["王家庄村2022年4月考勤表"])
        sheet.write_row(1, 0, ["序号", "人员编号", "姓名", "5", "6"])
        for number, row in enumerate(rows, start=2):
            sheet.write_row(number, 0, row)
    out.seek(0)
    return out


def test_a_roll_call_from_excel(april: sessionmaker[Session], visit: Visit) -> None:
    one, other = worker(april, "司徒望舒"), worker(april, "欧阳小满")
    clerk = visit("cunwenshu")
    clerk.get("/console/days?roll=2022-04-06")

    def send(*rows: list[object], day: str = "2022-04-06") -> int:
        form = {"day": day, "list": (workbook(list(rows)), "考勤.xlsx")}
        return clerk.post("/console/days/roll/sheet", form).status_code

    good: list[object] = [1, one.worker_code, "司徒望舒", "√", "√"]
    assert send(good, [2, other.worker_code, "欧阳大满", "√", "×"]) == 422
    assert "第4行：" in clerk.words
    assert "登记的不叫欧阳大满" in clerk.words
    assert send(good, [2, "Y999", "谁", "", "√"]) == 422
    assert send(good, [2, other.worker_code, "", "", "来过"]) == 422
    assert "E4的记号认不出来" in clerk.words
    assert send(good, day="2022-04-07") in {409, 422}
    assert send(good, day="2022-04-01") in {409, 422}
    assert events(april, EventKind.PRESENT) == []
    assert send(good, [2, other.worker_code, "欧阳小满", "√", "×"]) == 200
    assert "到1人，没来1人" in clerk.words
    assert [row.day_on for row in events(april, EventKind.PRESENT)] == [DAY]


def test_now_and_then_somebody_on_leave_is_in_the_list(april: sessionmaker[Session]) -> None:
    """And whatever the head says of them, their day stays a day of leave."""
    with april.begin() as session:
        away = create_worker(session, name="冯大壮", account=False)
        session.add(Leave(
            id=new_id(), engagement_id=away.id, kind="sick", paid=True, from_on=date(2022, 4, 1),
            to_on=date(2022, 6, 30), state=LeaveState.APPROVED, asked_at=at("2022-04-01 08:00"),
        ))  # fmt: skip
        head = create_acting(session, Role.VILLAGE_HEAD, "v-xinyan-wangjiazhuang")
        shown = 0
        for day in (one for month in (4, 5) for one in working_days(date(2022, month, 1))):
            now = at(f"{day} 18:30")
            found = confirming.open_round(session, head, day, source="console", now=now)
            assert found is not None
            names = [look.name for look in found.looks]
            assert {"司徒望舒", "欧阳小满"} <= set(names)
            if "冯大壮" in names:
                shown += 1
                confirming.answer(session, found, head, Answers(confirmed=(away.id,)), now)
                row = session.get_one(AttendanceDay, (away.id, day), populate_existing=True)
                assert (row.state, row.reasons[-1]) == ("leave_paid", "confirmed_on_leave")
        assert 0 < shown < 30


def test_a_large_place_comes_in_pages(
    april: sessionmaker[Session], visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.days.PAGE_ROWS", 1)
    head = visit("cunzhuren")
    head.get(GRID)
    names = {name for name in ("司徒望舒", "欧阳小满") if name in head.words}
    assert len(names) == 1
    head.get(f"{GRID}&from=1")
    assert len(names | {name for name in ("司徒望舒", "欧阳小满") if name in head.words}) == 2
    assert "后面的人" not in head.words
    assert head.get(f"{GRID}&from=-9").status_code == 200


def test_pages_show_photos_small_and_lead_to_the_whole(
    april: sessionmaker[Session], visit: Visit
) -> None:
    one = worker(april, "司徒望舒")
    [event_] = events(april, EventKind.CHECKIN)
    image = Image.effect_noise((1600, 1200), 50)
    out = BytesIO()
    image.save(out, "JPEG")
    with april.begin() as session:
        when = at("2022-04-06 07:10")
        session.add(
            CheckInPhoto(event_id=event_.id, media_id="m-1", taken_at=when, next_try_at=when)
        )
        session.flush()
        photos.keep(session, event_.id, out.getvalue(), at("2022-04-06 07:11"))
    clerk = visit("cunwenshu")
    clerk.get(f"/console/days/workers/{one.id}/2022-04-06")
    path = f"/console/days/photos/{event_.id}"
    assert f'src="{path}/small"' in clerk.page
    assert f'href="{path}"' in clerk.page
    small, whole = clerk.get(f"{path}/small"), clerk.get(path)
    assert (small.mimetype, small.status_code) == ("image/jpeg", 200)
    assert len(small.get_data()) * 20 < len(whole.get_data()) == len(out.getvalue())
    assert "sandbox" in small.headers["Content-Security-Policy"]
    assert visit("xiaomeng").get(f"{path}/small").status_code == 404
    head = visit("cunzhuren")
    head.get("/console/days/confirm")
    head.post("/console/days/confirm", {"day": "2022-04-06"})
    assert f'src="{path}/small"' in head.page
