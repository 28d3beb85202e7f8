"""Puts the outside world together as one web application."""

from flask import Flask, Response, jsonify, request
from flask.json.provider import DefaultJSONProvider

from sandbox.acts import ActError
from sandbox.control import RequestError, control_door
from sandbox.faults import FaultError
from sandbox.phone.door import phone_door
from sandbox.phones import Phones
from sandbox.sms.door import sms_door
from sandbox.sms.gateway import Gateway
from sandbox.wechat.door import wechat_door
from sandbox.world import World

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "connect-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
)
MOST_BYTES = 12 * 1024 * 1024


class PlainJSON(DefaultJSONProvider):
    """JSON with Chinese as Chinese, and keys in the order in which they were written."""

    ensure_ascii = False
    sort_keys = False


def create_app(world: World) -> Flask:
    """The sandbox's application over a world."""
    app = Flask("sandbox", static_folder=None)
    app.json = PlainJSON(app)
    app.config["MAX_CONTENT_LENGTH"] = MOST_BYTES
    phones, gateway = Phones(world), Gateway(world)
    app.register_blueprint(phone_door(world, phones, gateway))
    app.register_blueprint(control_door(world))
    app.register_blueprint(sms_door(world, gateway))
    app.register_blueprint(wechat_door(world, phones))
    _add_manners(app)
    return app


def _add_manners(app: Flask) -> None:
    @app.errorhandler(ActError)
    @app.errorhandler(FaultError)
    @app.errorhandler(RequestError)
    def say_why(error: ValueError) -> tuple[Response, int]:
        return jsonify(error=str(error)), 400

    @app.before_request
    def refuse_foreign_pages() -> tuple[Response, int] | None:
        # A web page elsewhere could otherwise play with the phones through its reader's browser.
        if request.headers.get("Sec-Fetch-Site") == "cross-site" and request.method != "GET":
            return jsonify(error="not from another site"), 403
        return None

    @app.after_request
    def add_headers(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = CONTENT_POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers.setdefault("Cache-Control", "no-store")
        return response
