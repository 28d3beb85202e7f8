"""A broadcast as a mass message over the real line: tags, the message, its report, and the rest of
the people by the usual ways; and what the platform may answer instead."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import requests
from sqlalchemy import select

from models import Broadcast, BroadcastState, Contact, MassSend, MassTagMember, Message, Role
from scheduler import broadcast_works, mass_works
from scheduler.wechat_mail import MassCarrier
from scheduler.works import Works
from services.broadcasts import deciding, followers, mass_tags, reach, writing
from services.broadcasts.audience import Audience, Who
from services.broadcasts.texts import Words
from services.broadcasts.writing import Urgency
from tests.builders import NOW, create_acting, region
from tests.channels.test_there_and_back import (
    Street,
    eventually,
    street,  # noqa: F401 - the fixture
)
from tests.scheduler.test_works import Hand
from tests.services.broadcasts.conftest import WANGJIA, sheet, villagers

LI, SUN, ZHOU, WANG = (f"o-sandbox-{one}" for one in ("liguixiang", "sunlixin", "zhouxiulan",
                                                      "wangbaoguo"))  # fmt: skip
WORDS = Words("招人了", "{姓名}，公益岗招人，问{镇街}人社所。")


def nobody_fetches(_media_id: str) -> Any:
    raise AssertionError("no picture is wanted here")


def works_of(street: Street) -> Works:  # noqa: F811
    carrier = street.carriers["mass"]
    assert isinstance(carrier, MassCarrier)
    return Works(street.sessions, Hand(), street.carriers, nobody_fetches, mass=carrier.mass)


def follow(street: Street, *openids: str) -> None:  # noqa: F811
    for openid in openids:
        requests.post(
            f"{street.world.config.own_url}/phone/send",
            json={"openid": openid, "kind": "follow"}, timeout=20,
        )  # fmt: skip


def announce(street: Street) -> None:  # noqa: F811
    """Li and Wang are in the register, Sun only follows, Zhou refused; somebody has no WeChat."""
    with street.sessions.begin() as session:
        by_openid = {one.address_key: one for one in session.scalars(select(Contact))}
        li, wang, _texting = villagers(session, 3)
        by_openid[LI].person_id, by_openid[WANG].person_id = li.id, wang.id
        by_openid[ZHOU].opted_out_at = NOW
        for contact in by_openid.values():
            contact.village_hint_id = region(session, WANGJIA).id
        clerk = create_acting(session, Role.TOWN_CLERK, "xinyan")
        head = create_acting(session, Role.TOWN_HEAD, "xinyan")
        publicity = sheet(
            words=WORDS, urgency=Urgency.PUBLICITY, audience=Audience(Who.EVERYBODY), mass=True
        )
        one = writing.draft(session, region(session, "xinyan"), publicity, clerk, NOW)
        deciding.submit(session, one, clerk, NOW)
        deciding.approve(session, one, NOW, head, NOW)


def broadcast(street: Street, see: Callable[[Any, Broadcast], Any]) -> Any:  # noqa: F811
    with street.sessions() as session:
        return see(session, session.scalars(select(Broadcast)).one())


def got(street: Street, openid: str) -> list[str]:  # noqa: F811
    sent = street.world.ledger.sent_by_service("wechat", openid)
    return [entry.text for entry in sent if entry.detail.get("channel") == "mass"]


def test_from_the_tags_to_the_report(street: Street) -> None:  # noqa: F811
    follow(street, LI, SUN, ZHOU, WANG)
    announce(street)
    requests.post(
        f"{street.world.config.own_url}/phone/send",
        json={"openid": WANG, "kind": "unfollow"}, timeout=20,
    )  # fmt: skip
    works = works_of(street)
    broadcast_works.send_broadcasts(works)
    assert mass_works.send_mass(works) == 1
    assert not mass_works.has_mass(works)
    street.send("mass")
    eventually(lambda: broadcast(street, lambda session, _one: _report_came(session)))
    broadcast_works.send_broadcasts(works)
    text = "【招人了】\n乡亲，公益岗招人，问新兖镇人社所。"
    assert {one: got(street, one) for one in (LI, SUN, ZHOU, WANG)} == {
        LI: [text], SUN: [text], ZHOU: [], WANG: [],
    }  # fmt: skip
    told = broadcast(street, reach.report)
    assert (told.total.counts["mass"], told.total.people) == (1, 3)
    assert (told.mass.outcome, told.mass.planned, told.mass.report.sent) == ("told", 2, 2)
    assert broadcast(street, followers.ways)["mass"] == 1
    with street.sessions() as session:
        by = sorted(str(one) for one in session.scalars(select(Message.channel)))
    assert by == ["mass", "sms", "sms"]
    assert broadcast(street, lambda _session, one: one.state) == BroadcastState.DONE


def _report_came(session: Any) -> bool:
    delivery = session.scalars(select(MassSend)).one().delivery
    return delivery is not None and delivery.state == "delivered"


@pytest.mark.parametrize(
    ("path", "code", "outcome"),
    [
        ("tags/create", 48001, "failed"),
        ("members/batchtagging", 45011, None),
        ("members/batchtagging", 48001, "failed"),
    ],
)
def test_a_tag_that_cannot_be_brought_in_step(
    street: Street,  # noqa: F811
    path: str,
    code: int,
    outcome: str | None,
) -> None:
    follow(street, LI, SUN, ZHOU, WANG)
    announce(street)
    street.fault(path, "errcode", value=str(code))
    works = works_of(street)
    broadcast_works.send_broadcasts(works)
    mass_works.send_mass(works)
    with street.sessions() as session:
        found = session.scalars(select(MassSend.outcome)).all()
    assert found == ([] if outcome is None else [outcome])
    if outcome is None:  # a minute later it passes
        mass_works.send_mass(works)
        with street.sessions() as session:
            assert session.scalars(select(MassSend.planned)).all() == [3]


def test_an_account_that_may_not_keeps_nobody_waiting(street: Street) -> None:  # noqa: F811
    follow(street, LI, SUN, ZHOU, WANG)
    announce(street)
    street.fault("message/mass/sendall", "errcode", value="48001")
    works = works_of(street)
    broadcast_works.send_broadcasts(works)
    mass_works.send_mass(works)
    street.send("mass")
    broadcast_works.send_broadcasts(works)
    told = broadcast(street, reach.report)
    assert told.mass.outcome == "failed"
    assert "48001" in told.mass.error
    assert broadcast(street, lambda _session, one: one.state) == BroadcastState.DONE
    assert got(street, LI) == []


def test_who_follows_anew_is_tagged_anew(street: Street) -> None:  # noqa: F811
    follow(street, LI, SUN, ZHOU, WANG)
    announce(street)
    works = works_of(street)
    broadcast_works.send_broadcasts(works)
    mass_works.send_mass(works)
    assert tagged(street) == {LI, SUN, WANG}
    requests.post(
        f"{street.world.config.own_url}/phone/send",
        json={"openid": SUN, "kind": "unfollow"}, timeout=20,
    )  # fmt: skip
    assert tagged(street) == {LI, WANG}
    follow(street, SUN)
    with street.sessions() as session:
        town = region(session, "xinyan")
        assert [openid for _key, openid in mass_tags.to_tag(session, town, limit=9)] == [SUN]


def tagged(street: Street) -> set[str]:  # noqa: F811
    """Who carries the tag, as far as we know."""
    with street.sessions() as session:
        found = select(Contact.address_key).join(
            MassTagMember, MassTagMember.contact_id == Contact.id
        )
        return set(session.scalars(found))


def test_who_left_unseen_does_not_stop_the_others(street: Street) -> None:  # noqa: F811
    follow(street, LI, SUN, ZHOU, WANG)
    announce(street)
    with street.sessions.begin() as session:
        gone = session.scalars(select(Contact).where(Contact.address_key == WANG)).one()
        gone.address_key = "o-nobody-knows"
    works = works_of(street)
    broadcast_works.send_broadcasts(works)
    mass_works.send_mass(works)
    assert tagged(street) == {LI, SUN}
    with street.sessions() as session:
        left = select(Contact.followed).where(Contact.address_key == "o-nobody-knows")
        assert session.scalar(left) is False


def test_a_refusal_that_says_nothing_of_a_person_marks_nobody(street: Street) -> None:  # noqa: F811
    follow(street, LI, SUN, ZHOU, WANG)
    announce(street)
    street.fault("members/batchtagging", "errcode", value="48002", times=9)
    works = works_of(street)
    broadcast_works.send_broadcasts(works)
    mass_works.send_mass(works)
    with street.sessions() as session:
        assert set(session.scalars(select(Contact.followed))) == {True}
    broadcast_works.send_broadcasts(works)
    told = broadcast(street, reach.report)
    assert (told.mass.outcome, told.total.people) == ("failed", 3), "they are told in other ways"


def test_one_refusal_of_fifty_marks_nobody_else(street: Street) -> None:  # noqa: F811
    follow(street, LI, SUN, ZHOU, WANG)
    announce(street)
    street.fault("members/batchtagging", "errcode", value="40003", times=2)
    works = works_of(street)
    broadcast_works.send_broadcasts(works)
    mass_works.send_mass(works)
    with street.sessions() as session:
        gone = session.scalars(select(Contact.address_key).where(~Contact.followed)).all()
    assert len(gone) == 1, "of the call for all nobody, of the calls for each the one"
    assert tagged(street) == {LI, SUN, WANG} - set(gone)


def test_no_report_comes_and_the_platform_is_asked(street: Street) -> None:  # noqa: F811
    follow(street, LI, SUN, ZHOU, WANG)
    announce(street)
    street.fault("wechat_report", "never")
    works = works_of(street)
    broadcast_works.send_broadcasts(works)
    mass_works.send_mass(works)
    street.send("mass")
    assert not mass_works.has_mass(works)
    with street.sessions.begin() as session:
        sent = session.scalars(select(MassSend)).one()
        assert sent.delivery is not None
        sent.made_at = sent.delivery.due_at = NOW - timedelta(hours=1)
    assert mass_works.has_mass(works)
    mass_works.send_mass(works)
    assert broadcast(street, lambda session, _one: _report_came(session))
