"""Who may come in, and how the answer leaves. wechatpy's crypto is the oracle on the other side."""

from __future__ import annotations

import base64
from typing import Any

import pytest
import xmltodict
from hypothesis import given
from hypothesis import strategies as st

from channels.wechat.envelope import FRESH_SECONDS, MAX_BODY, Letter, Mode, Refused, WechatDoor
from tests.channels.wechat.envelopes import (
    ACCOUNT,
    NONCE,
    NOW,
    TOKEN,
    create_crypto,
    create_door,
    seal,
    sign,
    signed_args,
    text_xml,
)

MODES: tuple[Mode, ...] = ("plain", "compatible", "safe")


def refusal(door: WechatDoor, args: dict[str, str], body: bytes) -> tuple[str, bool]:
    with pytest.raises(Refused) as caught:
        door.open(args, body, now=NOW)
    return caught.value.why, caught.value.signature_held


# --- the address is verified -------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
def test_verification_gives_the_echo_back(mode: Mode) -> None:
    args = signed_args(echostr="5837397520665436492")
    assert create_door(mode=mode).verify_url(args, now=NOW) == "5837397520665436492"


@pytest.mark.parametrize("missing", ["signature", "timestamp", "nonce"])
def test_verification_needs_every_parameter(missing: str) -> None:
    args = signed_args(echostr="1")
    del args[missing]
    with pytest.raises(Refused, match="bad_signature"):
        create_door().verify_url(args, now=NOW)


# --- signature and freshness -------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("signature", ["", "0" * 40, "ü", "A" * 100_000])
def test_a_wrong_signature_is_refused(mode: Mode, signature: str) -> None:
    args, body = seal(text_xml()) if mode != "plain" else (signed_args(), text_xml().encode())
    args["signature"] = signature
    if mode == "compatible":
        args["msg_signature"] = signature
    assert refusal(create_door(mode=mode), args, body) == ("bad_signature", False)


@pytest.mark.parametrize("away", [-FRESH_SECONDS - 2, FRESH_SECONDS + 2, -1_000_000, 1_000_000])
def test_a_signed_but_distant_time_is_stale(away: int) -> None:
    args, body = seal(text_xml(), at=NOW + away)
    assert refusal(create_door(), args, body) == ("stale", True)


@pytest.mark.parametrize("away", [-FRESH_SECONDS + 1, FRESH_SECONDS - 1])
def test_a_clock_some_minutes_off_is_let_in(away: int) -> None:
    args, body = seal(text_xml(), at=NOW + away)
    assert create_door().open(args, body, now=NOW).inbound is not None


@pytest.mark.parametrize("timestamp", ["soon", "-1", "１８０００", "1e9", "9" * 400])
def test_a_signed_timestamp_that_is_no_number_is_stale(timestamp: str) -> None:
    args = {
        "timestamp": timestamp,
        "nonce": NONCE,
        "signature": sign(TOKEN, timestamp, NONCE),
    }
    assert refusal(create_door(mode="plain"), args, text_xml().encode()) == ("stale", True)


def test_the_message_signature_covers_the_ciphertext() -> None:
    args, _ = seal(text_xml("打卡"))
    _, other_body = seal(text_xml("退订"))
    assert refusal(create_door(), args, other_body) == ("bad_signature", False)


def test_the_message_signature_alone_is_enough_and_never_dispensable() -> None:
    args, body = seal(text_xml())
    without_plain = {key: value for key, value in args.items() if key != "signature"}
    assert create_door().open(without_plain, body, now=NOW).inbound is not None
    without_message = {key: value for key, value in args.items() if key != "msg_signature"}
    assert refusal(create_door(), without_message, body) == ("bad_signature", False)


# --- modes -------------------------------------------------------------------------------------


def test_safe_mode_refuses_a_plain_body_whatever_the_query_says() -> None:
    body = text_xml().encode()
    assert refusal(create_door(), signed_args(), body) == ("plain_body", True)
    assert refusal(create_door(), signed_args(encrypt_type="raw"), body) == ("plain_body", True)


