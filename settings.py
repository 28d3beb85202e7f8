"""One typed object read from the GYG_* environment variables, once.

Every setting has a description; `docs/settings.md` is written from them and a test holds the two
together. Outside sandbox mode a missing or malformed secret refuses to start: `load` raises
`SettingsError` with one English sentence per problem, each naming its variable.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PositiveInt,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict
from pydantic_settings import SettingsError as UnreadableSetting

SANDBOX_DEFAULTS: dict[str, str] = {
    "wechat_token": "gongyigangsandbox",
    "wechat_app_id": "wx0000000000sandbox",
    "wechat_app_secret": "sandbox-secret",
    "wechat_aes_key": base64.b64encode(b"sandbox-aes-key-for-gongyigang-1").decode()[:43],
    "wechat_mini_app_secret": "sandbox-mini-secret",
    "wechat_mini_token": "gongyigangsandboxmini",
    "wechat_mini_aes_key": base64.b64encode(b"sandbox-aes-key-for-the-mini-pro").decode()[:43],
    "wechat_api_url": "http://127.0.0.1:8090",
    "sms_accounts": '{"tencent": {"secret_id": "sandbox", "secret_key": "sandbox", '
    '"app_id": "1400000000"}}',
    "sms_api_url": "http://127.0.0.1:8090",
    "sms_callback_secret": "sandbox-sms-callback",
    "secret_key": "sandbox-secret-key-nobody-may-use-in-production",
    "field_keys": "1:" + base64.b64encode(b"sandbox-field-key-gongyigang-001").decode(),
}
"""What a missing variable means in sandbox mode. Known to everybody, so worthless elsewhere."""

REQUIRED_OUTSIDE_SANDBOX = (
    "wechat_token",
    "wechat_app_id",
    "wechat_app_secret",
    "secret_key",
    "field_keys",
)


class SettingsError(Exception):
    """The environment does not describe a service that may start; the text says what is wrong."""


class SmsAccount(BaseModel):
    """One account with one SMS provider. `share`: of what is sent while all are well."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    secret_id: str
    secret_key: SecretStr
    app_id: str = ""
    share: int = Field(100, ge=0, le=100)
    sign_name: str | None = None
    templates: dict[str, str] = {}
    url: str | None = None


