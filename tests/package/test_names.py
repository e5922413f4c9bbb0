"""Names that were replaced by the field's terms do not come back."""

import ast
from collections import Counter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "seqcnn"
SOURCES = sorted(PACKAGE.rglob("*.py"))

RETIRED = [
    line.split("\t") for line in Path(__file__).with_name("retired_names.tsv").read_text().splitlines()
]
"""Rows of kind and name: `identifier` (variable, argument, attribute, function, class), `local`
(English words that do not say what a variable holds) and `key` (key, flag or column)."""

IDENTIFIERS, LOCALS, KEYS = ({n for k, n in RETIRED if k == kind} for kind in ("identifier", "local", "key"))

MAX_FOUND = 20
"""Local variables named `found` in the whole package."""


def bound_names(tree):
    """Yield each name that a module defines or assigns, with its node."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.alias):
            yield node.asname or node.name


def attributes(tree):
    """Yield each attribute and keyword that a module uses."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.keyword) and node.arg:
            yield node.arg


def keys(tree):
    """Yield each string that is not in a table of renamed keys (an assignment to `RENAMED...`)."""
    assignments = [node for node in ast.walk(tree) if isinstance(node, ast.Assign | ast.AnnAssign)]
    tables = [node for node in assignments if ast.unparse(node).startswith(("RENAMED", "_RENAMED"))]
    excluded = {id(child) for table in tables for child in ast.walk(table)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in excluded:
            yield node.value


def retired(source):
    """Return the retired names in a module's source."""
    tree = ast.parse(source)
    bound = set(bound_names(tree))
    return sorted((bound | set(attributes(tree))) & IDENTIFIERS | bound & LOCALS | set(keys(tree)) & KEYS)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_retired_name_is_used(path):
    assert retired(path.read_text()) == []


def test_few_variables_are_named_found():
    names = Counter(name for path in SOURCES for name in bound_names(ast.parse(path.read_text())))
    assert names["found"] <= MAX_FOUND


@pytest.mark.parametrize(
    "source",
    ["kin = 1", "def f(caution): ...", "x.unlike", "f(told=1)", "{'widths': 1}", "at = 2", "'--part'"],
)
def test_the_check_notices_retired_names(source):
    assert retired(source)


def test_tables_of_renamed_keys_may_name_them():
    assert retired("RENAMED = {'widths': 'kernel_sizes'}") == []
