"""The server API over real HTTP against a scripted stand-in."""

from __future__ import annotations

import socket
import threading
import traceback
from collections.abc import Callable, Iterator

import pytest

from channels.wechat.api import Qr, WechatApi
from channels.wechat.cards import fit_field
from channels.wechat.errors import (
    ACTIONS,
    Action,
    BadAnswer,
    OutcomeUnknown,
    Refusal,
    Unreachable,
    WechatError,
)
from channels.wechat.line import Credentials, Line
from channels.wechat.media import MAX_MEDIA, sniff
from channels.wechat.tokens import MemoryTokenStore, Token, TokenStore
from tests.channels.standin import Asked, Say, StandIn, serving

SECRET = "app-secret-nobody-may-see"
OLD = "token-one-nobody-may-see"
NEW = "token-two-nobody-may-see"
NOW = 1_800_000_000.0
STABLE = "/cgi-bin/stable_token"
CUSTOM = "/cgi-bin/message/custom/send"
TEMPLATE = "/cgi-bin/message/template/send"
MEDIA = "/cgi-bin/media/get"


@pytest.fixture
def platform() -> Iterator[StandIn]:
    with serving() as stand_in:
        stand_in.script(STABLE, gives(NEW))
        yield stand_in


def invalid_token(asked: Asked) -> Say:
    quoted = asked.args["access_token"]
    return Say({"errcode": 40001, "errmsg": f"invalid credential {quoted} rid: 62-1"})


def only_new(asked: Asked) -> Say:
    return Say() if asked.args["access_token"] == NEW else invalid_token(asked)


def gives(token: str) -> Say:
    return Say({"access_token": token, "expires_in": 7200})


def create_store(*, age: float = 3600.0, left: float = 3600.0) -> MemoryTokenStore:
    return MemoryTokenStore(Token(OLD, expires_at=NOW + left, fetched_at=NOW - age))


def create_api(
    platform: StandIn,
    *,
    store: TokenStore | None = None,
    read_seconds: float = 10.0,
    origin: str | None = None,
) -> WechatApi:
    line = Line(
        origin=origin or platform.origin,
        credentials=Credentials("wx0123456789abcdef", SECRET),
        store=store or create_store(),
        timeout=(2.0, read_seconds),
        clock=lambda: NOW,
    )
    return WechatApi(line)


def failure(call: Callable[[], object]) -> WechatError:
    """The error of a call, after a search for secrets in everything that could be logged."""
    with pytest.raises(WechatError) as caught:
        call()
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    context: BaseException | None = caught.value
    while context is not None:
        shown += str(context)
        context = context.__cause__ or context.__context__
    for secret in (SECRET, OLD, NEW):
        assert secret not in shown
    return caught.value


# --- what is asked -----------------------------------------------------------------------------


def test_a_customer_message_is_sent_as_raw_utf8(platform: StandIn) -> None:
    platform.script(CUSTOM, Say())
    create_api(platform).send_text("oA", "您好\n1 报名")
    (asked,) = platform.asked
    assert (asked.method, asked.args) == ("POST", {"access_token": OLD})
    assert "您好".encode() in asked.body
    assert asked.fields == {
        "touser": "oA",
        "msgtype": "text",
        "text": {"content": "您好\n1 报名"},
    }


def test_a_template_message_carries_its_idempotency_key(platform: StandIn) -> None:
    platform.script(TEMPLATE, Say({"errcode": 0, "errmsg": "ok", "msgid": 200163836}))
    number = create_api(platform).send_template(
        "oA", "t1", fields={"thing1": "长" * 21, "phrase2": "通\n过"}, client_msg_id="d-1"
    )
    assert number == "200163836"
    assert platform.asked[0].fields == {
        "touser": "oA",
        "template_id": "t1",
        "client_msg_id": "d-1",
        "data": {"thing1": {"value": "长" * 19 + "…"}, "phrase2": {"value": "通 过"}},
    }


def test_a_template_message_can_lead_to_a_page(platform: StandIn) -> None:
    platform.script(TEMPLATE, Say({"errcode": 0, "msgid": 1}))
    api = create_api(platform)
    api.send_template("oA", "t1", fields={"a": "b"}, client_msg_id="d", url="https://a.example/")
    assert platform.asked[0].fields["url"] == "https://a.example/"


@pytest.mark.parametrize(
    ("name", "value", "fits"),
    [
        ("thing1", "x" * 20, "x" * 20),
        ("thing12", "x" * 21, "x" * 19 + "…"),
        ("phrase1", "审核通过了", "审核通过了"),
        ("phrase1", "审核通过了吗", "审核通过…"),
        ("character_string3", "A" * 32, "A" * 32),
        ("thing1", " a\r\n b ", "a b"),
    ],
)
def test_a_field_holds_what_fits(name: str, value: str, fits: str) -> None:
    assert fit_field(name, value) == fits