def test_compatible_mode_trusts_only_the_sealed_part() -> None:
    args, body = seal(text_xml("真"))
    sealed = xmltodict.parse(body)["xml"]["Encrypt"]
    both = text_xml("假").replace("</xml>", f"<Encrypt>{sealed}</Encrypt></xml>").encode()
    letter = create_door(mode="compatible").open(args, both, now=NOW)
    assert letter.inbound is not None
    assert letter.inbound.text == "真"
    forged = text_xml("假").encode()
    assert refusal(create_door(mode="compatible"), args, forged) == ("plain_body", True)


def test_compatible_mode_takes_a_plain_letter_and_answers_in_plain() -> None:
    letter = create_door(mode="compatible").open(signed_args(), text_xml().encode(), now=NOW)
    assert reply_fields(letter.reply("好", now=NOW))["Content"] == "好"


def test_an_encrypted_mode_without_a_key_does_not_start() -> None:
    with pytest.raises(ValueError, match="AES"):
        WechatDoor(token=TOKEN, app_id="wx", mode="safe")


# --- what is sealed in the envelope ------------------------------------------------------------


def test_another_apps_letter_is_refused() -> None:
    args, body = seal(text_xml(), crypto=create_crypto(app_id="wxffffffffffffffff"))
    assert refusal(create_door(), args, body) == ("wrong_app", True)


def test_another_accounts_letter_is_refused_in_every_mode() -> None:
    args, body = seal(text_xml(account="gh_other"))
    assert refusal(create_door(), args, body) == ("wrong_account", True)
    plain = text_xml(account="gh_other").encode()
    assert refusal(create_door(mode="plain"), signed_args(), plain) == ("wrong_account", True)
    assert create_door(original_id=None).open(args, body, now=NOW).inbound is not None


def test_another_key_is_refused() -> None:
    other = base64.b64encode(b"another-key-of-thirty-two-bytes!").decode()[:43]
    args, body = seal(text_xml(), crypto=create_crypto(aes_text=other))
    why, held = refusal(create_door(), args, body)
    assert (why in {"undecipherable", "wrong_app"}, held) == (True, True)


@pytest.mark.parametrize("sealed", ["x", "####", "QUJD", "汉字", "QUJD" * 4, "A" * 64, "=" * 8])
def test_garbage_that_somebody_signed_is_refused(sealed: str) -> None:
    args = signed_args(msg_signature=sign(TOKEN, str(int(NOW)), NONCE, sealed))
    body = f"<xml><Encrypt><![CDATA[{sealed}]]></Encrypt></xml>".encode()
    assert refusal(create_door(), args, body) == ("undecipherable", True)


# --- bodies nobody can read --------------------------------------------------------------------

BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><xml><A>&b;</A></xml>'
EXTERNAL = b'<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd"><xml><A>1</A></xml>'
UNREADABLE = [
    b"",
    b"hello",
    b'{"MsgType": "text"}',
    b"<xml>",
    b"<xml/>",
    b"<xml></xml>",
    b"<xml>words</xml>",
    b"<other><MsgType>text</MsgType></other>",
    b"\xff\xfe\x00\x00",
    BOMB,
    EXTERNAL,
    BOMB.decode().encode("utf-16"),
    text_xml().replace("</xml>", "<a>" * 5000 + "</a>" * 5000 + "</xml>").encode(),
]


@pytest.mark.parametrize("body", UNREADABLE)
def test_an_unreadable_body_is_acknowledged(body: bytes) -> None:
    letter = create_door(mode="plain").open(signed_args(), body, now=NOW)
    assert (letter.inbound, bool(letter.flaw)) == (None, True)
    assert letter.reply("好", now=NOW) == b"success"
    args, sealed = seal(body)
    letter = create_door().open(args, sealed, now=NOW)
    assert (letter.inbound, bool(letter.flaw)) == (None, True)


@pytest.mark.parametrize("body", [b"", b"<xml>", BOMB])
def test_an_unreadable_envelope_is_acknowledged_only_when_signed(body: bytes) -> None:
    assert create_door().open(signed_args(), body, now=NOW).inbound is None
    assert refusal(create_door(), {}, body) == ("bad_signature", False)


def test_a_huge_body_is_not_even_read() -> None:
    assert refusal(create_door(), signed_args(), b" " * (MAX_BODY + 1)) == ("too_large", False)


