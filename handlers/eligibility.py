"""Do I qualify? Asked by anybody, for themselves or a relative, without binding (R-3.2, R-0.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from dialog import Answers, Ask, Flow, Json, Option, Say
from handlers import policy
from handlers.counter import Asked, Counter, Outcome, Start
from handlers.desk import Desk
from handlers.readers import birth, choice, several
from rules.eligibility import Decision
from rules.rulesets import Rule, load
from services import announcements, screening
from services.announcements import Terms
from services.policy import entries
from wording.hearing import hear_relative, hear_service
from wording.hearing.matters import is_about

FLOW = "eligibility"
POLICY_TOPICS = frozenset({"eligibility"})
SURELY = 0.48
"""A little more than elsewhere: the questions of the form answer most of what is asked here."""
UNKNOWN = "unknown"
NONE = "none"


def facts_in_force(desk: Desk) -> tuple[str, date, Terms | None]:
    """The rule set and the reference date that count today, and the open announcement."""
    posted = announcements.terms_on(desk.session, desk.today)
    if posted is not None:
        return posted.ruleset, posted.reference_on, posted
    latest = announcements.latest_before(desk.session, desk.today)
    return (latest.ruleset if latest else screening.DEFAULT_RULESET), desk.today, None


def numbered(slot: str, values: Sequence[Json], *, topic: str = FLOW) -> Any:
    """Options whose labels are the keys `<topic>.<slot>_<value>`."""

    def options(_answers: Answers, _desk: Desk) -> Sequence[Option]:
        return [Option(value, Say(f"{topic}.{slot}_{_name(value)}")) for value in values]

    return options


def _name(value: Json) -> str:
    return {True: "yes", False: "no", None: UNKNOWN}.get(value, str(value))


def group_options(_answers: Answers, desk: Desk) -> Sequence[Option]:
    """The claims that the rule set in force knows, then none, then not sure."""
    ruleset, _, _ = facts_in_force(desk)
    rules = load(ruleset).tracks["rural"]
    claims = [name for rule in rules for name in rule.when.get("any_group", ())]
    return [
        *(Option(name, Say(f"{FLOW}.group_{name}")) for name in claims),
        Option(NONE, Say(f"{FLOW}.group_{NONE}")),
        Option(UNKNOWN, Say(f"{FLOW}.group_{UNKNOWN}")),
    ]


def is_rural(answers: Answers) -> bool:
    return answers.get("track") in {"rural", "mixed"}


def is_urban(answers: Answers) -> bool:
    return answers.get("track") == "urban"


def _lacks_sex(answers: Answers) -> bool:
    return is_urban(answers) and not (answers.get("born") or {}).get("sex")


def _is_urban_woman(answers: Answers) -> bool:
    sex = answers.get("sex") or (answers.get("born") or {}).get("sex")
    return is_urban(answers) and sex == "female"


YES_NO_UNKNOWN = (True, False, None)
WHO = numbered("who", ("self", "relative"))
TRACK = numbered("track", ("rural", "urban", "mixed"))
SEX = numbered("sex", ("female", "male"))
UNEMPLOYED = numbered("unemployed", YES_NO_UNKNOWN)
ZERO_EMPLOYMENT = numbered("zero_employment_household", YES_NO_UNKNOWN)
RETIRE_CATEGORY = numbered("retire_category", ("F50", "F55", None))


def screening_asks() -> tuple[Ask, ...]:
    """The questions that the rules need, in the order in which they are asked."""
    return (
        Ask("track", choice(TRACK), options=TRACK),
        Ask("born", birth),
        Ask("sex", choice(SEX), when=_lacks_sex, options=SEX),
        Ask(
            "groups",
            several(group_options, none_value=NONE),
            when=is_rural,
            options=group_options,
        ),
        Ask("unemployed", choice(UNEMPLOYED), when=is_urban, options=UNEMPLOYED),
        Ask(
            "zero_employment_household",
            choice(ZERO_EMPLOYMENT),
            when=is_urban,
            options=ZERO_EMPLOYMENT,
        ),
        Ask(
            "retire_category",
            choice(RETIRE_CATEGORY),
            when=_is_urban_woman,
            options=RETIRE_CATEGORY,
        ),
    )


FORM = Flow(FLOW, (Ask("who", choice(WHO), options=WHO), *screening_asks()))


def open_eligibility(desk: Desk, asked: Asked) -> Outcome:
    """Begin the questions; who was named in the message is not asked for again. What the plan or
    nobody rules on is answered before, and what is decided elsewhere is all there is to say."""
    text = asked.heard.text
    if is_about("veteran", text):
        ruled = policy.say_entry(desk, entries()["veteran"])
        return Outcome((ruled, Say("eligibility.ordinary_grounds")), offers=("eligibility",))
    known = {"who": "relative"} if hear_relative(text) else {}
    before = _ruled_before(desk, text)
    return Outcome((*before, Say("eligibility.begin")), (Start(FLOW, known),))


def _ruled_before(desk: Desk, text: str) -> tuple[Say, ...]:
    """What can be said to a question at once: 要不要体检. A bare wish to know has none."""
    if hear_service(text) or not is_about("asks", text):
        return ()
    said = policy.answer(desk, text, topics=POLICY_TOPICS, enough=SURELY)
    return (said,) if said else ()


def finish_eligibility(desk: Desk, _flow: str, answers: Answers) -> Outcome:
    """Decide by the rules in force, keep the trace, and say it with the clause."""
    ruleset, reference_on, posted = facts_in_force(desk)
    question = screening.ask(as_facts(answers), ruleset=ruleset, reference_on=reference_on)
    decision = screening.decide_and_keep(
        desk.session, question, at=desk.now, contact_id=desk.contact_id
    )
    says = (*explain(decision, ruleset, reference_on), *_what_next(decision, answers, posted))
    return Outcome(says)


def as_facts(answers: Answers) -> Mapping[str, Json]:
    """The form's answers as the rules desk takes them: not sure becomes not known."""
    groups = answers.get("groups")
    if groups is not None and UNKNOWN in groups:
        claimed = [name for name in groups if name != UNKNOWN]
        groups = claimed or None
    track = "rural" if answers["track"] == "mixed" else answers["track"]
    return {**answers, "track": track, "groups": groups}


