"""The kinds of question that the desk answers, as JSON in and JSON out.

    age          born_on, on                                    age
    retirement   born_on, category, law_on                      retires_on, delay_months
    eligibility  ruleset, reference_on, track, born_on, sex,    outcome, matched,
                 retire_category?, groups?, unemployed?,        becomes_eligible_on, trace
                 zero_employment_household?
    term         track, started_on, months_used, born_on,       ends_on, may_extend_to
                 retire_category, first_approved_on
    notice       posted_on, working_days                        last_day
    split        amount_fen                                     province_fen, city_fen, district_fen
    instalments  annual_fen, months                             fen
    id_number    text, on?                                      valid and the reading, or problem
    quota        year, town, track                              quota
    pay          track, months, rate_fen?, kind?, hours?        amounts, month by month
                 (rules/pay_question.py)
    day          own?, clerk?, head?, phase?, and the others    state, counted, row
                 (rules/attendance_question.py)

The last three keys of a term are for the urban track; a rural term does not look at them. Facts
with a question mark may be null or left out: nobody knows them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from typing import Any, cast

from rules import (
    age,
    attendance_question,
    calendar,
    eligibility,
    id_number,
    messages,
    money,
    pay_question,
    quota,
    term,
)
from rules.errors import InvalidQuestion
from rules.messages import Language
from rules.question import Sex, Track
from rules.question_keys import Keys
from rules.retirement import CATEGORIES, Category, retirement

_TRACKS = ("rural", "urban")
_SEXES = ("female", "male")
_MOST_MONTHS = 1200

Json = dict[str, Any]


def answer(question: Json, *, today: date, language: Language = "en") -> Json:
    """The answer to one question; a :class:`RuleError` says why there is none."""
    keys = Keys(question)
    kind = keys.choice("ask", _KINDS)
    return _KINDS[kind](keys, today, language)


def _age(keys: Keys, _today: date, _language: Language) -> Json:
    born_on, on = keys.day("born_on"), keys.day("on")
    keys.finish()
    return {"age": age.age_on(born_on, on)}


def _retirement(keys: Keys, _today: date, _language: Language) -> Json:
    born_on, law_on = keys.day("born_on"), keys.day("law_on")
    category = cast(Category, keys.choice("category", CATEGORIES))
    keys.finish()
    found = retirement(born_on, category, law_on=law_on)
    return {"retires_on": found.retires_on.isoformat(), "delay_months": found.delay_months}


def _eligibility(keys: Keys, _today: date, _language: Language) -> Json:
    question = eligibility.Question(
        ruleset=keys.text("ruleset"),
        reference_on=keys.day("reference_on"),
        track=cast(Track, keys.choice("track", _TRACKS)),
        born_on=keys.day_or_none("born_on"),
        sex=cast("Sex | None", keys.choice_or_none("sex", _SEXES)),
        retire_category=cast("Category | None", keys.choice_or_none("retire_category", CATEGORIES)),
        groups=keys.names("groups"),
        unemployed=keys.fact("unemployed"),
        zero_employment_household=keys.fact("zero_employment_household"),
    )
    keys.finish()
    return eligibility.decide(question).as_json()


def _term(keys: Keys, today: date, _language: Language) -> Json:
    track = keys.choice("track", _TRACKS)
    started_on, months_used = keys.day("started_on"), keys.number("months_used")
    born_on, first_approved_on = keys.day_or_none("born_on"), keys.day_or_none("first_approved_on")
    category = cast("Category | None", keys.choice_or_none("retire_category", CATEGORIES))
    keys.finish()
    if track == "rural":
        return _term_json(term.rural_term(started_on, months_used))
    if category is None:
        raise InvalidQuestion("category_missing")
    found = term.urban_term(
        started_on,
        months_used,
        born_on=_needed("born_on", born_on),
        category=category,
        first_approved_on=_needed("first_approved_on", first_approved_on),
        law_on=today,
    )
    return _term_json(found)


def _needed(key: str, day: date | None) -> date:
    if day is None:
        raise InvalidQuestion("needed_for_urban", key=key)
    return day


def _term_json(found: term.Term) -> Json:
    days = {"ends_on": found.ends_on, "may_extend_to": found.may_extend_to}
    return {key: day.isoformat() if day else None for key, day in days.items()}


def _notice(keys: Keys, _today: date, _language: Language) -> Json:
    posted_on, working_days = keys.day("posted_on"), keys.number("working_days")
    keys.finish()
    return {"last_day": calendar.last_notice_day(posted_on, working_days).isoformat()}


def _split(keys: Keys, _today: date, _language: Language) -> Json:
    amount_fen = keys.number("amount_fen")
    keys.finish()
    return asdict(money.split(amount_fen))


def _instalments(keys: Keys, _today: date, _language: Language) -> Json:
    annual_fen, months = keys.number("annual_fen"), keys.number("months")
    keys.finish()
    if not 0 <= months <= _MOST_MONTHS:
        raise InvalidQuestion("not_between", key="months", value=months, least=0, most=_MOST_MONTHS)
    return {"fen": list(money.instalments(annual_fen, months))}


def _id_number(keys: Keys, today: date, language: Language) -> Json:
    text, on = keys.text("text"), keys.day_or_none("on")
    keys.finish()
    found = id_number.read(text, on or today)
    if found.born_on is None:
        reason = messages.sentence(f"id_{found.problem}", language, {"value": text})
        return {
            "valid": False,
            "problem": found.problem,
            "reason": reason,
            "suggestion": found.suggestion,
        }
    return {
        "valid": True,
        "id_number": found.id_number,
        "born_on": found.born_on.isoformat(),
        "sex": found.sex,
    }


def _quota(keys: Keys, _today: date, _language: Language) -> Json:
    year, town = keys.number("year"), keys.text("town")
    track = cast(Track, keys.choice("track", _TRACKS))
    keys.finish()
    return {"quota": quota.quota(year, town, track)}


_KINDS: dict[str, Callable[[Keys, date, Language], Json]] = {
    "age": _age,
    "retirement": _retirement,
    "eligibility": _eligibility,
    "term": _term,
    "notice": _notice,
    "split": _split,
    "instalments": _instalments,
    "id_number": _id_number,
    "quota": _quota,
    "pay": pay_question.answer,
    "day": attendance_question.answer,
}
