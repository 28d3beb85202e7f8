"""One message, one transaction, one effect: what the inbox promises, message by message."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.inbox import REPLY_LIMIT_BYTES, Inbox
from channels.inbound import Inbound as Letter
from dialog import Say
from models import Contact, Conversation, Decision, Inbound
from models.sealing import blind_index
from tests.builders import id_number
from tests.talk import Talk, letter_from
from wording import load_book

BOOK = load_book()
ELIGIBLE = ("查条件", "1", "1", "1970年5月2日")


def rows(talk: Talk) -> list[Inbound]:
    return list(talk.session.scalars(select(Inbound).order_by(Inbound.id)))


def letter(talk: Talk, text: str, *, number: int = 900, who: str = "") -> Letter:
    who = who or talk.who
    return replace(letter_from(who, number=number, sent_at=talk.clock.at), text=text)


def count(talk: Talk, table: type[Any]) -> int:
    return talk.session.scalar(select(func.count()).select_from(table)) or 0


# --- once ------------------------------------------------------------------------------------


def test_a_repeated_message_gets_the_same_reply_and_acts_once(talk: Talk) -> None:
    for text in ELIGIBLE:
        talk(text)
    again = letter(talk, "5")
    first = talk.receive(again)
    assert count(talk, Decision) == 1
    assert [talk.receive(again) for _ in range(3)] == [first] * 3
    assert count(talk, Decision) == 1
    assert len(rows(talk)) == len(ELIGIBLE) + 1


def test_a_repeated_message_that_had_no_reply_keeps_silent(talk: Talk) -> None:
    gone = replace(letter(talk, ""), kind="event", event="unsubscribe")
    assert [talk.receive(gone) for _ in range(2)] == ["", ""]
    assert len(rows(talk)) == 1


def test_the_same_key_on_two_channels_is_two_messages(talk: Talk) -> None:
    by_wechat = replace(letter(talk, "您好"), dedupe_key="k")
    by_sms = replace(letter(talk, "您好", who="13800000001"), dedupe_key="k")
    assert talk.receive(by_wechat)
    assert talk.receive(by_sms)
    assert len(rows(talk)) == 2


# --- nothing is lost ---------------------------------------------------------------------------


@pytest.fixture
def failing(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> Inbox:
    """The real inbox over a counter that breaks."""

    def converse(*_args: object) -> None:
        raise ZeroDivisionError("a bug")

    talk("查条件")
    monkeypatch.setattr("bot.inbox.converse", converse)
    return Inbox(talk.inbox.sessions, talk.inbox.clock, talk.inbox.office, talk.inbox.book)


def test_a_message_on_which_we_failed_is_kept_and_answered(failing: Inbox, talk: Talk) -> None:
    before = talk.session.scalars(select(Conversation)).one().standing
    reply = failing.receive(letter(talk, f"俺的证是{id_number()}"))
    assert reply == BOOK.text("dialog.apology")
    kept = rows(talk)[-1]
    assert kept.failed
    assert kept.content == "俺的证是[证件号]"
    talk.session.expire_all()
    assert talk.session.scalars(select(Conversation)).one().standing == before


def test_a_failed_message_that_comes_again_is_apologised_for_again(
    failing: Inbox, talk: Talk
) -> None:
    broken = letter(talk, "1")
    assert failing.receive(broken) == failing.receive(broken)
    assert sum(row.failed for row in rows(talk)) == 1


def test_after_a_failure_the_form_goes_on(
    failing: Inbox, talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing.receive(letter(talk, "1"))
    monkeypatch.undo()
    assert BOOK.text("eligibility.track_rural") in talk("1")


def test_even_a_failure_of_the_keeping_is_answered(
    failing: Inbox, talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_row(*_args: object) -> None:
        raise KeyError

    monkeypatch.setattr("bot.postbook.letter_row", no_row)
    assert failing.receive(letter(talk, "1")) == BOOK.text("dialog.apology")


# --- what is stored ----------------------------------------------------------------------------


def test_no_personal_number_stays_readable_in_a_message(talk: Talk) -> None:
    number = id_number()
    talk(f"俺叫王桂兰，{number}，电话13800000001")
    assert rows(talk)[-1].content == "俺叫王桂兰,[证件号],电话[手机号]"


def test_a_phone_that_writes_is_known_by_its_blind_index_only(talk: Talk) -> None:
    talk("您好", who="13800000001")
    contact = talk.session.scalars(select(Contact)).one()
    assert contact.address_key == blind_index("13800000001", "phone")
    assert contact.address == "13800000001"
    assert rows(talk)[-1].sender_key == contact.address_key


def test_the_answers_of_an_open_form_are_sealed(talk: Talk) -> None:
    for text in ELIGIBLE:
        talk(text)
    sealed = talk.session.scalars(select(Conversation.standing_sealed)).one()
    assert sealed is not None
    assert b"1970-05-02" not in sealed
    assert b"eligibility" not in sealed


# --- long replies ------------------------------------------------------------------------------


def test_a_long_reply_comes_in_sheets(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    long = "".join(f"第{n}条，镇街负责岗位管理。" for n in range(150))
    with monkeypatch.context() as patched:
        say = Say("dialog.more_text", {"text": long})
        patched.setattr("bot.inbox.converse", lambda *_args: (say,))
        sheets = [talk("念一遍")]
    while BOOK.text("dialog.more_hint") in sheets[-1]:
        sheets.append(talk("更多"))
        assert len(sheets) < 20
    assert all(len(sheet.encode()) <= REPLY_LIMIT_BYTES for sheet in sheets)
    hint = BOOK.text("dialog.more_hint")
    assert "".join(sheet.replace(hint, "").strip() for sheet in sheets) == long


def test_more_of_nothing_is_no_dead_end(talk: Talk) -> None:
    assert talk("更多")


# --- time --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("days", "is_aside"), [(3, True), (0.2, False)])
def test_a_form_left_alone_is_put_aside_and_said(talk: Talk, days: float, is_aside: bool) -> None:
    talk("查条件")
    talk.wait(days=days)
    reply = talk("1")
    notice = BOOK.render((Say("dialog.fell_silent", {"form": Say("eligibility.title")}),), "wechat")
    assert (notice in reply) == is_aside
    if is_aside:
        assert BOOK.text("eligibility.who_self") in talk("继续")


def test_silence_without_an_open_form_is_not_mentioned(talk: Talk) -> None:
    first = talk("您好")
    talk.wait(days=30)
    assert talk("您好") == first


# --- whatever comes ----------------------------------------------------------------------------

EVENTS = [
    "subscribe",
    "unsubscribe",
    "scan",
    "location",
    "click",
    "view",
    "scancode_push",
    "scancode_waitmsg",
    "pic_sysphoto",
    "templatesendjobfinish",
    "masssendjobfinish",
    "subscribe_msg_popup_event",
    "subscribe_msg_change_event",
    "subscribe_msg_sent_event",
    "user_authorization_revoke",
    "something_of_next_year",
    "",
]


@pytest.mark.parametrize("name", EVENTS)
@pytest.mark.parametrize("key", [None, "", "v-xinyan-xinghualing", "v-nowhere", "go:nothing", "🙂"])
def test_every_event_is_taken(talk: Talk, name: str, key: str | None) -> None:
    talk("查条件")
    talk.event(name, key)
    assert len(rows(talk)) == 2
    assert talk("1")


def test_following_and_leaving_are_remembered(talk: Talk) -> None:
    welcome = talk.event("subscribe")
    assert BOOK.text("menu.welcome").split("\n", maxsplit=1)[0] in welcome
    contact = talk.session.scalars(select(Contact)).one()
    assert talk.event("unsubscribe") == ""
    assert not contact.followed
    talk.event("subscribe")
    assert contact.followed


def test_whoever_writes_follows_whatever_the_platform_said(talk: Talk) -> None:
    talk("您好")
    contact = talk.session.scalars(select(Contact)).one()
    acts: tuple[dict[str, Any], ...] = (
        {"text": "您好"},
        {"kind": "image", "media_id": "photo-1"},
        {"kind": "event", "event": "scan", "event_key": "v-xinyan-xinghualing"},
        {"kind": "event", "event": "click", "event_key": "go:menu"},
    )
    for act in acts:
        contact.followed = False
        talk.session.flush()
        talk.send(**act)
        talk.session.refresh(contact)
        assert contact.followed
    contact.followed = False
    talk.session.flush()
    talk.event("user_authorization_revoke")
    talk.session.refresh(contact)
    assert not contact.followed, "that event is no act of a follower"


@pytest.mark.parametrize(
    "kind", ["image", "voice", "video", "location", "link", "miniprogram", "x"]
)
@pytest.mark.parametrize("in_form", [False, True])
def test_a_message_without_words_gets_a_sentence(talk: Talk, kind: str, in_form: bool) -> None:
    if in_form:
        talk("查条件")
    reply = talk.send(kind=kind, media_id="m-1")
    assert reply
    assert reply != BOOK.text("dialog.apology")


@pytest.mark.parametrize(
    "text", ["", " ", "😀😀", "\u200b", "。" * 2000, "a" * 20_000, "<xml>]]></xml>", "{menu}", "%s"]
)
@pytest.mark.parametrize("in_form", [False, True])
def test_odd_words_get_a_sentence(talk: Talk, text: str, in_form: bool) -> None:
    if in_form:
        talk("查条件")
    assert talk(text)


@pytest.mark.parametrize("text", ["您\x00好", "\ud800"])
def test_characters_that_no_database_takes_get_a_sentence(talk: Talk, text: str) -> None:
    assert talk(text)


def test_voice_that_was_recognised_is_as_good_as_typed(talk: Talk) -> None:
    assert talk.voice("查条件") == talk("查条件", who="王大成")


def test_who_is_forgotten_leaves_no_form_behind(talk: Talk) -> None:
    number = id_number(order=3)
    for text in ("登记", "1", "李桂香", number, "菜单", "删除我的信息", "1"):
        talk(text)
    standing = talk.session.scalars(select(Conversation)).one().standing
    assert number not in (standing or "")
