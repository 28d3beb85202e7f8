"""Plays the three years through the running parts: letters through the inbox, the clock's own
works with its time moved, the verbs behind the console's buttons for staff."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from channels.inbound import Inbound
from models import (
    BankAccount,
    ClawBack,
    Contact,
    Engagement,
    EngagementStatus,
    MonthSheet,
    PaymentBatch,
    Post,
    Role,
    Staff,
    SubsidyRecord,
)
from models.procedure import Actor
from models.term_steps import ExitCause
from rules.months import add_months
from scheduler import days_works, pay_works, plan_works, term_works
from scheduler.works import Works
from services import posts
from services.acting import Acting
from services.attachments import Upload
from services.days import backfilling, confirming, disputes, leaves, stoppages
from services.days.confirming import Answers
from services.days.leaves import Wish
from services.pay import batches, claw_backs, corrections, results, signing
from services.terms import exits, extensions, reckoning, settling
from services.terms.exits import Leaving
from tests import builders
from tests.builders import at, region
from tests.services import month as month_stage
from tests.talk import OFFICE, CandidInbox, HandClock
from tests.years import cast
from wording import load_book

VILLAGE, TOWN, DISTRICT = "v-xinyan-wangjiazhuang", "xinyan", "yanzhou"
STAFF = {
    "head": (Role.VILLAGE_HEAD, VILLAGE),
    "village_clerk": (Role.VILLAGE_CLERK, VILLAGE),
    "town": (Role.TOWN_CLERK, TOWN),
    "town_head": (Role.TOWN_HEAD, TOWN),
    "clerk": (Role.DISTRICT_CLERK, DISTRICT),
    "finance": (Role.FINANCE, DISTRICT),
    "approver": (Role.DISTRICT_APPROVER, DISTRICT),
}
NIGHTLY_UNTIL = date(2022, 11, 30)
"""Until here the clock closes every evening; from then on it is off for two of three days, and
goes through the evenings that it missed in order."""


@dataclass
class Village:
    """The village, its people and its clock."""

    sessions: sessionmaker[Session]
    clock: HandClock = field(default_factory=HandClock)
    engagements: dict[str, uuid.UUID] = field(default_factory=dict)
    contacts: dict[str, uuid.UUID] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)
    staff: dict[str, uuid.UUID] = field(default_factory=dict)
    letters: Any = field(default_factory=lambda: count(1))
    replies: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    """What the bank's counter got, as CSV."""
    plan: dict[date, list[Callable[[], None]]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        self.works = Works(
            sessions=self.sessions, clock=self.clock, carriers={}, fetch=_no_pictures
        )
        self.inbox = CandidInbox(
            sessions=self.sessions, clock=self.clock, office=OFFICE, book=load_book()
        )

    # --- who is there ---------------------------------------------------------------------

    def found(self) -> None:
        """The places, the staff, and everybody who begins on the first day."""
        with self.sessions.begin() as session:
            builders.seed(session)
            for name, (role, place) in STAFF.items():
                acting = builders.create_acting(session, role, place)
                assert acting.staff is not None
                self.staff[name] = acting.staff.id
            _urban_post(session)

    def begin(self, worker: cast.Worker) -> None:
        """Put somebody on the post, with an account and a phone."""
        now = at(f"{worker.from_on} 06:00")
        with self.sessions.begin() as session:
            place = region(session, VILLAGE)
            person = builders.create_person(
                session, name=worker.name, village_id=place.id, born_on=date(1977, 3, 1)
            )
            post = session.scalars(
                select(Post).where(Post.region_id == place.id, Post.track == worker.track)
            ).first()
            assert post is not None
            engagement = builders.create_engagement(
                session, person=person, track=worker.track, post_id=post.id
            )
            engagement.post_id = post.id
            engagement.starts_on = worker.from_on
            engagement.first_approved_on = worker.from_on
            if worker.track == "urban":
                engagement.retire_category = "F50"
            reckoning.begin(session, engagement, "clock", now)
            engagement.status = EngagementStatus.ON_POST
            month_stage.give_account(session, engagement)
            contact = builders.create_contact(session, person_id=person.id, bound_at=now)
            self.engagements[worker.name] = engagement.id
            self.contacts[worker.name] = contact.id
            self.addresses[worker.name] = contact.address_key

    def acting(self, session: Session, name: str) -> Acting:
        role, place = STAFF[name]
        return Acting(role, session.get_one(Staff, self.staff[name]), region(session, place))

    def worker(self, session: Session, name: str) -> Acting:
        return Acting(Actor.APPLICANT, contact=session.get_one(Contact, self.contacts[name]))

    def engagement(self, session: Session, name: str) -> Engagement:
        return session.get_one(Engagement, self.engagements[name])

    # --- a day ----------------------------------------------------------------------------

    def live(self, day: date) -> None:
        """One day from seven in the morning until the clock's evening."""
        if cast.is_work(day) and day not in cast.STORM:
            self.check_ins(day)
            self.clock.at = at(f"{day} 17:40")
            self.confirm(day)
        self.clock.at = at(f"{day} 20:30")
        for act in self.plan.pop(day, []):
            act()
        if day <= NIGHTLY_UNTIL or day.toordinal() % 3 == 0:
            days_works.close_days(self.works)
        term_works.end_over(self.works)
        term_works.tell_due(self.works)

    def check_ins(self, day: date) -> None:
        for minute, worker in enumerate(cast.ALL):
            comes = worker.was_there(day) and not _forgets(worker, day)
            if worker is cast.DECEASED:  # another hand writes with the dead man's phone
                comes = worker.from_on <= day <= date(2023, 11, 30) and cast.is_work(day)
            if not comes or worker.name not in self.engagements or day == cast.OUTAGE:
                continue
            self.clock.at = at(f"{day} 07:{minute:02d}")
            self.replies.append(self.write(worker.name, "打卡"))

    def write(self, name: str, words: str) -> str:
        """A letter from somebody's phone."""
        number = next(self.letters)
        return self.inbox.receive(
            Inbound(
                channel="wechat", sender=self.addresses[name], kind="text", text=words,
                dedupe_key=f"m:{number}", sent_at=self.clock.at,
            )
        )  # fmt: skip

    def confirm(self, day: date) -> None:
        """The head looks at everybody, by lot, and says who was there."""
        present = {self.engagements[one.name] for one in cast.ALL
                   if one.name in self.engagements and self.seems_there(one, day)}  # fmt: skip
        with self.sessions.begin() as session:
            head = self.acting(session, "head")
            found = confirming.open_round(session, head, day, source="console", now=self.clock.at)
            if found is None:
                return
            keys = [look.engagement_id for look in found.looks]
            self.clock.at += timedelta(minutes=4)
            answers = Answers(
                confirmed=tuple(key for key in keys if key in present),
                denied=tuple(key for key in keys if key not in present),
            )
            confirming.answer(session, found, head, answers, self.clock.at)

    def seems_there(self, worker: cast.Worker, day: date) -> bool:
        if worker is cast.DECEASED:
            return True
        seen = day not in {cast.DISPUTE_WON, cast.FOUND_LATER} or worker is not cast.MISSING
        return seen and worker.was_there(day)

    # --- a month --------------------------------------------------------------------------

    def close(self, month_on: date) -> None:
        """The month's way: gathered, signed, checked, told, approved, paid."""
        following = add_months(month_on, 1)
        self.plan[following].append(lambda: self._clock(pay_works.gather_months))
        for offset, act in ((2, "sign"), (7, "check")):
            self.plan[following + timedelta(days=offset)].append(
                lambda act=act: self._step(month_on, act)  # type: ignore[misc]
            )
        self.plan[following + timedelta(days=7)].append(lambda: self._clock(pay_works.tell_pay))
        self.plan[following + timedelta(days=19)].append(lambda: self._step(month_on, "approve"))
        self.plan[following + timedelta(days=20)].append(lambda: self._pay(month_on))

    def _clock(self, verb: Callable[[Works], object]) -> None:
        verb(self.works)

    def _step(self, month_on: date, act: str) -> None:
        who = {"sign": "head", "check": "town", "approve": "approver"}[act]
        with self.sessions.begin() as session:
            place = region(session, VILLAGE)
            sheet = session.scalars(
                select(MonthSheet).where(
                    MonthSheet.region_id == place.id, MonthSheet.month_on == month_on
                )
            ).one()
            signing.take(session, sheet, act, self.acting(session, who), self.clock.at)

    def _pay(self, month_on: date) -> None:
        """A file a track for the bank, and its answer the next moment."""
        with self.sessions.begin() as session:
            clerk = self.acting(session, "clerk")
            for track in ("rural", "urban"):
                if not batches.ready(session, track).records:
                    continue
                batch = batches.make(session, track, clerk, self.clock.at)
                self.files.append(batches.csv_of(session, batch).decode("utf-8-sig"))
                answer, payer = (
                    self._answer(session, batch, month_on),
                    self.acting(session, "finance"),
                )
                results.read(session, answer, payer, self.clock.at)
        self._clock(pay_works.tell_pay)

    def _answer(self, session: Session, batch: PaymentBatch, month_on: date) -> Upload:
        text = ["流水号,金额（元）,结果,失败原因,到账日期"]
        for row in batches.rows_of(session, batch):
            fails = month_on == date(2022, 9, 1) and row.holder == cast.WRONG_ACCOUNT.name
            said = "失败,账号已销户," if fails else "成功,,"
            text.append(
                f"{row.reference},{row.amount_fen / 100:.2f},{said}{self.clock.at:%Y-%m-%d}"
            )
        return Upload("结果.csv", "\r\n".join(text).encode("gb18030"))

    # --- what happens once ----------------------------------------------------------------

    def script(self) -> None:
        """Everything that is not every day's."""
        missing, on = cast.MISSING.name, self.plan
        on[date(2022, 7, 17)].append(self._storm)
        on[date(2022, 8, 5)].append(lambda: self._leave(cast.ON_LEAVE.name, "bereavement",
                                                        cast.ON_LEAVE.excused))  # fmt: skip
        on[date(2023, 3, 10)].append(lambda: self._leave(cast.ON_LEAVE.name, "personal",
                                                         cast.ON_LEAVE.away))  # fmt: skip
        on[cast.FORGOT_AND_BACKFILLED + timedelta(days=1)].append(lambda: self._backfill(missing))
        on[cast.DISPUTE_WON].append(lambda: self._dispute(missing, cast.DISPUTE_WON, won=True))
        on[cast.DISPUTE_LOST].append(lambda: self._dispute(missing, cast.DISPUTE_LOST, won=False))
        on[date(2022, 10, 25)].append(self._new_account)
        on[date(2023, 3, 1)].append(self._correct)
        on[date(2023, 6, 5)].append(self._resign)
        on[date(2023, 9, 30)].append(self._raise_rate)
        on[cast.RATE_ROSE_ON].append(lambda: self._clock(plan_works.change_posts))
        on[cast.OUTAGE].append(self._outage)
        on[date(2023, 12, 22)].append(self._report_death)
        on[date(2023, 12, 27)].append(self._claim_back)
        on[date(2024, 2, 27)].append(lambda: self._money_back(1))
        on[date(2024, 3, 27)].append(lambda: self._money_back(2))
        on[date(2025, 3, 3)].append(self._extend)
        on[date(2025, 3, 10)].append(lambda: self._wish(cast.UNDECIDED.name))

    def _storm(self) -> None:
        with self.sessions.begin() as session:
            stoppages.declare(
                session, region(session, DISTRICT), kind="weather", from_on=cast.STORM[0],
                to_on=cast.STORM[1], reason="暴雨橙色预警", acting=self.acting(session, "clerk"),
                now=self.clock.at,
            )  # fmt: skip

    def _outage(self) -> None:
        with self.sessions.begin() as session:
            stoppages.declare(
                session, region(session, DISTRICT), kind="outage", from_on=cast.OUTAGE,
                to_on=cast.OUTAGE, reason="系统故障", acting=self.acting(session, "clerk"),
                now=self.clock.at,
            )  # fmt: skip

    def _leave(self, name: str, kind: str, span: frozenset[date]) -> None:
        with self.sessions.begin() as session:
            held = self.engagement(session, name)
            wish = Wish(kind, min(span), max(span))
            asked = leaves.ask(session, held, wish, acting=self.worker(session, name),
                               now=self.clock.at)  # fmt: skip
            leaves.answer(session, asked, acting=self.acting(session, "head"), agree=True,
                          remark="", now=self.clock.at)  # fmt: skip

    def _backfill(self, name: str) -> None:
        with self.sessions.begin() as session:
            held, day = self.engagement(session, name), cast.FORGOT_AND_BACKFILLED
            backfilling.ask(
                session, held, day, contact=session.get_one(Contact, self.contacts[name]),
                reason="phone", source="wechat", now=self.clock.at,
            )  # fmt: skip
            backfilling.answer(
                session, held, day, acting=self.acting(session, "village_clerk"), seen=True,
                source="console", now=self.clock.at,
            )  # fmt: skip

    def _dispute(self, name: str, day: date, *, won: bool) -> None:
        with self.sessions.begin() as session:
            held = self.engagement(session, name)
            disputes.lodge(
                session, held, day, contact=session.get_one(Contact, self.contacts[name]),
                words="那天俺去了", source="wechat", now=self.clock.at,
            )  # fmt: skip
            disputes.rule(
                session, held, day, acting=self.acting(session, "town"), present=won,
                words="问过同组的人", now=self.clock.at,
            )  # fmt: skip

    def _new_account(self) -> None:
        with self.sessions.begin() as session:
            held = self.engagement(session, cast.WRONG_ACCOUNT.name)
            account = session.scalars(
                select(BankAccount).where(BankAccount.person_id == held.person_id)
            ).one()
            account.replaced_at = self.clock.at
            session.flush()
            month_stage.give_account(session, held)

    def _correct(self) -> None:
        """January 2023 is paid; the day on which the head was wrong is put right afterwards."""
        with self.sessions.begin() as session:
            record = session.scalars(
                select(SubsidyRecord).where(
                    SubsidyRecord.engagement_id == self.engagements[cast.MISSING.name],
                    SubsidyRecord.month_on == date(2023, 1, 1),
                )
            ).one()
            days = cast.MISSING.paid_days(date(2023, 1, 1))
            right = corrections.Right(days, "同组三人作证，那天在岗")
            clerk, approver = self.acting(session, "clerk"), self.acting(session, "approver")
            asked = corrections.propose(session, record, right, clerk, self.clock.at)
            corrections.decide(session, asked, agreed=True, acting=approver, now=self.clock.at)

    def _resign(self) -> None:
        with self.sessions.begin() as session:
            name = cast.LEAVER.name
            exits.resign(session, self.engagement(session, name), cast.RESIGNED_LAST_ON,
                         self.worker(session, name), self.clock.at)  # fmt: skip

    def _raise_rate(self) -> None:
        """The urban post's pay follows the minimum wage from October 2023 on."""
        with self.sessions.begin() as session:
            held = self.engagement(session, cast.URBAN.name)
            posts.write_change(
                session, held.post, "planned", self.acting(session, "approver"), self.clock.at,
                before={"pay_fen": held.post.pay_fen}, after={"pay_fen": cast.RATE_AFTER},
                reason="最低工资提高", effective_on=cast.RATE_ROSE_ON,
            )  # fmt: skip

    def _report_death(self) -> None:
        with self.sessions.begin() as session:
            held = self.engagement(session, cast.DECEASED.name)
            what = Leaving(ExitCause.DIED, cast.DIED_ON, "家属来报")
            made = exits.report(session, held, what, self.acting(session, "head"), self.clock.at)
            settling.take(session, made, "propose", self.acting(session, "town"), self.clock.at,
                          "核实了火化证明")  # fmt: skip
            settling.take(session, made, "approve", self.acting(session, "approver"),
                          self.clock.at)  # fmt: skip

    def _claim_back(self) -> None:
        with self.sessions.begin() as session:
            held = self.engagement(session, cast.DECEASED.name)
            owed = claw_backs.owed_after(session, held, cast.DIED_ON)
            claim = claw_backs.Claim("death", owed, "身故后仍发了补贴", instalments=2)
            made = claw_backs.propose(session, held, claim, self.acting(session, "clerk"),
                                      self.clock.at)  # fmt: skip
            claw_backs.decide(session, made, agreed=True, acting=self.acting(session, "approver"),
                              now=self.clock.at)  # fmt: skip

    def _money_back(self, turn: int) -> None:
        with self.sessions.begin() as session:
            claim = session.scalars(select(ClawBack)).one()
            left = claim.amount_fen - claim.received_fen
            fen = left if turn == 2 else left // 2
            money = claw_backs.Sum(fen, self.clock.at.date(), f"收据{turn}")
            claw_backs.receive(session, claim, money, self.acting(session, "clerk"), self.clock.at)

    def _wish(self, name: str) -> None:
        with self.sessions.begin() as session:
            extensions.wish(session, self.engagement(session, name),
                                   self.worker(session, name), self.clock.at)  # fmt: skip

    def _extend(self) -> None:
        """One is extended, one is refused in the town."""
        self._wish(cast.EXTENDED.name)
        self._wish(cast.STEADY.name)
        with self.sessions.begin() as session:
            held = self.engagement(session, cast.EXTENDED.name)
            found = extensions.propose(
                session, held, to_on=date(2025, 12, 31), reason="活还没人接",
                acting=self.acting(session, "head"), now=self.clock.at,
            )  # fmt: skip
            settling.take(session, found, "pass", self.acting(session, "town_head"), self.clock.at)
            settling.take(session, found, "grant", self.acting(session, "approver"), self.clock.at)
            refused = settling.open_extension(session, self.engagement(session, cast.STEADY.name))
            assert refused is not None
            settling.take(session, refused, "oppose", self.acting(session, "head"), self.clock.at,
                          "岗位撤了")  # fmt: skip
            settling.take(session, refused, "refuse_in_town", self.acting(session, "town_head"),
                          self.clock.at, "同意村里意见")  # fmt: skip


def play(sessions: sessionmaker[Session]) -> Village:
    """Live the three years, and the half month after them in which the last month is paid."""
    village = Village(sessions)
    village.found()
    village.script()
    for month_on in cast.months():
        village.close(month_on)
    day = cast.FIRST
    while day <= date(2025, 7, 25):
        for worker in cast.ALL:
            if worker.from_on == day:
                village.begin(worker)
        village.live(day)
        day += timedelta(days=1)
    return village


def _forgets(worker: cast.Worker, day: date) -> bool:
    """Was there and wrote nothing."""
    return worker is cast.MISSING and day in {
        cast.FORGOT_AND_BACKFILLED, cast.DISPUTE_WON, cast.FOUND_LATER,
    }  # fmt: skip


def _urban_post(session: Session) -> None:
    rural = session.scalars(
        select(Post).where(Post.region_id == region(session, VILLAGE).id)
    ).first()
    assert rural is not None
    session.add(
        Post(
            region_id=rural.region_id, code="U-TEST-1", track="urban", name="社区协管员",
            category=rural.category, duties=["协管"], headcount=1, pay_kind="month",
            pay_fen=cast.RATE_BEFORE, plan_year=2022, announcement_id=rural.announcement_id,
        )
    )  # fmt: skip


def _no_pictures(media_id: str) -> Any:
    raise AssertionError("nobody sends a picture here")
