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

from scheduler import (
    anomaly_works,
    broadcast_works,
    days_works,
    list_works,
    mail_works,
    mass_works,
    notice_works,
    onboarding_works,
    pay_works,
    plan_works,
    telling_works,
    term_works,
    trust_works,
)
from scheduler.job import Job, Missed, daily, every, latest_due
from scheduler.works import Works

__all__ = ["JOBS", "Job", "Missed", "daily", "every", "latest_due"]

JOBS: tuple[Job, ...] = (
    Job(
        name="hand_out_mail",
        trigger=every(1),
        verb=mail_works.HAND_OUT.hand_out,
        is_due=mail_works.HAND_OUT.is_due,
        does="Hands what is due in the outbox to the senders.",
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
        verb=mail_works.tidy_mail,
        is_due=mail_works.has_untidy_mail,
        does="Fails mail that expired; calls uncertain what a dead sender left.",
    ),
    Job(
        name="ask_providers",
        trigger=every(10),
        verb=mail_works.ask_providers,
        is_due=mail_works.has_questions,
        does="Asks the providers what became of mail of which nobody knows.",
    ),
    Job(
        name="look_after_messages",
        trigger=every(30),
        verb=telling_works.look_after,
        is_due=telling_works.has_unread,
        does="Sends somebody to the door of who has not read, or goes on where no receipt came.",
        grace=timedelta(seconds=60),
    ),
    Job(
        name="weigh_providers",
        trigger=every(30),
        verb=telling_works.weigh_providers,
        is_due=telling_works.has_silent_providers,
        does="Takes share from an SMS provider that takes messages and sends no receipts.",
        grace=timedelta(seconds=60),
    ),
    Job(
        name="remind_workers",
        trigger=every(60),
        verb=telling_works.remind,
        is_due=telling_works.has_to_remind,
        does="Reminds workers who asked for it, shortly before their check-in window closes.",
        grace=timedelta(seconds=60),
    ),
    Job(
        name="hand_up_visits",
        trigger=every(60),
        verb=telling_works.hand_up_visits,
        is_due=telling_works.has_late_visits,
        does="Gives to the town the visits whose day a village let pass.",
        grace=timedelta(seconds=60),
    ),
    Job(
        name="send_broadcasts",
        trigger=every(5),
        verb=broadcast_works.send_broadcasts,
        is_due=broadcast_works.has_broadcasts,
        does="Begins broadcasts, makes out their people, hands them to the channels, takes back.",
        grace=timedelta(seconds=60),
    ),
    Job(
        name="send_mass",
        trigger=every(10),
        verb=mass_works.send_mass,
        is_due=mass_works.has_mass,
        does="Brings the tags of mass messages in step, hands them over, asks what became of them.",
        grace=timedelta(seconds=60),
    ),
    Job(
        name="sweep_broadcasts",
        trigger=every(60),
        verb=broadcast_works.sweep_broadcasts,
        is_due=broadcast_works.has_unswept,
        does="Looks for people who belong to a broadcast's audience and were missed.",
        grace=timedelta(seconds=60),
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
        name="end_terms",
        trigger=every(60),
        verb=term_works.end_over,
        is_due=term_works.has_over,
        does="Ends terms and set exits whose last day is over, or marks them as undecided.",
        grace=timedelta(seconds=60),
    ),
    Job(
        name="term_notices",
        trigger=every(60),
        verb=term_works.tell_due,
        is_due=term_works.has_notices,
        does="Tells workers whose term ends soon, by the stages of their own last day.",
        grace=timedelta(seconds=60),
    ),
    Job(
        name="redate_urban_terms",
        trigger=daily(1, 40),
        verb=term_works.redate_urban,
        does="Reckons urban terms again by the retirement law now in force.",
        grace=timedelta(hours=25),
    ),
    Job(
        name="escalate_follow_ups",
        trigger=every(60),
        verb=term_works.escalate_silent,
        is_due=term_works.has_silent,
        does="Tells the district of people who left and whom nobody contacted for 90 days.",
        grace=timedelta(seconds=60),
    ),
    Job(
        name="close_accounts",
        trigger=daily(2, 20),
        verb=term_works.close_accounts,
        does="Takes accounts of those who left out of use, 90 days after their last day.",
        grace=timedelta(hours=25),
    ),
    Job(
        name="gather_months",
        trigger=daily(6, 30),
        verb=pay_works.gather_months,
        does="Draws up last month's sheets from the days, where nobody has signed yet.",
        grace=timedelta(hours=25),
    ),
    Job(
        name="compare_lists",
        trigger=daily(5, 20),
        verb=list_works.compare_lists,
        does="Holds everybody against the lists of the last months: deaths, pensions, jobs.",
        grace=timedelta(hours=25),
    ),
    Job(
        name="remind_of_lists",
        trigger=daily(9, 0),
        verb=list_works.remind_of_lists,
        does="Tells the district once which of last month's lists have not come before pay.",
        grace=timedelta(hours=8),
    ),
    Job(
        name="tell_pay",
        trigger=every(20),
        verb=pay_works.tell_pay,
        is_due=pay_works.has_pay_news,
        does="Tells workers their month before it is paid, and what became of the payment.",
        grace=timedelta(seconds=60),
    ),
    Job(
        name="ask_received",
        trigger=daily(10, 0),
        verb=pay_works.ask_received,
        does="Asks workers in confidence whether the money came to them.",
        grace=timedelta(hours=8),
    ),
    Job(
        name="close_days",
        trigger=every(5),
        verb=days_works.close_days,
        is_due=days_works.has_steps,
        does="Says who has not signed or confirmed, closes evenings and days, tells the workers.",
        grace=timedelta(seconds=60),
    ),
    Job(
        name="find_anomalies",
        trigger=daily(4, 10),
        verb=anomaly_works.find_anomalies,
        does="Finds what looks odd about this month's days: reasons to look, never verdicts.",
        grace=timedelta(hours=25),
    ),
    Job(
        name="draw_spot_checks",
        trigger=daily(4, 40),
        verb=anomaly_works.draw_spot_checks,
        does="Draws the week's visits without notice for every town that has none yet.",
        grace=timedelta(hours=25),
    ),
    Job(
        name="fetch_check_in_photos",
        trigger=every(5),
        verb=days_works.fetch_photos,
        is_due=days_works.has_photos,
        does="Fetches the photos of check-ins, seals them and keeps what they look like as a hash.",
    ),
    Job(
        name="forget_points",
        trigger=daily(3, 20),
        verb=days_works.forget_points,
        does="Deletes the raw points of check-ins that were kept for 30 days.",
        grace=timedelta(hours=25),
    ),
    Job(
        name="forget_runs",
        trigger=daily(3, 10),
        verb=Works.forget_runs,
        does="Deletes the records of runs older than 30 days.",
        grace=timedelta(hours=25),
    ),
)
