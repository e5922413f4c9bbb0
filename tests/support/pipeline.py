"""A small pipeline: its config, its folder, and Snakemake."""

import os
import shutil
import sys
import tempfile
from pathlib import Path

import yaml

from support.forks import start
from support.paths import ROOT

CONFIG = {
    "name": "toy",
    "sequences": "oligos.fa",
    "targets": "targets.tsv",
    "data": {"targets": ["expression"], "group": "family"},
    "models": ["cnn", "mlp", "mean"],
    "seeds": [1],
    "more_seeds": {"cnn": [2]},
    "cross_validate": ["mlp", "mean"],
    "folds": 3,
    "biology": {
        "attribute": {"max_sequences": 8},
        "motifs": {"patterns": False, "number": 40, "min_sites": 2},
        "marginalize": {"motif": ["TATA"], "number": 5, "n_positions": 3},
        "dependencies": {"sequences": "one.fa", "positions": "1-5"},
        "variants": {"pairs": "a pair's.tsv", "sequences": "oligos.fa", "null": 10},
        "saturate": {"sequences": "one.fa"},
        "scan": {"genome": "one.fa"},
        "design": {"number": 1, "max_edits": 1},
        "next": {"number": 2, "make": 20},
    },
}
PLAIN = {key: CONFIG[key] for key in ("name", "sequences", "targets", "data")} | {"models": ["mlp"]}
QUICK = {
    "cnn": {"encoder": "cnn", "args": {"filters": [4, 4], "hidden": 4}, "training": {"epochs": 1}},
    "mlp": {"encoder": "mlp", "args": {"hidden": [4]}, "training": {"epochs": 1}},
    "mean": {"baseline": "mean"},
}


def seqcnn(*arguments: object, folder: Path) -> None:
    """Run a command in a folder, in a process of its own."""
    _run("seqcnn", *arguments, folder=folder)


def snakemake(*arguments: object, folder: Path, code: int = 0, snakefile: Path = ROOT / "Snakefile") -> str:
    """Run Snakemake in a folder; return what it printed.

    Its jobs run the program `seqcnn` of the folder, if there is one, or else the installed one.
    """
    return _run("snakemake", "--snakefile", snakefile, *arguments, folder=folder, code=code)


def _run(name: str, *arguments: object, folder: Path, code: int = 0) -> str:
    path = os.pathsep.join([str(folder), str(Path(sys.executable).parent), os.environ["PATH"]])
    with tempfile.TemporaryDirectory() as aside:
        process = start(name, *arguments, folder=folder, output=Path(aside, "said"), variables={"PATH": path})
        found, said = process.wait(), process.said()
    assert found == code, said
    return said


def lay_out(folder: Path, config: dict) -> None:
    """Write a working folder: configs, profiles and a small library."""
    (folder / "configs/models").mkdir(parents=True)
    (folder / "configs/pipeline.yaml").write_text(yaml.safe_dump(config))
    for name, model in QUICK.items():
        (folder / f"configs/models/{name}.yaml").write_text(yaml.safe_dump(model))
    shutil.copytree(ROOT / "profiles", folder / "profiles")
