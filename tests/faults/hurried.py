"""The clock or a sender whose waits are short, for tests that cannot sit out two minutes:
`python -m tests.faults.hurried clock|sender`."""

from __future__ import annotations

import sys
from datetime import timedelta
from importlib import import_module

import scheduler.__main__ as clock
from scheduler import worker

SHORT: dict[str, dict[str, object]] = {
    "services.dispatch": {"LEASE": timedelta(seconds=6)},
    "services.uncertain": {"LEASE": timedelta(seconds=6)},
    "scheduler.sending": {"LATEST_CALL_SECONDS": 3.0},
    "scheduler.mail_works": {"HAND_AGAIN_SECONDS": 2.0},
    "scheduler.lease": {"LEASE": timedelta(seconds=6)},
    "scheduler.clockwork": {"RENEW_SECONDS": 1.0},
}
"""Leases of seconds, and lost work handed again at once; each where it is used."""


if __name__ == "__main__":
    for module, values in SHORT.items():
        for name, value in values.items():
            assert hasattr(import_module(module), name)
            setattr(import_module(module), name, value)
    sys.exit(worker.main() if sys.argv[1:] == ["sender"] else clock.main())
