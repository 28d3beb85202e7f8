"""`python -m tests.house.sizes`: what is large enough to make one stop and think.

A report, not a law: a file over 250 lines, a function over 25, more than five parameters.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator

from tests.house.tree import name_of, python, syntax

FILE_LINES, FUNCTION_LINES, PARAMETERS = 250, 25, 5


def large() -> Iterator[str]:
    """One line for each large thing, files first."""
    paths = sorted(python(outside=("migrations",)))
    for path in paths:
        lines = path.read_text("utf-8").count("\n")
        if lines > FILE_LINES:
            yield f"{lines:5} lines       {name_of(path)}"
    for path in paths:
        for node in ast.walk(syntax(path)):
            if isinstance(node, ast.FunctionDef):
                yield from _remarks(node, f"{name_of(path)}:{node.lineno} {node.name}")


def _remarks(node: ast.FunctionDef, where: str) -> Iterator[str]:
    lines = (node.end_lineno or node.lineno) - node.lineno + 1 - _docstring_lines(node)
    if lines > FUNCTION_LINES:
        yield f"{lines:5} lines       {where}"
    arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    parameters = [argument for argument in arguments if argument.arg not in {"self", "cls"}]
    if len(parameters) > PARAMETERS:
        yield f"{len(parameters):5} parameters  {where}"


def _docstring_lines(node: ast.FunctionDef) -> int:
    first = node.body[0]
    is_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return (first.end_lineno or 0) - first.lineno + 1 if is_docstring else 0


if __name__ == "__main__":
    for remark in large():
        sys.stdout.write(remark + "\n")
