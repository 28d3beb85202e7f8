"""`gyg wechat …`: what residents find before they write - the menu, and a village's QR code."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import segno

from channels.wechat.errors import WechatError
from cli.surroundings import read_yaml, settings_or_exit
from handlers import registry
from models.opening import open_database
from scheduler.composition import make_wechat_api
from services.storefront import StorefrontError, check_menu, village_scene


@click.group()
def wechat() -> None:
    """The service account: its menu and its QR codes."""


@wechat.group()
def menu() -> None:
    """The menu below the chat (deploy/menu.yaml)."""


@menu.command()
def publish() -> None:
    """Replace the account's menu; phones show it within five minutes."""
    settings = settings_or_exit()
    with _sentences():
        checked = check_menu(read_yaml("menu.yaml"), registry.intents())
        make_wechat_api(settings, open_database(settings)).publish_menu(checked)
    click.echo("the menu is published")


@wechat.command()
@click.argument("village")
@click.option("--temporary", is_flag=True, help="A code that lives 30 days.")
@click.option("--out", type=click.Path(path_type=Path), help="Write the code as .svg or .png.")
def qr(village: str, *, temporary: bool, out: Path | None) -> None:
    """Make the QR code of VILLAGE (its name or its code); a scan brings the village along."""
    settings = settings_or_exit()
    sessions = open_database(settings)
    with _sentences():
        with sessions() as session:
            scene, label = village_scene(session, village)
        made = make_wechat_api(settings, sessions).create_qr(scene, permanent=not temporary)
    click.echo(f"{label}\t{scene}\t{made.url}\t{made.image_url}")
    if out is not None:
        segno.make(made.url, error="m").save(str(out), scale=8)


@contextmanager
def _sentences() -> Iterator[None]:
    """What can go wrong outside is one sentence and exit status 1."""
    try:
        yield
    except (StorefrontError, WechatError) as error:
        click.echo(f"gyg: {error}", err=True)
        sys.exit(1)
