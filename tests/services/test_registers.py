"""The register of people: asked for, within one's own place, marked when it leaves the house."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import AuditEntry, Engagement, EngagementStatus, Role
from services import registers
from services.registers import PAGE, Filter
from tests.builders import NOW, create_acting, create_engagement, create_person, region


def names(session: Session, seen_from: str, /, **wanted: Any) -> set[str]:
    found = registers.find(session, region(session, seen_from), Filter(**wanted))
    return {row.person.name for row in found.rows}


@pytest.fixture
def people(seeded: Session) -> dict[str, Engagement]:
    made = {}
    states: dict[str, dict[str, Any]] = {
        "吴春": {},
        "吴春生": {"engagement_status": EngagementStatus.ENDED},
        "郑夏": {"village": "v-gulou-xiangyang", "track": "urban", "origin": "integrated"},
    }
    for name, other in states.items():
        made[name] = create_engagement(seeded, person=create_person(seeded, name=name), **other)
    return made


def test_nothing_is_shown_where_nothing_was_asked(
    seeded: Session, people: dict[str, Engagement]
) -> None:
    assert names(seeded, "yanzhou") == set()
    assert names(seeded, "yanzhou", name="吴") == set()


def test_each_question_narrows(seeded: Session, people: dict[str, Engagement]) -> None:
    assert names(seeded, "yanzhou", name="吴春") == {"吴春", "吴春生"}
    assert names(seeded, "yanzhou", status=EngagementStatus.STARTING) == {"吴春", "郑夏"}
    assert names(seeded, "yanzhou", track="urban") == {"郑夏"}
    assert names(seeded, "yanzhou", origin="integrated") == {"郑夏"}
    assert names(seeded, "yanzhou", place=region(seeded, "xinyan")) == {"吴春", "吴春生"}
    assert names(seeded, "yanzhou", code="P2022-0005") == {"郑夏"}
    assert names(seeded, "yanzhou", code=people["吴春"].worker_code) == {"吴春"}
    assert names(seeded, "yanzhou", name="吴春", status=EngagementStatus.ENDED) == {"吴春生"}
    assert names(seeded, "yanzhou", name="%春") == set()


def test_it_ends_at_the_border(seeded: Session, people: dict[str, Engagement]) -> None:
    assert names(seeded, "gulou", status=EngagementStatus.STARTING) == {"郑夏"}
    assert names(seeded, "gulou", place=region(seeded, "xinyan")) == set()


def test_a_long_register_comes_page_by_page(seeded: Session) -> None:
    for order in range(PAGE + 1):
        create_engagement(seeded, worker_code=f"W2022{order:05d}")
    wanted = Filter(track="rural")
    first = registers.find(seeded, region(seeded, "yanzhou"), wanted)
    assert len(first.rows) == PAGE
    assert first.next is not None
    last = registers.find(seeded, region(seeded, "yanzhou"), wanted, first.next)
    assert [row.worker_code for row in last.rows] == [f"W2022{PAGE:05d}"]
    assert last.next is None


def test_a_name_that_looks_like_a_formula_stays_a_name(seeded: Session) -> None:
    person = create_person(seeded, name="=1+1")
    create_engagement(seeded, person=person)
    clerk = create_acting(seeded, Role.DISTRICT_CLERK, "yanzhou")
    content = registers.export(seeded, Filter(track="rural"), clerk, NOW)
    rows = CalamineWorkbook.from_filelike(BytesIO(content)).get_sheet_by_index(0).to_python()
    assert rows[2][rows[1].index("姓名")] == "=1+1"
    assert rows[2][rows[1].index("身份证号")] == person.id_number
    assert "周经办" in str(rows[0][0])
    assert "2022-04-06 09:00" in str(rows[0][0])


@pytest.mark.parametrize("role", list(Role))
def test_id_numbers_leave_only_with_roles_that_need_them(seeded: Session, role: Role) -> None:
    person = create_engagement(seeded).person
    acting = create_acting(seeded, role, "yanzhou")
    content = registers.export(seeded, Filter(track="rural"), acting, NOW)
    rows = CalamineWorkbook.from_filelike(BytesIO(content)).get_sheet_by_index(0).to_python()
    holds = any(person.id_number in row for row in rows)
    assert holds is (role in {Role.TOWN_CLERK, Role.DISTRICT_CLERK})


def test_who_took_what_is_written_down_without_names(
    seeded: Session, people: dict[str, Engagement]
) -> None:
    clerk = create_acting(seeded, Role.TOWN_CLERK, "xinyan")
    registers.export(seeded, Filter(name="吴春"), clerk, NOW)
    kept = seeded.scalars(select(AuditEntry).filter_by(act="register.exported")).one()
    assert kept.details["rows"] == 2
    assert kept.details["id_numbers"] is True
    assert kept.details["filter"]["name"] == "given"
    assert "吴" not in str(kept.details)


def test_the_engagement_that_a_person_holds(seeded: Session, people: dict[str, Engagement]) -> None:
    assert registers.current_engagement(seeded, people["吴春"].person) is people["吴春"]
    assert registers.current_engagement(seeded, people["吴春生"].person) is None
