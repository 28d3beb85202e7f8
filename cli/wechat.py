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
from wording.cards import load_cards, load_mini_cards


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
def cards() -> None:
    """List the cards that are to be chosen in WeChat's template libraries, with their fields."""
    for account, known in (("service account", load_cards()), ("mini-program", load_mini_cards())):
        click.echo(f"# {account}")
        for card in known.values():
            fields = "\t".join(f"{field}={text}" for field, text in card.fields.items())
            click.echo(f"{card.name}\t{card.title}\t{fields}")


@wechat.command()
@click.argument("villages", nargs=-1, required=True)
@click.option("--temporary", is_flag=True, help="Codes that live 30 days.")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), help="Folder for .svg files."
)
def qr(villages: tuple[str, ...], *, temporary: bool, out: Path | None) -> None:
    """Make the QR codes of VILLAGES (names or codes); a scan brings the village along."""
    settings = settings_or_exit()
    sessions = open_database(settings)
    api = make_wechat_api(settings, sessions)
    for village in villages:
        with _sentences():
            with sessions() as session:
                scene, label = village_scene(session, village)
            made = api.create_qr(scene, permanent=not temporary)
        click.echo(f"{label}\t{scene}\t{made.url}\t{made.image_url}")
        if out is not None:
            out.mkdir(parents=True, exist_ok=True)
            segno.make(made.url, error="m").save(str(out / f"{scene}.svg"), scale=8)


@contextmanager
def _sentences() -> Iterator[None]:
    """What can go wrong outside is one sentence and exit status 1."""
    try:
        yield
    except (StorefrontError, WechatError) as error:
        click.echo(f"gyg: {error}", err=True)
        sys.exit(1)
