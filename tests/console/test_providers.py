"""How channels and SMS providers are doing, in words, and who may see it."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy.orm import Session, sessionmaker

from models import ChannelRest
from services import sms_health
from tests.console.conftest import Visit, Watch

Sessions = sessionmaker[Session]


def rows(page: str) -> dict[str, str]:
    """What each table row says, by its heading."""
    found = {}
    for head, rest in re.findall(r'<th scope="row">(.*?)</th>(.*?)</tr>', page, re.DOTALL):
        found[head] = " ".join(unescape(re.sub(r"<[^>]+>", " ", rest)).split())
    return found


def test_all_is_well(visit: Visit) -> None:
    keeper = visit("guanliyi")
    keeper.get("/console/providers")
    said = rows(keeper.page)
    assert said["腾讯云"] == "正常 70 70% 0 0 没有"
    assert said["阿里云"] == "正常 30 30% 0 0 没有"
    assert said["短信"] == said["微信聊天"] == said["微信模板消息"] == "通着 没停过 没有"


def test_a_provider_that_stumbles_has_less_and_gets_it_back(
    visit: Visit, watch: Watch, seeded_sessions: Sessions
) -> None:
    clerk = visit("qujingban")
    with seeded_sessions.begin() as session:
        for _ in range(3):
            sms_health.note_failure(session, "tencent", "read timed out", watch.wall)
        for _ in range(4):
            sms_health.note_failure(session, "aliyun", "isp.SYSTEM_ERROR", watch.wall)
        sms_health.note_slowness(session, "aliyun", "6.2 s", watch.wall)
    clerk.get("/console/providers")
    said = rows(clerk.page)
    assert said["腾讯云"].startswith("出过错，少走它 70 100% 3 0")
    assert said["腾讯云"].endswith("read timed out")
    assert said["阿里云"].startswith("暂时不走它 30 0% 4 1")
    watch.wall += 6 * sms_health.RECOVERY_EVERY
    clerk.get("/console/providers")
    said = rows(clerk.page)
    assert said["腾讯云"].startswith("正常 70 76% 3 0")
    assert said["阿里云"].startswith("出过错，少走它 30 24% 4 1")


def test_a_channel_that_rests_and_one_that_did(
    visit: Visit, watch: Watch, seeded_sessions: Sessions
) -> None:
    began = watch.wall - timedelta(minutes=2)
    with seeded_sessions.begin() as session:
        for channel, minutes in (("sms", 1), ("mass", -1)):
            until = watch.wall + timedelta(minutes=minutes)
            session.add(
                ChannelRest(channel=channel, began_at=began, until=until, error="no money left")
            )
    watcher = visit("jiandu")
    watcher.get("/console/providers")
    said = rows(watcher.page)
    assert said["短信"].startswith("停着")
    assert said["群发"].startswith("通着")
    for channel in ("短信", "群发"):
        assert "到" in said[channel]
        assert said[channel].endswith("no money left")
    assert "<form method" not in watcher.page.partition("<main")[2]


@pytest.mark.parametrize("login", ["cunwenshu", "zhenjingban", "qushenpi"])
def test_others_do_not_see_it(visit: Visit, login: str) -> None:
    someone = visit(login)
    assert someone.get("/console/providers").status_code == 403
    someone.get("/console/")
    assert "通道情况" not in someone.words
