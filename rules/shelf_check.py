"""Read every data file of the shelf once, so that an unsound one stops the service at its start."""

from __future__ import annotations

from rules import parameters, rulesets


def check_shelf() -> None:
    """:class:`rules.errors.BadRuleFile` at the first file that breaks its form."""
    parameters.all_parameters()
    for name in rulesets.names():
        rulesets.load(name)
