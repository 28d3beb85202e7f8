"""What is wrong with the house stands on the first page of those who look after it."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session, sessionmaker

from models import Delivery, JobState, Lease
from models.telling import Happening
from services import channel_rests, outbox
from services.delivery_steps import advance
from tests.builders import NOW, phone
from tests.console.conftest import Visit, Watch

Sessions = sessionmaker[Session]


def lose(session: Session, *way: Happening, number: int) -> Delivery:
    delivery = outbox.enqueue(
        session, channel="sms", address=phone(number), key="sms.case_news",
        slots={"name": "李某某", "number": "2022900001"}, cause="test", now=NOW,
    )  # fmt: skip
    session.flush()
    for happening in way:
        advance(session, delivery, happening, NOW, error="permanent: isv.MOBILE_NUMBER_ILLEGAL")
    return delivery


def test_a_quiet_house_says_nothing(visit: Visit) -> None:
    clerk = visit("qujingban")
    clerk.get("/console/")
    assert 'role="alert"' not in clerk.page


def test_the_first_page_says_what_is_wrong(
    visit: Visit, seeded_sessions: Sessions, watch: Watch
) -> None:
    with seeded_sessions.begin() as session:
        lose(session, Happening.CLAIMED, Happening.REFUSED, number=1)
        asked = lose(session, Happening.CLAIMED, Happening.LOST_SIGHT, number=2)
        asked.ask_at = NOW
        lose(session, Happening.CLAIMED, Happening.LOST_SIGHT, number=3)
        channel_rests.begin(session, "template", until=watch.wall + timedelta(minutes=5),
                            now=watch.wall, error="account: 48004 api banned")  # fmt: skip
        session.add(Lease(name="clock", holder="a", until=watch.wall - timedelta(minutes=3)))
    for login in ("qujingban", "guanliyi"):
        one = visit(login)
        one.get("/console/")
        assert "定时任务从" in one.words
        assert "微信模板消息停着，发不出去：账号、签名" in one.words
        assert "有1条消息没送到" in one.words
        assert "有1条消息说不准" in one.words  # the other one is still being asked about
    clerk = visit("qujingban")
    clerk.get("/console/outbox")
    assert "微信模板消息停着，发不出去：账号、签名" in clerk.words
    assert "48004 api banned" in clerk.words
    town = visit("zhenjingban")
    town.get("/console/")
    assert 'role="alert"' not in town.page


def test_a_job_that_failed_is_said_while_the_clock_runs(
    visit: Visit, seeded_sessions: Sessions, watch: Watch
) -> None:
    with seeded_sessions.begin() as session:
        session.add(Lease(name="clock", holder="a", until=watch.wall + timedelta(minutes=3)))
        session.add(JobState(job="seal_audit", does="", looked_at=watch.wall, error="KeyError"))
    clerk = visit("qujingban")
    clerk.get("/console/")
    assert "有1项定时任务" in clerk.words


def test_a_letter_shows_the_words_to_say_and_why_it_came_back(
    visit: Visit, seeded_sessions: Sessions
) -> None:
    with seeded_sessions.begin() as session:
        key = lose(session, Happening.CLAIMED, Happening.REFUSED, number=1).id
    clerk = visit("qujingban")
    clerk.get(f"/console/outbox/{key}")
    assert "李某某的公益性岗位报名有进展了，收件号2022900001" in clerk.words
    assert "号码不对，或者是空号" in clerk.words
    assert "isv.MOBILE_NUMBER_ILLEGAL" in clerk.words
