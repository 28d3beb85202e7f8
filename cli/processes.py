"""The processes of a demonstration: started, waited for, and ended together."""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import click

PATIENCE_SECONDS = 60
GOODBYE_SECONDS = 10


def run(environment: Mapping[str, str], *words: str, quiet: bool = False) -> None:
    """Run one `gyg` command; where it fails, end with its status: it has said why."""
    done = subprocess.run(
        [sys.executable, "-m", "cli", *words],
        env=dict(environment),
        check=False,
        stdout=subprocess.DEVNULL if quiet else None,
    )
    if done.returncode:
        sys.exit(done.returncode)


@contextmanager
def process(
    module: str, environment: Mapping[str, str], *words: str, quiet: bool = False
) -> Iterator[None]:
    """A child process that ends with this one; `quiet`: nobody reads what it writes."""
    output = subprocess.DEVNULL if quiet else None
    child = subprocess.Popen(
        [sys.executable, "-m", module, *words],
        env=dict(environment),
        stdout=output,
        stderr=output,
    )
    try:
        yield
    finally:
        child.terminate()
        try:
            child.wait(timeout=GOODBYE_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def wait_for(address: str) -> None:
    """Wait until a local address answers; ClickException after a minute."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(address, timeout=2):  # noqa: S310 - our own address
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise click.ClickException(f"{address} did not answer within {PATIENCE_SECONDS} s")
