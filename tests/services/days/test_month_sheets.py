"""A month's sheet brought back: what it may say, what it may only ask for, what it cannot change
(requirements 3.4; F-08, F-10, F-15)."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from models import (
    Anomaly,
    AttendanceDay,
    AttendanceEvent,
    Engagement,
    EventKind,
    Leave,
    LeaveState,
    Message,
    Role,
    RollSheet,
    StaffKin,
    new_id,
)
from services.acting import Acting
from services.anomalies import looking
from services.attachments import Upload
from services.days import backfilling, confirming, deriving, month_sheets
from services.days.confirming import Answers
from services.days.month_compare import Compared, Fate
from services.pay import grid_paper
from services.procedure import Hindered
from tests.builders import at, create_acting, region
from tests.services.days.test_at_once import together
from tests.services.days.test_month_file import APRIL, DAYS, TITLE, book
from tests.services.month import VILLAGE, create_worker, say

NOW = at("2022-04-14 18:30")
"""A Thursday. 11 to 13 April can be asked for; the 13th and the 14th are called."""


@dataclass
class Village:
    """A clerk, a head, and three workers of 王家庄."""

    session: Session
    clerk: Acting
    head: Acting
    workers: dict[str, Engagement]

    def bring(self, rows: dict[str, dict[int, Any]], now: datetime = NOW) -> RollSheet:
        lines = [
            [number, name, *(said.get(day, "") for day in DAYS)]
            for number, (name, said) in enumerate(rows.items(), start=1)
        ]
        content = book([[TITLE], ["序号", "姓名", *DAYS], *lines])
        return self.keep(content, now)

    def keep(self, content: bytes, now: datetime = NOW) -> RollSheet:
        upload = Upload("考勤.xlsx", content)
        return month_sheets.bring(self.session, upload, APRIL, self.clerk, now)

    def beside(self, sheet: RollSheet, now: datetime = NOW) -> Compared:
        return month_sheets.beside(self.session, sheet, self.clerk, now)

    def fate(self, name: str, day: int, sign: str) -> str:
        """What becomes of one cell: its fate, or the reason against it."""
        found = self.beside(self.bring({name: {day: sign}}))
        if not found.pieces:
            return "same"
        piece = found.pieces[0]
        return piece.why.key.removeprefix("day_console.") if piece.why else str(piece.fate)

    def take(self, sheet: RollSheet, reason: str = "sheet", seconds: int = 60) -> tuple[int, int]:
        taken = month_sheets.take(self.session, sheet, self.clerk, reason=reason, seconds=seconds,
                                  now=NOW)  # fmt: skip
        return taken.called, taken.asked

    def kinds(self) -> Counter[str]:
        return Counter(self.session.scalars(select(AttendanceEvent.kind)))

    def state(self, name: str, day: int) -> str:
        self.session.expire_all()
        key = (self.workers[name].id, date(2022, 4, day))
        return str(self.session.get_one(AttendanceDay, key).state)


@pytest.fixture
def village(seeded: Session) -> Village:
    names = ("李桂香", "王大成", "赵秀兰")
    return Village(
        seeded,
        create_acting(seeded, Role.VILLAGE_CLERK, VILLAGE),
        create_acting(seeded, Role.VILLAGE_HEAD, VILLAGE),
        {name: create_worker(seeded, name=name, account=False) for name in names},
    )


def test_today_and_yesterday_are_called_and_the_days_before_asked_for(village: Village) -> None:
    sheet = village.bring({
        "李桂香": {11: "√", 13: "√", 14: "√"}, "王大成": {13: "×", 14: "假"},
    })  # fmt: skip
    assert village.take(sheet) == (4, 1)
    assert village.kinds() == {"present": 2, "absent": 2, "backfill_asked": 1}
    [leave] = village.session.scalars(select(Leave)).all()
    assert (leave.from_on, leave.state) == (date(2022, 4, 14), LeaveState.ASKED)
    assert village.state("李桂香", 11) == "unknown", "nobody has vouched for it"
    sources = set(village.session.scalars(select(AttendanceEvent.source)))
    assert sources == {"month_sheet"}


def test_the_same_sheet_twice_says_nothing_twice(village: Village) -> None:
    rows = {"李桂香": {11: "√", 14: "√"}, "王大成": {14: "假"}}
    first = village.bring(rows)
    village.take(first)
    before = village.kinds()
    again = village.bring(rows)
    with pytest.raises(Hindered) as raised:
        village.take(again)
    assert raised.value.obstacles[0].key == "day_console.sheet_nothing"
    other = village.bring({**rows, "赵秀兰": {14: "√"}})
    assert village.take(other) == (1, 0)
    assert village.kinds() == before + Counter({"present": 1})


def test_the_same_file_is_the_same_sheet_and_what_was_not_taken_goes(village: Village) -> None:
    content = book([["姓名", *DAYS], ["李桂香", *[""] * 13, "√"]])
    one = village.keep(content)
    assert village.keep(content).id == one.id
    village.bring({"王大成": {14: "√"}})
    assert len(village.session.scalars(select(RollSheet)).all()) == 1
    kept = village.bring({"王大成": {14: "√"}})
    village.take(kept)
    village.bring({"赵秀兰": {14: "√"}})
    assert len(village.session.scalars(select(RollSheet)).all()) == 2


@pytest.mark.parametrize(
    ("day", "sign", "fate"),
    [
        (14, "√", "called"), (13, "×", "called"), (12, "√", "asked"), (11, "√", "asked"),
        (8, "√", "sheet_backfill_old"), (12, "×", "same"), (8, "假", "sheet_too_late"),
        (15, "√", "sheet_ahead"), (15, "休", "same"), (10, "√", "sheet_rest_day"),
        (5, "√", "sheet_rest_day"), (10, "休", "same"), (14, "休", "sheet_off_says"),
        (14, "？", "same"), (14, "半天", "sheet_mark"), (8, "×", "same"),
    ],
)  # fmt: skip
def test_what_becomes_of_a_cell(village: Village, day: int, sign: str, fate: str) -> None:
    assert village.fate("李桂香", day, sign) == fate


def test_people_that_a_sheet_cannot_mean(village: Village) -> None:
    create_worker(village.session, name="王大成", account=False)
    other = create_worker(village.session, name="孙一平", village="v-xinyan-xinghualing",
                          account=False)  # fmt: skip
    content = book([
        ["人员编号", "姓名", *DAYS],
        ["", "谁也不是", "√"], ["", "王大成", "√"], [other.worker_code, "", "√"],
        [village.workers["李桂香"].worker_code, "李桂花", "√"],
        [village.workers["赵秀兰"].worker_code, "", *[""] * 13, "√"],
        ["", "赵秀兰", *[""] * 13, "×"],
    ])  # fmt: skip
    found = village.beside(village.keep(content))
    refused = [piece.why.key.rpartition("_")[2] for piece in found.of(Fate.REFUSED) if piece.why]
    assert refused == ["unknown", "namesakes", "unknown", "name", "twice"]
    assert [piece.name for piece in found.of(Fate.CALLED)] == ["赵秀兰"]


def test_a_name_is_the_same_with_blanks_and_wide_signs(village: Village) -> None:
    create_worker(village.session, name="阿依古丽·买买提 Ⅱ", account=False)
    rows = {"阿依古丽·买买提Ⅱ": {14: "√"}, "李　桂香": {14: "√"}, " 王大成": {14: "√"}}
    assert village.take(village.bring(rows)) == (3, 0)


def test_nobody_records_themselves_or_a_relative(village: Village) -> None:
    assert village.clerk.staff is not None
    village.clerk.staff.person_id = village.workers["李桂香"].person_id
    village.session.add(StaffKin(staff_id=village.clerk.staff.id, declared_at=NOW,
                                 person_id=village.workers["王大成"].person_id,
                                 relation="spouse"))  # fmt: skip
    village.session.flush()
    for name in ("李桂香", "王大成"):
        for day in (14, 12):
            assert village.fate(name, day, "√") == "sheet_own"
    assert village.fate("赵秀兰", 14, "√") == "called"


def test_the_clerk_is_no_second_person_for_what_they_asked(village: Village) -> None:
    """Not by having called that day earlier, nor by vouching afterwards; the head is."""
    worker = village.workers["李桂香"]
    day = date(2022, 4, 12)
    say(village.session, worker, day, EventKind.ABSENT)
    assert village.take(village.bring({"李桂香": {12: "√"}})) == (0, 1)
    say(village.session, worker, day, EventKind.PRESENT)
    deriving.derive(village.session, [worker.id], from_on=day, to_on=day, now=NOW)
    assert village.state("李桂香", 12) == "unknown"
    assert backfilling.waiting(village.session, village.clerk, NOW) == []
    with pytest.raises(Hindered) as raised:
        backfilling.answer(village.session, worker, day, acting=village.clerk, seen=True,
                           source="console", now=NOW)  # fmt: skip
    assert raised.value.obstacles[0].key == "obstacle.backfill_own_words"
    [waits] = backfilling.waiting(village.session, village.head, NOW)
    assert waits.evidence["by_clerk"]
    backfilling.answer(village.session, worker, day, acting=village.head, seen=True,
                       source="console", now=NOW)  # fmt: skip
    assert village.state("李桂香", 12) == "counted"


def test_the_cap_of_a_month_holds_over_sheets_and_asks(village: Village) -> None:
    worker = village.workers["李桂香"]
    for day in (1, 6):
        say(village.session, worker, date(2022, 4, day), EventKind.BACKFILL_ASKED)
    sheet = village.bring({"李桂香": {11: "√", 12: "√"}, "王大成": {11: "√", 12: "√"}})
    refused = village.beside(sheet).of(Fate.REFUSED)
    assert [piece.why and piece.why.key for piece in refused] == [
        "day_console.sheet_backfills_used_up"
    ]
    assert village.take(sheet) == (0, 3)


def test_days_are_asked_for_with_a_reason_and_the_head_hears_once(village: Village) -> None:
    sheet = village.bring({"李桂香": {11: "√", 12: "√"}, "王大成": {12: "√"}})
    with pytest.raises(Hindered) as raised:
        village.take(sheet, reason="because")
    assert raised.value.obstacles[0].key == "day_console.sheet_reason"
    assert village.take(sheet) == (0, 3)
    told = village.session.scalars(select(Message).where(Message.kind == "backfills_by_sheet"))
    assert [json.loads(one.slots or "{}")["count"] for one in told] == [3]


def test_what_stands_is_not_said_again(village: Village) -> None:
    """A sheet that was only downloaded and brought back changes nothing."""
    worker = village.workers["李桂香"]
    for day in (11, 12, 13):
        say(village.session, worker, date(2022, 4, day), EventKind.CHECKIN)
        say(village.session, worker, date(2022, 4, day), EventKind.CONFIRMED)
    village.session.add(Leave(
        id=new_id(), engagement_id=village.workers["王大成"].id, kind="sick", paid=True,
        from_on=date(2022, 4, 12), to_on=date(2022, 4, 13), state=LeaveState.APPROVED,
        asked_at=NOW,
    ))  # fmt: skip
    ids = [one.id for one in village.workers.values()]
    deriving.derive(village.session, ids, from_on=APRIL, to_on=NOW.date(), now=NOW)
    village.session.flush()
    place = region(village.session, VILLAGE)
    content = grid_paper.as_it_stands(village.session, place, APRIL, village.clerk, NOW)
    found = village.beside(village.keep(content))
    assert found.pieces == []
    assert found.same > 10
    assert village.fate("王大成", 13, "√") == "sheet_on_leave"


def test_a_month_that_is_locked_stays(village: Village) -> None:
    from tests.services.month import close, create_office, mark_days  # noqa: PLC0415 - a long way

    worker = create_worker(village.session, name="冯大壮")
    mark_days(village.session, worker, absent={29})
    for one in village.workers.values():
        mark_days(village.session, one)
    close(village.session, create_office(village.session))
    before = village.kinds()
    sheet = village.bring({"冯大壮": {29: "√"}})
    found = village.beside(sheet, at("2022-05-25 09:00"))
    assert [piece.why and piece.why.key for piece in found.pieces] == ["day_console.locked"]
    assert village.kinds() == before


def test_a_whole_month_in_one_go_buys_two_days_and_is_seen(village: Village) -> None:
    """F-10: "196 workdays reported in one go with no detail"."""
    others = [create_worker(village.session, name=f"工友{n}", account=False) for n in range(12)]
    names = [*village.workers, *(one.person.name for one in others)]
    sheet = village.bring({name: dict.fromkeys(DAYS, "√") for name in names})
    found = village.beside(sheet)
    whole = len(names)
    assert len(found.of(Fate.CALLED)) == 2 * whole
    assert len(found.of(Fate.ASKED)) == 2 * whole, "the 11th and the 12th"
    village.take(sheet, seconds=9)
    counted = village.session.scalars(select(AttendanceDay).where(AttendanceDay.counted)).all()
    assert counted == [], "nothing of it counts before somebody else has spoken"
    looking.find(village.session, APRIL, NOW)
    place = region(village.session, VILLAGE).id
    [seen] = village.session.scalars(
        select(Anomaly).where(Anomaly.signal == "bulk_roll", Anomaly.region_id == place)
    )
    assert seen.days == ["2022-04-11", "2022-04-12", "2022-04-13", "2022-04-14"]


def test_the_head_still_confirms_in_their_own_order(village: Village) -> None:
    village.take(village.bring({"李桂香": {14: "√"}}))
    round_ = confirming.open_round(village.session, village.head, date(2022, 4, 14),
                                   source="console", now=NOW)  # fmt: skip
    assert round_ is not None
    key = village.workers["李桂香"].id
    confirming.answer(village.session, round_, village.head, Answers(confirmed=(key,)), NOW)
    deriving.derive(village.session, [key], from_on=NOW.date(), to_on=NOW.date(),
                    now=at("2022-04-14 21:30"))  # fmt: skip
    assert village.state("李桂香", 14) == "counted"


def test_other_roles_and_months_ahead_are_refused(village: Village) -> None:
    upload = Upload("x.xlsx", book([["姓名", *DAYS], ["李桂香", "√"]]))
    for acting, month_on in ((village.head, APRIL), (village.clerk, date(2022, 5, 1))):
        with pytest.raises(Hindered):
            month_sheets.bring(village.session, upload, month_on, acting, NOW)
    big = Upload("x.xlsx", upload.content + b"0" * month_sheets.MOST_BYTES)
    with pytest.raises(Hindered):
        month_sheets.bring(village.session, big, APRIL, village.clerk, NOW)


def test_two_clerks_at_once_say_it_once(seeded_sessions: sessionmaker[Session]) -> None:
    """One file brought and taken twice at the same moment, as when a button is pressed twice."""
    content = book([["姓名", *DAYS], ["李桂香", *[""] * 10, "√", "", "", "√"]])
    with seeded_sessions.begin() as session:
        clerk = create_acting(session, Role.VILLAGE_CLERK, VILLAGE)
        create_worker(session, name="李桂香", account=False)
        session.flush()
        session.expunge_all()

    def bring(session: Session) -> None:
        month_sheets.bring(session, Upload("x.xlsx", content), APRIL, clerk, NOW)

    def take(session: Session) -> None:
        sheet = session.scalars(select(RollSheet)).one()
        with suppress(Hindered):
            month_sheets.take(session, sheet, clerk, reason="sheet", seconds=60, now=NOW)

    together(seeded_sessions, bring, bring)
    together(seeded_sessions, take, take)
    with seeded_sessions() as session:
        assert Counter(session.scalars(select(AttendanceEvent.kind))) == {
            "present": 1, "backfill_asked": 1,
        }  # fmt: skip
        sheet = session.scalars(select(RollSheet)).one()
        assert (sheet.called, sheet.asked) == (1, 1)
