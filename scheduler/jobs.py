"""All jobs of the clock, in one table: name, when, what is called, what it does.

To add one: write its verb into a `…_works.py` (it opens its own transactions on `works.sessions`
and takes business time from `works.clock`), put a row below, and a row into `docs/runbook.md`.

- Your tables say what is due (a time column that has passed)? A look-out: `verb=…, is_due=…`,
  `trigger=every(20)`. It catches up by itself, because what was not done is still in the table.
- Due at a time of day, and doing it once for several missed days is right? `verb=…`,
  `trigger=daily(7, 30)`, `grace=` how long after its time it is still worth doing.
- Each missed day needs its own run, in order, and the verb must know which day it stands for?
  `each=…` instead of `verb=`: it is called with (works, due_at), due_at in business time. `grace`
  is how far back it is still true: a reminder two hours, the closing of a day forty days.

Business time is Shanghai's, and moves with the sandbox's time machine. A run is a row of `job_run`,
unique by (job, due time); one that failed is tried again after a minute, five times. A verb may be
called again for what a dead process had begun: it must find out by itself what is already done.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from scheduler import notice_works, onboarding_works, plan_works, trust_works
from scheduler.job import Job, Missed, daily, every, latest_due
from scheduler.works import Works

__all__ = ["JOBS", "Job", "Missed", "daily", "every", "latest_due"]

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
        trigger=daily(3, 10),
        verb=Works.forget_runs,
        does="Deletes the records of runs older than 30 days.",
        grace=timedelta(hours=25),
    ),
)