def explain(decision: Decision, ruleset: str, reference_on: date) -> tuple[Say, ...]:
    """The outcome in plain words, with the clause that decided it."""
    rules = load(ruleset)
    if decision.outcome == "eligible":
        return (
            Say("eligibility.eligible", {"reference_on": reference_on.isoformat()}),
            *(_because(rules.rule(name)) for name in decision.matched),
        )
    if decision.outcome == "to_verify":
        missing = tuple(Say(f"eligibility.missing_{name}") for name in decision.missing)
        return (Say("eligibility.to_verify", {"missing": missing}),)
    if decision.becomes_eligible_on is not None:
        return (
            Say(
                "eligibility.too_early",
                {
                    "reference_on": reference_on.isoformat(),
                    "reached_on": decision.becomes_eligible_on.isoformat(),
                },
            ),
        )
    return (Say("eligibility.not_for_now", {"reference_on": reference_on.isoformat()}),)


def _because(rule: Rule) -> Say:
    return Say(
        "eligibility.because",
        {
            "group": rule.official,
            "clause": rule.reference,
            "evidence": rule.evidence,
            "owner": rule.verified_by,
        },
    )


def _what_next(decision: Decision, answers: Answers, posted: Terms | None) -> tuple[Say, ...]:
    says: tuple[Say, ...] = ()
    if answers["track"] == "mixed":
        says += (Say("eligibility.residence_to_verify"),)
    if decision.outcome == "not_eligible":
        return (*says, Say("eligibility.only_staff_decide"))
    if posted is None:
        return (*says, Say("eligibility.nothing_open"))
    until = {"closes_on": posted.closes_on.isoformat()}
    return (*says, Say("eligibility.may_apply", until))


COUNTER = Counter(
    name="eligibility",
    intents=frozenset({"eligibility"}),
    open=open_eligibility,
    flows=(FORM,),
    finish=finish_eligibility,
)
