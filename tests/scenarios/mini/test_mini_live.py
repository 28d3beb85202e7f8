"""The mini-program over the real processes: a worker ticks, the month is approved, the message goes
by the mini-program, and its report settles it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from models import Delivery, Message
from models.telling import DeliveryState
from tests.scenarios.lives import inside, running_on
from tests.scenarios.matrix import cast
from tests.scenarios.matrix.play import Matrix
from tests.scenarios.matrix.test_rows import looking_on, settling

WITH_MINI = {"GYG_WECHAT_MINI_APP_ID": "wx000sandboxmini"}
PATIENCE_SECONDS = 30


@pytest.mark.timeout(300)
@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_a_month_by_the_mini_program(
    database: str, tmp_path: Path, worker_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[str] = []
    with (
        running_on(database, f"mini_{worker_id}", tmp_path, WITH_MINI) as town,
        inside(town, monkeypatch) as sessions,
    ):
        with sessions.begin() as session:
            cast.set_up(session)
        with looking_on(town) as looks:
            matrix = Matrix(town, lines.append, settle=settling(looks))
            matrix.gather()
            failures = matrix.play_all([Path(__file__).with_name("month-result.yaml")])
            assert not failures, "\n".join(failures.values())
            assert settled(looks) == ("told", "wechat_mini", DeliveryState.DELIVERED)


def settled(sessions: sessionmaker[Session]) -> tuple[str, str | None, str]:
    """What became of the message that went by the mini-program, once its report has come."""
    until = time.monotonic() + PATIENCE_SECONDS
    asked = select(Message, Delivery).join(Delivery, Delivery.message_id == Message.id)
    while True:
        with sessions() as session:
            message, sent = session.execute(asked.where(Delivery.channel == "mini")).one()
            if sent.state == DeliveryState.DELIVERED or time.monotonic() > until:
                return message.state, sent.provider, sent.state
        time.sleep(0.2)
