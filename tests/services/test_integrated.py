"""Those who were there before 2022 are taken over: whole lists, counted months, named mistakes."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Engagement, EngagementStatus, IntegratedBatch, Person, Post, Role
from services import integrated, plan, quotas, sheets_in
from services.acting import Acting
from services.attachments import Upload
from services.integrated import TakenOver
from services.procedure import Hindered
from services.terms import reckoning
from tests.builders import NOW, create_acting, create_engagement, id_number, region
from tests.sheets import workbook

HEADS = ["姓名", "身份证号", "岗位编号", "上岗日期", "首次批准日期", "退休类别"]
RURAL, URBAN = "P2022-0001", "P2022-0005"


@pytest.fixture
def clerk(seeded: Session) -> Acting:
    return create_acting(seeded, Role.DISTRICT_CLERK, "yanzhou")


def line(order: int, **other: Any) -> list[Any]:
    born = other.pop("born", date(1970, 5, 2))
    values = {
        "name": f"吴{order}",
        "id": id_number(born, order=300 + order, sex=other.pop("sex", "female")),
        "post": RURAL,
        "starts": date(2021, 3, 1),
        "first": "",
        "category": "",
        **other,
    }
    return list(values.values())


def take(
    session: Session, clerk: Acting, *rows: list[Any], plan_year: int | None = None
) -> TakenOver:
    upload = Upload("名单.xlsx", workbook([HEADS, *rows]).read())
    return integrated.take_over(session, upload, plan_year=plan_year, acting=clerk, now=NOW)


def test_earlier_months_count(seeded: Session, clerk: Acting) -> None:
    """R-3.1e: who started on 1 March 2021 ends on 29 February 2024."""
    assert take(seeded, clerk, line(1)) == TakenOver(on_post=1, over=0)
    taken = seeded.scalars(select(Engagement)).one()
    assert (taken.starts_on, taken.ends_on) == (date(2021, 3, 1), date(2024, 2, 29))
    assert (taken.origin, taken.status) == ("integrated", EngagementStatus.ON_POST)
    assert taken.first_approved_on == date(2021, 3, 1)
    assert taken.person.id_number == line(1)[1]


def test_a_term_that_is_over_is_kept_as_over(seeded: Session, clerk: Acting) -> None:
    assert take(seeded, clerk, line(1, starts=date(2018, 3, 1))) == TakenOver(on_post=0, over=1)
    assert seeded.scalars(select(Engagement.status)).one() == EngagementStatus.ENDED


def test_an_urban_woman_needs_her_category_and_ends_at_retirement(
    seeded: Session, clerk: Acting
) -> None:
    woman = {"born": date(1973, 6, 1), "post": URBAN}
    assert take(seeded, clerk, line(1, **woman)).wrong[0][1].key == "integrated.no_category"
    assert take(seeded, clerk, line(1, category="F50", **woman)).on_post == 1
    assert seeded.scalars(select(Engagement.ends_on)).one() == date(2023, 6, 1)


def test_an_urban_man_needs_none(seeded: Session, clerk: Acting) -> None:
    man = line(1, born=date(1965, 1, 4), sex="male", post=URBAN)
    assert take(seeded, clerk, man).on_post == 1


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"id": 370899197005020029.0}, "sheet.id_as_number"),
        ({"id": "3.70899E+17"}, "sheet.id_as_number"),
        ({"id": "370899197005020000"}, "sheet.id_wrong"),
        ({"name": ""}, "sheet.empty_cell"),
        ({"post": "P-0"}, "integrated.no_such_post"),
        ({"starts": "去年"}, "sheet.no_date"),
        ({"starts": date(2022, 1, 1)}, "integrated.begins_too_late"),
        ({"first": date(2021, 6, 1)}, "integrated.first_after_start"),
        ({"born": date(1965, 1, 4), "post": URBAN, "category": "F50"}, "integrated.retired_before"),
    ],
)
def test_a_mistake_is_named_and_nothing_is_taken(
    seeded: Session, clerk: Acting, other: dict[str, Any], why: str
) -> None:
    found = take(seeded, clerk, line(1), line(2, **other))
    assert [(number, one.key) for number, one in found.wrong] == [(3, why)]
    assert not seeded.scalars(select(Engagement)).all()
    assert not seeded.scalars(select(Person)).all()
    assert not seeded.scalars(select(IntegratedBatch)).all()


def test_the_same_person_twice_and_a_full_post(seeded: Session, clerk: Acting) -> None:
    post = seeded.scalars(select(Post).where(Post.code == RURAL)).one()
    post.headcount = 1
    found = take(seeded, clerk, line(1), line(1), line(2))
    assert [(number, one.key) for number, one in found.wrong] == [
        (3, "obstacle.has_a_post"),
        (4, "obstacle.post_full"),
    ]


def test_another_name_on_a_known_number(seeded: Session, clerk: Acting) -> None:
    known = create_engagement(seeded, engagement_status=EngagementStatus.ENDED).person
    (wrong,) = take(seeded, clerk, line(1, id=known.id_number)).wrong
    assert wrong[1].key == "integrated.name_differs"


def test_a_list_comes_once(seeded: Session, clerk: Acting) -> None:
    upload = Upload("名单.xlsx", workbook([HEADS, line(1)]).read())
    for known in (False, True):
        if known:
            with pytest.raises(Hindered):
                integrated.take_over(seeded, upload, plan_year=None, acting=clerk, now=NOW)
        else:
            integrated.take_over(seeded, upload, plan_year=None, acting=clerk, now=NOW)


def test_an_empty_list_is_said(seeded: Session, clerk: Acting) -> None:
    assert take(seeded, clerk).wrong[0][1].key == "integrated.empty"


@pytest.mark.parametrize(("year", "held"), [(None, 0), (2022, 2), (2023, 0)])
def test_whether_they_count_in_the_plan_is_said_per_list(
    seeded: Session, clerk: Acting, year: int | None, held: int
) -> None:
    take(seeded, clerk, line(1), line(2), plan_year=year)
    town = region(seeded, "xinyan")
    assert quotas.taken(seeded, 2022, town, "rural") == held
    assert plan.filled_places(seeded, 2022)[town.id, "rural"] == held
    assert quotas.taken(seeded, 2022, town, "urban") == 0


def test_their_months_count_for_a_later_post(seeded: Session, clerk: Acting) -> None:
    take(seeded, clerk, line(1, starts=date(2020, 4, 6)))
    before = seeded.scalars(select(Engagement)).one()
    before.status, before.ends_on = EngagementStatus.ENDED, date(2022, 4, 5)
    later = create_engagement(seeded, person=before.person)
    assert reckoning.last_day(seeded, later, date(2022, 4, 11), NOW.date()) == date(2023, 4, 10)


def test_only_the_districts_clerk_takes_over(seeded: Session) -> None:
    with pytest.raises(Hindered):
        take(seeded, create_acting(seeded, Role.TOWN_CLERK, "xinyan"), line(1))


def test_merged_cells_are_refused(seeded: Session, clerk: Acting) -> None:
    upload = Upload("名单.xlsx", workbook([HEADS, line(1)], merged="A3:A4").read())
    with pytest.raises(sheets_in.Unfit) as unfit:
        integrated.take_over(seeded, upload, plan_year=None, acting=clerk, now=NOW)
    assert unfit.value.obstacle.slots == {"cell": "A4"}
