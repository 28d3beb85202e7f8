"""Every other kind of list: money waits, the worker is asked, days go on counting; who applies is
found too; the same fact is one hit in however many lists (R-3.5b, F-06, F-09)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import (
    ApplicationStatus,
    DepartmentRow,
    Engagement,
    EngagementStatus,
    ExclusionCheck,
    HitState,
    ListHit,
    Message,
    MonthLine,
    Role,
)
from models.term_steps import ExitCause
from services.attachments import Upload
from services.cross_checks import asking, comparing, deciding, missing, reading, work
from services.cross_checks.deciding import Findings
from services.cross_checks.kinds import kinds
from services.days import deriving
from services.guards.scene import Scene, check
from services.pay import signing
from services.procedure import Hindered
from services.sheets_in import WORDS, Unfit
from services.terms import exits
from services.terms.exits import Leaving
from tests.builders import at, create_acting, create_application, create_person, id_number, region
from tests.services.cross_checks.stage import (
    found_on,
    keys,
    named,
    row_of,
    sheet_of,
    take,
)
from tests.services.month import (
    APRIL,
    VILLAGE,
    Office,
    close,
    create_office,
    create_worker,
    gather,
    lines,
)
from wording import load_book

CAME = at("2022-05-03 09:00")
SINCE = date(2022, 4, 11)
TRUE = Findings(is_true=True, words="问过单位，是真的")


def told(session: Session, hit: ListHit) -> list[str]:
    asked = select(Message.kind).where(Message.person_id == hit.person_id)
    return list(session.scalars(asked.order_by(Message.created_at, Message.kind)))


@pytest.mark.parametrize("kind", [one.name for one in kinds().values() if one.asks_worker])
def test_the_worker_is_asked_and_the_village_is_not(office: Office, kind: str) -> None:
    session = office.session
    hit = found_on(session, kind, "甲一", SINCE, office["clerk"], CAME)
    assert told(session, hit) == [f"list_hit_{kind}"]
    staff = session.scalars(select(Message.kind).where(Message.staff_id.is_not(None))).all()
    assert set(staff) == {"list_hit_town", "list_hit_district"}
    assert asking.explain(session, hit.person, "那是我同名的", "applicant", CAME) == 1
    assert asking.explain(session, hit.person, "有证明", "applicant", CAME) == 1
    assert hit.explanation == "那是我同名的\n有证明"


def test_a_job_holds_the_money_and_no_day(office: Office) -> None:
    session = office.session
    hit = found_on(session, "employees", "甲一", SINCE, office["clerk"], CAME)
    sheet = gather(session, office)
    held = {line.person.name: (line.paid_days, line.held_hit_id) for line in lines(session, sheet)}
    assert held == {"甲一": (21, hit.id), "乙二": (21, None)}


def test_a_job_that_is_true_ends_the_post_the_day_before(office: Office) -> None:
    session = office.session
    hit = found_on(session, "employees", "甲一", SINCE, office["clerk"], CAME)
    deciding.write_findings(session, hit, TRUE, office["town"], CAME)
    deciding.decide(session, hit, upheld=True, words="属实", acting=office["approver"], now=CAME)
    engagement = hit.engagement
    assert engagement is not None
    assert (engagement.ended_on, hit.exit_cause) == (date(2022, 4, 10), ExitCause.JOB)
    sheet = gather(session, office)
    mine = next(one for one in lines(session, sheet) if one.person_id == hit.person_id)
    assert (mine.paid_days, mine.held_at) == (5, None)


def test_the_town_may_find_another_last_day(office: Office) -> None:
    session = office.session
    hit = found_on(session, "employees", "甲一", date(2022, 3, 1), office["clerk"], CAME)
    early = Findings(is_true=True, words="早就参保了", last_on=date(2021, 1, 1))
    deciding.write_findings(session, hit, early, office["town"], CAME)
    assert hit.last_on == APRIL, "never before the first day"
    later = Findings(is_true=True, words="四月底才去", last_on=date(2022, 4, 29))
    deciding.write_findings(session, hit, later, office["town"], CAME)
    deciding.decide(session, hit, upheld=True, words="属实", acting=office["approver"], now=CAME)
    assert hit.engagement is not None
    assert hit.engagement.ended_on == date(2022, 4, 29)


def test_an_exit_that_the_village_reported_is_carried_on(office: Office) -> None:
    session = office.session
    hit = found_on(session, "employees", "甲一", SINCE, office["clerk"], CAME)
    assert hit.engagement is not None
    what = Leaving(ExitCause.JOB, date(2022, 4, 10), "去厂里了")
    exits.report(session, hit.engagement, what, office["head"], CAME)
    deciding.write_findings(session, hit, TRUE, office["town"], CAME)
    deciding.decide(session, hit, upheld=True, words="属实", acting=office["approver"], now=CAME)
    assert hit.engagement.ended_on == date(2022, 4, 10)


def test_an_exit_that_waits_for_something_else_hinders_the_decision(office: Office) -> None:
    session = office.session
    hit = found_on(session, "employees", "甲一", SINCE, office["clerk"], CAME)
    deciding.write_findings(session, hit, TRUE, office["town"], CAME)
    assert hit.engagement is not None
    paper = Upload("辞岗.png", b"\x89PNG\r\n\x1a\n" + b"0" * 32)
    exits.relay_resignation(session, hit.engagement, CAME.date(), paper, office["head"], CAME)
    with pytest.raises(Hindered) as hindered, session.begin_nested():
        deciding.decide(session, hit, upheld=True, words="属实", acting=office["approver"],
                        now=CAME)  # fmt: skip
    assert keys(hindered) == ["cross_check.leaving_already"]
    session.refresh(hit)
    assert hit.state == HitState.OPEN


def test_the_same_fact_next_month_is_the_same_hit(office: Office) -> None:
    session = office.session
    hit = found_on(session, "pensions", "甲一", SINCE, office["clerk"], CAME)
    again = sheet_of("pensions", [row_of(hit.person, SINCE, remark="五月")])
    later = take(session, again, "pensions", office["clerk"], at("2022-06-02 09:00"),
                 date(2022, 5, 1))  # fmt: skip
    assert later.hits == []
    twice = sheet_of("pensions", [row_of(named(session, "乙二"), SINCE)] * 2)
    assert len(take(session, twice, "pensions", office["clerk"], CAME).hits) == 1
    assert told(session, hit) == ["list_hit_pensions"]


def test_a_list_of_long_ago_is_none_of_this_post(office: Office) -> None:
    session = office.session
    over = [row_of(named(session, "甲一"), date(2018, 1, 1), date(2020, 12, 31))]
    assert take(session, sheet_of("employees", over), "employees", office["clerk"], CAME).hits == []
    taken = take(session, sheet_of("supports", over), "supports", office["clerk"], CAME)
    assert len(taken.hits) == 1, "other support counts to the 36 months whenever it was"


def test_who_has_left_before_is_not_found_and_who_left_after_is(office: Office) -> None:
    session = office.session
    engagement = session.scalars(
        select(Engagement).where(Engagement.person_id == named(session, "甲一").id)
    ).one()
    engagement.status, engagement.ended_on = EngagementStatus.ENDED, date(2022, 4, 20)
    assert engagement.application is not None
    engagement.application.status = ApplicationStatus.ON_POST
    session.flush()
    rows = [row_of(named(session, "甲一"), date(2022, 4, 21))]
    assert take(session, sheet_of("employees", rows), "employees", office["clerk"], CAME).hits == []
    hit = found_on(session, "employees", "甲一", SINCE, office["clerk"], CAME)
    deciding.write_findings(session, hit, TRUE, office["town"], CAME)
    deciding.decide(session, hit, upheld=True, words="属实", acting=office["approver"], now=CAME)
    assert (hit.state, engagement.ended_on) == (HitState.UPHELD, date(2022, 4, 20))


def test_who_applies_is_found_the_next_night_and_waits(office: Office) -> None:
    session = office.session
    number = id_number(order=300)
    rows = [[number, "丙三", SINCE, "", ""]]
    assert take(session, sheet_of("employees", rows), "employees", office["clerk"], CAME).hits == []
    person = create_person(session, name="丙三", id_number=number,
                           village_id=region(session, VILLAGE).id)  # fmt: skip
    case = create_application(session, person=person, status=ApplicationStatus.DISTRICT_CLERK)
    assert comparing.compare_again(session, CAME) == 1
    assert comparing.compare_again(session, CAME) == 0
    hit = session.scalars(select(ListHit)).one()
    assert (hit.application_id, hit.engagement_id) == (case.id, None)
    scene = Scene(session, case, CAME, None)
    assert "cross_check.applicant" in [one.key for one in check("not_excluded", scene)]
    deciding.write_findings(session, hit, TRUE, office["town"], CAME)
    deciding.decide(session, hit, upheld=True, words="属实", acting=office["approver"], now=CAME)
    made = session.scalars(select(ExclusionCheck)).one()
    assert (made.circumstance, made.outcome) == ("employee_pension_payer", "hit")


def test_what_comes_later_in_the_month_is_held_too(office: Office) -> None:
    session = office.session
    hit = found_on(session, "employees", "甲一", SINCE, office["clerk"], CAME)
    may = date(2022, 5, 1)
    ids = [hit.engagement_id] if hit.engagement_id else []
    deriving.derive(session, ids, from_on=may, to_on=date(2022, 5, 31), now=at("2022-06-03 09:00"))
    gather(session, office, may)
    held = session.scalars(select(MonthLine.held_hit_id).where(MonthLine.month_on == may)).all()
    assert sorted(map(str, held)) == sorted([str(hit.id), "None"])


def test_nobody_of_the_district_decides_about_a_relative(office: Office) -> None:
    session = office.session
    hit = found_on(session, "employees", "甲一", SINCE, office["clerk"], CAME)
    deciding.write_findings(session, hit, TRUE, office["town"], CAME)
    own = create_acting(session, Role.DISTRICT_APPROVER, "yanzhou", person_id=hit.person_id)
    with pytest.raises(Hindered) as hindered:
        deciding.decide(session, hit, upheld=False, words="没事", acting=own, now=CAME)
    assert keys(hindered) == ["cross_check.own_or_kin"]
    asked = work.of_area(own, HitState.OPEN)
    assert session.scalars(asked).all() == [], "and does not see it"


def test_the_village_looks_at_a_death_that_it_has_not_vouched_against(seeded: Session) -> None:
    office = create_office(seeded)
    create_worker(seeded, name="甲一")
    found_on(seeded, "deaths", "甲一", SINCE, office["clerk"], CAME)
    kinds_told = seeded.scalars(select(Message.kind).where(Message.staff_id.is_not(None))).all()
    assert "list_hit_head" in kinds_told


def test_the_district_is_reminded_once_of_what_has_not_come(office: Office) -> None:
    session = office.session
    assert missing.remind(session, at("2022-05-02 09:00")) == 0
    told_first = missing.remind(session, at("2022-05-03 09:00"))
    assert told_first
    missing.remind(session, at("2022-05-04 09:00"))
    reminders = select(func.count()).where(Message.kind == "lists_missing_district")
    assert session.scalar(reminders) == told_first
    for kind in ("deaths", "pensions", "employees"):
        take(session, sheet_of(kind, []), kind, office["clerk"], CAME)
    assert missing.missing(session, APRIL) == []
    assert missing.remind(session, at("2022-05-05 09:00")) == 0


# --- reading ------------------------------------------------------------------------------------


def test_csv_in_either_encoding(office: Office) -> None:
    number = named(office.session, "甲一").id_number
    text = f"死亡人员\n姓名,身份证号,死亡日期\n甲一,{number},2022/4/12\n"
    for encoding in ("utf-8-sig", "gb18030"):
        read = reading.read(Upload("a.csv", text.encode(encoding)), kinds()["deaths"], APRIL,
                            CAME.date())  # fmt: skip
        assert [(row.name, row.since_on) for row in read.rows] == [("甲一", date(2022, 4, 12))]


@pytest.mark.parametrize(
    ("cell", "key"),
    [
        ("370899197005020020", "sheet.id_wrong"),
        (3.70899197005020e17, "sheet.id_as_number"),
        ("", "sheet.empty_cell"),
    ],
)
def test_a_number_that_is_none(cell: object, key: str) -> None:
    file = sheet_of("deaths", [[cell, "甲一", SINCE, "", ""]])
    read = reading.read(file, kinds()["deaths"], APRIL, CAME.date())
    assert [one.key for _, one in read.troubles] == [key]


@pytest.mark.parametrize(
    ("since", "until", "key"),
    [
        (date(2022, 5, 4), "", "cross_check.date_ahead"),
        (date(2022, 4, 4), date(2022, 4, 3), "cross_check.dates_turned"),
        ("二〇二二", "", "sheet.no_date"),
    ],
)
def test_a_date_that_will_not_do(since: object, until: object, key: str) -> None:
    file = sheet_of("employees", [[id_number(), "甲一", since, until, ""]])
    read = reading.read(file, kinds()["employees"], APRIL, CAME.date())
    assert [one.key for _, one in read.troubles] == [key]


def test_a_list_of_nothing_but_troubles_is_not_kept(office: Office) -> None:
    with pytest.raises(Hindered) as hindered:
        take(office.session, sheet_of("deaths", [["x", "甲一", SINCE, "", ""]]), "deaths",
             office["clerk"], CAME)  # fmt: skip
    assert keys(hindered) == ["sheet.id_wrong"]


def test_a_persons_number_and_name_are_sealed(office: Office) -> None:
    session = office.session
    hit = found_on(session, "deaths", "甲一", SINCE, office["clerk"], CAME)
    row = session.scalars(select(DepartmentRow)).one()
    assert (row.name, row.id_number) == ("甲一", hit.person.id_number)
    stored = session.execute(select(DepartmentRow.__table__)).one()
    assert "甲一" not in str(stored)
    assert str(hit.person.id_number) not in str(stored)


CELLS = st.text(alphabet="甲一0123456789X-/., \n\"'=+\u3000\x00", max_size=24)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(CELLS, CELLS, CELLS, CELLS), max_size=5), st.booleans())
def test_whatever_stands_there_each_row_is_read_or_named(
    rows: list[tuple[str, ...]],
    with_head: bool,
) -> None:
    heads = WORDS["list_employees"]["heads"]
    head = [heads[one][0] for one in ("id_number", "name", "since_on", "until_on")]
    quoted = [[f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in row] for row in rows]
    text = "\n".join(",".join(line) for line in ([head] if with_head else []) + quoted)
    try:
        read = reading.read(Upload("a.csv", text.encode()), kinds()["employees"], APRIL,
                            CAME.date())  # fmt: skip
    except Unfit:
        return
    filled = sum(any("".join(cell.split()) for cell in row) for row in rows)
    assert len(read.rows) + len(read.troubles) <= filled
    assert all(row.since_on <= CAME.date() for row in read.rows)


def test_each_kind_has_its_columns_and_its_words() -> None:
    phrases = load_book().phrases
    for kind in kinds().values():
        assert set(WORDS[f"list_{kind.name}"]["needed"]) >= {"name", "id_number"}
        assert ("since_on" in WORDS[f"list_{kind.name}"]["needed"]) == kind.dated
        for key in (f"kind_{kind.name}", f"owner_{kind.owner}", f"since_{kind.name}"):
            assert f"cross_check.{key}" in phrases
        assert kind.last_on(SINCE, None) in {SINCE, SINCE - timedelta(days=1)}


def test_rows_that_named_nobody_go_after_a_year_and_the_others_stay(office: Office) -> None:
    session = office.session
    rows = [row_of(named(session, "甲一"), SINCE), [id_number(order=301), "某某", SINCE, "", ""]]
    take(session, sheet_of("employees", rows), "employees", office["clerk"], CAME)
    comparing.compare_again(session, at("2023-04-30 05:20"))
    assert session.scalar(select(func.count()).select_from(DepartmentRow)) == 2
    comparing.compare_again(session, at("2023-05-01 05:20"))
    (left,) = session.scalars(select(DepartmentRow)).all()
    assert left.name == "甲一"


def test_the_parameter_makes_a_missing_list_of_deaths_a_hindrance(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(missing, "blocks", lambda _today: True)
    with pytest.raises(Hindered) as hindered:
        close(office.session, office)
    assert keys(hindered) == ["cross_check.no_deaths"]
    take(office.session, sheet_of("deaths", []), "deaths", office["clerk"], CAME)
    sheet = gather(office.session, office)
    approve = signing.take(office.session, sheet, "approve", office["approver"],
                           at("2022-05-20 09:00"))  # fmt: skip
    assert approve.act == "approve"


def test_whoever_was_asked_hears_that_it_was_nothing(office: Office) -> None:
    session = office.session
    hit = found_on(session, "employees", "甲一", SINCE, office["clerk"], CAME)
    nothing = Findings(is_true=False, words="同名")
    deciding.write_findings(session, hit, nothing, office["town"], CAME)
    deciding.decide(session, hit, upheld=False, words="同名", acting=office["approver"], now=CAME)
    assert told(session, hit) == ["list_hit_employees", "list_hit_over"]


def test_the_district_sees_what_the_town_has_let_pass(office: Office) -> None:
    session = office.session
    found_on(session, "employees", "甲一", SINCE, office["clerk"], CAME)
    seen = [
        [item.key for item in work.Hits().items(session, office[who], at(when), 9)]
        for who in ("town", "clerk", "approver")
        for when in ("2022-05-17 09:00", "2022-05-18 09:00")
    ]
    check = ["cross_check.work_check"]
    assert seen == [check, check, [], ["cross_check.work_late"], [], []]
