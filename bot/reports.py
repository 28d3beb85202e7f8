"""What WeChat reports about our own sending comes to the same webhook as what people write.

Nobody wrote it: it takes no part in a talk, and does not count as a sign of life.
"""

from __future__ import annotations

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.inbox import Inbox
from channels.inbound import Inbound
from services import wechat_reports

log = structlog.get_logger()


def answer(inbox: Inbox, letter: Inbound) -> str:
    """The reply to whatever came: a report has none, all else is the inbox's to hear."""
    if letter.event not in wechat_reports.REPORTS:
        return inbox.receive(letter)
    try:
        with inbox.sessions.begin() as session:
            wechat_reports.take(session, letter, inbox.clock.now(session))
    except SQLAlchemyError:  # acknowledged all the same: an error status would help nobody
        log.exception("wechat.report_lost", key=letter.dedupe_key)
    return ""
