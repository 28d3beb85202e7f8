"""A village at the end of a month: workers with days, the people who sign, a bank account each."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    AttendanceEvent,
    BankAccount,
    Engagement,
    EngagementStatus,
    EventKind,
    MonthLine,
    MonthSheet,
    Payment,
    PaymentBatch,
    Person,
    Role,
    SubsidyRecord,
    new_id,
)
from models.sealing import blind_index
from rules import calendar
from rules.months import add_months, end_of_month
from services.acting import Acting
from services.attachments import Upload
from services.days import deriving, events
from services.pay import batches, claw_backs, corrections, news, results, sheets, signing
from tests.builders import (
    at,
    card_number,
    create_acting,
    create_engagement,
    create_person,
    region,
)

VILLAGE = "v-xinyan-wangjiazhuang"
APRIL = date(2022, 4, 1)
SIGNS, CHECKS, APPROVES = "2022-05-05 09:00", "2022-05-09 09:00", "2022-05-12 09:00"
_numbers = count(1)


@dataclass
class Office:
    """The people through whose hands a month goes."""

    session: Session
    village: str = VILLAGE
    town: str = "xinyan"
    people: dict[str, Acting] = field(default_factory=dict)

    def __getitem__(self, role: str) -> Acting:
        return self.people[role]


def create_office(session: Session, village: str = VILLAGE, town: str = "xinyan") -> Office:
    """A village head, a town clerk, a district clerk, an approver and finance: five people."""
    office = Office(session, village, town)
    for name, role, place in (
        ("head", Role.VILLAGE_HEAD, village),
        ("town", Role.TOWN_CLERK, town),
        ("clerk", Role.DISTRICT_CLERK, "yanzhou"),
        ("approver", Role.DISTRICT_APPROVER, "yanzhou"),
        ("finance", Role.FINANCE, "yanzhou"),
    ):
        office.people[name] = create_acting(session, role, place)
    return office


def create_worker(session: Session, **overrides: Any) -> Engagement:
    """Somebody on a post since 2022-04-01, with an account of their own (`account=False`: none)."""
    account = overrides.pop("account", True)
    village = overrides.pop("village", VILLAGE)
    name = overrides.pop("name", "李桂香")
    person = overrides.pop("person", None) or create_person(
        session, name=name, village_id=region(session, village).id
    )
    values: dict[str, Any] = {
        "person": person,
        "village": village,
        "engagement_status": EngagementStatus.ON_POST,
        "starts_on": APRIL,
        "ends_on": date(2025, 3, 31),
        **overrides,
    }
    engagement = create_engagement(session, **values)
    if account:
        give_account(session, engagement)
    return engagement


def give_account(session: Session, engagement: Engagement, order: int | None = None) -> BankAccount:
    """An account whose number checks; `order` makes it the same number every time."""
    order = next(_numbers) if order is None else order
    number = card_number(f"6222029{order:08d}")
    held = BankAccount(
        id=new_id(),
        person_id=engagement.person_id,
        bank="农商银行",
        holder=engagement.person.name,
        number_index=blind_index(number, "bank_account"),
        from_on=APRIL,
        recorded_by_id=create_acting(session, Role.TOWN_CLERK, "xinyan").staff.id,  # type: ignore[union-attr]
    )
    held.number = number
    session.add(held)
    session.flush()
    return held


def working_days(month_on: date = APRIL) -> list[date]:
    """The days on which offices work."""
    days = [month_on + timedelta(days=more) for more in range(end_of_month(month_on).day)]
    return [day for day in days if calendar.is_working_day(day)]


def mark_days(
    session: Session,
    engagement: Engagement,
    *,
    month_on: date = APRIL,
    absent: Collection[int] = (),
    unknown: Collection[int] = (),
    from_day: int = 1,
) -> None:
    """A month of days, derived from what was said: signed by the worker and confirmed by the head,
    but for the days of the month that are named (`unknown`: the head has said nothing)."""
    for day in working_days(month_on):
        if day.day >= from_day and day.day not in absent:
            say(session, engagement, day, EventKind.CHECKIN)
            if day.day not in unknown:
                say(session, engagement, day, EventKind.CONFIRMED)
    session.flush()
    after = at(f"{end_of_month(month_on)} 12:00") + timedelta(days=3)
    deriving.derive(session, [engagement.id], from_on=month_on, to_on=end_of_month(month_on),
                    now=after)  # fmt: skip
    session.expire_all()


def say(session: Session, engagement: Engagement, day: date, kind: EventKind) -> None:
    """One event, at eight in the morning."""
    when = at(f"{day} 08:00")
    session.add(
        AttendanceEvent(
            engagement_id=engagement.id, day_on=day, kind=kind, happened_at=when,
            recorded_at=when, source="wechat",
        )
    )  # fmt: skip


def turn_absent(
    session: Session,
    engagement: Engagement,
    day: date,
    kind: EventKind = EventKind.RULED_ABSENT,
) -> None:
    """The town rules that nobody came that day after all; or, by another kind, that they did."""
    town = create_acting(session, Role.TOWN_CLERK, "xinyan")
    word = events.Word(kind, town, "console", reason="查过了")
    events.say(session, [engagement.id], day, word, at(SIGNS))


def gather(session: Session, office: Office, month_on: date = APRIL) -> MonthSheet:
    """The village's sheet as it stands."""
    place = region(session, office.village)
    made = sheets.gather(session, month_on, [place.id], at(SIGNS))
    return next(one for one in made if one.region_id == place.id)