class Settings(BaseSettings):
    """What the environment says. Immutable; made by `load`."""

    model_config = SettingsConfigDict(env_prefix="GYG_", frozen=True, extra="ignore")

    sandbox: bool = Field(
        default=False,
        description="True: the outside world is the stand-in, missing secrets get well-known "
        "values, and the service's clock can be moved. Never true in production.",
    )
    port: int = Field(8080, ge=1, le=65535, description="Where the web process listens.")
    host: str = Field("127.0.0.1", description="The address the web process binds.")
    database_url: str = Field(
        "sqlite:///var/gongyigang.db",
        description="SQLAlchemy address of the database: SQLite (embedded default) or PostgreSQL.",
    )
    secret_key: SecretStr | None = Field(
        None,
        description="Signs sessions and keys the blind indexes over personal numbers. At least 32 "
        "characters. Changing it needs a re-index of all people.",
    )
    field_keys: SecretStr | None = Field(
        None,
        description="Keys of the encrypted columns, `id:base64-of-32-bytes`, comma separated. The "
        "first one writes; the others only read what they once wrote.",
    )
    wechat_token: str | None = Field(None, description="Webhook token, 3-32 letters or digits.")
    wechat_app_id: str | None = Field(None, description="AppID of the service account.")
    wechat_app_secret: SecretStr | None = Field(
        None, description="AppSecret of the service account, for access tokens."
    )
    wechat_original_id: str | None = Field(
        None,
        description="The account's own id (gh_…): messages addressed to another are not taken. "
        "Unset: not looked at (the AppID inside an encrypted message still is).",
    )
    wechat_aes_key: SecretStr | None = Field(
        None, description="EncodingAESKey, 43 characters. Required in compatible and safe mode."
    )
    wechat_mode: Literal["plain", "compatible", "safe"] = Field(
        "safe", description="How webhook bodies come in: plain, compatible or safe (AES)."
    )
    wechat_api_url: str = Field("https://api.weixin.qq.com", description="Origin of WeChat's API.")
    wechat_templates: dict[str, str] = Field(
        default_factory=dict,
        description="JSON object: our card's name (`gyg wechat cards`) → the id of the template "
        "message, of the same fields, in the account.",
    )
    wechat_subscriptions: dict[str, str] = Field(
        default_factory=dict,
        description="JSON object: our card's name → the id of the subscription template.",
    )
    wechat_subscribe_page: str | None = Field(
        None,
        description="Address of the page on which people tick subscription notices (an article of "
        "the account with WeChat's component for it): a tap on a notice opens it, so that whoever "
        "wants the next one ticks again.",
    )
    wechat_mini_app_id: str | None = Field(
        None,
        description="AppID of the mini-program. Unset: there is none, its door (/mini/…) answers "
        "404 and nobody is told by it.",
    )
    wechat_mini_app_secret: SecretStr | None = Field(
        None, description="AppSecret of the mini-program, for its log-ins and access tokens."
    )
    wechat_mini_token: str | None = Field(
        None,
        description="Token of the mini-program's message push, 3-32 letters or digits; its address "
        "is /mini/push, its format XML, its mode GYG_WECHAT_MODE. Unset: that address answers 404, "
        "and nobody hears what became of its messages.",
    )
    wechat_mini_aes_key: SecretStr | None = Field(
        None,
        description="EncodingAESKey of the mini-program's message push, 43 characters. Required "
        "with its token in compatible and safe mode.",
    )
    wechat_mini_subscriptions: dict[str, str] = Field(
        default_factory=dict,
        description="JSON object: our mini-program card's name (`gyg wechat cards`) → the id of "
        "the mini-program's subscription template, of the same fields.",
    )
    wechat_mini_page: str | None = Field(
        None,
        description="Page of the mini-program that a tap on its message opens, on which people "
        "tick for the next one. Unset: a tap opens nothing.",
    )
    sms_accounts: dict[str, SmsAccount] = Field(
        default_factory=dict,
        description="JSON object: provider (tencent, aliyun) → its account: `secret_id`, "
        "`secret_key`, `app_id` (Tencent: SdkAppId), `share` (of 100, default 100), `sign_name`, "
        "`templates` (our template's name → the provider's id), `url`. Empty: no SMS is sent.",
    )
    sms_api_url: str | None = Field(
        None, description="Origin of every SMS provider's API; unset: each one's own."
    )
    sms_sign_name: str | None = Field(
        None,
        description="Registered signature of short messages; unset: the one in wording (sms.sign).",
    )
    sms_callback_secret: SecretStr | None = Field(
        None,
        description="The unguessable part of the callback paths /sms/<secret>/<provider>/receipt "
        "and /sms/<secret>/<provider>/uplink (the providers do not sign).",
    )
    broker_url: SecretStr | None = Field(
        None,
        description="Where senders in processes of their own (`python -m scheduler.worker`) get "
        "their work: redis://… or amqp://…. Unset: the clock sends by itself.",
    )
    sender_threads: int = Field(
        8, ge=1, le=64, description="How many messages of one channel a process sends at once."
    )
    send_batch: int = Field(
        5,
        ge=1,
        le=50,
        description="How many messages a sender takes at a time. What it holds when it is killed "
        "is uncertain.",
    )
    send_rates: dict[str, PositiveInt] = Field(
        default_factory=lambda: {"sms": 200, "wechat": 200},
        description="JSON object: channel → the most messages a second, by all senders together. "
        "A channel that is not named goes as fast as it can.",
    )
    trusted_proxies: int = Field(
        0,
        ge=0,
        le=5,
        description="How many proxies of ours stand before the web process; their X-Forwarded-* "
        "headers are believed.",
    )
    public_url: str = Field(
        "http://127.0.0.1:8080", description="Where residents reach this service's web pages."
    )
    district_phone: str = Field(
        "0537-0000000",
        description="The phone number that residents are given for the district office.",
    )
    log_format: Literal["json", "console"] = Field(
        "console", description="Structured logs as JSON lines, or for human eyes."
    )

    @model_validator(mode="before")
    @classmethod
    def _fill_sandbox_defaults(cls, values: Any) -> Any:
        if isinstance(values, dict) and str(values.get("sandbox", "")).lower() in TRUE_WORDS:
            return {**SANDBOX_DEFAULTS, **{k: v for k, v in values.items() if v != ""}}
        return values

    @field_validator("sms_accounts", mode="before")
    @classmethod
    def _accounts_are_json(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError:
            raise ValueError("is not JSON") from None

    @field_validator("wechat_token", "wechat_mini_token")
    @classmethod
    def _token_is_plain(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"[A-Za-z0-9]{3,32}", value):
            raise ValueError("must be 3-32 letters or digits")
        return value

    @field_validator("wechat_aes_key", "wechat_mini_aes_key")
    @classmethod
    def _aes_key_has_43_characters(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            decode_aes_key(value.get_secret_value())
        return value

    @field_validator("secret_key")
    @classmethod
    def _secret_key_is_long(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < 32:
            raise ValueError("must have at least 32 characters")
        return value

    @field_validator("field_keys")
    @classmethod
    def _field_keys_decode(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            parse_field_keys(value.get_secret_value())
        return value

    @model_validator(mode="after")
    def _nothing_is_missing(self) -> Settings:
        if self.sandbox:
            return self
        missing = [name for name in REQUIRED_OUTSIDE_SANDBOX if getattr(self, name) is None]
        if self.wechat_mode != "plain" and self.wechat_aes_key is None:
            missing.append("wechat_aes_key")
        if self.sms_accounts and self.sms_callback_secret is None:
            missing.append("sms_callback_secret")
        if self.wechat_mini_app_id and self.wechat_mini_app_secret is None:
            missing.append("wechat_mini_app_secret")
        if self.wechat_mode != "plain" and self.wechat_mini_token:
            missing += [] if self.wechat_mini_aes_key else ["wechat_mini_aes_key"]
        if missing:
            raise ValueError(f"missing outside sandbox mode: {_variables(missing)}")
        known = [
            name for name in WORTHLESS if _plain(getattr(self, name)) == SANDBOX_DEFAULTS[name]
        ]
        if known:
            raise ValueError(
                f"the sandbox's well-known value outside sandbox mode: {_variables(known)}"
            )
        return self


WORTHLESS = ("secret_key", "field_keys")
"""Sandbox keys that everybody knows: with them nothing sealed would be safe in production."""


def _variables(names: list[str]) -> str:
    return ", ".join("GYG_" + name.upper() for name in names)


def _plain(value: Any) -> Any:
    return value.get_secret_value() if isinstance(value, SecretStr) else value


TRUE_WORDS = frozenset({"1", "true", "t", "yes", "y", "on"})


def load(**overrides: Any) -> Settings:
    """The settings of this process. Raises `SettingsError` with a sentence per problem."""
    try:
        return Settings(**overrides)
    except ValidationError as error:
        raise SettingsError("; ".join(_sentence(problem) for problem in error.errors())) from None
    except UnreadableSetting as error:
        raise SettingsError(f"{error}; an object is written as JSON") from None


def _sentence(problem: Any) -> str:
    where = ".".join(str(part) for part in problem["loc"])
    reason = str(problem["msg"]).removeprefix("Value error, ")
    return f"GYG_{where.upper()}: {reason}" if where else f"settings: {reason}"


def parse_field_keys(text: str) -> dict[str, bytes]:
    """Key id → 32 bytes, in the order written. Raises ValueError that never shows the key."""
    keys: dict[str, bytes] = {}
    for part in text.split(","):
        key_id, _, encoded = part.strip().partition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            key = b""
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,8}", key_id) or len(key) != 32 or key_id in keys:
            raise ValueError("must be id:base64-of-32-bytes, comma separated, each id once")
        keys[key_id] = key
    return keys


def decode_aes_key(text: str) -> bytes:
    """The 32 bytes of an EncodingAESKey (platform.md 1.1). Raises ValueError."""
    try:
        key = base64.b64decode(text + "=", validate=True)
    except binascii.Error:
        key = b""
    if len(text) != 43 or len(key) != 32:
        raise ValueError("must be the 43 characters of an EncodingAESKey")
    return key