def test_the_menu_is_published_and_deleted(platform: StandIn) -> None:
    platform.script("/cgi-bin/menu/create", Say())
    platform.script("/cgi-bin/menu/delete", Say())
    menu = {"button": [{"type": "click", "name": "打卡", "key": "check_in"}]}
    api = create_api(platform)
    api.publish_menu(menu)
    api.delete_menu()
    assert [(asked.method, asked.path) for asked in platform.asked] == [
        ("POST", "/cgi-bin/menu/create"),
        ("GET", "/cgi-bin/menu/delete"),
    ]
    assert platform.asked[0].fields == menu


@pytest.mark.parametrize(
    ("permanent", "expected"),
    [
        (True, {"action_name": "QR_LIMIT_STR_SCENE"}),
        (False, {"action_name": "QR_STR_SCENE", "expire_seconds": 600}),
    ],
)
def test_a_code_carries_a_scene(
    platform: StandIn, permanent: bool, expected: dict[str, object]
) -> None:
    platform.script("/cgi-bin/qrcode/create", Say({"ticket": "g/Q=", "url": "http://w.example/q"}))
    qr = create_api(platform).create_qr("v-42", permanent=permanent, seconds=600)
    picture = f"{platform.origin}/cgi-bin/showqrcode?ticket=g%2FQ%3D"
    assert qr == Qr("g/Q=", "http://w.example/q", picture)
    assert platform.asked[0].fields == {
        **expected,
        "action_info": {"scene": {"scene_str": "v-42"}},
    }


@pytest.mark.parametrize("scene", ["", "x" * 65])
def test_a_scene_has_1_to_64_characters(platform: StandIn, scene: str) -> None:
    with pytest.raises(ValueError, match="scene"):
        create_api(platform).create_qr(scene, permanent=True)
    assert platform.asked == []


# --- the token ---------------------------------------------------------------------------------


def test_the_secret_travels_in_the_body_only(platform: StandIn) -> None:
    platform.script(CUSTOM, Say())
    create_api(platform, store=MemoryTokenStore()).send_text("oA", "好")
    assert platform.paths == ["stable_token", "message/custom/send"]
    token, send = platform.asked
    assert (token.args, send.args) == ({}, {"access_token": NEW})
    assert token.fields == {
        "grant_type": "client_credential",
        "appid": "wx0123456789abcdef",
        "secret": SECRET,
        "force_refresh": False,
    }


def test_a_token_is_renewed_a_minute_before_it_ends(platform: StandIn) -> None:
    platform.script(CUSTOM, Say())
    create_api(platform, store=create_store(left=61)).send_text("oA", "好")
    create_api(platform, store=create_store(left=59)).send_text("oA", "好")
    assert [asked.args.get("access_token") for asked in platform.asked] == [OLD, None, NEW]


@pytest.mark.parametrize("code", [40001, 40014, 42001])
def test_a_rejected_token_costs_one_repetition(platform: StandIn, code: int) -> None:
    platform.script(CUSTOM, Say({"errcode": code, "errmsg": "no"}), Say())
    store = create_store()
    create_api(platform, store=store).send_text("oA", "好")
    assert platform.paths == ["message/custom/send", "stable_token", "message/custom/send"]
    assert [a.args.get("access_token") for a in platform.asked] == [OLD, None, NEW]
    kept = store.get()
    assert kept is not None
    assert kept.text == NEW


def test_a_lasting_rejection_ends_after_one_repetition(platform: StandIn) -> None:
    platform.script(CUSTOM, invalid_token)
    error = failure(lambda: create_api(platform).send_text("oA", "好"))
    assert (error.action, error.code) == (Action.TOKEN, 40001)
    assert platform.paths == ["message/custom/send", "stable_token", "message/custom/send"]


def test_an_old_token_given_back_is_replaced_by_force_once(platform: StandIn) -> None:
    platform.script(STABLE, gives(OLD), gives(NEW))
    platform.script(CUSTOM, invalid_token, Say())
    create_api(platform).send_text("oA", "好")
    forced = [asked.fields["force_refresh"] for asked in platform.asked if asked.path == STABLE]
    assert forced == [False, True]


def test_a_young_token_given_back_is_not_forced(platform: StandIn) -> None:
    platform.script(STABLE, gives(OLD))
    platform.script(CUSTOM, invalid_token)
    api = create_api(platform, store=create_store(age=29))
    assert failure(lambda: api.send_text("oA", "好")).action is Action.TOKEN
    assert platform.paths == ["message/custom/send", "stable_token"]


