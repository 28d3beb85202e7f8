"""`gyg rules ask`, `gyg screen`, `gyg intents`: the desk's answers without a database."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from bot.intents import label_lines
from rules.errors import UnfitList
from rules.messages import say
from rules.screen_rows import Given
from rules.screening import run_screen
from rules.terminal import run_ask

PROGRESS_COLUMNS = (
    TextColumn("{task.description}"),
    BarColumn(),
    DownloadColumn(),
    TimeRemainingColumn(),
)


@click.command()
def intents() -> None:
    """Read a phrase a line, print `intent<TAB>phrase`."""
    sys.stdin.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr] # real stdin
    for line in label_lines(sys.stdin):
        click.echo(line)


@click.group(name="rules")
def rules_desk() -> None:
    """The rules desk: ages, terms, eligibility, money, calendar."""


@rules_desk.command()
def ask() -> None:
    """Answer JSON questions, one a line, from standard input."""
    sys.exit(run_ask(sys.stdin.buffer, sys.stdout))


@click.command()
@click.argument("people", type=click.Path(path_type=Path))
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--ruleset", help="The rule set where the list has no such column.")
@click.option("--reference-on", help="The reference date (YYYY-MM-DD) where the list has none.")
@click.option("--workers", type=click.IntRange(min=1), help="Processes; all cores by default.")
def screen(
    people: Path, out: Path, ruleset: str | None, reference_on: str | None, workers: int | None
) -> None:
    """Screen the list PEOPLE (CSV) into OUT; bad rows go to OUT's .errors.csv."""
    try:
        day = date.fromisoformat(reference_on) if reference_on else None
    except ValueError:
        raise click.BadParameter("write the reference date as YYYY-MM-DD") from None
    size = people.stat().st_size if people.is_file() else None
    with Progress(*PROGRESS_COLUMNS, console=Console(stderr=True)) as bar:
        task = bar.add_task(people.name, total=size)
        try:
            summary = run_screen(
                people,
                out,
                workers=workers,
                progress=lambda done: bar.advance(task, done),
                given=Given(ruleset=ruleset, reference_on=day),
            )
        except UnfitList as error:
            click.echo(f"gyg screen: {say(error)}", err=True)
            sys.exit(2)
    click.echo(
        f"{summary.rows} rows: {summary.eligible} eligible, {summary.to_verify} to verify, "
        f"{summary.not_eligible} not eligible, {summary.bad} bad"
    )
    if summary.bad:
        click.echo(f"bad rows, with their line and reason: {summary.errors_path}")
