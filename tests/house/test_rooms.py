"""Who may look at whom, and that no room slips in beside the contract."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

from tests.house.tree import ROOT, python, syntax, tracked

NOT_ROOMS = frozenset({"bench", "deploy", "docs", "migrations", "requirements", "tests"})
"""Folders that nothing of ours is imported from when the service runs."""

MODULES = frozenset({"settings", "wsgi"})
"""The rooms that are one file. import-linter reads packages only, so their law stands here."""


def contract() -> dict[str, Any]:
    document = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    contract: dict[str, Any] = document["tool"]["importlinter"]
    return contract


def imported(path: Path) -> set[str]:
    """The top-level names that a file imports, at whatever depth."""
    names: set[str] = set()
    for node in ast.walk(syntax(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return names


def test_the_import_contracts_hold(tmp_path: Path) -> None:
    linted = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--cache-dir", tmp_path, "--no-logo"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert linted.returncode == 0, linted.stdout + linted.stderr


def test_settings_know_nothing_of_the_house() -> None:
    assert not imported(ROOT / "settings.py") & (MODULES | set(contract()["root_packages"]))


def test_the_front_door_talks_to_nobody_outside_and_not_to_the_sandbox() -> None:
    outside = {"wechatpy", "requests", "urllib3", "tencentcloud", "xmltodict", "sandbox"}
    assert not imported(ROOT / "wsgi.py") & outside


def test_only_the_terminal_goes_through_the_front_door() -> None:
    inside = [
        path for path in python(outside=("bench", "cli", "tests")) if "wsgi" in imported(path)
    ]
    assert not inside


def test_every_folder_and_module_stands_in_the_contract() -> None:
    parts = [path.relative_to(ROOT).parts for path in tracked()]
    rooms = {p[0] for p in parts if len(p) > 1 and not p[0].startswith(".")} - NOT_ROOMS
    modules = {p[0].removesuffix(".py") for p in parts if len(p) == 1 and p[0].endswith(".py")}
    assert rooms == set(contract()["root_packages"])
    assert modules == MODULES


def test_every_room_has_its_line() -> None:
    layers = next(part for part in contract()["contracts"] if part["type"] == "layers")
    placed = {room.strip() for line in layers["layers"] for room in line.split("|")}
    assert placed | {"sandbox"} == set(contract()["root_packages"])


def test_no_room_for_what_has_no_name() -> None:
    banned = {"utils", "util", "helpers", "common", "manager", "misc"}
    named = {part.removesuffix(".py") for p in tracked() for part in p.relative_to(ROOT).parts}
    assert not named & banned
