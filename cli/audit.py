"""`gyg audit …`: proving that nothing in the audit trail was changed."""

from __future__ import annotations

import sys

import click

from cli.surroundings import settings_or_exit
from models.opening import open_database
from services import audit
from services.audit import Verdict

FLAWS = {
    "changed": "was changed after it was sealed",
    "deleted": "was deleted after it was sealed",
    "inserted": "was inserted into a sealed stretch",
    "seal": "stands under a seal that was changed or removed",
}


@click.group(name="audit")
def audit_trail() -> None:
    """The audit trail: who did what to whose record."""


@audit_trail.command()
@click.option("--noted", multiple=True, help="The hash of a seal that was noted elsewhere.")
def verify(noted: tuple[str, ...]) -> None:
    """Check every entry against its seal; exit status 1 at the first that does not fit."""
    with open_database(settings_or_exit())() as session:
        verdict = audit.verify(session, noted)
    click.echo(
        f"{verdict.entries} entries, {verdict.seals} seals, {verdict.unsealed} not sealed yet"
    )
    click.echo(f"last seal: {verdict.head}")
    if verdict.holds:
        click.echo("the audit trail is whole")
        return
    click.echo(_broken(verdict), err=True)
    sys.exit(1)


def _broken(verdict: Verdict) -> str:
    if verdict.flaw is None:
        return f"BROKEN: the seal {verdict.missing_note} that was noted is not in the chain"
    return f"BROKEN: entry {verdict.first_broken_entry} {FLAWS[verdict.flaw]}"
