"""`gyg sms templates`: the fixed texts to register with the provider."""

from __future__ import annotations

import json

import click

from wording import load_book
from wording.sms import sms_templates


@click.group()
def sms() -> None:
    """Short messages."""


@sms.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object, name → text.")
def templates(*, as_json: bool) -> None:
    """Print every template's name and its text, with {1}, {2} … for the parameters."""
    texts = registered_texts()
    if as_json:
        click.echo(json.dumps(texts, ensure_ascii=False))
        return
    for name, text in texts.items():
        click.echo(f"{name}\t{text}")


def registered_texts() -> dict[str, str]:
    """Every template's name and its text as the provider registers it."""
    return {name: made.registered for name, made in sms_templates(load_book()).items()}
