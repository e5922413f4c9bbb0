"""What a command loads before it does anything: of seqcnn's dependencies, no more than it needs."""

import subprocess
import sys
from importlib.metadata import packages_distributions, requires

import pytest
from packaging.requirements import Requirement

FASTA = ">a\nACGTACGTACGTACGTACGTACGTACGTAC\n"
CODE = """
import sys
from seqcnn.cli import main
try:
    main(sys.argv[1:])
except SystemExit as stop:
    assert not stop.code
print(*sys.modules, file=sys.stderr)
"""


@pytest.fixture(scope="module")
def packages() -> dict[str, set[str]]:
    """Top-level module -> the declared dependencies of seqcnn that install it."""
    declared = {Requirement(text).name for text in requires("seqcnn") or []}
    return {module: declared & set(names) for module, names in packages_distributions().items()}


def loaded(packages, *arguments):
    """Return the dependencies that a command imports, and those of its modules."""
    done = subprocess.run(
        [sys.executable, "-c", CODE, *map(str, arguments)], capture_output=True, text=True, check=True
    )
    modules = {name.split(".")[0] for name in done.stderr.splitlines()[-1].split()}
    return set().union(*(packages.get(module, set()) for module in modules))


@pytest.mark.parametrize("arguments", [["--help"], ["predict", "--help"], ["--version"]], ids=" ".join)
def test_help_loads_nothing_but_the_command_line(packages, arguments):
    assert loaded(packages, *arguments) == {"click"}


def test_predict_loads_what_reads_a_bundle_and_runs_it_and_neither_lightning_nor_tables(
    packages, bundle, tmp_path
):
    (tmp_path / "x.fa").write_text(FASTA)
    found = loaded(packages, "predict", tmp_path / "x.fa", "-m", bundle, "-o", tmp_path / "o.tsv")
    assert found == {
        "annotated-types",
        "click",
        "filelock",
        "numpy",
        "pydantic",
        "safetensors",
        "torch",
        "tqdm",
    }
