"""The code's shape: what no linter holds."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from pauta.running.compose_file import PROJECT

FOLDERS = (
    "contracts",
    "domain",
    "kit",
    "providers",
    "sources",
    "services",
    "pauta",
    "simulator",
    "devtools",
    "bench",
    "tests",
)
FILES: list[Path] = []
for folder in FOLDERS:
    FILES += sorted((PROJECT / folder).rglob("*.py"))


def faults(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yields each dense expression with its line."""
    for node in ast.walk(tree):
        match node:
            case ast.IfExp() if any(
                isinstance(child, ast.IfExp) for child in ast.walk(node) if child is not node
            ):
                yield node.lineno, "a conditional expression in another"
            case ast.Tuple() | ast.List() | ast.Set() if _packed(node):
                yield node.lineno, "a literal unpacked into a literal"
            case ast.Dict() if any(
                key is None and isinstance(value, ast.Dict)
                for key, value in zip(node.keys, node.values, strict=True)
            ):
                yield node.lineno, "a literal unpacked into a literal"
            case ast.Name(id="one", ctx=ast.Store()) | ast.arg(arg="one"):
                yield node.lineno, "a variable named one"
            case ast.Assign(targets=[ast.Tuple()], value=ast.Tuple()) if any(
                isinstance(child, ast.Await) for child in ast.walk(node)
            ):
                yield node.lineno, "two assignments in one line that awaits"
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp() if (
                len(node.generators) > 1
            ):
                yield node.lineno, "a comprehension with two `for`"


def _packed(node: ast.Tuple | ast.List | ast.Set) -> bool:
    return any(
        isinstance(item, ast.Starred) and isinstance(item.value, ast.Tuple | ast.List | ast.Set)
        for item in node.elts
    )


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PROJECT)))
def test_code_is_not_dense(path: Path) -> None:
    found = [f"{path}:{line}: {what}" for line, what in faults(ast.parse(path.read_text()))]

    assert found == []


@pytest.mark.parametrize(
    ("code", "what"),
    [
        ("a = 1 if b else 2 if c else 3", "a conditional expression in another"),
        ("a = (*(1, 2), 3)", "a literal unpacked into a literal"),
        ("a = {**{'b': 1}, 'c': 2}", "a literal unpacked into a literal"),
        ("for one in a: pass", "a variable named one"),
        ("async def f():\n a, b = 1, await c", "two assignments in one line that awaits"),
        ("a = [d for b in c for d in b]", "a comprehension with two `for`"),
    ],
)
def test_a_dense_expression_is_noticed(code: str, what: str) -> None:
    assert [found for _, found in faults(ast.parse(code))] == [what]
