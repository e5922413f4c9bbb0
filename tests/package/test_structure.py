"""Sizes of folders and functions of the package."""

import ast
from collections import Counter
from fnmatch import fnmatch

import pytest
from support.paths import ROOT

PACKAGE = ROOT / "seqcnn"
MAX_FILES = 12
MAX_LINES = 30
MAX_PARAMETERS = 7

MANY_FILES = {"commands"}  # one file per command
MANY_PARAMETERS = (  # files whose functions are called by name, with many defaults
    "api/*: *",  # the public face
    "data/from_arrays.py: dataset_from_arrays",  # called by name, for notebooks
    "commands/*: *",  # callbacks of click: one parameter per option
    "encoders/*: __init__",  # an encoder's arguments are its config
    "sklearn.py: __init__",  # a scikit-learn estimator
)

LONG: set[str] = set()
"""Functions that are still too long.  Remove what is mended; nothing may be added."""

WIDE: set[str] = set()
"""Functions that still have too many parameters.  Remove what is mended; nothing may be added."""


def functions(source: str):
    """Yield the functions and methods of a file."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def lines_of(function: ast.FunctionDef) -> int:
    """Return the number of lines of a body, from its first statement on, without its docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


def parameters_of(function: ast.FunctionDef) -> int:
    """Return the number of parameters, without `self` and `cls`."""
    a = function.args
    names = [p.arg for p in (*a.posonlyargs, *a.args, *a.kwonlyargs, a.vararg, a.kwarg) if p]
    return len(names) - (names[:1] in (["self"], ["cls"]))


def named() -> dict[str, list[ast.FunctionDef]]:
    """Return 'file: function' -> the functions of that name."""
    found: dict[str, list[ast.FunctionDef]] = {}
    for path in PACKAGE.rglob("*.py"):
        for function in functions(path.read_text()):
            found.setdefault(f"{path.relative_to(PACKAGE)}: {function.name}", []).append(function)
    return found


def test_no_folder_has_more_than_twelve_files():
    files = Counter(
        str(path.parent.relative_to(PACKAGE)) for path in PACKAGE.rglob("*.py") if path.name != "__init__.py"
    )
    assert {folder for folder, count in files.items() if count > MAX_FILES} == MANY_FILES


def test_no_function_has_a_body_of_more_than_thirty_lines():
    assert {name for name, all_ in named().items() if max(map(lines_of, all_)) > MAX_LINES} == LONG


def test_no_function_has_more_than_seven_parameters_but_those_that_are_called_by_name():
    wide = {name for name, all_ in named().items() if max(map(parameters_of, all_)) > MAX_PARAMETERS}
    assert {name for name in wide if not any(fnmatch(name, pattern) for pattern in MANY_PARAMETERS)} == WIDE


@pytest.mark.parametrize(
    ("source", "lines", "parameters"),
    [
        ("def f(): pass", 1, 0),
        ("def f():\n    '''Words.'''", 0, 0),
        (
            "def f(self, a, /, b, *c, d, **e):\n    '''Words.\n\n    More.'''\n    a\n\n    return b",
            3,
            5,
        ),
    ],
)
def test_lines_and_parameters_are_counted(source, lines, parameters):
    (function,) = functions(source)
    assert (lines_of(function), parameters_of(function)) == (lines, parameters)


def test_the_readme_has_at_most_110_lines():
    assert len((ROOT / "README.md").read_text().splitlines()) <= 110
