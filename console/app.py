"""Putting the console onto the web application: pages, cookies, headers."""

from __future__ import annotations

import hashlib
from importlib import import_module
from typing import Any

from flask import Flask, Request, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask_bootstrap import Bootstrap5
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup, escape
from werkzeug.wrappers import Response

from console.base import Console, door, say
from console.errors import no_such_page
from console.guard import csrf
from console.public import register_public
from console.words import FILTERS, bulk_reasons, reasons_of

PAGES = (
    "auth",
    "worklist",
    "menu",
    "case",
    "search",
    "reviews",
    "public_notices",
    "notice_boards",
    "objections",
    "notice_links",
    "plan",
    "plan_entry",
    "posts",
    "post_forms",
    "announcements",
    "broadcasts",
    "broadcast_acts",
    "broadcast_paper",
    "onboarding",
    "trainings",
    "insurance",
    "days",
    "day_evidence",
    "day_acts",
    "day_places",
    "day_sheets",
    "check_in_helpers",
    "anomalies",
    "cross_checks",
    "months",
    "month_line",
    "payments",
    "budgets",
    "registers",
    "terms",
    "term_acts",
    "follow_up",
    "tickets",
    "visits",
    "messages",
    "outbox",
    "jobs",
    "providers",
    "parameters",
    "audit",
    "pairing",
)
"""The modules of this room that hold pages."""

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
"""`data:` is for the small signs inside Bootstrap's own style sheet."""


def register_console(app: Flask, console: Console, *, secret_key: str) -> None:
    """Mount `/console/`. The cookie is Secure outside the sandbox, and never readable by
    scripts."""
    for name in PAGES:
        import_module(f"console.{name}")
    app.secret_key = hashlib.sha256(b"gongyigang console|" + secret_key.encode()).hexdigest()
    app.static_url_path = "/static"  # where the bootstrap files are served from
    app.config.update(
        SESSION_COOKIE_NAME="gyg_console",
        SESSION_COOKIE_SECURE=not console.sandbox,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=None,
        BOOTSTRAP_SERVE_LOCAL=True,
    )
    app.session_interface = PageSessions()
    app.extensions["gongyigang.console"] = console
    csrf.init_app(app)
    Bootstrap5(app)
    app.jinja_env.filters.update(FILTERS)
    app.jinja_env.globals.update(say=say, csrf=csrf_field)
    app.jinja_env.globals.update(reasons_of=reasons_of, bulk_reasons=bulk_reasons)
    app.register_blueprint(door)
    register_public(app)
    no_such_page(app)
    app.after_request(_add_headers)


class PageSessions(SecureCookieSessionInterface):
    """Cookies for pages only: providers and the mini-program bring none, and making the signer anew
    for each of their posts is a good part of its time."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        if request.path.startswith(("/sms/", "/mini/")):
            return None
        return super().open_session(app, request)


def csrf_field() -> Markup:
    """The hidden field that every form carries."""
    return Markup('<input type="hidden" name="csrf_token" value="{}">').format(
        escape(generate_csrf())
    )


def _add_headers(response: Response) -> Any:
    if request.path.startswith("/console"):
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if request.endpoint != "console.static":
            response.headers.setdefault("Cache-Control", "no-store")
    return response
