"""What the clock does for the month and its money: sheets drawn up from the days, workers told of
their month before it is paid and of the payment after, the confidential question."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from scheduler.works import Works
from services.clock import business_date
from services.pay import facts, news, sheets

TELL: tuple[Callable[[Session, datetime], int], ...] = (
    news.tell_results,
    news.tell_payments,
    news.tell_claims,
)


def gather_months(works: Works) -> int:
    """Draw up last month's sheets, or bring those that nobody has signed up to the days; gives how
    many there are. A transaction for some places at a time."""
    with works.reading() as session:
        today = business_date(works.clock.now(session))
        month_on = sheets.first_of_month(sheets.first_of_month(today) - timedelta(days=1))
        places = facts.places_of_month(session, month_on)
    done = 0
    for some in facts.chunks(places):
        with works.sessions.begin() as session:
            done += len(sheets.gather(session, month_on, some, works.clock.now(session)))
    return done


def has_pay_news(works: Works) -> bool:
    """Whether somebody has not been told of their month, payment or claim."""
    with works.reading() as session:
        return bool(
            news.results_to_tell(session, 1)
            or news.payments_to_tell(session, 1)
            or news.claims_to_tell(session, 1)
        )


def tell_pay(works: Works) -> int:
    """Tell some of them; the next tick tells the next."""
    told = 0
    for tell in TELL:
        with works.sessions.begin() as session:
            told += tell(session, works.clock.now(session))
    return told


def ask_received(works: Works) -> int:
    """Ask whom was paid some days ago whether it came to them, all that are due."""
    asked = 0
    while True:
        with works.sessions.begin() as session:
            some = news.ask_received(session, works.clock.now(session))
        asked += some
        if some < news.AT_ONCE:
            return asked
