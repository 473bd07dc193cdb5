"""Sizes that keep the code readable."""

from __future__ import annotations

import ast
from pathlib import Path

import understudy

LONGEST_FUNCTION = 60  # lines; what is longer does more than one thing


def test_no_function_is_too_long() -> None:
    found: list[str] = []
    for path in sorted(Path(understudy.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if (
                isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
                and code_lines(node) > LONGEST_FUNCTION
            ):
                found.append(f"{path.name} {node.name}: {code_lines(node)} lines")
    assert found == []


def code_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without those of its docstring."""
    first, lines = node.body[0], (node.end_lineno or node.lineno) - node.lineno + 1
    is_docstring = ast.get_docstring(node) is not None
    return lines - ((first.end_lineno or first.lineno) - first.lineno + 1 if is_docstring else 0)
