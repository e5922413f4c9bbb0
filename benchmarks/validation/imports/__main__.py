"""Compare imports with their originals, layer by layer; write benchmarks/validation/imports.md.

`python -m benchmarks.validation.imports` needs Keras 3 (extra `test`); published models are compared if their
folder is named by SEQCNN_MODELS.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.speed.peer_environments import environment
from benchmarks.validation.imports import tensorflow_models
from benchmarks.validation.imports.cases import CASES
from benchmarks.validation.imports.originals import difference, keras, model_of, random_graph
from seqcnn.model.import_model import Expected, ImportRequest, import_model

PAGE = Path("benchmarks/validation/imports.md")
GRAPHS = 100
"""Random graphs of the page."""

HEADER = """# Imported models and their originals

Made by `python -m benchmarks.validation.imports`: the largest difference between predictions of
`seqcnn import` and of Keras {version} (torch, CPU), relative to the largest prediction.  A layer is in small
models with random weights and every padding, stride and option that changes it; each model is written as
`.h5` and as `.keras`, and the larger difference of the two is given.  32 random sequences.  The test suite
repeats it, and requires 1e-5.  Average pooling with padding is compared where it is even: where it is uneven
Keras on torch counts other positions than TensorFlow, whose rule the import follows.

| layer | tested against | largest difference |
|---|---|---|
"""


def rows(folder: Path) -> Iterator[str]:
    """Yield the rows of the table."""
    against = f"Keras {keras().__version__}"
    for name in CASES:
        share = max(difference(model_of(name), folder / f"m.{ending}") for ending in ("h5", "keras"))
        yield f"| {name} | {against} | {share:.1e} |"
    share = max(difference(random_graph(seed), folder / "m.keras") for seed in range(GRAPHS))
    yield f"| {GRAPHS} random graphs of up to 8 layers | {against} | {share:.1e} |"
    yield from _tensorflow(folder)
    yield from _published(folder, Path(os.environ.get("SEQCNN_MODELS") or "shared/models"))


def _tensorflow(folder: Path) -> Iterator[str]:
    """Yield the rows of files that Keras 2 wrote with TensorFlow, if it can be installed."""
    python = environment("tensorflow", "tensorflow-cpu", "tf-keras")
    if python is None:
        return
    subprocess.run([python, tensorflow_models.__file__, folder], check=True, capture_output=True)
    expected = Expected(folder / "s.fa", folder / "y.tsv")
    against = f"tf-keras {(folder / 'version').read_text()} (TensorFlow)"
    for name, weights in tensorflow_models.FILES:
        imported = import_model(
            folder / name, folder / "t.safetensors", ImportRequest(["a", "b", "c"]), expected=expected,
            weights=folder / weights if weights else None, overwrite=True,
        )  # fmt: skip
        check = imported.header.imported.check if imported.header.imported else None
        if check:
            kind = f"`.{name.partition('.')[2]}`{' and weights' if weights else ''} of Keras 2, 16 layers"
            yield f"| {kind} | {against} | {check.difference / check.scale:.1e} |"


def _published(folder: Path, models: Path) -> Iterator[str]:
    """Yield the row of the published model that has predictions of the original."""
    model = models / "optimus5p_multioutput.h5"
    if model.exists():
        expected = Expected(models / "optimus5p.fa", models / "optimus5p_expected.tsv")
        imported = import_model(
            model, folder / "o.safetensors", ImportRequest(["a", "b", "c"]), expected=expected
        )
        check = imported.header.imported.check if imported.header.imported else None
        if check:
            share = check.difference / check.scale
            yield f"| Optimus 5-Prime (Keras 2.7.0), {check.n} sequences | its predictions | {share:.1e} |"


def main() -> None:
    """Write the page."""
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory() as folder:
        lines = [*rows(Path(folder))]
    PAGE.write_text(HEADER.format(version=keras().__version__) + "\n".join(lines) + "\n", encoding="utf-8")
    sys.stdout.write(f"{PAGE}: {len(lines)} rows\n")


if __name__ == "__main__":
    main()
