"""Names that were replaced by the field's terms do not come back."""

import ast
from collections import Counter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "seqcnn"
SOURCES = sorted(PACKAGE.rglob("*.py"))

IDENTIFIERS = set(
    """
    kin turned turned_back over_strands Parted torn Narrator Newest WholeCheckpoints of_batches one_by_one
    together keep_heap lesson taught teaches pupil Judge doubt climb Start Form comparator comparators surprise
    both_strands norm_look norm_think unlike_training unlike test_apart ProbePlan probe probed probe_jobs
    caution allow_unlike drawn told seed_of_chance read_spread TrainedModel fold_of_each wanted
    MOST TOLD ENOUGH HALF RUBBISH
    """.split()
)
"""Retired as a variable, argument, attribute, function or class."""

LOCALS = set("at one each told here there such".split())
"""English words that do not say what a variable holds."""

KEYS = set(
    """
    widths pools both_strands words word unlike_training SEQCNN_UNLIKE_TRAINING test_apart probe lesson taught
    training_set shortest --caution --allow-unlike --least --widest --places --part --pictures --page --probed
    --encoder --seeds nearest identity
    """.split()
)
"""Retired as a key, flag or column."""

MOST_FOUND = 20
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
    tables = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign | ast.AnnAssign)
        and any("RENAMED" in ast.unparse(t) for t in getattr(node, "targets", [getattr(node, "target", None)]))
    ]
    excluded = {id(child) for table in tables for child in ast.walk(table)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in excluded:
            yield node.value


def retired(source):
    """Return the retired names in a module's source."""
    tree = ast.parse(source)
    bound = set(bound_names(tree))
    return sorted(
        (bound | set(attributes(tree))) & IDENTIFIERS | bound & LOCALS | set(keys(tree)) & KEYS
    )


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_retired_name_is_used(path):
    assert retired(path.read_text()) == []


def test_few_variables_are_named_found():
    names = Counter(name for path in SOURCES for name in bound_names(ast.parse(path.read_text())))
    assert names["found"] <= MOST_FOUND


@pytest.mark.parametrize(
    "source", ["kin = 1", "def f(caution): ...", "x.unlike", "f(told=1)", "{'widths': 1}", "at = 2", "'--part'"]
)
def test_the_check_notices_retired_names(source):
    assert retired(source)


def test_tables_of_renamed_keys_may_name_them():
    assert retired("RENAMED = {'widths': 'kernel_sizes'}") == []
