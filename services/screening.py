"""Screening: what the rule set says about one person, kept with its whole trace.

The chat never refuses: `not_eligible` is "not for now, and this is what is missing"; only staff
refuse (R-3.2h).
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import Table, insert
from sqlalchemy.orm import Session

from models import Application
from models import Decision as DecisionRow
from models.prepared import Prepared
from rules import eligibility
from rules.eligibility import Decision, Question

_DECISIONS = cast(Table, DecisionRow.__table__)
_KEEP = Prepared(
    insert(_DECISIONS).inline(),  # nobody needs the new row's number
    columns=[column.name for column in _DECISIONS.c if column.name != "id"],
)

DEFAULT_RULESET = "yanzhou-2022"
"""The plan itself, for questions while no announcement has named a rule set yet."""


def ask(answers: Mapping[str, Any], *, ruleset: str, reference_on: date) -> Question:
    """The rules desk's question from a form's answers; what was not asked stays unknown."""
    born = answers.get("born")
    return Question(
        ruleset=ruleset,
        reference_on=reference_on,
        track=answers["track"],
        born_on=date.fromisoformat(born["on"]) if born else None,
        sex=answers.get("sex") or (born or {}).get("sex"),
        retire_category=answers.get("retire_category"),
        groups=frozenset(answers["groups"]) if answers.get("groups") is not None else None,
        unemployed=answers.get("unemployed"),
        zero_employment_household=answers.get("zero_employment_household"),
    )


def of_application(application: Application, today: date) -> Question:
    """The question as it stands today: the announcement's rules and reference date, the facts as
    they were verified. Somebody who retired since counts as of today."""
    person, announcement = application.person, application.announcement
    facts = {**application.claims, "track": application.track}
    born = {"on": person.born_on.isoformat(), "sex": person.sex}
    reference_on = announcement.reference_on
    if application.track == "urban":
        reference_on = max(reference_on, today)
    return ask({**facts, "born": born}, ruleset=announcement.ruleset, reference_on=reference_on)


def decide_application(application: Application, today: date) -> Decision:
    """What the rules say of the application today; nothing is kept."""
    return eligibility.decide(of_application(application, today))


def decide_and_keep(
    session: Session,
    question: Question,
    *,
    at: datetime,
    contact_id: uuid.UUID | None = None,
    application_id: uuid.UUID | None = None,
) -> Decision:
    """Decide, and keep facts, outcome and trace for the day somebody asks why."""
    decision = eligibility.decide(question)
    session.flush()  # the application may be as new as the decision on it
    row = {
        "application_id": application_id,
        "contact_id": contact_id,
        "decided_at": at,
        "ruleset": question.ruleset,
        "facts": _plain(asdict(question)),
        "outcome": decision.outcome,
        "matched": list(decision.matched),
        "trace": [_plain(entry.as_json()) for entry in decision.trace],
    }
    _KEEP.run(session.connection(), row)
    return decision


def _plain(value: Any) -> Any:
    """The value as JSON can carry it: dates by ISO, tuples as lists."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(part) for part in value]
    if isinstance(value, frozenset):
        return sorted(value)
    return value
