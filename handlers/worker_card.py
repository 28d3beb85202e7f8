"""The worker's card: who, on which post, until when, with both codes (R-3.5c). No ID number."""

from __future__ import annotations

from dialog import Say
from handlers import binding
from handlers.counter import Asked, Counter, Outcome
from handlers.desk import Desk
from models import Engagement, EngagementStatus
from services import registers
from wording.hearing import mask_name


def open_card(desk: Desk, asked: Asked) -> Outcome:
    if desk.person is None:
        return Outcome((Say("progress.bind_first"),), (binding.needed_first(desk),), then=(asked,))
    engagement = registers.current_engagement(desk.session, desk.person)
    if engagement is None:
        return Outcome((Say("worker_card.none"),))
    return Outcome((*_head(engagement), *_state(engagement)))


def _head(engagement: Engagement) -> tuple[Say, ...]:
    post = engagement.post
    return (
        Say("worker_card.head"),
        Say("worker_card.name", {"name": mask_name(engagement.person.name)}),
        Say("worker_card.post", {"post": post.name, "village": post.region.name}),
        Say("worker_card.codes", {"worker_code": engagement.worker_code, "post_code": post.code}),
    )


def _state(engagement: Engagement) -> tuple[Say, ...]:
    starts_on, ends_on = engagement.starts_on, engagement.ends_on
    if engagement.status == EngagementStatus.STARTING or starts_on is None or ends_on is None:
        start = (
            Say("worker_card.starts", {"day_on": starts_on.isoformat()})
            if starts_on
            else Say("worker_card.not_set")
        )
        return (Say("worker_card.starting", {"start": start}),)
    term = {"from_on": starts_on.isoformat(), "to_on": ends_on.isoformat()}
    if engagement.status == EngagementStatus.SUSPENDED:
        return (Say("worker_card.term", term), Say("worker_card.suspended"))
    return (Say("worker_card.term", term), Say("worker_card.outro"))


COUNTER = Counter(
    name="worker_card",
    intents=frozenset({"worker_card"}),
    open=open_card,
)
