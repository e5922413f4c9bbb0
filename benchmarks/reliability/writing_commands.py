"""Arguments of every command that writes files, with small inputs."""

from __future__ import annotations

import json
import random
from pathlib import Path

import yaml

from benchmarks.validation.imports.files import small_model
from seqcnn.cli import main

TINY = {"encoder": "cnn", "args": {"filters": [8, 4], "kernel_sizes": [7, 3], "hidden": 8}}
TRAINED = ["--config", "tiny.yaml", "--threads", "1", "--device", "cpu"]
FITTED = ["--configs", "tiny.yaml", "--seed", "1", *TRAINED[2:]]
BY_MODEL = ["-m", "m.safetensors", "--device", "cpu"]
PREDICTED = [*BY_MODEL, "--threads", "1"]

_NEW = {
    "fit": ["lab.fa", "lab.tsv", *FITTED, "-o", "out"],
    "simulate": ["-n", "30", "--length", "50", "-o", "out"],
    "prepare": ["lab.fa", "lab.tsv", "-o", "out/d.h5"],
    "train": ["d.h5", *TRAINED, "-o", "out/m.safetensors"],
    "tune": ["d.h5", *FITTED[:2], *TRAINED[2:], "--trials", "1", "-o", "out"],
    "ensemble": ["d.h5", "-m", "m.safetensors", "-m", "m2.safetensors", "-o", "out/e.safetensors"],
    "baseline": ["d.h5", "--config", "gc.yaml", "--threads", "1", "-o", "out/p.tsv"],
    "export": ["m.safetensors", "-o", "out/m.onnx"],
    "page": ["m.safetensors", "-o", "out/p.html"],
    "import": ["keras.h5", "--targets", "y", "-o", "out/i.safetensors"],
    "card": ["m.safetensors", "-o", "out/README.md"],
    "predict": ["few.fa", *PREDICTED, "-o", "out/p.tsv"],
    "attribute": [
        "one.fa", *PREDICTED, "--seqlets", "out/s.bed", "--logo-dir", "out/logos", "-o", "out/a.h5",
    ],
    "seqlets": ["a.h5", "-o", "out/s.bed"],
    "motifs": [
        "d.h5", *BY_MODEL, "--database", "known.meme", "-n", "60", "--min-sites", "2", "--no-patterns",
        "--hits", "database", "-o", "out",
    ],
    "marginalize": ["few.fa", *BY_MODEL, "--motif", "TGACTCA", "-n", "5", "--n-positions", "5", "-o", "out"],
    "design": [
        *BY_MODEL, "--random", "2", "--length", "30", "--method", "greedy", "--allow-ood", "-o", "out",
    ],
    "next": [*PREDICTED, "--library", "d.h5", "--make", "20", "-n", "4", "-o", "out"],
    "variants": [
        "--vcf", "v.vcf", "--genome", "g.fa", *PREDICTED, "--null", "5",
        "--vcf-out", "out/v.vcf.gz", "--html", "out/v.html", "-o", "out/v.tsv",
    ],
    "dependencies": [
        "one.fa", *PREDICTED, "--positions", "3-9", "--html", "out/d.html", "-o", "out/d.tsv",
    ],
    "saturate": ["one.fa", *PREDICTED, "--plot", "out/s.pdf", "-o", "out/s.tsv"],
    "scan": ["g.fa", *PREDICTED, "--hits", "known.meme", "-o", "out"],
    "gather": ["part1.tsv", "part2.tsv", "-o", "out/p.tsv"],
    "evaluate": ["d.h5", "p.tsv", "-o", "out/metrics.json"],
    "controls": ["d.h5", "--model", *PREDICTED[1:], "-o", "out/controls.json"],
    "cross-validate": ["d.h5", *TRAINED, "--folds", "3", "-o", "out/cnn"],
    "learning-curve": ["d.h5", *TRAINED, "-o", "out/curve.json"],
    "report": ["run", "-o", "out/report.html"],
}  # fmt: skip

RESUMED = {"fit", "train", "tune", "cross-validate", "learning-curve"}
"""Commands that continue an interrupted run."""

WRITING = {
    name: words if name in ("fit", "tune") else [*words, "--overwrite"] for name, words in _NEW.items()
}
"""Arguments of each command, which overwrites; all outputs are in the folder `out`.

`fetch` is not included: it needs the network or local copies of the data."""


def run(*arguments: str) -> int:
    """Run a command in this process and return its exit code."""
    try:
        main(["-q", *arguments])
    except SystemExit as stop:
        return int(stop.code or 0)
    raise AssertionError("a command always exits")


def lay_out() -> None:
    """Write the inputs of `WRITING` into the current folder."""
    draw = random.Random(0)
    letters = ["".join(draw.choices("ACGT", k=30)) for _ in range(300)]
    letters = [s[:9] + "TGACTCA" + s[16:] if i % 2 else s for i, s in enumerate(letters)]
    measured = [f"o{i}\t{i % 2 + draw.gauss(0, 0.1):.3f}\n" for i in range(300)]
    contig = "".join(letters[:4])
    write = {
        "lab.fa": "".join(f">o{i}\n{s}\n" for i, s in enumerate(letters)),
        "few.fa": "".join(f">o{i}\n{s}\n" for i, s in enumerate(letters[:8])),
        "one.fa": f">o1\n{letters[1]}\n",
        "lab.tsv": "id\tactivity\n" + "".join(measured),
        "g.fa": f">c1\n{contig}\n",
        "v.vcf": f"##fileformat=VCFv4.3\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
        f"c1\t51\t.\t{contig[50]}\t{'ACGT'.replace(contig[50], '')[0]}\t.\t.\t.\n",
        "known.meme": "MEME version 4\n\nALPHABET= ACGT\n\nMOTIF AP1\n\nletter-probability matrix: w= 7\n"
        + "".join(" ".join(str(float(base == b)) for b in "ACGT") + "\n" for base in "TGACTCA"),
        "tiny.yaml": json.dumps(TINY | {"training": {"epochs": 1, "batch_size": 64}}),
        "gc.yaml": yaml.safe_dump({"baseline": "gc"}),
    }
    for name, text in write.items():
        Path(name).write_text(text, encoding="utf-8")
    small_model(Path("keras.h5"))
    train = ["train", "d.h5", *TRAINED, "-o"]
    for command in (
        ["prepare", "lab.fa", "lab.tsv", "-o", "d.h5"],
        [*train, "m.safetensors"],
        [*train, "m2.safetensors", "--seed", "2"],
        ["predict", "d.h5", *PREDICTED, "-o", "p.tsv"],
        ["predict", "few.fa", *PREDICTED, "--shard", "1/2", "-o", "part1.tsv"],
        ["predict", "few.fa", *PREDICTED, "--shard", "2/2", "-o", "part2.tsv"],
        ["attribute", "few.fa", *PREDICTED, "-o", "a.h5"],
        ["fit", "lab.fa", "lab.tsv", *FITTED, "-o", "run"],
    ):
        assert run(*command) == 0, command
