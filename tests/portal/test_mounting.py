"""The door is there where a mini-program is configured, and nowhere else."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

import wsgi
from channels.wechat.cipher import sign
from services import mini_program
from settings import SANDBOX_DEFAULTS, load

APP_ID = "wx000sandboxmini"


@pytest.fixture(autouse=True)
def no_mini_program_afterwards() -> Iterator[None]:
    yield
    mini_program.know(load(sandbox=True))


def served(tmp_path: Path, **own: Any) -> FlaskClient:
    """Our own front door."""
    database = f"sqlite:///{tmp_path / 'house.db'}"
    return wsgi.create_app(load(sandbox=True, database_url=database, **own)).test_client()


def asked_for(token: str) -> dict[str, str]:
    stamp = str(int(time.time()))
    signature = sign(token, stamp, "nonce")
    return {"timestamp": stamp, "nonce": "nonce", "signature": signature, "echostr": "echo"}


def test_without_a_mini_program_there_is_no_such_page(tmp_path: Path) -> None:
    visitor = served(tmp_path)
    assert not mini_program.is_there()
    for method, path in (
        ("POST", "/mini/login"),
        ("GET", "/mini/me"),
        ("POST", "/mini/code"),
        ("POST", "/mini/consents"),
        ("DELETE", "/mini/binding"),
        ("GET", "/mini/push"),
        ("POST", "/mini/push"),
    ):
        assert visitor.open(path, method=method).status_code == 404, path


def test_with_one_its_door_answers_and_its_own_token_opens_the_push(tmp_path: Path) -> None:
    visitor = served(tmp_path, wechat_mini_app_id=APP_ID)
    assert mini_program.known_templates() >= {"month_result", "reminder"}
    assert visitor.post("/mini/login", json={}).get_json()["error"] == "bad_request"
    own = asked_for(SANDBOX_DEFAULTS["wechat_mini_token"])
    assert visitor.get("/mini/push", query_string=own).text == "echo"
    others = asked_for(SANDBOX_DEFAULTS["wechat_token"])
    assert visitor.get("/mini/push", query_string=others).status_code == 403


def test_only_templates_that_are_configured_may_be_ticked(tmp_path: Path) -> None:
    served(tmp_path, wechat_mini_app_id=APP_ID, wechat_mini_subscriptions={"month_paid": "T-1"})
    assert mini_program.known_templates() == {"T-1"}


def test_nobody_waits_behind_a_platform_that_does_not_answer(tmp_path: Path) -> None:
    visitor = served(tmp_path, wechat_mini_app_id=APP_ID, wechat_api_url="http://127.0.0.1:9")
    answer = visitor.post("/mini/login", json={"code": "c"})
    assert (answer.status_code, answer.get_json()["error"]) == (503, "unavailable")
    assert "sandbox-mini-secret" not in answer.text
