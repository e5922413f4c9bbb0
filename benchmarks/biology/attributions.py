"""Compare the methods of attribution on the simulated example; write biology/attributions.md.

`python -m benchmarks.biology.attributions [DATASET MODEL...]`: the dataset of the embedded example, and
bundles that were trained on it; by default they are trained if they are missing.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.biology.example.sites import EXAMPLE, TrainedExample, auprc, read_sites
from benchmarks.biology.models import ATTRIBUTED, trained
from seqcnn.data.dataset import load_dataset
from seqcnn.interpret.attribute import attribute
from seqcnn.interpret.attribution.attribution import Method
from seqcnn.interpret.attribution.attribution_file import Attributions
from seqcnn.model.inference.trained_model import load_model
from seqcnn.sequence.onehot import PACKED_BASES
from seqcnn.sequence.shuffle import shuffle_dinucleotides, shuffle_rows

PAGE = Path("benchmarks/biology/attributions.md")
SEQUENCES = 60
"""Number of test oligos with a site."""

COMPARED: tuple[Method, ...] = ("ism", "deepshap")

TOP = (5, 10, 20, 40)
"""Numbers of bases that are deleted, or kept."""

DRAWS = 5
"""Random replacements of each sequence."""

COLUMNS = {
    "r with ISM": ".3f",
    "deletion": ".3f",
    "insertion": ".3f",
    "AUPRC, all sites": ".3f",
    "AUPRC, affinity >= 0.5": ".3f",
    "error of sums": ".1g",
    "s": ".2f",
}
"""Column of the table -> format."""


@dataclass(frozen=True)
class Explained:
    """Attributions of one model by one method, and the time for them."""

    example: TrainedExample
    attributions: Attributions
    ism: Attributions
    seconds: float

    def values(self) -> dict[str, float]:
        """Return the value of each column; NaN if the method has none."""
        found = self.attributions
        completeness = found.header["completeness"] or {"max_error": np.nan, "prediction_sd": 1}
        pairs = zip(found.by_position, self.ism.by_position, strict=True)
        return {
            "r with ISM": float(np.mean([np.corrcoef(a, b)[0, 1] for a, b in pairs])),
            "deletion": self._mean_change(self._deleted),
            "insertion": self._mean_change(self._inserted),
            "AUPRC, all sites": float(np.mean(auprc(self.example, found, 0))),
            "AUPRC, affinity >= 0.5": float(np.mean(auprc(self.example, found, 0.5))),
            "error of sums": completeness["max_error"] / completeness["prediction_sd"],
            "s": self.seconds / len(found),
        }

    def _mean_change(self, change: Callable[[int, int], np.ndarray]) -> float:
        """Return the mean over numbers of bases and draws, in SD of the predictions."""
        changes = [change(top, seed) for top in TOP for seed in range(DRAWS)]
        return float(np.mean(changes) / self.attributions.prediction.std())

    def _deleted(self, top: int, seed: int) -> np.ndarray:
        """Return how much the prediction falls if other bases replace those with the largest attributions."""
        rows = self.attributions.rows()
        bases = rows.bases.copy()
        other = np.random.default_rng(seed).integers(1, 4, bases.shape)
        replaced = PACKED_BASES[(np.searchsorted(PACKED_BASES, bases) + other) % 4]
        np.put_along_axis(bases, chosen := self._largest(top), np.take_along_axis(replaced, chosen, 1), 1)
        return self.attributions.prediction - self._predicted(bases)

    def _inserted(self, top: int, seed: int) -> np.ndarray:
        """Return how much the prediction of a shuffle rises with the bases of the largest attributions."""
        rows = self.attributions.rows()
        bases = shuffle_rows(rows, shuffle_dinucleotides, seed=seed).bases.copy()
        before = self._predicted(bases)
        np.put_along_axis(bases, chosen := self._largest(top), np.take_along_axis(rows.bases, chosen, 1), 1)
        return self._predicted(bases) - before

    def _largest(self, top: int) -> np.ndarray:
        """Return the positions of the largest attributions, (N, top)."""
        return np.argsort(-self.attributions.by_position, axis=1)[:, :top]

    def _predicted(self, bases: np.ndarray) -> np.ndarray:
        return self.example.model.predict_rows(replace(self.attributions.rows(), bases=bases))[:, 0]


def explained(example: TrainedExample) -> dict[str, Explained]:
    """Attribute the test oligos with every method that the model takes."""
    records = example.test_records()[:SEQUENCES]
    results: dict[str, Explained] = {}
    for method in COMPARED:
        begin = time.perf_counter()
        found = attribute(example.model, records, method=method)
        seconds = time.perf_counter() - begin
        results[method] = Explained(example, found, results["ism"].ism if results else found, seconds)
    return results


def table(dataset: Path, bundles: list[Path]) -> list[str]:
    """Return the rows of the table."""
    sites = read_sites(EXAMPLE / "truth.tsv")
    lines = [f"| model | test r | method | {' | '.join(COLUMNS)} |", "|---" * (len(COLUMNS) + 3) + "|"]
    for path in bundles:
        model = load_model(path)
        example = TrainedExample(model, load_dataset(dataset), (path, dataset), sites)
        r = model.header.metrics["test"][model.targets[0]]["pearson"]
        for method, result in explained(example).items():
            values = result.values()
            cells = [format(values[name], form).replace("nan", "-") for name, form in COLUMNS.items()]
            lines.append(f"| {path.stem} | {r:.3f} | {method} | {' | '.join(cells)} |")
            print(lines[-1], flush=True)
    return lines


def page(lines: list[str]) -> str:
    """Return the page with the rows of the table."""
    counts = ", ".join(map(str, TOP))
    return f"""# Methods of attribution

Made by `python -m benchmarks.biology.attributions` on the dataset of the embedded example
(`seqcnn prepare --data-config configs/example_biology.yaml`) and single networks that `seqcnn train DATASET
--config NAME --threads 1` trained on it, `resnet` and `dream_rnn_small` with `--epochs 8`.  Of {SEQUENCES}
test oligos with a site:

- *r with ISM*: Pearson's r of the attributions of the bases with those of ISM, mean over the oligos.
- *deletion*: how much the prediction falls if random other bases replace those with the largest attributions
  ({counts} of them; the mean over these numbers and {DRAWS} replacements), in SD of the predictions.
- *insertion*: how much the prediction of a dinucleotide shuffle rises if it has the bases with the largest
  attributions instead, in the same units.
- *AUPRC*: the absolute attributions against the planted sites, as in [example.md](example.md).
- *error of sums*: the largest deviation of a sum of attributions from the difference of predictions, in SD of
  the predictions.
- *s*: seconds per oligo on one core of a loaded machine, with the attributions of one shuffle.

{chr(10).join(lines)}

DeepSHAP finds the bases without which the prediction falls most, and its sums are exact up to rounding.  ISM
locates the planted sites better or, for `cnn_motifs`, about as well, and is the default for every encoder.
"""


def _trained() -> list[Path]:
    """Return the dataset and the bundles of the default."""
    last, dataset = trained("attributions")
    return [dataset, *(last.with_name(f"{name}.safetensors") for name in ATTRIBUTED)]


def main() -> None:
    """Write the page."""
    dataset, *bundles = map(Path, sys.argv[1:]) if sys.argv[1:] else _trained()
    lines = table(dataset, bundles)
    PAGE.write_text(page(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
