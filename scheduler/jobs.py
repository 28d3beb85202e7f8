"""All jobs of the clock, in one table: name, when, what is called, what it does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from scheduler import notice_works, onboarding_works, plan_works, trust_works
from scheduler.works import Works
from services.clock import SHANGHAI

_EPOCH = datetime(2022, 1, 1, tzinfo=SHANGHAI)
"""Every process counts intervals from here, so that they agree on due times."""


@dataclass(frozen=True)
class Job:
    """Something the clock does. `verb` gives how many things it did.

    With `is_due` it is a look-out: it looks at every tick and leaves a run behind only when there
    was something to do. Without, each due time is a run, and the last one that was missed within
    `grace` is caught up with. `side_by_side`: how many runs may go on at once.
    """

    name: str
    trigger: BaseTrigger
    verb: Callable[[Works], int]
    does: str
    is_due: Callable[[Works], bool] | None = None
    grace: timedelta = timedelta(seconds=10)
    side_by_side: int = 1


def every(seconds: int) -> BaseTrigger:
    """Each multiple of so many seconds."""
    return IntervalTrigger(seconds=seconds, start_date=_EPOCH, timezone=SHANGHAI)


JOBS: tuple[Job, ...] = (
    *(
        Job(
            name=f"send_{channel}",
            trigger=every(1),
            verb=partial(Works.send_mail, channel=channel),
            is_due=partial(Works.has_mail, channel=channel),
            does=f"Sends what is due in the outbox by {channel}.",
            side_by_side=4,
        )
        for channel in ("sms", "wechat")
    ),
    Job(
        name="fetch_materials",
        trigger=every(2),
        verb=Works.fetch_materials,
        is_due=Works.has_materials,
        does="Fetches the photos of papers that residents sent, and seals them.",
    ),
    Job(
        name="tidy_mail",
        trigger=every(5),
        verb=Works.tidy_mail,
        is_due=Works.has_untidy_mail,
        does="Fails mail that expired; calls uncertain what a dead sender left.",
    ),
    Job(
        name="publish_announcements",
        trigger=every(20),
        verb=plan_works.publish_announcements,
        is_due=plan_works.has_announcements,
        does="Publishes the recruitment announcements whose time has come.",
        grace=timedelta(seconds=60),
    ),
    Job(
        name="change_posts",
        trigger=every(60),
        verb=plan_works.change_posts,
        is_due=plan_works.has_post_changes,
        does="Carries out the changes of posts whose day has come.",
        grace=timedelta(seconds=60),
    ),
    Job(
        name="seal_audit",
        trigger=every(60),
        verb=trust_works.seal_audit,
        is_due=trust_works.has_unsealed,
        does="Seals the audit entries of the last minute in a hash-chained batch.",
        grace=timedelta(seconds=60),
    ),
    Job(
        name="escalate_tickets",
        trigger=every(60),
        verb=trust_works.escalate_tickets,
        is_due=trust_works.has_overdue_tickets,
        does="Takes tickets that nobody closed in time to the office above.",
        grace=timedelta(seconds=60),
    ),
    Job(
        name="publish_notices",
        trigger=every(20),
        verb=notice_works.publish_notices,
        is_due=notice_works.has_to_publish,
        does="Hangs the public notices whose time has come.",
        grace=timedelta(seconds=60),
    ),
    Job(
        name="close_notices",
        trigger=every(20),
        verb=notice_works.close_notices,
        is_due=notice_works.has_to_close,
        does="Takes applicants on to the district whose public notice is over.",
        grace=timedelta(seconds=60),
    ),
    Job(
        name="take_down_notices",
        trigger=every(60),
        verb=notice_works.take_down_notices,
        is_due=notice_works.has_to_take_down,
        does="Takes down the public notices that have been readable for long enough.",
        grace=timedelta(seconds=60),
    ),
    Job(
        name="let_lapse",
        trigger=every(60),
        verb=onboarding_works.let_lapse,
        is_due=onboarding_works.has_lapsing,
        does="Ends applications whose missing papers did not come by their day.",
        grace=timedelta(seconds=60),
    ),
    Job(
        name="expire_waiting",
        trigger=every(60),
        verb=onboarding_works.expire_waiting,
        is_due=onboarding_works.has_expiring,
        does="Ends places on the waiting list that are over.",
        grace=timedelta(seconds=60),
    ),
    Job(
        name="insurance_gaps",
        trigger=every(60),
        verb=onboarding_works.ALARM.look,
        is_due=onboarding_works.ALARM.is_due,
        does="Looks once a day for rural workers on a post without accident cover.",
        grace=timedelta(seconds=60),
    ),
    Job(
        name="forget_runs",
        trigger=CronTrigger(hour=3, minute=10, timezone=SHANGHAI),
        verb=Works.forget_runs,
        does="Deletes the records of runs older than 30 days.",
        grace=timedelta(hours=25),
    ),
)


def latest_due(job: Job, now: datetime) -> datetime | None:
    """The job's last due time up to now, within its grace."""
    latest = None
    due_at = job.trigger.get_next_fire_time(None, now - job.grace)
    while due_at is not None and due_at <= now:
        latest = due_at
        due_at = job.trigger.get_next_fire_time(due_at, now)
    return latest
