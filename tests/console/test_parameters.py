"""The parameters page: value, source, status in words; a change needs two administrators."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from models import ParameterOverride
from rules import parameters
from tests.builders import NOW
from tests.console.conftest import Visit

FORM = {"value": "7", "from_on": "2022-05-01", "reference": "区人社局2022年第3次会议"}
NAME = "notice.notice_days"


@pytest.fixture(autouse=True)
def own_values() -> Iterator[None]:
    yield
    parameters.use_overrides(())


def test_assumptions_are_said_to_be_so(visit: Visit) -> None:
    one = visit("guanliyi")
    one.get("/console/parameters")
    assert "待定" in one.words
    assert "方案未规定" in one.words
    for parameter in parameters.all_parameters():
        assert parameter.name in one.words


def test_every_parameter_has_its_page(visit: Visit) -> None:
    one = visit("guanliyi")
    for name in parameters.printed():
        assert one.get(f"/console/parameters/{name}").status_code == 200, name


def test_a_change_takes_two(visit: Visit, seeded_sessions: sessionmaker[Session]) -> None:
    one, two = visit("guanliyi"), visit("guanlier")
    one.get(f"/console/parameters/{NAME}")
    one.post(f"/console/parameters/{NAME}", FORM)
    assert "要另一位管理员同意" in one.words
    with seeded_sessions() as session:
        key = session.scalars(select(ParameterOverride.id)).one()
    one.post(f"/console/parameters/{NAME}/proposals/{key}", {"answer": "agree"})
    assert "不能自己同意" in one.words
    two.get("/console/")
    assert "等您同意的参数" in two.words
    two.get(f"/console/parameters/{NAME}")
    two.post(f"/console/parameters/{NAME}/proposals/{key}", {"answer": "agree"})
    assert "从2022年5月1日起用" in two.words
    assert "区级调整" in two.words
    day = NOW.date().replace(month=5, day=1)
    assert parameters.in_force(NAME, day).value == 7


def test_turned_down_changes_nothing(visit: Visit, seeded_sessions: sessionmaker[Session]) -> None:
    one, two = visit("guanliyi"), visit("guanlier")
    one.get(f"/console/parameters/{NAME}")
    one.post(f"/console/parameters/{NAME}", FORM)
    with seeded_sessions() as session:
        key = session.scalars(select(ParameterOverride.id)).one()
    two.get(f"/console/parameters/{NAME}")
    two.post(f"/console/parameters/{NAME}/proposals/{key}", {"answer": "refuse"})
    assert "没有同意" in two.words
    with seeded_sessions() as session:
        assert session.scalars(select(ParameterOverride.agreed)).one() is False


TYPED = [
    ("term.reminder_days", {"value": "60、30，7"}, [60, 30, 7]),
    ("eligibility.exclude_students", {"value": "no"}, False),
    ("eligibility.upper_bound_mode", {"value": "until_birthday"}, "until_birthday"),
    ("contact.quiet_hours", {"value-from": "21:00", "value-to": "07:00"},
     {"from": "21:00", "to": "07:00"}),
    ("attendance.village_confirms_by", {"value": "19:30"}, "19:30"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "typed", "value"), TYPED)
def test_what_is_typed_becomes_a_value(
    visit: Visit,
    seeded_sessions: sessionmaker[Session],
    name: str,
    typed: dict[str, str],
    value: object,
) -> None:
    one = visit("guanliyi")
    one.get(f"/console/parameters/{name}")
    one.post(f"/console/parameters/{name}", {**FORM, "value": "", **typed})
    with seeded_sessions() as session:
        assert session.scalars(select(ParameterOverride)).one().value == {"value": value}


BAD = [
    ({"value": "七天"}, "要填整数"),
    ({"value": ""}, "要填整数"),
    ({"from_on": ""}, "请填起用日期"),
    ({"from_on": "2022-04-01"}, "不能早于今天"),
    ({"reference": ""}, "请写明依据"),
]


@pytest.mark.parametrize(("wrong", "sentence"), BAD)
def test_what_is_wrong_is_said_and_what_was_typed_stays(
    visit: Visit, wrong: dict[str, str], sentence: str
) -> None:
    one = visit("guanliyi")
    one.get(f"/console/parameters/{NAME}")
    answer = one.post(f"/console/parameters/{NAME}", {**FORM, **wrong})
    assert answer.status_code in {409, 422}
    assert sentence in one.words
    kept = {**FORM, **wrong}["reference"]
    assert not kept or kept in one.page


@pytest.mark.parametrize("login", ["cunwenshu", "zhenjingban", "linye", "disanfang"])
def test_others_are_turned_away(visit: Visit, login: str) -> None:
    assert visit(login).get("/console/parameters").status_code == 403


@pytest.mark.parametrize("login", ["jiandu", "qujingban", "qushenpi"])
def test_some_may_look_and_not_propose(visit: Visit, login: str) -> None:
    other = visit(login)
    assert other.get(f"/console/parameters/{NAME}").status_code == 200
    assert "提一个新值" not in other.words
    assert other.post(f"/console/parameters/{NAME}", FORM).status_code == 403


def test_a_name_that_is_none_is_not_found(visit: Visit) -> None:
    assert visit("guanliyi").get("/console/parameters/no.such").status_code == 404
