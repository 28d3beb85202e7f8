"""The sandbox's signature and envelope, judged by wechatpy's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wechatpy.crypto import WeChatCrypto

from sandbox.config import Config
from sandbox.courier import Courier
from sandbox.wire import Envelope, EnvelopeError, from_xml, sign, to_xml

CONFIG = Config()
ENVELOPE = Envelope(aes_key=CONFIG.wechat_aes_key, app_id=CONFIG.wechat_app_id)
PRINTABLE = st.text(st.characters(min_codepoint=0x20, exclude_categories=["Cs", "Cc", "Cn"]))


def wechatpy_crypto(app_id: str = CONFIG.wechat_app_id) -> WeChatCrypto:
    return WeChatCrypto(CONFIG.wechat_token, CONFIG.wechat_aes_key, app_id)


@given(PRINTABLE)
def test_wechatpy_reads_what_the_sandbox_sends(text: str) -> None:
    fields = {"ToUserName": "gh", "FromUserName": "o-1", "CreateTime": 1, "Content": text}
    push = Courier(CONFIG).pack(fields)
    opened = wechatpy_crypto().decrypt_message(
        push.body, push.query["msg_signature"], push.query["timestamp"], push.query["nonce"]
    )
    assert (from_xml(opened)["Content"] or "") == text.strip()


@given(PRINTABLE)
def test_the_sandbox_reads_what_wechatpy_answers(text: str) -> None:
    xml = to_xml({"Content": text})
    envelope = from_xml(wechatpy_crypto().encrypt_message(xml, "nonce", "1650000000"))
    assert envelope["MsgSignature"] == sign(
        CONFIG.wechat_token, "1650000000", "nonce", envelope["Encrypt"]
    )
    assert ENVELOPE.open(envelope["Encrypt"]) == xml


def test_an_answer_for_another_account_is_refused() -> None:
    envelope = from_xml(wechatpy_crypto("wx-other").encrypt_message("<xml/>", "n", "1"))
    with pytest.raises(EnvelopeError, match="another app id"):
        ENVELOPE.open(envelope["Encrypt"])


@pytest.mark.parametrize("sealed", ["", "AAAA", "不是密文", "A" * 44])
def test_a_broken_envelope_is_refused(sealed: str) -> None:
    with pytest.raises(EnvelopeError):
        ENVELOPE.open(sealed)


@pytest.mark.parametrize("text", ["", "{}", "<a>1</a>", "<xml></xml>", "<xml>", "success"])
def test_an_answer_that_is_no_wechat_xml_is_refused(text: str) -> None:
    with pytest.raises(EnvelopeError):
        from_xml(text)


def test_the_end_of_cdata_in_a_text_survives() -> None:
    assert from_xml(to_xml({"Content": "甲]]>乙"}))["Content"] == "甲]]>乙"


def test_fields_can_be_nested_and_repeated() -> None:
    fields = from_xml(to_xml({"A": {"List": [{"B": 1}, {"B": 2}]}}))
    assert fields == {"A": {"List": [{"B": "1"}, {"B": "2"}]}}
