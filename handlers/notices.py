"""Public notices of a village, masked; the posts on offer; am I on the list (requirements 3.6)."""

from __future__ import annotations

from dialog import Answers, Ask, Flow, Say
from handlers import policy
from handlers.counter import Asked, Counter, Outcome, Start
from handlers.desk import Desk
from handlers.eligibility import numbered
from handlers.readers import choice
from handlers.whereabouts import place, where_asks
from models import Region
from models.places import RegionKind
from rules.errors import QuotaNotIssued
from rules.quota import quota
from services import announcements, notices, whereabouts
from services.policy import ENOUGH_WITHIN
from wording.hearing import hear_year
from wording.hearing.matters import is_about

FLOW = "notices"
MOST_NOTICES = 3
MOST_POSTS = 10
WISH = numbered("wish", ("names", "posts", "mine", "former"), topic=FLOW)

FORM = Flow(FLOW, (Ask("wish", choice(WISH), options=WISH), *where_asks(strict=True)))


def open_notices(desk: Desk, asked: Asked) -> Outcome:
    """A general question is answered from the plan; else show, of the place named or of home."""
    text = asked.heard.text
    near = whereabouts.named(desk.session, text, least=2)
    if is_about("quota", text) and (said := _quota(desk, text, near)):
        return Outcome((said, Say("notices.may_look_at_posts")), offers=("posts",))
    wish = _wish(asked.intent, text)
    if wish == "names" and near is None and is_about("asks", text):
        said = policy.answer(desk, text, topics={"notice"}, enough=ENOUGH_WITHIN)
        if said is not None:
            return Outcome((said, Say("notices.may_look")), offers=("look_at_notices",))
    near = near or whereabouts.home(desk.session, desk.contact)
    if near is None:
        return Outcome((), (Start(FLOW, {"wish": wish}),))
    return _show(desk, wish, near)


def _quota(desk: Desk, text: str, near: Region | None) -> Say | None:
    """How many posts a town may fill in a year; a year without a table is "not issued", neither 0
    nor another year's number (R-2.5). Without a town: what the plan says of the whole district."""
    if near is None or near.kind == RegionKind.DISTRICT:
        return policy.answer(desk, text, topics={"quota"}, enough=ENOUGH_WITHIN)
    town = whereabouts.town_of(near)
    year = hear_year(text) or desk.today.year
    try:
        numbers = {kind: quota(year, town.name, kind) for kind in ("total", "rural", "urban")}
    except QuotaNotIssued:
        return Say("policy.quota_not_issued", {"town": town.name, "year": year})
    return Say("policy.quota_of_town", {"town": town.name, "year": year, **numbers})


def finish_notices(desk: Desk, _flow: str, answers: Answers) -> Outcome:
    near = place(desk, answers)
    if near is not None:
        _remember(desk, near)
        return _show(desk, answers["wish"], near)
    shown = _show(desk, answers["wish"], None)
    return Outcome((Say("notices.place_unknown"), *shown.says), offers=shown.offers)


def _remember(desk: Desk, near: Region) -> None:
    """Whoever had to be asked for their village is not asked again. It proves nothing, like a
    scanned code."""
    if desk.contact.village_hint_id is None and near.kind == RegionKind.VILLAGE:
        desk.contact.village_hint_id = near.id


def _wish(intent: str, text: str) -> str:
    if intent == "posts" or is_about("posts", text) or is_about("announcement", text):
        return "posts"
    if is_about("my_own_line", text):
        return "mine"
    if is_about("former", text) or is_about("how_many_now", text):
        return "former"
    return "names"


def _show(desk: Desk, wish: str, near: Region | None) -> Outcome:
    if wish == "posts":
        return _posts(desk, near)
    if wish == "mine":
        return _mine(desk, near)
    if wish == "former":
        return _former(desk, near)
    return _names(desk, near)


