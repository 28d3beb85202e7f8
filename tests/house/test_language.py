"""English in code; Chinese in wording, sandbox, tests, data and quotations."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.tree import name_of, python, syntax

CHINESE = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
MAY = ("wording", "sandbox", "tests", "bench")


def literals(tree: ast.Module) -> Iterator[ast.Constant]:
    """Every string of a module but the docstrings (of modules, classes, functions, attributes)."""
    quoted = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
        if is_text and id(node) not in quoted:
            assert isinstance(node, ast.Constant)
            yield node


@pytest.mark.parametrize("path", list(python(outside=MAY)), ids=name_of)
def test_no_chinese_string_outside_the_wording(path: Path) -> None:
    found = [node for node in literals(syntax(path)) if CHINESE.search(str(node.value))]
    assert not found, [f"line {node.lineno}: {node.value!r}" for node in found]


def test_a_docstring_may_quote_and_a_string_may_not() -> None:
    tree = ast.parse('"""引文"""\nX = f"a{1}句"\n"""说明"""\n')
    assert [node.value for node in literals(tree) if CHINESE.search(str(node.value))] == ["句"]
