"""The application form: its questions, and the summary whose line numbers correct it (R-3.4b)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import or_, select

from dialog import Answers, Ask, Flow, Heard, Json, Option, Reading, Reopen, Say, Value, Wrong
from handlers import eligibility
from handlers.desk import Desk
from handlers.eligibility import as_facts, is_rural, is_urban, numbered
from handlers.readers import choice, free_text, identity, mobile, name, several, words
from handlers.villages import chosen_village, village_asks
from models import Post, PostStatus, Region
from rules import eligibility as rules
from rules import id_number as id_numbers
from services import announcements, screening
from wording.hearing import hear_later, hear_number, mask_name

FLOW = "application"
PAPERS = ("id_card", "household", "proof")
MOST_POSTS = 8


def for_relative(answers: Answers) -> bool:
    return answers.get("for_whom") == "relative"


def has_kin(answers: Answers) -> bool:
    return answers.get("kin") is True


def needs_proof(answers: Answers) -> bool:
    return bool(answers.get("groups")) or answers.get("unemployed") is True


def pledged(answers: Answers) -> bool:
    return answers.get("pledge") is True


def is_urban_woman(answers: Answers) -> bool:
    return is_urban(answers) and sex_of(answers) == "female"


def sex_of(answers: Answers) -> str | None:
    """From the relative's ID number, or as given for the writer (odd serials are men's)."""
    number = answers.get("rel_id_number") if for_relative(answers) else None
    if number is None:
        return answers.get("own_sex")
    return "male" if int(number[16]) % 2 else "female"


FOR_WHOM = numbered("for_whom", ("self", "relative"), topic=FLOW)
RELATION = numbered("relation", ("parent", "spouse", "in_law", "other"), topic=FLOW)
KIN = numbered("kin", (True, False), topic=FLOW)
PLEDGE = numbered("pledge", (True, False), topic=FLOW)


def phone_or_none(heard: Heard, reading: Reading) -> Value | Wrong:
    """A mobile number, or no phone at all."""
    if heard.affirms is False or hear_later(heard.text):
        return Value(None)
    return mobile(heard, reading)


def photo(heard: Heard, _reading: Reading) -> Value | Wrong:
    """A photo, or the wish to bring the paper later."""
    if heard.kind == "image" and heard.media_id:
        return Value([heard.media_id])
    text = words(heard)
    if isinstance(text, Wrong):
        return Wrong(Say("application.photo_please"), complete=True)
    if hear_later(text) or heard.affirms is False:
        return Value([])
    return Wrong(Say("application.photo_please"), complete=True)


def no_camera(_answers: Answers, desk: Desk) -> Sequence[Option]:
    """An SMS carries no photo, so none is asked for: the papers are brought to the village."""
    return [Option([], "")] if desk.channel == "sms" else []


def post_options(answers: Answers, desk: Desk) -> Sequence[Option]:
    """The posts on offer in the applicant's town, then "wherever I am sent"."""
    anywhere = Option(None, Say("application.post_any"))
    posted = announcements.open_on(desk.session, desk.today)
    village = applicant_village(answers, desk)
    if posted is None or village is None:
        return [anywhere]
    town = village.parent_id or village.id
    track = as_facts(answers)["track"]
    posts = desk.session.scalars(
        select(Post)
        .join(Region, Post.region_id == Region.id)
        .where(
            Post.announcement_id == posted.id,
            Post.status == PostStatus.ANNOUNCED,
            Post.track == track,
            or_(Region.parent_id == town, Region.id == town),
        )
        .order_by(Post.region_id != village.id, Post.code)
        .limit(MOST_POSTS)
    )
    return [*(Option(post.id, _post_label(post)) for post in posts), anywhere]


def _post_label(post: Post) -> Say:
    slots = {"name": post.name, "village": post.region.name, "headcount": post.headcount}
    return Say("application.post_label", slots)


def applicant_village(answers: Answers, desk: Desk) -> Region | None:
    if for_relative(answers):
        return desk.session.get(Region, chosen_village(answers, "rel_village"))
    return desk.person.village if desk.person else None


def summary_options(answers: Answers, desk: Desk) -> Sequence[Option]:
    """The lines of the summary; each line's value is the slots that correcting it asks again."""
    lines: list[tuple[str, tuple[str, ...], Any]] = [
        ("whom", ("for_whom", "relation", "rel_name", "rel_id_number"), _whom(answers, desk)),
        ("track", ("track",), Say(f"eligibility.track_{answers['track']}")),
        ("facts", ("groups", "unemployed", "zero_employment_household"), _facts(answers)),
        ("post", ("post",), _post(answers, desk)),
        ("kin", ("kin", "kin_details"), Say(f"application.kin_{_yes(answers['kin'])}")),
        ("papers", tuple(f"paper_{kind}" for kind in PAPERS), _papers(answers)),
    ]
    if for_relative(answers):
        village = applicant_village(answers, desk)
        place = village.name if village else ""
        slots = ("rel_village", "rel_village_which")
        lines.insert(1, ("village", slots, place))
    return [
        Option(list(slots), Say(f"application.line_{what}", {"value": value}))
        for what, slots, value in lines
    ]


