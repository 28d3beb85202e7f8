"""A district's own values: four eyes, values that fit, in force from their day, named in traces."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import AuditEntry, Role
from rules import eligibility, parameters, term
from rules.errors import RuleError
from rules.parameters import Override
from services import overrides, screening
from services.acting import Acting
from services.overrides import Keeping, Proposal
from services.procedure import Hindered
from tests.builders import NOW, create_acting

TODAY = NOW.date()
LATER = TODAY + timedelta(days=30)
PAPER = "区人社局2022年第3次会议"


@pytest.fixture(autouse=True)
def own_values() -> Iterator[None]:
    yield
    parameters.use_overrides(())


@pytest.fixture
def one(seeded: Session) -> Acting:
    return create_acting(seeded, Role.ADMINISTRATOR, "yanzhou")


@pytest.fixture
def two(seeded: Session) -> Acting:
    return create_acting(seeded, Role.ADMINISTRATOR, "yanzhou")


def proposal(**more: Any) -> Proposal:
    given: dict[str, Any] = {
        "name": "eligibility.older_rural_age_min",
        "value": 50,
        "from_on": LATER,
        "reference": PAPER,
    }
    return Proposal(**{**given, **more})


def value(name: str, day: date) -> Any:
    return parameters.in_force(name, day).value


def test_nothing_changes_until_somebody_else_agrees(
    seeded: Session, one: Acting, two: Acting
) -> None:
    name = "eligibility.older_rural_age_min"
    before = value(name, LATER)
    made = overrides.propose(seeded, proposal(), one, NOW)
    overrides.take_over(seeded)
    assert value(name, LATER) == before
    overrides.decide(seeded, made, two, NOW, agreed=True)
    overrides.take_over(seeded)
    held = parameters.in_force(name, LATER)
    assert (held.value, held.since, held.status) == (50, LATER, "verified")
    assert PAPER in held.reference
    assert str(made.id) in held.reference
    assert value(name, LATER - timedelta(days=1)) == before
    acts = list(seeded.scalars(select(AuditEntry.act).order_by(AuditEntry.id)))
    assert acts[-2:] == ["parameter.proposed", "parameter.agreed"]


def test_nobody_agrees_to_their_own(seeded: Session, one: Acting) -> None:
    made = overrides.propose(seeded, proposal(), one, NOW)
    with pytest.raises(Hindered) as raised:
        overrides.decide(seeded, made, one, NOW, agreed=True)
    assert raised.value.obstacles[0].key == "parameters.not_your_own"
    overrides.decide(seeded, made, one, NOW, agreed=False)
    assert made.agreed is False


def test_what_was_decided_stays_decided(seeded: Session, one: Acting, two: Acting) -> None:
    made = overrides.propose(seeded, proposal(), one, NOW)
    overrides.decide(seeded, made, two, NOW, agreed=False)
    overrides.decide(seeded, made, two, NOW, agreed=False)
    with pytest.raises(Hindered):
        overrides.decide(seeded, made, two, NOW, agreed=True)
    overrides.take_over(seeded)
    assert value("eligibility.older_rural_age_min", LATER) != 50


def test_a_proposal_whose_day_has_passed_cannot_be_agreed_to(
    seeded: Session, one: Acting, two: Acting
) -> None:
    made = overrides.propose(seeded, proposal(), one, NOW)
    with pytest.raises(Hindered):
        overrides.decide(seeded, made, two, NOW + timedelta(days=31), agreed=True)


def test_a_second_click_is_the_first_proposal(seeded: Session, one: Acting) -> None:
    first = overrides.propose(seeded, proposal(), one, NOW)
    assert overrides.propose(seeded, proposal(), one, NOW) is first
    assert len(overrides.pending(seeded)) == 1


MISFITS: dict[str, dict[str, Any]] = {
    "parameters.unknown": {"name": "no.such"},
    "parameters.misfit_whole": {"value": 50.5},
    "parameters.misfit_positive": {"value": 0},
    "parameters.not_backwards": {"from_on": TODAY - timedelta(days=1)},
    "parameters.reference_needed": {"reference": " . "},
    "parameters.reference_long": {"reference": "文" * 201},
    "parameters.no_change": {"value": 45},
}


@pytest.mark.parametrize("key", MISFITS)
def test_what_does_not_fit_is_said(seeded: Session, one: Acting, key: str) -> None:
    with pytest.raises(Hindered) as raised:
        overrides.propose(seeded, proposal(**MISFITS[key]), one, NOW)
    assert key in {obstacle.key for obstacle in raised.value.obstacles}


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
def test_only_administrators_touch_parameters(seeded: Session, one: Acting, role: Role) -> None:
    other = create_acting(seeded, role, "yanzhou")
    with pytest.raises(Hindered):
        overrides.propose(seeded, proposal(), other, NOW)
    made = overrides.propose(seeded, proposal(), one, NOW)
    with pytest.raises(Hindered):
        overrides.decide(seeded, made, other, NOW, agreed=True)


SHAPES: list[tuple[str, Any, str | None]] = [
    ("eligibility.exclude_students", False, None),
    ("eligibility.exclude_students", 1, "truth"),
    ("eligibility.upper_bound_mode", "until_birthday", None),
    ("eligibility.upper_bound_mode", "never", "choice"),
    ("eligibility.cadre_rule", "allow", "choice"),
    ("contact.quiet_hours", {"from": "21:00", "to": "07:00"}, None),
    ("contact.quiet_hours", {"from": "21:00"}, "keys"),
    ("contact.quiet_hours", {"from": "25:00", "to": "07:00"}, "time"),
    ("term.reminder_days", [60, 30], None),
    ("term.reminder_days", [], "list"),
    ("term.reminder_days", [60, "30"], "whole"),
    ("eligibility.exclusions", ["student"], None),
    ("eligibility.exclusions", ["student", "student"], "names"),
    ("eligibility.exclusions", ["rich"], "names"),
    ("notice.notice_days", True, "whole"),
    ("notice.notice_days", 10**15, "positive"),
    ("attendance.village_confirms_by", "8pm", "time"),
    ("plan.effective_on", "2022-02-30", "day"),
    ("plan.effective_on", "2022-02-28", None),
]


@pytest.mark.parametrize(("name", "given", "why"), SHAPES)
def test_a_value_must_have_the_shape_of_its_parameter(name: str, given: Any, why: str) -> None:
    parameter = overrides.find(name)
    assert parameter is not None
    assert parameters.misfit(parameter, given) == why


@pytest.mark.parametrize("parameter", parameters.printed().values(), ids=lambda one: one.name)
def test_every_value_of_the_shelf_fits_itself(parameter: parameters.Parameter) -> None:
    listed = parameter.unit != "choice" or parameter.name in parameters.choices()
    for held in parameter.values:
        shown = held.value.isoformat() if isinstance(held.value, date) else held.value
        assert parameters.misfit(parameter, shown) == (None if listed else "choice")


def test_every_choice_is_a_parameter_of_that_unit() -> None:
    for name in parameters.choices():
        assert parameters.printed()[name].unit == "choice"


def test_decisions_see_an_override_and_name_it(seeded: Session) -> None:
    day = date(2022, 4, 30)
    facts: dict[str, Any] = {"track": "rural", "born": {"on": "1974-05-02", "sex": "female"},
             "groups": [], "retire_category": None}  # fmt: skip
    question = screening.ask(facts, ruleset="yanzhou-2022", reference_on=day)
    assert eligibility.decide(question).outcome == "eligible"
    name = "eligibility.older_rural_age_min"
    parameters.use_overrides([Override(name, 50, date(2022, 4, 1), "paper 7")])
    stricter = eligibility.decide(question)
    assert stricter.outcome != "eligible"
    parameters.use_overrides(())
    assert eligibility.decide(question).outcome == "eligible"


def test_a_later_value_of_the_shelf_follows_an_override(seeded: Session) -> None:
    parameter = parameters.Parameter(
        "x.y", "", "days",
        tuple(parameters.InForce("x.y", n, "days", day, "r", "found")
              for n, day in ((1, date(2022, 1, 1)), (3, date(2024, 1, 1)))),
    )  # fmt: skip
    own = [Override("x.y", 2, date(2023, 1, 1), "a"), Override("x.y", 4, date(2023, 1, 1), "b"),
           Override("gone", 1, date(2023, 1, 1), "c")]  # fmt: skip
    held = parameters.layered({"x.y": parameter}, own)["x.y"]
    assert [one.value for one in held.values] == [1, 4, 3]


def test_terms_see_an_override(seeded: Session) -> None:
    day = date(2022, 6, 1)
    before = term.rural_extension_limit(day)
    parameters.use_overrides([Override("term.rural_ext_max_months", 1, date(2022, 1, 1), "p")])
    assert term.rural_extension_limit(day) < before


def test_an_unknown_name_stays_unknown() -> None:
    parameters.use_overrides([Override("no.such", 1, date(2022, 1, 1), "p")])
    with pytest.raises(RuleError):
        parameters.in_force("no.such", TODAY)


def test_every_process_takes_agreed_values_over_within_seconds(
    seeded: Session, one: Acting, two: Acting
) -> None:
    class Wall:
        def now(self, _session: Session) -> Any:
            return NOW

    at = [0.0]
    clock = Keeping(Wall(), machine=lambda: at[0])
    assert clock.now(seeded) == NOW
    made = overrides.propose(seeded, proposal(), one, NOW)
    overrides.decide(seeded, made, two, NOW, agreed=True)
    name = "eligibility.older_rural_age_min"
    clock.now(seeded)
    assert value(name, LATER) != 50
    at[0] += overrides.FRESH_SECONDS
    clock.now(seeded)
    assert value(name, LATER) == 50
