"""What the sandbox is told at start, read once from SANDBOX_* environment variables.

The defaults are well known on purpose: the service has the same ones in its sandbox mode, so that
the two find each other without any set-up. They are worthless anywhere else.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Literal, cast, get_args

WireMode = Literal["plain", "compatible", "safe"]
SmsProvider = Literal["tencent", "aliyun"]


class SettingError(ValueError):
    """A SANDBOX_* variable that cannot be used; the text says which and why."""


@dataclass(frozen=True, kw_only=True)
class Config:
    """All settings of the sandbox; each field is the variable SANDBOX_<NAME>."""

    host: str = "127.0.0.1"
    port: int = 8090
    public_url: str = ""
    service_url: str = "http://127.0.0.1:8080"
    webhook_path: str = "/wechat"
    start_at: str = ""
    account_name: str = "公益岗服务号（演示）"

    wechat_token: str = "gongyigangsandbox"
    wechat_app_id: str = "wx0000000000sandbox"
    wechat_app_secret: str = "sandbox-secret"
    wechat_aes_key: str = "c2FuZGJveC1hZXMta2V5LWZvci1nb25neWlnYW5nLTE"
    wechat_original_id: str = "gh_sandbox00000"
    wechat_mode: WireMode = "safe"
    wechat_mini_app_id: str = "wx000sandboxmini"
    wechat_mini_app_secret: str = "sandbox-mini-secret"
    wechat_mini_token: str = "gongyigangsandboxmini"
    wechat_mini_aes_key: str = "c2FuZGJveC1hZXMta2V5LWZvci10aGUtbWluaS1wcm8"
    wechat_mini_original_id: str = "gh_sandboxmini0"
    mini_push_path: str = "/mini/push"

    retry_seconds: float = 5.0
    tries: int = 3
    event_delay_seconds: float = 0.2

    sms_receipt_url: str = ""
    sms_uplink_url: str = ""
    sms_provider: SmsProvider = "tencent"
    sms_receipt_seconds: float = 1.0
    sms_parameter_limit: int = 0

    @property
    def own_url(self) -> str:
        """The address under which the service reaches the sandbox, without a final slash."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def webhook_url(self) -> str:
        """The service's WeChat webhook."""
        return self.service_url.rstrip("/") + self.webhook_path

    @property
    def of_mini(self) -> "Config":
        """The same, with the mini-program's account and address for what the platform pushes."""
        return replace(
            self,
            webhook_path=self.mini_push_path,
            wechat_token=self.wechat_mini_token,
            wechat_app_id=self.wechat_mini_app_id,
            wechat_aes_key=self.wechat_mini_aes_key,
            wechat_original_id=self.wechat_mini_original_id,
        )

    @property
    def receipt_url(self) -> str:
        """Where SMS receipts are posted; `{provider}` in the setting is replaced by the sender."""
        return (
            self.sms_receipt_url
            or self.service_url.rstrip("/") + "/sms/sandbox-sms-callback/{provider}/receipt"
        )

    @property
    def uplink_url(self) -> str:
        """Where a person's SMS to the service is posted."""
        return (
            self.sms_uplink_url
            or self.service_url.rstrip("/") + "/sms/sandbox-sms-callback/{provider}/uplink"
        )


def read_config(environ: Mapping[str, str]) -> Config:
    """The configuration from `environ`; an unusable value raises SettingError with a sentence."""
    given: dict[str, object] = {}
    for field in fields(Config):
        text = environ.get(f"SANDBOX_{field.name.upper()}")
        if text:
            given[field.name] = _typed(field.name, text)
    config = Config(**given)  # type: ignore[arg-type]  # _typed gave each its field's type
    _refuse_unusable(config)
    return config


def _typed(name: str, text: str) -> object:
    default = getattr(Config, name)
    try:
        return type(default)(text)
    except ValueError as error:
        raise SettingError(f"SANDBOX_{name.upper()} must be a number, not {text!r}") from error


def _refuse_unusable(config: Config) -> None:
    choices: dict[str, tuple[str, ...]] = {
        "wechat_mode": get_args(WireMode),
        "sms_provider": get_args(SmsProvider),
    }
    for name, allowed in choices.items():
        if cast(str, getattr(config, name)) not in allowed:
            raise SettingError(f"SANDBOX_{name.upper()} must be one of {', '.join(allowed)}")
    for name in ("wechat_aes_key", "wechat_mini_aes_key"):
        if len(cast(str, getattr(config, name))) != 43:
            raise SettingError(f"SANDBOX_{name.upper()} must have 43 characters")
