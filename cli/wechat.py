"""`gyg wechat …`: what residents find before they write - the menu, and a village's QR code."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import segno

from channels.wechat.api import WechatApi
from channels.wechat.errors import WechatError
from channels.wechat.line import Credentials, Line
from cli.surroundings import read_yaml, settings_or_exit
from handlers import registry
from models.opening import open_database
from services.storefront import StorefrontError, check_menu, village_scene
from services.tokens import SqlTokenStore
from settings import Settings


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
        make_api(settings).publish_menu(checked)
    click.echo("the menu is published")


@wechat.command()
@click.argument("village")
@click.option("--temporary", is_flag=True, help="A code that lives 30 days.")
@click.option("--out", type=click.Path(path_type=Path), help="Write the code as .svg or .png.")
def qr(village: str, *, temporary: bool, out: Path | None) -> None:
    """Make the QR code of VILLAGE (its name or its code); a scan brings the village along."""
    settings = settings_or_exit()
    with open_database(settings)() as session, _sentences():
        scene, label = village_scene(session, village)
        made = make_api(settings).create_qr(scene, permanent=not temporary)
    click.echo(f"{label}\t{scene}\t{made.url}\t{made.image_url}")
    if out is not None:
        segno.make(made.url, error="m").save(str(out), scale=8)


def make_api(settings: Settings) -> WechatApi:
    """The account's server API, with the token that all processes share."""
    secret = settings.wechat_app_secret
    credentials = Credentials(
        app_id=settings.wechat_app_id or "",
        app_secret=secret.get_secret_value() if secret else "",
    )
    store = SqlTokenStore(open_database(settings), name=credentials.app_id)
    return WechatApi(Line(origin=settings.wechat_api_url, credentials=credentials, store=store))


@contextmanager
def _sentences() -> Iterator[None]:
    """What can go wrong outside is one sentence and exit status 1."""
    try:
        yield
    except (StorefrontError, WechatError) as error:
        click.echo(f"gyg: {error}", err=True)
        sys.exit(1)
