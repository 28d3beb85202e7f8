"""What every command needs first: the settings, and the data files of deploy/."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click
import yaml

from settings import Settings, SettingsError, load

DEPLOY = Path(__file__).parent.parent / "deploy"


def settings_or_exit() -> Settings:
    """The settings, or one sentence per problem on standard error and exit status 2."""
    try:
        return load()
    except SettingsError as error:
        click.echo(f"gyg: {error}", err=True)
        sys.exit(2)


def read_yaml(name: str) -> dict[str, Any]:
    """One of the data files of deploy/."""
    with (DEPLOY / name).open(encoding="utf-8") as file:
        return dict(yaml.safe_load(file))
