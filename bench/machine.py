"""Who used the processors: the servers that are measured, or somebody else on this machine.

Requests a second depend on what else the machine does; processor time for a request hardly does.
So both are taken, and a run tells how much of the machine others had meanwhile.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


def tree(root: int) -> tuple[int, ...]:
    """The process and all that descend from it."""
    found, new = [root], [root]
    while new:
        new = [child for pid in new for child in _children(pid)]
        found += new
    return tuple(found)


def cpu_seconds(*roots: int) -> float:
    """Processor time of the processes and their descendants so far, those that ended included."""
    ticks = sum(sum(_ticks(pid)[:2]) for root in roots for pid in tree(root))
    return (ticks + sum(sum(_ticks(root)[2:]) for root in roots)) / TICK


def peak_mib(*roots: int) -> float:
    """The most memory that the processes have held (sum of their VmHWM)."""
    return sum(_peak_kib(pid) for root in roots for pid in tree(root)) / 1024


def busy_seconds() -> float:
    """Processor time of everything on this machine since it started."""
    user, nice, system, _idle, _wait, irq, softirq, steal = _read("/proc/stat").split()[1:9]
    return sum(map(int, (user, nice, system, irq, softirq, steal))) / TICK


def await_quiet(patience_seconds: float, *, share: float = 0.1) -> None:
    """Return when the machine has been almost idle for a second, or when patience is at its end."""
    until = time.monotonic() + patience_seconds
    while time.monotonic() < until:
        before = busy_seconds()
        time.sleep(1)
        if busy_seconds() - before < share * (os.cpu_count() or 1):
            return


def _children(pid: int) -> list[int]:
    return [int(child) for child in _read(f"/proc/{pid}/task/{pid}/children").split()]


def _ticks(pid: int) -> list[int]:
    """Its own user and system time, then that of its children that ended."""
    fields = _read(f"/proc/{pid}/stat").rpartition(")")[2].split()
    return [int(field) for field in fields[11:15]] if fields else [0] * 4


def _peak_kib(pid: int) -> int:
    lines = _read(f"/proc/{pid}/status").splitlines()
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0)


def _read(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError:  # it ended meanwhile
        return ""
