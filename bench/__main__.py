"""`python -m bench`: the table of docs/bench.md, measured here and now."""

from __future__ import annotations

import argparse
import os
import platform
from importlib.metadata import PackageNotFoundError, version
from itertools import product
from statistics import median

from bench.load import loader
from bench.webhook import (
    CONNECTIONS,
    ECHO,
    ECHO_ONE_BY_ONE,
    POSTGRES,
    SQLITE,
    WEROBOT,
    Plan,
    Subject,
    measure,
)

FLOORS = {
    SQLITE: ((WEROBOT, 3.0), (ECHO, 0.40)),
    POSTGRES: ((ECHO, 0.30),),
}
SUBJECTS = (WEROBOT, ECHO, ECHO_ONE_BY_ONE, SQLITE, POSTGRES)
LIBRARIES = ("flask", "gunicorn", "sqlalchemy", "psycopg", "wechatpy", "werobot")


def main() -> None:
    """Measure what the arguments ask for, and print it."""
    options = _options()
    print(_where())
    for mode, turn in product(options.mode.split(","), options.turn.split(",")):
        plan = Plan(
            mode=mode,
            turn=turn,
            beside=options.beside,
            seconds=options.seconds,
            rounds=options.rounds,
            only=frozenset(filter(None, options.only.split(","))),
            patience_seconds=options.patience,
        )
        print(f"\n{turn}, {mode} mode, {CONNECTIONS} connections by {loader()},")
        print(f"median of {plan.rounds} rounds of {plan.seconds} s (least-most)\n")
        show(measure(plan))


def show(subjects: dict[str, Subject]) -> None:
    """The table, and under it what the floors say."""
    print(
        f"{'':24}{'workers':>9}{'requests/s':>22}{'p50 ms':>8}{'p99 ms':>8}"
        f"{'CPU ms':>8}{'MiB':>6}{'others':>8}"
    )
    for subject in subjects.values():
        rates = [run.per_second for run in subject.runs]
        rate = f"{subject.per_second:,.0f} ({min(rates):,.0f}-{max(rates):,.0f})"
        p50, p99 = (median(getattr(r, n) for r in subject.runs) for n in ("p50_ms", "p99_ms"))
        memory = max(cost.peak_mib for cost in subject.costs)
        others = max(cost.others for cost in subject.costs)
        print(
            f"{subject.name:24}{subject.workers!s:>9}{rate:>22}{p50:>8.1f}{p99:>8.1f}{subject.cpu_ms:>8.3f}"
            f"{memory:>6.0f}{others:>8.0%}"
        )
    print("\nCPU ms: processor time for a request, of server and database together;")
    print("others: the most that other programs had of the processors during a run.\n")
    for key, floors in FLOORS.items():
        for other, floor in floors:
            if key in subjects and other in subjects:
                _compare(subjects[key], subjects[other], floor)


def _compare(ours: Subject, theirs: Subject, floor: float) -> None:
    ratio = ours.per_second / theirs.per_second
    word = "reached" if ratio >= floor else "NOT reached"
    print(
        f"{ours.name} / {theirs.name}: {ratio:.2f} (floor {floor:.2f}, {word}); "
        f"by processor time {theirs.cpu_ms / ours.cpu_ms:.2f}"
    )


def _where() -> str:
    found = []
    for name in LIBRARIES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            found.append(f"{name} missing")
    load = ", ".join(f"{part:.1f}" for part in os.getloadavg())
    return (
        f"{os.cpu_count()} CPUs, Python {platform.python_version()}, {', '.join(found)}\n"
        f"load of the machine before: {load}"
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--seconds", type=int, default=10, help="of one run")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--mode", default="plain", help="plain, safe or plain,safe")
    parser.add_argument("--turn", default="check_in", help="check_in, form or check_in,form")
    parser.add_argument("--beside", action="store_true", help="while a broadcast is made out")
    parser.add_argument("--only", default="", help=f"of {', '.join(SUBJECTS)}")
    parser.add_argument(
        "--patience", type=int, default=60, help="seconds to wait for a quiet machine before a run"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
