"""What the environment must say before the service may start."""

from __future__ import annotations

import base64
import json
import os

import pytest

from settings import (
    REQUIRED_OUTSIDE_SANDBOX,
    SANDBOX_DEFAULTS,
    SettingsError,
    load,
    parse_field_keys,
)

KEY = base64.b64encode(b"k" * 32).decode()
COMPLETE = {
    "WECHAT_TOKEN": "sometoken",
    "WECHAT_APP_ID": "wx0123456789abcdef",
    "WECHAT_APP_SECRET": "app-secret",
    "WECHAT_AES_KEY": base64.b64encode(b"a" * 32).decode()[:43],
    "SECRET_KEY": "s" * 32,
    "FIELD_KEYS": f"1:{KEY}",
}
MINI = {
    "WECHAT_MINI_APP_ID": "wxabcdef0123456789",
    "WECHAT_MINI_APP_SECRET": "mini-secret",
    "WECHAT_MINI_TOKEN": "minitoken",
    "WECHAT_MINI_AES_KEY": base64.b64encode(b"m" * 32).decode()[:43],
}
SMS = {
    "SMS_ACCOUNTS": json.dumps({"tencent": {"secret_id": "id", "secret_key": "sms-key"}}),
    "SMS_CALLBACK_SECRET": "callback",
}


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """No GYG_ variable of the machine reaches a test."""
    for name in [name for name in os.environ if name.startswith("GYG_")]:
        monkeypatch.delenv(name)


def put(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    for name, value in values.items():
        monkeypatch.setenv(f"GYG_{name}", value)


def test_a_complete_environment_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    put(monkeypatch, **COMPLETE, **SMS)
    settings = load()
    assert settings.sandbox is False
    assert settings.wechat_mode == "safe"
    assert settings.wechat_app_id == "wx0123456789abcdef"


@pytest.mark.parametrize("name", [*COMPLETE, *(name for name in SMS if name != "SMS_ACCOUNTS")])
def test_each_missing_secret_is_named(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    put(monkeypatch, **{key: value for key, value in {**COMPLETE, **SMS}.items() if key != name})
    with pytest.raises(SettingsError, match=f"GYG_{name}\\b"):
        load()


def test_all_that_is_missing_is_named_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        load()
    for name in (*REQUIRED_OUTSIDE_SANDBOX, "wechat_aes_key"):
        assert f"GYG_{name.upper()}" in str(caught.value)


def test_plain_mode_needs_no_aes_key(monkeypatch: pytest.MonkeyPatch) -> None:
    rest = {name: value for name, value in COMPLETE.items() if name != "WECHAT_AES_KEY"}
    put(monkeypatch, **rest, WECHAT_MODE="plain")
    assert load().wechat_aes_key is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WECHAT_TOKEN", "no"),
        ("WECHAT_TOKEN", "with space"),
        ("WECHAT_AES_KEY", "x" * 42),
        ("WECHAT_AES_KEY", "!" * 43),
        ("WECHAT_MODE", "secret"),
        ("SECRET_KEY", "short-secret"),
        ("FIELD_KEYS", "nonsense"),
        ("FIELD_KEYS", "1:c2hvcnQ="),
        ("FIELD_KEYS", f"1:{KEY},1:{KEY}"),
        ("PORT", "0"),
        ("PORT", "many"),
        ("SMS_ACCOUNTS", "[1]"),
        ("SMS_ACCOUNTS", '{"tencent": {"secret_id": "id"}}'),
        ("SMS_ACCOUNTS", '{"tencent": {"secret_id": "id", "secret_key": "k", "shares": 5}}'),
        ("WECHAT_TEMPLATES", "[1]"),
        ("LOG_FORMAT", "xml"),
        ("SANDBOX", "perhaps"),
    ],
)
def test_a_malformed_value_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    put(monkeypatch, **{**COMPLETE, name: value})
    with pytest.raises(SettingsError, match=f"GYG_{name}"):
        load()


@pytest.mark.parametrize(
    ("name", "value"),
    [("SECRET_KEY", "too-short-to-be-shown"), ("FIELD_KEYS", "1:leaked"), ("WECHAT_AES_KEY", "zz")],
)
def test_a_refusal_never_shows_a_secret(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    put(monkeypatch, **{**COMPLETE, name: value})
    with pytest.raises(SettingsError) as caught:
        load()
    assert value not in str(caught.value)


@pytest.mark.parametrize("name", ["WECHAT_MINI_APP_SECRET", "WECHAT_MINI_AES_KEY"])
def test_a_mini_program_needs_its_secrets(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    put(monkeypatch, **COMPLETE, **{key: value for key, value in MINI.items() if key != name})
    with pytest.raises(SettingsError, match=f"GYG_{name}\\b"):
        load()


def test_a_mini_program_without_its_push_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    without = ("WECHAT_MINI_TOKEN", "WECHAT_MINI_AES_KEY")
    put(monkeypatch, **COMPLETE, **{k: v for k, v in MINI.items() if k not in without})
    assert load().wechat_mini_token is None


def test_the_settings_printed_show_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    put(monkeypatch, **COMPLETE, **SMS)
    shown = repr(load())
    for name in ("WECHAT_APP_SECRET", "WECHAT_AES_KEY", "SECRET_KEY", "FIELD_KEYS"):
        assert COMPLETE[name] not in shown
    assert "sms-key" not in shown


@pytest.mark.parametrize("word", ["1", "true", "yes", "on", "True"])
def test_the_sandbox_brings_its_own_secrets(monkeypatch: pytest.MonkeyPatch, word: str) -> None:
    put(monkeypatch, SANDBOX=word)
    settings = load()
    assert settings.sandbox
    assert settings.wechat_token == SANDBOX_DEFAULTS["wechat_token"]
    assert settings.field_keys is not None


def test_the_sandbox_does_not_override_what_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    put(monkeypatch, SANDBOX="1", WECHAT_TOKEN="mytoken", SMS_API_URL="")
    settings = load()
    assert settings.wechat_token == "mytoken"
    assert settings.sms_api_url == SANDBOX_DEFAULTS["sms_api_url"]
    assert settings.sms_accounts["tencent"].app_id


@pytest.mark.parametrize("word", ["0", "false", "no", ""])
def test_the_sandboxs_secrets_are_worth_nothing_outside(
    monkeypatch: pytest.MonkeyPatch, word: str
) -> None:
    put(monkeypatch, SANDBOX=word or "false")
    with pytest.raises(SettingsError, match="missing outside sandbox mode"):
        load()


def test_field_keys_keep_their_order() -> None:
    assert list(parse_field_keys(f"b:{KEY}, a:{KEY}")) == ["b", "a"]


def test_settings_cannot_be_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    put(monkeypatch, SANDBOX="1")
    with pytest.raises(ValueError, match="frozen"):
        load().port = 1


@pytest.mark.parametrize("name", ["SECRET_KEY", "FIELD_KEYS"])
def test_the_keys_that_everybody_knows_open_no_production(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    put(monkeypatch, **COMPLETE)
    monkeypatch.setenv(f"GYG_{name}", SANDBOX_DEFAULTS[name.lower()])
    with pytest.raises(SettingsError, match=f"well-known .*GYG_{name}"):
        load()


def test_accounts_that_are_no_json_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    put(monkeypatch, **COMPLETE, SMS_ACCOUNTS="nonsense")
    with pytest.raises(SettingsError, match="sms_accounts"):
        load()