def _names(desk: Desk, near: Region | None) -> Outcome:
    """Every notice that hangs for the place, with its masked lines, and what to do about them."""
    shown = notices.showing(desk.session, near, desk.today)[:MOST_NOTICES]
    if not shown:
        return _nothing_hangs(desk, near)
    says = [say for notice in shown for say in _notice(notice)]
    menu = (Say("notices.go_objection"), Say("notices.go_posts"))
    object_to = f"objection:{near.id}" if near is not None else "objection"
    return Outcome((*says, Say("notices.what_next", {"menu": menu})), offers=(object_to, "posts"))


def _notice(notice: notices.Shown) -> tuple[Say, ...]:
    key = "notices.head" if notice.days_left else "notices.head_last_day"
    slots = {
        "title": notice.title,
        "last_on": notice.last_on.isoformat(),
        "days": notice.days_left,
    }
    lines = (
        Say(
            "notices.line",
            {
                "name": line.name,
                "village": line.village,
                "post": line.post,
                "tail": line.number_tail,
            },
        )
        for line in notice.lines
    )
    return (Say(key, slots), *lines)


def _nothing_hangs(desk: Desk, near: Region | None) -> Outcome:
    says = [Say("notices.none", {"place": _name(near)})]
    over = notices.last_over(desk.session, near, desk.today)
    if over is not None:
        says.append(Say("notices.over", {"title": over.title, "last_on": over.last_on.isoformat()}))
    menu = (Say("notices.go_posts"), Say("notices.go_progress"))
    return Outcome((*says, Say("notices.menu", {"menu": menu})), offers=("posts", "progress"))


def _former(desk: Desk, near: Region | None) -> Outcome:
    """What is over has come down: when it was, never who was on it."""
    over = notices.last_over(desk.session, near, desk.today)
    if over is None:
        return Outcome((Say("notices.none_before", {"place": _name(near)}), *_ask_people(desk)))
    slots = {"title": over.title, "last_on": over.last_on.isoformat()}
    return Outcome((Say("notices.over", slots), *_ask_people(desk)))


def _ask_people(desk: Desk) -> tuple[Say, ...]:
    return (Say("notices.former_names", {"phone": desk.office.district_phone}),)


def _mine(desk: Desk, near: Region | None) -> Outcome:
    """Whether the writer is on a notice: by their own application, never by a like name."""
    if desk.person is None:
        shown = _names(desk, near)
        return Outcome((*shown.says, Say("notices.match_the_tail")), offers=shown.offers)
    lines = notices.mine(desk.session, desk.person, desk.today)
    if not lines:
        return Outcome((Say("notices.you_are_not"),), offers=("progress",))
    return Outcome(
        tuple(
            Say("notices.you_are_on", {"post": line.post_name, "tail": line.number_tail})
            for line in lines
        )
    )


def _posts(desk: Desk, near: Region | None) -> Outcome:
    posted = announcements.open_on(desk.session, desk.today)
    if posted is None:
        return Outcome((Say("notices.no_announcement"),))
    found = notices.posts_on_offer(desk.session, near, desk.today)
    head = Say(
        "notices.announcement",
        {"title": posted.title, "closes_on": posted.closes_on.isoformat()},
    )
    if not found and near is not None:
        found = notices.posts_on_offer(desk.session, whereabouts.town_of(near), desk.today)
        elsewhere = "notices.posts_nearby" if found else "notices.posts_none"
        head = Say(elsewhere, {"place": near.name})
    lines = [
        Say(
            "notices.post",
            {"village": post.region.name, "post": post.name, "count": post.headcount},
        )
        for post in found[:MOST_POSTS]
    ]
    menu = (Say("notices.go_apply"), Say("notices.go_eligibility"))
    says = (head, *lines, Say("notices.menu", {"menu": menu}))
    return Outcome(says, offers=("apply", "eligibility"))


def _name(near: Region | None) -> str | Say:
    return near.name if near is not None else Say("notices.whole_district")


COUNTER = Counter(
    name="notices",
    intents=frozenset({"notice_result", "posts", "look_at_notices"}),
    open=open_notices,
    flows=(FORM,),
    finish=finish_notices,
)
