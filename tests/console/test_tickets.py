"""Tickets in the console: the list, the page, an answer that reaches the resident, stale forms."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from models import AuditEntry, Delivery, Ticket
from models.talk import TicketKind
from services import tickets
from services.outbox import slots_of
from tests.builders import NOW, create_contact, phone, region
from tests.console.conftest import Visit

Sessions = sessionmaker[Session]


def opened(sessions: Sessions, kind: TicketKind = TicketKind.HELP, **more: Any) -> str:
    with sessions.begin() as session:
        place = region(session, "v-xinyan-wangjiazhuang")
        accused = region(session, more.pop("accused")) if "accused" in more else None
        given: dict[str, Any] = {"words": "补贴啥时候发", "phone": phone(5), **more}
        request = tickets.Request(
            kind, place=place, accused=accused, contact=create_contact(session), **given
        )
        return tickets.open_ticket(session, request, NOW).number


def test_an_answer_from_the_console_reaches_the_resident(
    visit: Visit, seeded_sessions: Sessions
) -> None:
    number = opened(seeded_sessions)
    clerk = visit("zhenjingban")
    clerk.get("/console/")
    assert f"想找人：{number}" in clerk.words
    clerk.get(f"/console/tickets/{number}")
    assert "补贴啥时候发" in clerk.words
    assert "微信发不出，会发短信" in clerk.words
    form = {"act": "reply", "words": "下月十号前到账", "version": clerk.field_value("version")}
    clerk.post(f"/console/tickets/{number}", form)
    assert "答复好了" in clerk.words
    assert "下月十号前到账" in clerk.words
    with seeded_sessions() as session:
        delivery = session.scalars(select(Delivery)).one()
        assert delivery.address == phone(5)
        assert "下月十号前到账" in slots_of(delivery)["text"]


def test_a_second_click_answers_once(visit: Visit, seeded_sessions: Sessions) -> None:
    number = opened(seeded_sessions)
    clerk = visit("zhenjingban")
    clerk.get(f"/console/tickets/{number}")
    form = {"act": "reply", "words": "下月发", "version": clerk.field_value("version")}
    clerk.post(f"/console/tickets/{number}", form)
    clerk.post(f"/console/tickets/{number}", form)
    assert "刚才已经办好了" in clerk.words
    with seeded_sessions() as session:
        assert len(session.scalars(select(Delivery)).all()) == 1


def test_who_comes_second_sees_what_changed_and_loses_nothing(
    visit: Visit, seeded_sessions: Sessions
) -> None:
    number = opened(seeded_sessions)
    clerk, head = visit("zhenjingban"), visit("zhenfuze")
    for one in (clerk, head):
        one.get(f"/console/tickets/{number}")
    version = head.field_value("version")
    clerk.post(
        f"/console/tickets/{number}", {"act": "note", "words": "打过电话", "version": version}
    )
    form = {"act": "reply", "words": "我写了很久的话", "version": version}
    answer = head.post(f"/console/tickets/{number}", form)
    assert answer.status_code == 409
    assert "蔺素心" in head.words
    assert "我写了很久的话" in answer.get_data(as_text=True)


def test_handing_on_takes_it_to_the_district(visit: Visit, seeded_sessions: Sessions) -> None:
    number = opened(seeded_sessions)
    clerk = visit("zhenjingban")
    clerk.get(f"/console/tickets/{number}")
    form = {"act": "forward", "to": "district", "words": "要区里定",
            "version": clerk.field_value("version")}  # fmt: skip
    clerk.post(f"/console/tickets/{number}", form)
    assert "转上去了" in clerk.words
    assert clerk.get(f"/console/tickets/{number}").status_code == 404
    district = visit("qujingban")
    district.get("/console/")
    assert number in district.words


def test_closing_says_what_is_missing(visit: Visit, seeded_sessions: Sessions) -> None:
    number = opened(seeded_sessions)
    clerk = visit("zhenjingban")
    clerk.get(f"/console/tickets/{number}")
    form = {"act": "close", "words": "", "version": clerk.field_value("version")}
    assert clerk.post(f"/console/tickets/{number}", form).status_code == 409
    assert "请选办结结果" in clerk.words
    assert "先写答复" in clerk.words
    form |= {"outcome": "settled", "words": "补发了"}
    clerk.post(f"/console/tickets/{number}", form)
    assert "办结了" in clerk.words
    clerk.get("/console/tickets?closed=1")
    assert number in clerk.words


@pytest.mark.parametrize("login", ["cunwenshu", "cunzhuren", "xiaomeng", "xiangyang"])
def test_others_do_not_find_it(visit: Visit, seeded_sessions: Sessions, login: str) -> None:
    number = opened(seeded_sessions, TicketKind.COMPLAINT, accused="v-xinyan-wangjiazhuang")
    other = visit(login)
    other.get("/console/tickets")
    assert number not in other.words
    assert other.get(f"/console/tickets/{number}").status_code == 404
    assert (
        other.post(f"/console/tickets/{number}", {"act": "note", "words": "x"}).status_code == 404
    )


@pytest.mark.parametrize("login", ["guanliyi", "linye", "disanfang"])
def test_other_roles_are_turned_away(visit: Visit, seeded_sessions: Sessions, login: str) -> None:
    number = opened(seeded_sessions)
    assert visit(login).get(f"/console/tickets/{number}").status_code == 403


def test_an_anonymous_writer_is_nowhere_on_the_page(
    visit: Visit, seeded_sessions: Sessions
) -> None:
    number = opened(
        seeded_sessions, TicketKind.COMPLAINT, anonymous=True, accused="v-xinyan-wangjiazhuang"
    )
    clerk = visit("zhenjingban")
    clerk.get(f"/console/tickets/{number}")
    assert "不留名" in clerk.words
    assert phone(5) not in clerk.page
    assert "凭单号来查" in clerk.words


def test_supervision_looks_and_every_look_is_kept(visit: Visit, seeded_sessions: Sessions) -> None:
    number = opened(seeded_sessions, TicketKind.POOLING, accused="v-xinyan-wangjiazhuang")
    eye = visit("jiandu")
    eye.get(f"/console/tickets/{number}")
    assert "补贴被收走" in eye.words
    assert 'name="act"' not in eye.page
    with seeded_sessions() as session:
        ticket = session.scalars(select(Ticket)).one()
        looked = session.scalars(
            select(AuditEntry).where(AuditEntry.subject_id == str(ticket.id))
        ).all()
        assert [entry.act for entry in looked] == ["console.look"]


def test_an_unknown_act_is_asked_again(visit: Visit, seeded_sessions: Sessions) -> None:
    number = opened(seeded_sessions)
    clerk = visit("zhenjingban")
    clerk.get(f"/console/tickets/{number}")
    answer = clerk.post(f"/console/tickets/{number}", {"act": "burn", "words": "写了一些话"})
    assert answer.status_code == 422


def test_supervision_answers_what_is_said_of_the_district(
    visit: Visit, seeded_sessions: Sessions
) -> None:
    number = opened(seeded_sessions, TicketKind.COMPLAINT, accused="yanzhou")
    assert visit("qujingban").get(f"/console/tickets/{number}").status_code == 404
    eye = visit("jiandu")
    eye.get(f"/console/tickets/{number}")
    form = {"act": "reply", "words": "正在核实", "version": eye.field_value("version")}
    eye.post(f"/console/tickets/{number}", form)
    assert "答复好了" in eye.words


def test_supervision_leaves_others_tickets_to_them(visit: Visit, seeded_sessions: Sessions) -> None:
    number = opened(seeded_sessions)
    eye = visit("jiandu")
    eye.get(f"/console/tickets/{number}")
    answer = eye.post(
        f"/console/tickets/{number}", {"act": "reply", "words": "快办", "version": "0"}
    )
    assert answer.status_code == 409
    assert "督查只看不办" in eye.words


def test_village_staff_get_a_code_for_their_phone(visit: Visit) -> None:
    clerk = visit("cunwenshu")
    clerk.get("/console/pairing")
    assert "还没有绑过" in clerk.words
    clerk.post("/console/pairing")
    assert "绑定工作微信" in clerk.words
    clerk.post("/console/pairing/end")
    assert "解绑了0个" in clerk.words
    assert visit("zhenjingban").get("/console/pairing").status_code == 403