def test_a_body_at_the_limit_is_read() -> None:
    body = text_xml("a" * (MAX_BODY - len(text_xml("").encode()))).encode()
    assert len(body) == MAX_BODY
    assert create_door(mode="plain").open(signed_args(), body, now=NOW).inbound is not None


# --- replies -----------------------------------------------------------------------------------


def reply_fields(reply: bytes) -> Any:
    return xmltodict.parse(reply)["xml"]


def opened(*, mode: Mode = "safe") -> Letter:
    args, body = seal(text_xml()) if mode != "plain" else (signed_args(), text_xml().encode())
    return create_door(mode=mode).open(args, body, now=NOW)


def unseal(reply: bytes) -> Any:
    outer = reply_fields(reply)
    xml = create_crypto().decrypt_message(
        reply, outer["MsgSignature"], outer["TimeStamp"], outer["Nonce"]
    )
    return reply_fields(xml.encode())


def test_a_reply_goes_from_the_account_to_the_sender() -> None:
    assert reply_fields(opened(mode="plain").reply("收到\n1 报名", now=NOW)) == {
        "ToUserName": "oVillager1",
        "FromUserName": ACCOUNT,
        "CreateTime": "1800000000",
        "MsgType": "text",
        "Content": "收到\n1 报名",
    }


@pytest.mark.parametrize("mode", ["safe", "compatible"])
def test_a_sealed_letter_is_answered_sealed(mode: Mode) -> None:
    assert unseal(opened(mode=mode).reply("收到", now=NOW))["Content"] == "收到"


def test_nothing_to_say_is_success() -> None:
    assert opened().reply("", now=NOW) == b"success"


def test_two_replies_never_look_alike() -> None:
    letter = opened()
    assert letter.reply("收到", now=NOW) != letter.reply("收到", now=NOW)


@given(st.text(st.characters(codec=None), min_size=1))
def test_no_text_breaks_out_of_a_reply(text: str) -> None:
    shown = unseal(opened().reply(f"[{text}]]>{text}]", now=NOW))["Content"]
    kept = "".join(char for char in f"[{text}]]>{text}]" if is_xml(char))
    assert shown == kept.replace("\r\n", "\n").replace("\r", "\n").strip()


def is_xml(char: str) -> bool:
    code = ord(char)
    return char in "\t\n\r" or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code > 0xFFFF


# --- whatever comes in -------------------------------------------------------------------------

NAMES = ("signature", "msg_signature", "timestamp", "nonce", "encrypt_type", "echostr")
ELEMENTS = ("MsgType", "Content", "Event", "FromUserName", "MsgId", "List", "SendLocationInfo")
WORDS = st.sampled_from(["text", "event", "location", "1", "", "LOCATION", "subscribe_msg_x"])
TREES = st.recursive(
    WORDS | st.text(max_size=9),
    lambda inner: st.lists(st.tuples(st.sampled_from(ELEMENTS), inner), max_size=6).map(
        lambda pairs: "".join(f"<{name}>{value}</{name}>" for name, value in pairs)
    ),
    max_leaves=12,
)


@given(
    st.dictionaries(st.sampled_from(NAMES), st.text(st.characters(codec=None))),
    st.binary() | TREES.map(lambda tree: f"<xml>{tree}</xml>".encode("utf-8", "replace")),
    st.sampled_from(MODES),
)
def test_a_stranger_is_only_ever_refused(args: dict[str, str], body: bytes, mode: Mode) -> None:
    with pytest.raises(Refused):
        create_door(mode=mode).open(args, body, now=NOW)


@given(st.binary() | TREES.map(lambda tree: f"<xml>{tree}</xml>".encode("utf-8", "replace")))
def test_no_signed_body_raises(body: bytes) -> None:
    letters = [create_door(mode="plain", original_id=None).open(signed_args(), body, now=NOW)]
    args, sealed = seal(body)
    letters.append(create_door(original_id=None).open(args, sealed, now=NOW))
    assert letters[0].inbound == letters[1].inbound


@given(TREES)
def test_a_well_addressed_letter_never_raises(tree: str) -> None:
    xml = text_xml().replace("<MsgType>text</MsgType>", tree).encode("utf-8", "replace")
    letter = create_door(mode="plain").open(signed_args(), xml, now=NOW)
    assert letter.inbound is None or letter.inbound.sender == "oVillager1"
