"""`gyg`: the service from a terminal. Puts the real things together; no logic of its own.

Commands are imported when they are called: a screening's worker processes import this package
again, and need nothing of the others.
"""

from __future__ import annotations

from importlib import import_module

import click

COMMANDS = {
    "audit": "cli.audit:audit_trail",
    "db": "cli.database:db",
    "demo": "cli.demo:demo",
    "intents": "cli.desk:intents",
    "replay": "cli.demo:replay_files",
    "rules": "cli.desk:rules_desk",
    "screen": "cli.desk:screen",
    "serve": "cli.database:serve",
    "sms": "cli.sms:sms",
    "staff": "cli.staff:staff",
    "wechat": "cli.wechat:wechat",
    "worker": "cli.database:worker",
}
"""Every command and where it lives."""


class Commands(click.Group):
    """A group that imports a command when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        place = COMMANDS.get(cmd_name)
        if place is None:
            return None
        module, _, name = place.partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """The service that runs a district's public-welfare posts."""
