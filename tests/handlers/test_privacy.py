"""My information, by chat."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from models import Contact, HitState, ListHit, Person, Ticket
from models.talk import TicketKind
from services import own_records
from tests import builders
from tests.services.cross_checks.stage import hit_by_hand
from tests.talk import Talk
from tests.transcripts.scenes import applied, bound, on_post, writer


def person(talk: Talk) -> Person:
    return talk.session.scalars(select(Person)).one()


def test_the_id_number_is_never_read_back(talk: Talk) -> None:
    bound(talk)
    talk("我的信息")
    held = person(talk)
    assert held.id_number is not None
    assert held.phone is not None
    for secret in (held.id_number, held.id_number[-6:], held.phone, held.name):
        assert secret not in talk.transcript.replace(f"who {held.name}", "")


def test_a_stranger_holds_nothing(talk: Talk) -> None:
    assert "没登记过" in talk("我的信息")
    assert "啥都没动" in talk("2")


def test_a_new_phone_counts_only_once_its_code_is_right(talk: Talk) -> None:
    bound(talk)
    talk("改手机号")
    talk("13800000044")
    code = talk.code()
    talk("000000" if code != "000000" else "111111")
    assert person(talk).phone == "13800000001"
    talk(code)
    assert person(talk).phone == "13800000044"


def test_by_sms_the_phone_is_the_address(talk: Talk) -> None:
    talk.who = "13800000031"
    bound(talk)
    assert "改手机号" not in talk("我的信息")


@pytest.mark.parametrize("text", ["删除我的信息", "不想让你们有俺的信息，都给我删干净"])
def test_nothing_is_erased_before_a_yes(talk: Talk, text: str) -> None:
    bound(talk)
    assert "真要删吗" in talk(text)
    assert "回1到2" in talk("嗯？")
    talk("2")
    assert person(talk).id_number is not None
    talk(text)
    talk("1")
    assert person(talk).id_number is None
    assert writer(talk).person_id is None


def test_an_open_application_is_named_with_the_reason(talk: Talk) -> None:
    bound(talk)
    applied(talk)
    talk("删除我的信息")
    reply = talk("1")
    assert "2022000001" in reply
    assert "第四十七条" in reply
    assert person(talk).id_number is not None


def test_while_a_case_runs_staff_correct_the_name(talk: Talk) -> None:
    bound(talk)
    applied(talk)
    talk("我的信息")
    talk("2")
    assert "打几个字" in talk.photo()
    assert "转工作人员" in talk("李桂花")
    ticket = talk.session.scalars(select(Ticket)).one()
    assert ticket.kind == TicketKind.CORRECTION
    assert ticket.words == "李桂花"
    assert person(talk).name == "李桂香"


def test_consent_taken_back_looses_the_contact(talk: Talk) -> None:
    bound(talk)
    talk("我的信息")
    talk("4")
    talk("1")
    assert talk.session.scalars(select(Contact)).one().person_id is None
    assert person(talk).id_number is not None


def test_a_list_that_one_is_asked_about_is_shown_with_where_it_stands(talk: Talk) -> None:
    on_post(talk)
    hit_by_hand(talk.session, person(talk), talk.clock.at)
    talk.session.commit()
    shown = talk("我的信息")
    assert "单位参保，还在核" in shown


def test_a_death_list_is_not_shown_before_it_is_decided(talk: Talk) -> None:
    on_post(talk)
    plain = talk("我的信息")
    talk("看看就行")
    hit_by_hand(talk.session, person(talk), talk.clock.at)
    talk.session.scalars(select(ListHit)).one().kind = "deaths"
    talk.session.commit()
    assert talk("我的信息") == plain
    talk("看看就行")
    assert "正在核" in plain
    hit = talk.session.scalars(select(ListHit)).one()
    hit.state, hit.decided_at = HitState.CLEARED, talk.clock.at
    talk.session.commit()
    assert "火化名单，核清了" in talk("我的信息")


def test_only_ones_own_records_are_shown(talk: Talk) -> None:
    on_post(talk)
    hit_by_hand(talk.session, person(talk), talk.clock.at)
    stranger = builders.create_person(talk.session, phone=None)
    assert own_records.of_person(talk.session, stranger) == own_records.OwnRecords((), 0, (), False)


def test_whoever_asks_twice_to_see_is_not_asked_to_delete(talk: Talk) -> None:
    bound(talk)
    talk("我的信息")
    assert "真要删" not in talk("我的信息")
    assert "真要删" in talk("把我的信息删掉")
