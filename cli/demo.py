"""`gyg demo`: the whole service and its outside world on this machine, with phones to chat on.

Starts afresh every time: an embedded database, the stand-in for WeChat and the SMS provider, the
web process and the clock, each a process of its own as in production. Then plays one resident's
way from the first question to the receipt number and a worker's day on the post, and opens the
phone page.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
import webbrowser
from contextlib import ExitStack
from pathlib import Path

import click

from cli.processes import process, run, wait_for
from cli.sms import registered_texts
from cli.surroundings import read_yaml

ROOT = Path(__file__).parent.parent
SCENARIOS = ROOT / "tests" / "scenarios"
STORIES = [
    SCENARIOS / "first-contact-to-receipt.yaml",
    SCENARIOS / "at_work" / "a-day-on-the-post.yaml",
]
START_AT = "2022-04-06T09:00:00+08:00"
ACCOUNT = (
    "WECHAT_TOKEN",
    "WECHAT_APP_ID",
    "WECHAT_APP_SECRET",
    "WECHAT_AES_KEY",
    "WECHAT_MODE",
    "WECHAT_ORIGINAL_ID",
)
"""What service and stand-in must know alike; GYG_ before it for one, SANDBOX_ for the other."""


@click.command()
@click.option("--browser/--no-browser", default=True, help="Open the phone page.")
@click.option("--story/--no-story", default=True, help="Play the main job first.")
@click.option("--stay/--no-stay", default=True, help="Keep running until Ctrl-C.")
@click.option("--port", type=click.IntRange(1, 65535), default=8080, help="The service's port.")
@click.option("--sandbox-port", type=click.IntRange(1, 65535), default=8090, help="The phones'.")
@click.option("--data", type=click.Path(path_type=Path), default=ROOT / "var" / "demo.db")
def demo(
    *, browser: bool, story: bool, stay: bool, port: int, sandbox_port: int, data: Path
) -> None:
    """Run everything on this machine, play the main job, open the phones."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the children end with us
    phones = f"http://127.0.0.1:{sandbox_port}"
    environment = surroundings(port=port, sandbox_port=sandbox_port, data=data)
    for leftover in data.parent.glob(data.name + "*"):
        leftover.unlink()
    with ExitStack() as running:
        running.enter_context(process("sandbox", environment))
        run(environment, "db", "demo", "--at-work")
        running.enter_context(process("cli", environment, "serve"))
        running.enter_context(process("scheduler", environment))
        wait_for(f"http://127.0.0.1:{port}/healthz")
        wait_for(f"{phones}/clock")
        tell(f"{phones}/sandbox/sms-templates", registered_texts())
        tell(f"{phones}/clock", {"to": START_AT})
        run(environment, "wechat", "menu", "publish")
        put_up_village_codes(environment, phones)
        if story:
            replay(STORIES, environment)
        click.echo(f"\nThe phones: {phones}   The service: http://127.0.0.1:{port}")
        if browser:
            webbrowser.open(phones)
        if stay:
            click.echo("Ctrl-C ends everything.")
            sleep_until_interrupted()


@click.command(name="replay")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
def replay_files(files: tuple[Path, ...]) -> None:
    """Play scenario FILES against the running demonstration."""
    replay(list(files), dict(os.environ))


def replay(files: list[Path], environment: dict[str, str]) -> None:
    """Play scenarios; the first expectation that does not hold ends with the player's status."""
    command = [sys.executable, "-m", "sandbox.replay", *map(str, files)]
    played = subprocess.run(command, env=environment, check=False)
    if played.returncode:
        sys.exit(played.returncode)


def put_up_village_codes(environment: dict[str, str], phones: str) -> None:
    """Each village's QR code, made as in life, with a name to find it by on the phone page."""
    villages = {village["code"]: village["name"] for village in read_yaml("demo.yaml")["villages"]}
    run(environment, "wechat", "qr", *villages)
    tell(f"{phones}/sandbox/qr-labels", villages)


def surroundings(*, port: int, sandbox_port: int, data: Path) -> dict[str, str]:
    """The environment of all processes of a demonstration. What the caller's GYG_* variables say of
    the account, the mode or the database is kept, and told to the stand-in too."""
    outside = f"http://127.0.0.1:{sandbox_port}"
    service = f"http://127.0.0.1:{port}"
    fixed = {
        "GYG_SANDBOX": "1",
        "GYG_PORT": str(port),
        "GYG_WECHAT_API_URL": outside,
        "GYG_SMS_API_URL": outside,
        "GYG_PUBLIC_URL": service,
        "SANDBOX_PORT": str(sandbox_port),
        "SANDBOX_URL": outside,
        "SANDBOX_SERVICE_URL": service,
        "PYTHONPATH": str(ROOT),
    }
    told = {
        f"SANDBOX_{name}": os.environ[f"GYG_{name}"]
        for name in ACCOUNT
        if f"GYG_{name}" in os.environ
    }
    return {"GYG_DATABASE_URL": f"sqlite:///{data}"} | dict(os.environ) | told | fixed


def tell(address: str, document: object) -> None:
    """Post a JSON document to a local address."""
    request = urllib.request.Request(  # noqa: S310 - our own address
        address,
        data=json.dumps(document).encode(),
        headers={"content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10):  # noqa: S310
        pass


def sleep_until_interrupted() -> None:
    """Wait for Ctrl-C."""
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        click.echo("\nended")
