"""Puts the clock's real things together, from the settings."""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Callable, Mapping
from functools import partial

from dramatiq.rate_limits.backends import StubBackend
from sqlalchemy.orm import Session, sessionmaker

from channels.sms.gateway import Account
from channels.sms.providers import PROVIDERS
from channels.wechat.api import WechatApi
from channels.wechat.line import Credentials, Line
from channels.wechat.mass import MassMail
from channels.wechat.subscriptions import Subscriptions
from models.opening import open_database
from scheduler.broker import BadBroker, Post, make_broker
from scheduler.carriers import Carrier, WechatCarrier
from scheduler.clockwork import Clockwork
from scheduler.jobs import JOBS
from scheduler.lease import ClockLease
from scheduler.pace import Count, Pace, SqlCount
from scheduler.sending import Sender
from scheduler.sms_mail import Route, SharedHealth, SmsCarrier
from scheduler.wechat_mail import (
    Cards,
    MassCarrier,
    SubscriptionCarrier,
    TemplateCarrier,
)
from scheduler.works import Works, machine_time
from services import card_consents, mini_program, telling_facts
from services.clock import MovableClock, WallClock
from services.logs import set_up_logs
from services.overrides import Keeping
from services.tokens import SqlTokenStore
from settings import Settings, SettingsError
from wording import Book, load_book
from wording.cards import load_cards, load_mini_cards
from wording.sms import SmsTemplate, sms_templates

CONNECTIONS = 32
"""The clock's threads and every channel's senders claim and record in moments; none waits long."""


def make_clockwork(settings: Settings) -> Clockwork:
    """The clock of this service, not yet running. Installs the keyring of the process. Without a
    broker of their own, the senders are threads of the clock."""
    works = make_works(settings)
    post = make_post(settings, works)
    works.hand = post.hand
    lease = ClockLease(works.sessions, holder=process_name(), machine=machine_time)
    clockwork = Clockwork(works, lease, JOBS, stop_senders=post.close)
    if settings.broker_url is None:
        clockwork.start_senders = partial(post.open, settings.sender_threads)
    return clockwork


def make_post(settings: Settings, works: Works) -> Post:
    """The broker, with an actor for each channel that has a carrier. Raises `SettingsError`."""
    url = settings.broker_url.get_secret_value() if settings.broker_url else None
    sender = Sender(works, Pace(make_count(url, works), settings.send_rates))
    try:
        return Post(partial(make_broker, url), sender, tuple(works.carriers), settings.send_batch)
    except BadBroker as error:
        raise SettingsError(str(error)) from None


def make_count(url: str | None, works: Works) -> Count:
    """Where the senders' shared pace is counted: docs/adr/0011."""
    if url is None:
        make: Callable[[], Count] = StubBackend  # it has no types of its own
        return make()
    if url.startswith("redis"):
        from dramatiq.rate_limits.backends import RedisBackend  # noqa: PLC0415 - an extra's part

        counted: Count = RedisBackend(url=url)
        return counted
    return SqlCount(works.sessions, works.machine)


def make_works(settings: Settings) -> Works:
    """What jobs and senders work with. Installs the keyring of the process."""
    set_up_logs(settings)
    sessions = open_database(settings, pool_size=CONNECTIONS)
    book = load_book()
    api = make_wechat_api(settings, sessions)
    carriers: dict[str, Carrier] = {
        "wechat": WechatCarrier(api, book),
        **make_card_carriers(settings, sessions, api, book),
    }
    if (sms := make_sms_carrier(settings, sessions, book)) is not None:
        carriers["sms"] = sms
    return Works(
        sessions=sessions,
        clock=Keeping(MovableClock() if settings.sandbox else WallClock()),
        carriers=carriers,
        fetch=api.fetch_media,
        mass=MassMail(make_line(settings, sessions)),
    )


def make_wechat_api(settings: Settings, sessions: sessionmaker[Session]) -> WechatApi:
    """The server API of the configured account."""
    return WechatApi(make_line(settings, sessions))


def make_card_carriers(
    settings: Settings, sessions: sessionmaker[Session], api: WechatApi, book: Book
) -> dict[str, Carrier]:
    """What WeChat delivers outside an open window; the sandbox knows templates by our own names."""
    cards = load_cards()
    own_names = {name: name for name in cards} if settings.sandbox else {}
    templates = Cards(cards, settings.wechat_templates or own_names)
    subscribed = Cards(cards, settings.wechat_subscriptions or own_names)
    card_consents.know_templates(settings.wechat_subscriptions)
    telling_facts.know_cards(None if settings.sandbox else settings.wechat_templates)
    line = make_line(settings, sessions)
    subscriptions = Subscriptions(line)
    carriers: dict[str, Carrier] = {
        "template": TemplateCarrier(api, templates),
        "subscription": SubscriptionCarrier(
            subscriptions, subscribed, page=settings.wechat_subscribe_page
        ),
        "mass": MassCarrier(MassMail(line), book),
    }
    mini_program.know(settings)
    if settings.wechat_mini_app_id is not None:
        carriers["mini"] = SubscriptionCarrier(
            Subscriptions(make_line(settings, sessions, mini=True)),
            Cards(load_mini_cards(), card_consents.mini_templates()),
            mini=True,
            page=settings.wechat_mini_page,
        )
    return carriers


def make_line(settings: Settings, sessions: sessionmaker[Session], *, mini: bool = False) -> Line:
    """The line of the service account, or of the mini-program; its token is shared through the
    database."""
    secret = settings.wechat_mini_app_secret if mini else settings.wechat_app_secret
    app_id = (settings.wechat_mini_app_id if mini else settings.wechat_app_id) or ""
    credentials = Credentials(app_id, secret.get_secret_value() if secret else "")
    store = SqlTokenStore(sessions, name=app_id)
    return Line(origin=settings.wechat_api_url, credentials=credentials, store=store)


def make_sms_carrier(
    settings: Settings, sessions: sessionmaker[Session], book: Book
) -> SmsCarrier | None:
    """The carrier over all configured providers; None where no SMS is sent. Raises `SettingsError`
    for a provider that nobody knows, or whose SDK is not installed."""
    if not settings.sms_accounts:
        return None
    templates = sms_templates(book)
    routes = [make_route(settings, name, book, templates) for name in settings.sms_accounts]
    return SmsCarrier(routes, templates, SharedHealth(sessions, machine_time))


def make_route(
    settings: Settings, name: str, book: Book, templates: Mapping[str, SmsTemplate]
) -> Route:
    """One provider with its account. The sandbox knows templates by our own names."""
    own = settings.sms_accounts[name]
    sign = own.sign_name or sign_name(settings, book)
    account = Account(
        secret_id=own.secret_id,
        secret_key=own.secret_key.get_secret_value(),
        sign_name=sign,
        app_id=own.app_id,
        url=own.url or settings.sms_api_url,
    )
    if name not in PROVIDERS:
        raise SettingsError(f"GYG_SMS_ACCOUNTS: {name} is none of {', '.join(PROVIDERS)}")
    try:
        gateway = PROVIDERS[name].open(account)
    except ImportError as error:
        raise SettingsError(f"GYG_SMS_ACCOUNTS: {name} needs its SDK, {error.name}") from None
    ids = own.templates or ({one: one for one in templates} if settings.sandbox else {})
    return Route(gateway, own.share, ids, sign)


def sign_name(settings: Settings, book: Book) -> str:
    """The registered signature, without its brackets."""
    return settings.sms_sign_name or book.text("sms.sign")


def process_name() -> str:
    """Where and who this process is; never the same twice."""
    return f"{socket.gethostname()[:24]}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
