"""Whom a broadcast has not told, by name and with the reason, on a page and as a sheet."""

from __future__ import annotations

from io import BytesIO

from python_calamine import CalamineWorkbook
from sqlalchemy.orm import Session, sessionmaker

from scheduler import broadcast_works
from tests.builders import create_contact, create_person, region
from tests.console.conftest import Visit, Watch
from tests.console.test_broadcasts import act, clock, write
from tests.services.broadcasts.conftest import WANGJIA

Sessions = sessionmaker[Session]


def test_who_was_not_told_and_why(visit: Visit, seeded_sessions: Sessions, watch: Watch) -> None:
    with seeded_sessions.begin() as session:
        village = region(session, WANGJIA).id
        create_person(session, name="张翠英", phone=None, village_id=village)
        reached = create_person(session, name="王大成", phone="13800001111", village_id=village)
        create_contact(session, person_id=reached.id, followed=False)
    clerk, head = visit("zhenjingban"), visit("zhenfuze")
    path = write(clerk)
    assert clerk.get(f"{path}/untold").status_code == 404  # nothing was sent yet
    clerk.get(path)
    act(clerk, path, "submit")
    act(head, path, "approve", when="now")
    broadcast_works.send_broadcasts(clock(seeded_sessions, watch))
    clerk.get(path)
    assert "还没告诉到谁" in clerk.words
    clerk.get(f"{path}/untold")
    assert (
        "张翠英 等上门 新兖镇王家庄村 · 没绑微信；没有手机号；别的路都不通，村里当面说"
        in clerk.words
    )
    assert "王大成 在路上 新兖镇王家庄村 · 取消关注了；有手机号" in clerk.words
    clerk.get(f"{path}/untold?sort=to_visit")
    assert "张翠英" in clerk.words
    assert "王大成" not in clerk.words
    book = CalamineWorkbook.from_filelike(BytesIO(clerk.get(f"{path}/untold.xlsx").data))
    rows = book.get_sheet_by_index(0).to_python()
    assert [row[2:4] for row in rows[2:]] == [["张翠英", "等上门"], ["王大成", "在路上"]]
    other = visit("xiaomeng")
    assert other.get(f"{path}/untold").status_code == 404
    assert other.get(f"{path}/untold.xlsx").status_code == 404
