"""The planted sites of the simulated example, and how well attributions find them."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.metrics import average_precision_score

from benchmarks.biology.example.seqlets import spans
from seqcnn.data.dataset import Dataset
from seqcnn.data.readers.records import Record
from seqcnn.interpret.attribution.attribution_file import Attributions
from seqcnn.model.inference.trained_model import LoadedModel

EXAMPLE = Path("data/example")


@dataclass(frozen=True)
class TrainedExample:
    """A trained model, its dataset, their files, and the sites of each oligo (motif, start, affinity)."""

    model: LoadedModel
    dataset: Dataset
    files: tuple[Path, Path]
    sites: dict[str, list[tuple[str, int, float]]]

    def test_records(self) -> list[Record]:
        """Return the test oligos with a site."""
        rows = self.dataset.rows
        named = [(self.dataset.ids[at], rows.bases[at].tobytes()) for at in self.dataset.part("test")]
        return [Record(name, bases, 0, 0) for name, bases in named if self.sites[name]]


def read_sites(path: Path) -> dict[str, list[tuple[str, int, float]]]:
    """Read the planted sites of every oligo from truth.tsv."""
    with path.open(encoding="utf-8", newline="") as file:
        return {row["id"]: _sites(row["sites"]) for row in csv.DictReader(file, delimiter="\t")}


def _sites(text: str) -> list[tuple[str, int, float]]:
    parts = [site.split(":") for site in text.split(";") if site != "-"]
    return [(motif, int(start), float(affinity)) for motif, start, _, affinity in parts]


def auprc(example: TrainedExample, found: Attributions, min_affinity: float) -> list[float]:
    """Return the area under the precision-recall curve of each oligo with a site of that minimum affinity."""
    scores = []
    for name, values in zip(found.ids, found.by_position, strict=True):
        planted = np.zeros(len(values), bool)
        for start, end in spans(example.sites[name], min_affinity):
            planted[start:end] = True
        if planted.any():
            scores.append(float(average_precision_score(planted, np.abs(values))))
    return scores
