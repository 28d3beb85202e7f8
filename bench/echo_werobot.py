"""The other comparison: WeRoBot's echo as its documentation starts, with its default sessions.

The default session store is an SQLite file in the working directory.
"""

from __future__ import annotations

import os
from typing import Any

from werobot import WeRoBot


def create_app() -> Any:
    """WeRoBot's own WSGI application. It writes `werobot_session.sqlite3` where it is started."""
    robot = WeRoBot(token=os.environ["BENCH_TOKEN"])
    if os.environ["BENCH_MODE"] == "safe":
        robot.config["ENCODING_AES_KEY"] = os.environ["BENCH_AES_KEY"]
        robot.config["APP_ID"] = os.environ["BENCH_APP_ID"]

    robot.add_handler(_echo, type="text")
    return robot.wsgi


def _echo(message: Any) -> str:
    return str(message.content)
