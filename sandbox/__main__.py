"""`python -m sandbox`: serve the outside world until it is interrupted."""

import os
import signal
import sys
from types import FrameType

import click
import waitress

from sandbox.app import create_app
from sandbox.config import SettingError, read_config
from sandbox.world import World

# A call that hangs on purpose, or waits for the service, holds a thread.
THREADS = 32


def main() -> int:
    """Run; the exit status is 2 when a setting cannot be used."""
    try:
        config = read_config(os.environ)
        world = World(config)
    except ValueError as error:
        kind = "setting" if isinstance(error, SettingError) else "SANDBOX_START_AT"
        click.echo(f"sandbox: {kind}: {error}", err=True)
        return 2
    click.echo(f"sandbox: phones on {config.own_url}/ , service at {config.service_url}")
    signal.signal(signal.SIGTERM, _stop)
    try:
        waitress.serve(
            create_app(world), host=config.host, port=config.port, threads=THREADS, _quiet=True
        )
    except KeyboardInterrupt:
        pass
    finally:
        world.close()
    return 0


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