def test_force_refused_is_not_the_news(platform: StandIn) -> None:
    platform.script(STABLE, gives(OLD), Say({"errcode": 45009, "errmsg": "too often"}))
    platform.script(CUSTOM, invalid_token)
    error = failure(lambda: create_api(platform).send_text("oA", "好"))
    assert (error.action, error.code) == (Action.TOKEN, 40001)


def test_eight_threads_fetch_one_token(platform: StandIn) -> None:
    platform.script(CUSTOM, Say())
    platform.script(STABLE, Say({"access_token": NEW, "expires_in": 7200}, hang=0.1))
    together(8, create_api(platform, store=MemoryTokenStore()))
    assert platform.paths.count("stable_token") == 1
    assert platform.paths.count("message/custom/send") == 8


def test_eight_rejected_threads_renew_once(platform: StandIn) -> None:
    platform.script(STABLE, Say({"access_token": NEW, "expires_in": 7200}, hang=0.1))
    platform.script(CUSTOM, only_new)
    together(8, create_api(platform))
    assert platform.paths.count("stable_token") == 1
    sent = [asked.args["access_token"] for asked in platform.asked if asked.path == CUSTOM]
    assert sent.count(NEW) == 8
    assert sent.count(OLD) >= 1


def together(count: int, api: WechatApi) -> None:
    start = threading.Barrier(count)
    errors: list[BaseException] = []

    def send() -> None:
        start.wait()
        try:
            api.send_text("oA", "好")
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=send) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


# --- what goes wrong ---------------------------------------------------------------------------


@pytest.mark.parametrize(("code", "action"), [*ACTIONS.items(), (99999, Action.CONTENT)])
def test_every_code_says_what_to_do(platform: StandIn, code: int, action: Action) -> None:
    platform.script(CUSTOM, Say({"errcode": code, "errmsg": f"no {SECRET} rid: 62-1"}))
    error = failure(lambda: create_api(platform).send_text("oA", "好"))
    assert isinstance(error, Refusal)
    assert (error.code, error.action) == (code, action)
    assert "rid: 62-1" in str(error)


HTML = b"<html><body>502 Bad Gateway</body></html>"


@pytest.mark.parametrize(
    ("answer", "action"),
    [
        (Say(HTML, content_type="text/html"), Action.TRANSIENT),
        (Say(HTML, status=502, content_type="text/html"), Action.TRANSIENT),
        (Say(b"", status=500), Action.TRANSIENT),
        (Say(b""), Action.TRANSIENT),
        (Say(b"[]"), Action.TRANSIENT),
        (Say({"errcode": "soon"}), Action.TRANSIENT),
        (Say(b"", status=404), Action.ACCOUNT),
        (Say(b"", status=302, location="/elsewhere"), Action.ACCOUNT),
    ],
)
def test_another_voice_than_the_platforms(platform: StandIn, answer: Say, action: Action) -> None:
    platform.script(CUSTOM, answer)
    error = failure(lambda: create_api(platform).send_text("oA", "好"))
    assert isinstance(error, BadAnswer)
    assert error.action is action
    assert platform.paths == ["message/custom/send"]


def test_a_number_written_as_text_is_a_number(platform: StandIn) -> None:
    platform.script(CUSTOM, Say({"errcode": "45015", "errmsg": "out"}))
    assert failure(lambda: create_api(platform).send_text("oA", "好")).action is Action.WINDOW


@pytest.mark.parametrize("answer", [Say(hang=1.0), Say(cut=True)])
def test_silence_after_the_question_leaves_the_outcome_open(platform: StandIn, answer: Say) -> None:
    platform.script(CUSTOM, answer)
    error = failure(lambda: create_api(platform, read_seconds=0.2).send_text("oA", "好"))
    assert isinstance(error, OutcomeUnknown)
    assert error.action is Action.UNKNOWN


def test_a_closed_door_means_nothing_was_sent(platform: StandIn) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        origin = f"http://127.0.0.1:{server.getsockname()[1]}"
    error = failure(lambda: create_api(platform, origin=origin).send_text("oA", "好"))
    assert isinstance(error, Unreachable)
    assert error.action is Action.TRANSIENT


@pytest.mark.parametrize(
    "answer",
    [
        Say(hang=1.0),
        Say(HTML),
        Say({"expires_in": 7200}),
        Say({"access_token": NEW}),
        Say(cut=True),
    ],
)
def test_without_a_token_nothing_was_sent(platform: StandIn, answer: Say) -> None:
    platform.script(STABLE, answer)
    api = create_api(platform, store=MemoryTokenStore(), read_seconds=0.2)
    assert isinstance(failure(lambda: api.send_text("oA", "好")), Unreachable)
    assert platform.paths == ["stable_token"]


