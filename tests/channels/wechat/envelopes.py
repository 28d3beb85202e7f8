"""The platform's side of the wire for the tests: wechatpy's crypto, and nothing of ours."""

from __future__ import annotations

import base64
import hashlib

import xmltodict
from wechatpy.crypto import WeChatCrypto

from channels.wechat.envelope import Mode, WechatDoor

TOKEN = "gongyigangtest"
APP_ID = "wx0123456789abcdef"
ACCOUNT = "gh_test00000000"
AES_TEXT = base64.b64encode(b"thirty-two-bytes-for-testing-aes").decode()[:43]
AES_KEY = base64.b64decode(AES_TEXT + "=")
NOW = 1_800_000_000.5
NONCE = "1320562132"


def create_door(*, mode: Mode = "safe", original_id: str | None = ACCOUNT) -> WechatDoor:
    return WechatDoor(
        token=TOKEN, app_id=APP_ID, original_id=original_id, aes_key=AES_KEY, mode=mode
    )


def create_crypto(*, app_id: str = APP_ID, aes_text: str = AES_TEXT) -> WeChatCrypto:
    return WeChatCrypto(TOKEN, aes_text, app_id)


def sign(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()


def signed_args(*, at: float = NOW, **more: str) -> dict[str, str]:
    """The query string of a plain request."""
    timestamp = str(int(at))
    signature = sign(TOKEN, timestamp, NONCE)
    return {"signature": signature, "timestamp": timestamp, "nonce": NONCE, **more}


def letter_xml(elements: str, *, account: str = ACCOUNT, sender: str = "oVillager1") -> str:
    return (
        f"<xml><ToUserName><![CDATA[{account}]]></ToUserName>"
        f"<FromUserName><![CDATA[{sender}]]></FromUserName>"
        f"<CreateTime>1649203200</CreateTime>{elements}</xml>"
    )


def text_xml(content: str = "你好", *, account: str = ACCOUNT) -> str:
    elements = f"<MsgType>text</MsgType><Content><![CDATA[{content}]]></Content><MsgId>1</MsgId>"
    return letter_xml(elements, account=account)


def seal(
    xml: str | bytes, *, at: float = NOW, crypto: WeChatCrypto | None = None
) -> tuple[dict[str, str], bytes]:
    """Query string and body of a request in safe mode, sealed by wechatpy."""
    timestamp = str(int(at))
    sealed = (crypto or create_crypto()).encrypt_message(xml, NONCE, timestamp)
    envelope = xmltodict.parse(sealed)["xml"]
    args = signed_args(at=at, encrypt_type="aes", msg_signature=envelope["MsgSignature"])
    body = (
        f"<xml><ToUserName><![CDATA[{ACCOUNT}]]></ToUserName>"
        f"<Encrypt><![CDATA[{envelope['Encrypt']}]]></Encrypt></xml>"
    )
    return args, body.encode()
