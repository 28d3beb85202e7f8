"""The SMS webhooks: what a provider reports about our messages, and what people write back.

The providers sign nothing: the unguessable path is the key, and any other looks like no page at
all. There is no passive reply by SMS, so an answer leaves through the outbox.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta

import structlog
from flask import Blueprint, Response, abort, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.inbox import Inbox, sender_key
from channels.inbound import Inbound
from channels.sms.callbacks import UnreadableCallback, read_messages, read_receipts
from channels.sms.providers import PROVIDERS
from models import Contact
from models.sealing import blind_index
from services import outbox, receipts

log = structlog.get_logger()

REPLY_KEY = "sms.reply"
REPLY_LIFE = timedelta(hours=12)
"""An answer that comes later than this confuses more than it helps."""


def sms_door(inbox: Inbox, *, providers: Collection[str], secret: str) -> Blueprint:
    """`/sms/<secret>/<provider>/receipt` and `…/uplink` of our providers (platform.md 8.2, 8.3).

    What cannot be read at all is answered 400; entries that cannot be read are logged, and the rest
    is taken. A failing database is a 500: the provider posts again, and nothing acts twice.
    """
    blueprint = Blueprint("sms", __name__)

    @blueprint.before_request
    def check_secret() -> None:
        asked = request.view_args or {}
        given = str(asked.get("given", ""))
        known = asked.get("provider") in providers
        if not hmac.compare_digest(given.encode(), secret.encode()) or not known:
            abort(404)

    @blueprint.post("/sms/<given>/<provider>/receipt")
    def receipt(given: str, provider: str) -> Response:  # noqa: ARG001 - checked before
        callback = read_receipts(provider, request.get_data(cache=False))
        _log_flaws(callback.flaws)
        with inbox.sessions.begin() as session:
            receipts.record(session, callback.receipts, inbox.clock.now(session))
        return _acknowledge(provider)

    @blueprint.post("/sms/<given>/<provider>/uplink")
    def uplink(given: str, provider: str) -> Response:  # noqa: ARG001 - checked before
        callback = read_messages(provider, request.get_data(cache=False))
        _log_flaws(callback.flaws)
        for message in callback.messages:
            _answer(inbox, _without_number(message))
        return _acknowledge(provider)

    @blueprint.errorhandler(UnreadableCallback)
    def refuse(error: UnreadableCallback) -> Response:
        log.warning("sms.unreadable_callback", why=str(error))
        return Response(status=400)

    return blueprint


def _without_number(message: Inbound) -> Inbound:
    """The message under a key that shows neither the phone nor the words: keys are stored readable,
    and stand in the log."""
    return replace(message, dedupe_key=f"u:{blind_index(message.dedupe_key, 'inbound')}")


def _answer(inbox: Inbox, message: Inbound) -> None:
    """Let the inbox hear the message; its reply is sent once, however often the message comes."""
    reply = inbox.receive(message)
    if not reply:
        return
    with inbox.sessions.begin() as session:
        _enqueue_reply(session, message, reply, inbox.clock.now(session))


def _enqueue_reply(session: Session, message: Inbound, reply: str, now: datetime) -> None:
    digest = hashlib.sha256(message.dedupe_key.encode()).hexdigest()[:32]
    contact = session.scalars(
        select(Contact).where(
            Contact.channel == message.channel, Contact.address_key == sender_key(message)
        )
    ).first()
    outbox.enqueue(
        session,
        channel="sms",
        address=message.sender,
        contact=contact,
        key=REPLY_KEY,
        slots={"text": reply},
        cause=f"inbound:{digest}",
        once=f"reply:{digest}",
        now=now,
        expires_at=now + REPLY_LIFE,
    )


def _log_flaws(flaws: tuple[str, ...]) -> None:
    if flaws:
        log.warning("sms.flawed_callback", flaws=flaws)


def _acknowledge(provider: str) -> Response:
    return Response(PROVIDERS[provider].acknowledgement, mimetype="application/json")
