"""YAML without its quiet traps, for the law shelf.

A key written twice is an error with file and line (plain YAML keeps the last one silently), and
``on``, ``off``, ``yes``, ``no`` are words, not booleans.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from rules.errors import BadRuleFile

ROOM = Path(__file__).resolve().parent


class _StrictLoader(yaml.CSafeLoader):
    """CSafeLoader that refuses duplicate keys and knows only true and false as booleans."""


_StrictLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_StrictLoader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf")
)


def _construct_mapping(loader: _StrictLoader, node: yaml.MappingNode) -> dict[Hashable, Any]:
    seen: dict[Hashable, Any] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in seen:
            line = key_node.start_mark.line + 1
            raise BadRuleFile("file_duplicate_key", file="", line=line, key=str(key))
        seen[key] = loader.construct_object(value_node, deep=True)
    return seen


_StrictLoader.add_constructor("tag:yaml.org,2002:map", _construct_mapping)


def load(path: Path) -> Any:
    """The content of ``path``; :class:`BadRuleFile` names file and line when it is not sound."""
    file = shown(path)
    try:
        # The loader is a SafeLoader that refuses more, never less.
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_StrictLoader)  # noqa: S506
    except BadRuleFile as error:
        raise BadRuleFile(error.code, **{**error.values, "file": file}) from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise BadRuleFile("file_unreadable", file=file, line=line, why=error.problem) from error
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise BadRuleFile("file_unreadable", file=file, line=0, why=str(error)) from error


def shown(path: Path) -> str:
    """The path as a person of the project would name it."""
    return str(path.relative_to(ROOM.parent)) if path.is_relative_to(ROOM.parent) else path.name
