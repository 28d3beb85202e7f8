"""Which phrases the code says, as far as its syntax shows.

A phrase is said by `Say("topic.name", {…})`, by `book.text("topic.name", …)`, by a form
(`<flow>.title`, `<flow>.ask_<slot>`), by `say("topic.name", …)` on a page, or by a key put together
in an f-string, whose fixed parts (the module's own constants included) must name the topic.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from handlers import registry
from services import telling_kinds
from tests.house.tree import ROOT, name_of, python, syntax, tracked

SPEAKERS = (
    "bot", "channels", "cli", "console", "dialog", "handlers", "portal", "scheduler", "services",
    "wsgi",
)  # fmt: skip
KEY = re.compile(r"[a-z][a-z0-9_]*\.[A-Za-z0-9_]+")


@dataclass(frozen=True)
class Said:
    """One place that says a phrase: its key, the slots given (None: not visible), and where."""

    key: str
    slots: frozenset[str] | None
    where: str


def said() -> Iterator[Said]:
    """Every phrase whose key stands in the code in full."""
    for path in python(below=SPEAKERS):
        for call in ast.walk(syntax(path)):
            if not isinstance(call, ast.Call):
                continue
            where = f"{name_of(path)}:{call.lineno}"
            if key := _key(call, path):
                yield Said(key, _slots(call), where)
            for key in _choices(call, path):
                yield Said(key, frozenset(), where)


def asked() -> Iterator[Said]:
    """Every phrase that a form says by convention, or a kind of message by its row."""
    for flow in registry.flows():
        yield Said(f"{flow.name}.title", frozenset(), f"form {flow.name}")
        for ask in flow.asks:
            slots = frozenset({"menu"} if ask.options else ())
            seen = None if ask.fill else slots
            yield Said(f"{flow.name}.ask_{ask.slot}", seen, f"form {flow.name}")
    for kind in telling_kinds.kinds().values():
        yield Said(kind.phrase, None, f"kind {kind.name}")


def mentioned() -> set[str]:
    """Every string in the code that looks like a key: said through a variable, perhaps."""
    quoted = {
        key for page in _templates() for key in re.findall(f"[\"']({KEY.pattern})[\"']", page)
    }
    return quoted | {
        node.value
        for path in python(below=SPEAKERS)
        for node in ast.walk(syntax(path))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and KEY.fullmatch(node.value)
    }


def patterns() -> Iterator[re.Pattern[str]]:
    """What the keys look like that are put together when the code runs."""
    for page in _templates():
        for prefix in re.findall(r"[\"']([a-z_]+\.[a-z0-9_]*)[\"'] ~", page):
            yield re.compile(re.escape(prefix) + "[A-Za-z0-9_]+")
    for path in python(below=SPEAKERS):
        for node in ast.walk(syntax(path)):
            if isinstance(node, ast.JoinedStr):
                shape = _shape(node, _constants(path))
                if KEY.match(shape.replace(ANY, "x")) and not shape.startswith(ANY):
                    yield re.compile(
                        "".join(
                            "[A-Za-z0-9_]+" if part == ANY else re.escape(part)
                            for part in re.split(f"({ANY})", shape)
                        )
                    )


def _templates() -> Iterator[str]:
    """The pages of the rooms that have some."""
    for path in tracked():
        if path.suffix == ".html" and path.relative_to(ROOT).parts[0] in SPEAKERS:
            yield path.read_text("utf-8")


ANY = "\0"


def _shape(node: ast.JoinedStr, constants: dict[str, Any]) -> str:
    return "".join(
        str(part.value) if isinstance(part, ast.Constant) else _filled(part, constants)
        for part in node.values
    )


def _filled(part: ast.expr, constants: dict[str, Any]) -> str:
    named = part.value if isinstance(part, ast.FormattedValue) else None
    return str(constants.get(named.id, ANY)) if isinstance(named, ast.Name) else ANY


@cache
def _constants(path: Path) -> dict[str, Any]:
    """The module's own NAME = some literal."""
    values: dict[str, Any] = {}
    for node in syntax(path).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            with suppress(ValueError):
                values[node.targets[0].id] = ast.literal_eval(node.value)
    return values


def _key(call: ast.Call, path: Path) -> str | None:
    named = isinstance(call.func, ast.Name) and call.func.id in {"Say", "say"}
    spoken = isinstance(call.func, ast.Attribute) and call.func.attr in {"text", "Say"}
    if not (named or spoken) or not call.args:
        return None
    first = call.args[0]
    if isinstance(first, ast.JoinedStr):
        shape = _shape(first, _constants(path))
        return None if ANY in shape else shape
    text = first.value if isinstance(first, ast.Constant) else None
    return text if isinstance(text, str) and KEY.fullmatch(text) else None


def _choices(call: ast.Call, path: Path) -> Iterator[str]:
    """The labels of `numbered("slot", (value, …), topic="topic")`."""
    if not isinstance(call.func, ast.Name) or call.func.id != "numbered":
        return
    constants = _constants(path)
    topics = [_literal(word.value, constants) for word in call.keywords if word.arg == "topic"]
    topic = topics[0] if topics else constants["FLOW"]
    slot, values = (_literal(part, constants) for part in call.args)
    spelt = {True: "yes", False: "no", None: "unknown"}
    yield from (f"{topic}.{slot}_{spelt.get(value, value)}" for value in values)


def _literal(node: ast.expr, constants: dict[str, Any]) -> Any:
    return constants[node.id] if isinstance(node, ast.Name) else ast.literal_eval(node)


def _slots(call: ast.Call) -> frozenset[str] | None:
    """The slot names that the call gives, when they can be read off."""
    called = call.func.attr if isinstance(call.func, ast.Attribute) else ast.unparse(call.func)
    if called in {"text", "say"}:
        names = [word.arg for word in call.keywords]
        return None if None in names else frozenset(name for name in names if name)
    given = call.args[1] if len(call.args) > 1 else None
    given = given or next((word.value for word in call.keywords if word.arg == "slots"), None)
    if given is None:
        return frozenset()
    if not isinstance(given, ast.Dict):
        return None
    keys = [key.value if isinstance(key, ast.Constant) else None for key in given.keys]
    return None if None in keys else frozenset(str(key) for key in keys)