def close(session: Session, office: Office, month_on: date = APRIL) -> MonthSheet:
    """All signatures of a month, each on its day of the next one."""
    shift = months_between(APRIL, month_on)
    sheet = gather(session, office, month_on)
    signing.take(session, sheet, "sign", office["head"], later(SIGNS, shift))
    signing.take(session, sheet, "check", office["town"], later(CHECKS, shift))
    news.tell_results(session, later(CHECKS, shift))
    signing.take(session, sheet, "approve", office["approver"], later("2022-05-20 09:00", shift))
    return sheet


def months_between(first: date, second: date) -> int:
    return (second.year - first.year) * 12 + second.month - first.month


def later(text: str, months: int) -> datetime:
    """The same moment so many months later."""
    moment = at(text)
    day = add_months(moment.date(), months)
    return moment.replace(year=day.year, month=day.month, day=day.day)


def lines(session: Session, sheet: MonthSheet) -> list[MonthLine]:
    """A sheet's lines, read anew."""
    session.expire_all()
    return list(
        session.scalars(
            select(MonthLine).where(MonthLine.sheet_id == sheet.id).order_by(MonthLine.amount_fen)
        )
    )


def result_file(
    session: Session,
    batch: PaymentBatch,
    said: str = "成功",
    *,
    rows: Collection[int] | None = None,
    reason: str = "",
    amounts: dict[int, str] | None = None,
) -> Upload:
    """The bank's answer to a batch, or to some of its rows, as CSV."""
    text = ["流水号,金额（元）,结果,失败原因,到账日期"]
    for row in batches.rows_of(session, batch):
        if rows is None or row.row in rows:
            yuan = (amounts or {}).get(row.row, f"{row.amount_fen / 100:.2f}")
            text.append(f"{row.reference},{yuan},{said},{reason},2022-05-13")
    return Upload("结果.csv", "\r\n".join(text).encode("gb18030"))


def pay(session: Session, office: Office, when: str = "2022-05-21 09:00") -> list[Payment]:
    """A batch, and a bank that paid all of it."""
    batch = batches.make(session, "rural", office["clerk"], at(when))
    results.read(session, result_file(session, batch), office["finance"], at(when))
    return list(session.scalars(select(Payment).where(Payment.batch_id == batch.id)))


def create_money(session: Session, person: Person) -> dict[str, dict[str, Any]]:
    """A worker's April, approved and in a batch, with a correction and a claim that wait: the
    addresses of all of it, by the first word of a page's endpoint."""
    office = create_office(session)
    engagement = create_worker(session, person=person)
    mark_days(session, engagement)
    sheet = close(session, office)
    record = session.scalars(
        select(SubsidyRecord).where(SubsidyRecord.engagement_id == engagement.id)
    ).one()
    when = at("2022-05-21 09:00")
    batch = batches.make(session, "rural", office["clerk"], when)
    right = corrections.Right(20, "查过了")
    asked = corrections.propose(session, record, right, office["clerk"], when)
    claim = claw_backs.propose(
        session, engagement, claw_backs.Claim("exit", 100, "退岗报晚了"), office["clerk"], when
    )
    month = {"month": "2022-04", "code": office.village}
    return {
        "months": month,
        "month": {**month, "key": record.line_id, "name": "pay-list.xlsx", "act": "check"},
        "payment": {"number": batch.number, "kind": "csv"},
        "payments": {"track": "rural"},
        "claw": {"key": claim.id, "act": "agree"},
        "correction": {"key": asked.id},
        "social": {"key": asked.id},
        "console.month_sheet": {**month, "sheet": sheet.id},
    }
