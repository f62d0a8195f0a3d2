"""Rules about the code itself that no linter holds."""

import ast
from pathlib import Path

import pytest

import advlab

PACKAGE = Path(advlab.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))


def test_the_package_was_found():
    assert len(FILES) > 20


@pytest.mark.parametrize("file", FILES, ids=[str(f.relative_to(PACKAGE)) for f in FILES])
def test_files_are_small(file):
    assert len(file.read_text(encoding="utf-8").splitlines()) <= 300


def test_nobody_decides_by_an_attacks_name():
    """One new attack is one new file: no other file mentions it in an `==`."""
    names = {file.stem for file in (PACKAGE / "attacks").glob("[!_]*.py")}
    for other in FILES:
        for node in ast.walk(ast.parse(other.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq | ast.NotEq):
                for part in (node.left, *node.comparators):
                    assert not (isinstance(part, ast.Constant) and part.value in names), f"{other}:{node.lineno}"


def test_attacks_leave_the_machinery_to_the_driver():
    """No modes, devices or switches in an attack's file, and no loop of its own over the model."""
    for file in (PACKAGE / "attacks").glob("*.py"):
        called = {
            node.func.attr
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        }
        assert not called & {"eval", "train", "backward", "cuda", "cpu", "manual_seed", "register_forward_hook"}, file
