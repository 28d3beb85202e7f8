"""Front door of the web process: puts the real things together; no logic.

`gunicorn "wsgi:create_app()"`, or `wsgi:app` for servers that want a name.
"""

from __future__ import annotations

from typing import Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from bot.inbox import Inbox
from bot.sms import sms_door
from bot.web import health, mount_wechat, time_machine
from channels.wechat.envelope import WechatDoor
from channels.wechat.line import Credentials, Line
from channels.wechat.mini import MiniProgram
from channels.wechat.tokens import MemoryTokenStore
from console.app import register_console
from console.base import Console
from handlers.desk import Office
from models.opening import open_database
from portal.mini import Portal, mini_door
from portal.passes import Passes
from portal.push import push_door
from rules.shelf_check import check_shelf
from services import card_consents, mini_program, telling_facts
from services.clock import MovableClock, WallClock
from services.logs import set_up_logs
from services.overrides import Keeping
from settings import Settings, decode_aes_key, load
from wording import load_book

BODY_LIMIT_BYTES = 256 * 1024
LOGIN_SECONDS = (2.0, 4.0)
"""To reach the platform, and for its answer."""


def create_app(settings: Settings | None = None) -> Flask:
    """The web application. Raises `settings.SettingsError` where the environment is not fit."""
    settings = settings or load()
    set_up_logs(settings)
    check_shelf()
    card_consents.know_templates(settings.wechat_subscriptions)
    telling_facts.know_cards(None if settings.sandbox else settings.wechat_templates)
    mini_program.know(settings)
    inbox = make_inbox(settings)
    app = Flask("gongyigang", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = BODY_LIMIT_BYTES
    mount_wechat(app, inbox, make_wechat_door(settings))
    app.register_blueprint(health(inbox))
    if settings.sms_accounts and settings.sms_callback_secret is not None:
        secret = settings.sms_callback_secret.get_secret_value()
        app.register_blueprint(sms_door(inbox, providers=settings.sms_accounts, secret=secret))
    register_mini_program(app, inbox, settings)
    if settings.sandbox:
        app.register_blueprint(time_machine(inbox))
    register_console(app, make_console(inbox, settings), secret_key=secret_of(settings))
    if hops := settings.trusted_proxies:
        behind = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)
        app.wsgi_app = behind  # type: ignore[method-assign]  # how Flask documents it
    return app


def register_mini_program(app: Flask, inbox: Inbox, settings: Settings) -> None:
    """Mount `/mini`, where there is a mini-program."""
    if settings.wechat_mini_app_id is None:
        return
    portal = Portal(
        inbox.sessions,
        inbox.clock,
        inbox.book,
        MiniProgram(make_mini_line(settings)),
        Passes(secret_of(settings)),
    )
    app.register_blueprint(mini_door(portal))
    if settings.wechat_mini_token is not None:
        app.register_blueprint(push_door(portal, make_mini_envelope(settings)))


def make_mini_line(settings: Settings) -> Line:
    """The line on which log-ins travel. They need no access token; and whoever logs in waits."""
    secret = settings.wechat_mini_app_secret
    return Line(
        origin=settings.wechat_api_url,
        credentials=Credentials(
            settings.wechat_mini_app_id or "", secret.get_secret_value() if secret else ""
        ),
        store=MemoryTokenStore(),
        timeout=LOGIN_SECONDS,
    )


def make_mini_envelope(settings: Settings) -> WechatDoor:
    """The translator of the mini-program's message push."""
    key = settings.wechat_mini_aes_key
    return WechatDoor(
        token=settings.wechat_mini_token or "",
        app_id=settings.wechat_mini_app_id or "",
        aes_key=decode_aes_key(key.get_secret_value()) if key else None,
        mode=settings.wechat_mode,
    )


def make_console(inbox: Inbox, settings: Settings) -> Console:
    """The staff console on the inbox's database and clock."""
    shares = {name: account.share for name, account in settings.sms_accounts.items()}
    return Console(
        inbox.sessions, inbox.clock, inbox.book, sandbox=settings.sandbox, sms_shares=shares
    )


def secret_of(settings: Settings) -> str:
    """GYG_SECRET_KEY; `settings.load` lets no process without it through."""
    assert settings.secret_key is not None
    return settings.secret_key.get_secret_value()


def make_inbox(settings: Settings) -> Inbox:
    """The inbox on the configured database and clock."""
    return Inbox(
        sessions=open_database(settings),
        clock=Keeping(MovableClock() if settings.sandbox else WallClock()),
        office=Office(district_phone=settings.district_phone, public_url=settings.public_url),
        book=load_book(),
    )


def make_wechat_door(settings: Settings) -> WechatDoor:
    """The translator of the configured account and mode."""
    key = settings.wechat_aes_key
    return WechatDoor(
        token=settings.wechat_token or "",
        app_id=settings.wechat_app_id or "",
        original_id=settings.wechat_original_id or "",
        aes_key=decode_aes_key(key.get_secret_value()) if key else None,
        mode=settings.wechat_mode,
    )


def __getattr__(name: str) -> Any:
    if name == "app":
        return create_app()
    raise AttributeError(name)
