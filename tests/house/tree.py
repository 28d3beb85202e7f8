"""What the laws of the house look at: the files that belong to the project, and their syntax."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


@cache
def tracked() -> tuple[Path, ...]:
    """Every file of the project: tracked, or new and not ignored. From a copy without git: all."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
            cwd=ROOT,
            capture_output=True,
            check=True,
        ).stdout.decode()
    except (OSError, subprocess.CalledProcessError):
        return tuple(path for path in ROOT.rglob("*") if path.is_file() and not _hidden(path))
    paths = (ROOT / name for name in listed.split("\0") if name)
    return tuple(path for path in paths if path.is_file())


def _hidden(path: Path) -> bool:
    return any(
        part in {"__pycache__", "var", "build"} or (part.startswith(".") and part != ".ci")
        for part in path.relative_to(ROOT).parts
    )


def texts() -> Iterator[tuple[str, str]]:
    """Name and contents of every tracked text file."""
    for path in tracked():
        try:
            yield str(path.relative_to(ROOT)), path.read_text("utf-8")
        except UnicodeDecodeError:
            continue


def python(*, below: tuple[str, ...] = (), outside: tuple[str, ...] = ()) -> Iterator[Path]:
    """Our Python files: all, or those of some rooms, or all but those of some rooms."""
    for path in tracked():
        room = path.relative_to(ROOT).parts[0].removesuffix(".py")
        if path.suffix == ".py" and (not below or room in below) and room not in outside:
            yield path


@cache
def syntax(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))
