"""A small pipeline: its config, its folder, and Snakemake."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

from support.paths import ROOT

CONFIG = {
    "name": "toy",
    "sequences": "oligos.fa",
    "targets": "targets.tsv",
    "data": {"targets": ["expression"], "group": "family"},
    "models": ["cnn", "mlp", "mean"],
    "seeds": [1, 2],
    "cross_validate": ["mlp", "mean"],
    "folds": 3,
    "biology": {
        "attribute": {"max_sequences": 8},
        "motifs": {"patterns": False, "number": 40, "min_sites": 2},
        "marginalize": {"motif": ["TATA"], "number": 5, "n_positions": 3},
        "variants": {"pairs": "a pair's.tsv", "sequences": "oligos.fa", "null": 10},
        "saturate": {"sequences": "one.fa"},
        "scan": {"genome": "one.fa"},
        "design": {"number": 1, "max_edits": 1},
    },
}
QUICK = {
    "cnn": {"encoder": "cnn", "args": {"filters": [4, 4], "hidden": 4}, "training": {"epochs": 1}},
    "mlp": {"encoder": "mlp", "args": {"hidden": [4]}, "training": {"epochs": 1}},
    "mean": {"baseline": "mean"},
}


def seqcnn(*arguments: str, folder: Path) -> None:
    subprocess.run([sys.executable, "-m", "seqcnn", *arguments], cwd=folder, check=True, capture_output=True)


def snakemake(*arguments: str, folder: Path, code: int = 0) -> str:
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), *arguments]
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == code, done.stderr
    return done.stdout + done.stderr


def lay_out(folder: Path, config: dict) -> None:
    """Write a working folder: configs, profiles and a small library."""
    (folder / "configs/models").mkdir(parents=True)
    (folder / "configs/pipeline.yaml").write_text(yaml.safe_dump(config))
    for name, model in QUICK.items():
        (folder / f"configs/models/{name}.yaml").write_text(yaml.safe_dump(model))
    shutil.copytree(ROOT / "profiles", folder / "profiles")
