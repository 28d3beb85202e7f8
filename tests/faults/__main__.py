"""`python -m tests.faults [MESSAGES] [WORD]`: every play whose name holds WORD, at full length."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.faults.plays import HEAD, PLAYS, as_row, perform, take_over


def main() -> None:
    """Print the table row by row."""
    messages = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    word = sys.argv[2] if len(sys.argv) > 2 else ""
    sys.stdout.write(HEAD + "\n")
    for play in PLAYS:
        if word not in play.name:
            continue
        if play.kind is not None and play.kind.missing:
            sys.stdout.write(f"| {play.name} | {play.kind.missing} |\n")
            continue
        with tempfile.TemporaryDirectory() as folder:
            sys.stdout.write(as_row(perform(play, Path(folder), messages)) + "\n")
            sys.stdout.flush()
    if word in "takeover":
        with tempfile.TemporaryDirectory() as folder:
            seconds = take_over(Path(folder))
        sys.stdout.write(f"\nA standby leads {seconds:.0f} s after the leader was killed.\n")


if __name__ == "__main__":
    main()
