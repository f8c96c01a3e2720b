"""No commit and no word to another side stands without a crash point, so that none goes untested.

The slices of a purchase are read as source: behind each block that writes and commits, and behind
each call of a gateway's connector, of a mail or HTTP server, of a partner's folder or of fsync, a
point has to stand before the function ends, or behind each call of the function in its file.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tieout.kernel import crash
from tieout.kernel.settings import REPOSITORY
from tieout.payments.model import Connector

SLICES = ("payments", "purchase", "storefront_api", "stock", "intake", "exchange")
FILES = sorted(
    file for name in SLICES for file in (REPOSITORY / "include" / "tieout" / name).glob("*.py")
)
EDGES = {
    *(name for name in vars(Connector) if not name.startswith("_") and name != "close"),
    *("put", "fsync", "sendmail", "send_message"),
}
NO_EDGES = {"request.app.state.desk.known.store"}
"""Calls that have the name of an edge and stay in this process."""
COMMITS = {"transaction"}
RECEIPTS = {"note_spooled", "capture_once"}


def named(call: ast.Call) -> str:
    function = call.func
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")


def points(tree: ast.AST) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and named(node) == "point"
            and isinstance(node.args[0], ast.Constant)
        ):
            yield str(node.args[0].value), node.lineno


def writes(block: ast.With) -> bool:
    calls = {named(node) for node in ast.walk(block) if isinstance(node, ast.Call)}
    return bool(
        calls & {"execute", "_commit", "_move", "_note", "_looked", "audit", "record", *RECEIPTS}
    )


def commits(function: ast.AST) -> Iterator[ast.With]:
    for node in ast.walk(function):
        if isinstance(node, ast.With) and any(
            isinstance(item.context_expr, ast.Call) and named(item.context_expr) in COMMITS
            for item in node.items
        ):
            yield node


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef]:
    yield from (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def callers_points(tree: ast.Module, name: str) -> bool:
    """Whether every caller of a function in the same file has a point behind the call."""
    found = False
    for function in functions(tree):
        lines = [line for _, line in points(function)]
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and named(node) == name and function.name != name:
                if not any(line > node.lineno for line in lines):
                    return False
                found = True
    return found


def edges(function: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(function):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and named(node) in EDGES
            and ast.unparse(node.func) not in NO_EDGES
        ):
            yield node


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_behind_every_commit_stands_a_point(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    bare = []
    for function in functions(tree):
        lines = [line for _, line in points(function)]
        for block in commits(function):
            behind = any(line > block.lineno for line in lines)
            if writes(block) and not behind and not callers_points(tree, function.name):
                bare.append(f"{file.name}:{block.lineno} {function.name}")
    assert bare == [], "give each of these a crash.point, registered in kernel/crash.py"


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_behind_every_word_to_another_side_stands_a_point(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    bare = []
    for function in functions(tree):
        lines = [line for _, line in points(function)]
        for call in edges(function):
            behind = any(line > call.lineno for line in lines)
            if not behind and not callers_points(tree, function.name):
                bare.append(f"{file.name}:{call.lineno} {ast.unparse(call)[:60]}")
    assert bare == [], "give each of these a crash.point, registered in kernel/crash.py"


def test_every_point_is_registered_and_every_registered_point_stands_somewhere() -> None:
    stand = {
        name
        for file in (REPOSITORY / "include" / "tieout").rglob("*.py")
        for name, _ in points(ast.parse(file.read_text(encoding="utf-8")))
    }
    assert stand == set(crash.POINTS)
