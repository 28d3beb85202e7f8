"""The inbox: one message, one transaction, one effect (design.md 2).

`receive` never raises: whatever happens inside, the resident gets a sentence. A message that came
before gets the reply it got then. A message on which we failed is kept, marked failed, so that
nothing a resident wrote is lost.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import structlog
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session, sessionmaker

from bot.conversation import converse, paused_notice
from bot.events import react
from bot.intents import understand
from bot.postbook import (
    Page,
    Turned,
    find,
    find_reply,
    glance,
    keep_failed,
    keep_turn,
    open_page,
    sender_key,
)
from bot.standing import Standing
from channels.inbound import Inbound as Letter
from dialog import Heard, Say
from handlers import registry
from handlers.desk import Desk, Office
from models.engine import light_transaction
from rules import parameters
from services import wechat_reports
from services.clock import Clock, business_date
from services.policy import entries
from wording import Book
from wording.book import sheet
from wording.sms import cut_reply

__all__ = ["REPLY_LIMIT_BYTES", "Inbox", "sender_key"]

log = structlog.get_logger()

REPLY_LIMIT_BYTES = 2048
"""WeChat's limit for a passive text reply (platform.md 1.3)."""
MORE_HINT_BYTES = 64
BY_FOLLOWERS = frozenset({"scan", "click"})
"""Events that only a follower can cause, beside every message."""
LONGEST_DELAY_SECONDS = 24 * 3600
"""Carriers give a message up sooner."""


@dataclass(frozen=True)
class Inbox:
    """What a turn needs; made once by the front door."""

    sessions: sessionmaker[Session]
    clock: Clock
    office: Office
    book: Book

    def __post_init__(self) -> None:
        """Read now what the first message would else read while it holds a lock, and others wait:
        how residents say things, and the answers of the plan."""
        understand(self.book.text("dialog.busy"))
        entries()

    def receive(self, letter: Letter) -> str:
        """Take one message and give the reply text; "" where there is nothing to say."""
        if (text := storable(letter.text)) != letter.text:
            letter = replace(letter, text=text)
        try:
            return self._transact(letter)
        except IntegrityError:
            return self._reply_of_twin(letter)
        except OperationalError:
            log.warning("inbox.database_busy", key=letter.dedupe_key, exc_info=True)
            return self.book.text("dialog.busy", letter.channel)
        except Exception:
            log.exception("inbox.turn_failed", key=letter.dedupe_key)
            return self._keep_failed(letter)

    def _transact(self, letter: Letter) -> str:
        """One transaction. One more, with the sender's page locked from the start, where somebody
        else was faster, or the connection broke, as when the server started anew: were the first
        one committed after all, the letter is found by its key."""
        try:
            with light_transaction(self.sessions) as session:
                return self._take(session, letter, glance)
        except OperationalError as error:
            if not error.connection_invalidated:
                raise
        except Exception as error:  # what was read may be outdated: look again
            log.info("inbox.taken_again", key=letter.dedupe_key, why=type(error).__name__)
        with light_transaction(self.sessions) as session:
            return self._take(session, letter, find)

    def _take(
        self,
        session: Session,
        letter: Letter,
        look_up: Callable[[Session, Letter, date], Page | None],
    ) -> str:
        now = self.clock.now(session)
        page = look_up(session, letter, business_date(now))
        page = page or open_page(session, letter, now)
        if page.came_before:
            return page.earlier_reply
        before = page.talk.standing
        standing = Standing.from_json(json.loads(before)) if before else Standing()
        desk = Desk(
            session=session,
            contact_id=page.talk.contact_id,
            channel=letter.channel,
            now=now,
            office=self.office,
            answer_waits=page.answer_waits,
            on_post=page.on_post,
        )
        if not page.follows and (letter.kind != "event" or letter.event in BY_FOLLOWERS):
            wechat_reports.note_following(session, desk.contact)
        in_confidence = _is_confidential(standing)
        says = self._turn(desk, standing, letter, page.talk.turned_at)
        reply = self._render(desk, standing, says)
        if in_confidence or _is_confidential(standing):
            letter = replace(letter, text="")
        idle = standing == Standing()
        kept = None if idle else json.dumps(standing.to_json(), ensure_ascii=False)
        keep_turn(session, page, letter, Turned(kept, reply, at=now, also=desk.later))
        return reply

    def _turn(
        self, desk: Desk, standing: Standing, letter: Letter, turned_at: datetime
    ) -> tuple[Say, ...]:
        if letter.kind == "event":
            return react(desk, standing, letter)
        idle = parameters.in_force("conversation.idle_hours", business_date(desk.now)).value
        silent = desk.now - turned_at > timedelta(hours=float(idle))
        before = tuple(paused_notice(standing)) if silent else ()
        heard = Heard(
            kind=letter.kind,
            text=letter.text,
            media_id=letter.media_id,
            place=_place(letter),
            delay_seconds=_delay(letter),
        )
        return before + converse(desk, standing, heard)

    def _render(self, desk: Desk, standing: Standing, says: tuple[Say, ...]) -> str:
        """The reply as the channel carries it; what does not fit is kept for 更多."""
        text = self.book.render(says, desk.channel)
        if desk.channel == "sms":
            first, rest = cut_reply(text, self.book)
        else:
            first, rest = sheet(text, REPLY_LIMIT_BYTES)
            if rest:
                first, rest = sheet(text, REPLY_LIMIT_BYTES - MORE_HINT_BYTES)
                first += "\n" + self.book.text("dialog.more_hint", desk.channel)
        standing.more = rest or standing.more if not says else rest
        return first

    def _reply_of_twin(self, letter: Letter) -> str:
        """Another process took the same message while we worked: its reply is the reply."""
        with self.sessions.begin() as session:
            reply = find_reply(session, letter)
        if reply is not None:
            return reply
        log.error("inbox.constraint", key=letter.dedupe_key, exc_info=True)
        return self._keep_failed(letter)

    def _keep_failed(self, letter: Letter) -> str:
        reply = self.book.text("dialog.apology", letter.channel)
        try:
            with self.sessions.begin() as session:
                keep_failed(session, letter, reply=reply, now=self.clock.now(session))
        except Exception:
            log.exception("inbox.not_even_kept", key=letter.dedupe_key)
        return reply


def _place(letter: Letter) -> tuple[float, float] | None:
    if letter.latitude is None or letter.longitude is None:
        return None
    return letter.latitude, letter.longitude


def _delay(letter: Letter) -> int:
    """Seconds between sending and now, by the machine's clock; 0 for what nobody can tell, or what
    would be more than a day."""
    if letter.sent_at is None:
        return 0
    seconds = int((datetime.now(UTC) - letter.sent_at).total_seconds())
    return seconds if 0 < seconds < LONGEST_DELAY_SECONDS else 0


def _is_confidential(standing: Standing) -> bool:
    """Whether the open form is one whose words are kept by its counter only."""
    return standing.top is not None and registry.is_confidential(standing.top.flow)


def storable(text: str) -> str:
    """The text without what a database refuses: NUL, and halves of characters."""
    return text.replace("\x00", "").encode("utf-8", "ignore").decode()
