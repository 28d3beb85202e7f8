"""What the rules desk says no with.

    RuleError                 code + values; the sentence is in messages.yaml
    ├── BadRuleFile           one of our own data files is wrong (start-up must fail)
    ├── InvalidQuestion       the question itself is wrong: a key, a type, a date
    ├── NotInForce            asked about a day before a rule's first date
    ├── UnknownYear           the working calendar of that year has not been entered
    ├── UnknownTown           no town or street of that name
    ├── QuotaNotIssued        no allocation for that year, or none for that unit
    └── UnfitList             a file of people that cannot be screened at all

A caller that answers a citizen looks at ``code`` and ``values`` and uses its own wording; a
terminal uses :func:`rules.messages.say`.
"""


class RuleError(Exception):
    """Carries a stable ``code`` and the ``values`` that its sentence needs."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code, values)
        self.code = code
        self.values = values

    def __str__(self) -> str:
        shown = ", ".join(f"{name}={value}" for name, value in self.values.items())
        return f"{self.code} ({shown})" if shown else self.code


class BadRuleFile(RuleError):
    """A data file of the rules desk breaks its own form."""


class InvalidQuestion(RuleError):
    """The question cannot be understood; nothing was decided."""


class NotInForce(RuleError):
    """The rule did not exist on the day that was asked about."""


class UnknownYear(RuleError):
    """Holidays of that year have not been entered; counting on would be guessing."""


class UnknownTown(RuleError):
    """No town, street or committee of that name is known."""


class QuotaNotIssued(RuleError):
    """The year, or the unit in that year, has no allocation: neither 0 nor last year's number."""


class UnfitList(RuleError):
    """The file cannot be screened: missing, no CSV, or without the columns that it needs."""
