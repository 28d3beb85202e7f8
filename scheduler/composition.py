"""Puts the clock's real things together, from the settings."""

from __future__ import annotations

import os
import socket
import uuid

from sqlalchemy.orm import Session, sessionmaker

from channels.sms.gateway import SmsGateway
from channels.sms.tencent import TencentGateway
from channels.wechat.api import WechatApi
from channels.wechat.line import Credentials, Line
from models.opening import open_database
from scheduler.carriers import Carrier, SmsCarrier, WechatCarrier
from scheduler.clockwork import Clockwork
from scheduler.jobs import JOBS
from scheduler.lease import ClockLease
from scheduler.works import Works, machine_time
from services.clock import MovableClock, WallClock
from services.logs import set_up_logs
from services.overrides import Keeping
from services.tokens import SqlTokenStore
from settings import Settings
from wording import Book, load_book
from wording.sms import sms_templates


def make_clockwork(settings: Settings) -> Clockwork:
    """The clock of this service, not yet running. Installs the keyring of the process."""
    set_up_logs(settings)
    sessions = open_database(settings)
    book = load_book()
    api = make_wechat_api(settings, sessions)
    carriers: dict[str, Carrier] = {"wechat": WechatCarrier(api, book)}
    gateway = make_sms_gateway(settings, book)
    if gateway is not None:
        carriers["sms"] = make_sms_carrier(settings, gateway, book)
    works = Works(
        sessions=sessions,
        clock=Keeping(MovableClock() if settings.sandbox else WallClock()),
        carriers=carriers,
        fetch=api.fetch_media,
    )
    lease = ClockLease(sessions, holder=process_name(), machine=machine_time)
    return Clockwork(works, lease, JOBS)


def make_wechat_api(settings: Settings, sessions: sessionmaker[Session]) -> WechatApi:
    """The server API of the configured account; its token is shared through the database."""
    app_id, secret = settings.wechat_app_id or "", settings.wechat_app_secret
    credentials = Credentials(app_id, secret.get_secret_value() if secret else "")
    store = SqlTokenStore(sessions, name=app_id)
    return WechatApi(Line(origin=settings.wechat_api_url, credentials=credentials, store=store))


def make_sms_gateway(settings: Settings, book: Book) -> SmsGateway | None:
    """The configured provider; None where no SMS is sent."""
    key = settings.sms_secret_key
    if settings.sms_provider == "none" or key is None:
        return None
    return TencentGateway(
        secret_id=settings.sms_secret_id or "",
        secret_key=key.get_secret_value(),
        app_id=settings.sms_app_id or "",
        sign_name=sign_name(settings, book),
        origin=settings.sms_api_url,
    )


def make_sms_carrier(settings: Settings, gateway: SmsGateway, book: Book) -> SmsCarrier:
    """The carrier with the template ids of the settings. The sandbox knows templates by our own
    names."""
    templates = sms_templates(book)
    ids = settings.sms_templates or ({name: name for name in templates} if settings.sandbox else {})
    return SmsCarrier(gateway, templates, ids, sign_name(settings, book))


def sign_name(settings: Settings, book: Book) -> str:
    """The registered signature, without its brackets."""
    return settings.sms_sign_name or book.text("sms.sign")


def process_name() -> str:
    """Where and who this process is; never the same twice."""
    return f"{socket.gethostname()[:24]}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