def _whom(answers: Answers, desk: Desk) -> Json:
    if for_relative(answers):
        return mask_name(answers["rel_name"])
    return mask_name(desk.person.name) if desk.person else ""


def _facts(answers: Answers) -> Json:
    if is_rural(answers):
        groups = answers["groups"] or ["none"]
        return tuple(Say(f"eligibility.group_{group}") for group in groups)
    unemployed = {True: "yes", False: "no"}.get(answers["unemployed"], "unknown")
    return Say("application.unemployment", {"told": Say(f"eligibility.unemployed_{unemployed}")})


def _post(answers: Answers, desk: Desk) -> Json:
    post = desk.session.get(Post, answers["post"]) if answers["post"] is not None else None
    return post.name if post else Say("application.post_any")


def _papers(answers: Answers) -> Json:
    sent = tuple(Say(f"papers.kind_{kind}") for kind in PAPERS if answers.get(f"paper_{kind}"))
    return sent or Say("application.papers_none")


def _yes(value: bool) -> str:  # noqa: FBT001 - it is the value that is named
    return "yes" if value else "no"


def verdict(answers: Answers, desk: Desk) -> dict[str, Json]:
    """What the rules say of the answers so far, for the line above the summary."""
    posted = announcements.open_on(desk.session, desk.today)
    if posted is None:
        return {"verdict": ""}
    facts = _facts_with_birth(answers, desk)
    question = screening.ask(facts, ruleset=posted.ruleset, reference_on=posted.reference_on)
    decision = rules.decide(question)
    if decision.becomes_eligible_on is not None:
        reached_on = {"reached_on": decision.becomes_eligible_on.isoformat()}
        return {"verdict": Say("application.verdict_too_early", reached_on)}
    return {"verdict": Say(f"application.verdict_{decision.outcome}")}


def _facts_with_birth(answers: Answers, desk: Desk) -> dict[str, Json]:
    facts = dict(as_facts(answers))
    if for_relative(answers):
        read = id_numbers.read(answers["rel_id_number"], on=desk.today)
        born: tuple[date | None, str | None] = (read.born_on, read.sex)
    else:
        assert desk.person is not None
        born = (desk.person.born_on, desk.person.sex)
    born_on, sex = born
    return facts | {"born": {"on": born_on.isoformat() if born_on else None, "sex": sex}}


def confirmed(heard: Heard, reading: Reading) -> Value | Wrong | Reopen:
    """Hand in, or correct the line whose number was sent."""
    text = words(heard)
    if isinstance(text, Wrong):
        return text
    number = hear_number(text)
    if number is not None and 1 <= number <= len(reading.menu):
        return Reopen(tuple(reading.menu[number - 1]))
    if heard.affirms:
        return Value(True)  # noqa: FBT003
    return Wrong(Say("application.wrong_confirm"), complete=True)


FORM = Flow(
    FLOW,
    (
        Ask("for_whom", choice(FOR_WHOM), options=FOR_WHOM),
        Ask("relation", choice(RELATION), when=for_relative, options=RELATION),
        Ask("rel_name", name, when=for_relative),
        Ask("rel_id_number", identity, when=for_relative),
        Ask("rel_phone", phone_or_none, when=for_relative),
        *village_asks("rel_village", for_relative),
        Ask("track", choice(eligibility.TRACK), options=eligibility.TRACK),
        Ask(
            "groups",
            several(eligibility.group_options, none_value=eligibility.NONE),
            when=is_rural,
            options=eligibility.group_options,
        ),
        Ask(
            "unemployed",
            choice(eligibility.UNEMPLOYED),
            when=is_urban,
            options=eligibility.UNEMPLOYED,
        ),
        Ask(
            "zero_employment_household",
            choice(eligibility.ZERO_EMPLOYMENT),
            when=is_urban,
            options=eligibility.ZERO_EMPLOYMENT,
        ),
        Ask(
            "retire_category",
            choice(eligibility.RETIRE_CATEGORY),
            when=is_urban_woman,
            options=eligibility.RETIRE_CATEGORY,
        ),
        Ask("post", choice(post_options), options=post_options, alone=True),
        Ask("kin", choice(KIN), options=KIN),
        Ask("kin_details", free_text(), when=has_kin, free=True),
        Ask("paper_id_card", photo, options=no_camera, alone=True),
        Ask("paper_household", photo, options=no_camera, alone=True),
        Ask("paper_proof", photo, when=needs_proof, options=no_camera, alone=True),
        Ask("pledge", choice(PLEDGE), options=PLEDGE),
        Ask("confirm", confirmed, when=pledged, options=summary_options, fill=verdict),
    ),
    given=("own_sex",),
)
