"""`gyg sms templates`: the fixed texts to register with the provider."""

from __future__ import annotations

import json

import click

from channels.sms.providers import PROVIDERS
from wording import load_book
from wording.sms import sms_templates


@click.group()
def sms() -> None:
    """Short messages."""


@sms.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object, name → text.")
@click.option(
    "--provider",
    type=click.Choice(sorted(PROVIDERS)),
    default="tencent",
    help="Who registers them: each writes variables in its own way.",
)
def templates(*, as_json: bool, provider: str) -> None:
    """Print every template's name and its text, with {1}, {2} … for the parameters."""
    texts = registered_texts(PROVIDERS[provider].place)
    if as_json:
        click.echo(json.dumps(texts, ensure_ascii=False))
        return
    for name, text in texts.items():
        click.echo(f"{name}\t{text}")


def registered_texts(place: str = "{{{0}}}") -> dict[str, str]:
    """Every template's name and its text as a provider registers it; `place` is how it writes the
    nth variable."""
    made = sms_templates(load_book())
    return {name: template.registered_with(place) for name, template in made.items()}