def test_a_wrong_secret_stops_the_account(platform: StandIn) -> None:
    platform.script(STABLE, Say({"errcode": 40125, "errmsg": "invalid appsecret"}))
    api = create_api(platform, store=MemoryTokenStore())
    assert failure(lambda: api.send_text("oA", "好")).action is Action.ACCOUNT


# --- media -------------------------------------------------------------------------------------

PICTURES = {
    "image/jpeg": b"\xff\xd8\xff\xe0" + b"j" * 100,
    "image/png": b"\x89PNG\r\n\x1a\n" + b"p" * 100,
    "image/gif": b"GIF89a" + b"g" * 100,
    "image/webp": b"RIFF\x10\x00\x00\x00WEBPVP8 ",
    "image/heic": b"\x00\x00\x00\x18ftypheic\x00\x00",
    "application/pdf": b"%PDF-1.7\n",
}


@pytest.mark.parametrize(("content_type", "content"), PICTURES.items())
def test_a_picture_is_known_by_its_content(
    platform: StandIn, content_type: str, content: bytes
) -> None:
    platform.script(MEDIA, Say(content, content_type="application/octet-stream"))
    media = create_api(platform).fetch_media("m-1")
    assert (media.content, media.content_type) == (content, content_type)
    assert platform.asked[0].args == {"access_token": OLD, "media_id": "m-1"}


def test_a_rejected_token_costs_one_repetition_for_media_too(platform: StandIn) -> None:
    platform.script(MEDIA, invalid_token, Say(PICTURES["image/png"], content_type="image/png"))
    assert create_api(platform).fetch_media("m-1").content_type == "image/png"
    assert platform.paths == ["media/get", "stable_token", "media/get"]


def test_an_error_instead_of_a_picture(platform: StandIn) -> None:
    platform.script(MEDIA, Say({"errcode": 40007, "errmsg": "invalid media_id"}))
    error = failure(lambda: create_api(platform).fetch_media("m-1"))
    assert (error.code, error.action) == (40007, Action.CONTENT)


@pytest.mark.parametrize(
    ("content", "action"),
    [
        (b"MZ\x90\x00", Action.CONTENT),
        (b"#!AMR\n", Action.CONTENT),
        (b"{}", Action.CONTENT),
        (b"", Action.TRANSIENT),
        (HTML, Action.TRANSIENT),
        (b"\xff\xd8\xff" + b"j" * MAX_MEDIA, Action.CONTENT),
    ],
)
def test_what_is_no_picture_is_not_taken(platform: StandIn, content: bytes, action: Action) -> None:
    platform.script(MEDIA, Say(content, content_type="image/jpeg"))
    error = failure(lambda: create_api(platform).fetch_media("m-1"))
    assert isinstance(error, BadAnswer)
    assert error.action is action


def test_a_picture_of_just_10_mb_is_taken(platform: StandIn) -> None:
    content = b"\xff\xd8\xff" + b"j" * (MAX_MEDIA - 3)
    platform.script(MEDIA, Say(content))
    assert create_api(platform).fetch_media("m-1").content == content


def test_nothing_is_no_picture() -> None:
    assert sniff(b"") is None


# --- web pages ---------------------------------------------------------------------------------


def test_a_code_becomes_an_openid_without_an_access_token(platform: StandIn) -> None:
    platform.script("/sns/oauth2/access_token", Say({"access_token": "x", "openid": "oA"}))
    assert create_api(platform).code_to_openid("c-1") == "oA"
    (asked,) = platform.asked
    assert asked.args == {
        "appid": "wx0123456789abcdef",
        "secret": SECRET,
        "code": "c-1",
        "grant_type": "authorization_code",
    }


@pytest.mark.parametrize(
    ("answer", "action"),
    [
        (Say({"openid": "oA", "is_snapshotuser": 1}), Action.RECIPIENT),
        (Say({"errcode": 40029, "errmsg": "invalid code"}), Action.CONTENT),
        (Say({"openid": ""}), Action.TRANSIENT),
        (Say(status=500), Action.TRANSIENT),
        (Say(hang=1.0), Action.UNKNOWN),
    ],
)
def test_a_code_that_opens_nothing(platform: StandIn, answer: Say, action: Action) -> None:
    platform.script("/sns/oauth2/access_token", answer)
    api = create_api(platform, read_seconds=0.2)
    assert failure(lambda: api.code_to_openid("c-1")).action is action


def test_credentials_and_tokens_do_not_show_their_secret() -> None:
    shown = repr(Credentials("wx", SECRET)) + repr(Token(OLD, expires_at=1, fetched_at=0))
    assert SECRET not in shown
    assert OLD not in shown
