"""Compare a trained model with the ground truth of the simulated example; write biology/example.md.

`python -m benchmarks.biology.example MODEL DATASET`: a bundle, and the dataset that it was trained on.
To add a section, write a function with `@section("Title")` that returns Markdown.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.metrics import average_precision_score

from benchmarks.biology.design import designs_against_truth
from benchmarks.biology.library_size import effects_by_library
from benchmarks.biology.motifs import motifs_against_truth
from benchmarks.biology.variants import variant_effects
from seqcnn.data.dataset import Dataset, load_dataset
from seqcnn.data.readers.records import Record
from seqcnn.data.simulation.ground_truth import MOTIFS
from seqcnn.interpret.attribute import attribute
from seqcnn.interpret.attribution.attribution_file import Attributions
from seqcnn.interpret.seqlets import call_seqlets
from seqcnn.model.inference.trained_model import Model, load_model

SECTIONS: dict[str, Callable[[Known], str]] = {}
EXAMPLE = Path("data/example")
OVERLAP_BP = 3
"""A seqlet finds a site when they share as many bp; the narrowest site has 10."""


@dataclass(frozen=True)
class Known:
    """A trained model, its dataset, their files, and the sites of every oligo: motif, start, affinity."""

    model: Model
    dataset: Dataset
    files: tuple[Path, Path]
    sites: dict[str, list[tuple[str, int, float]]]

    def test_records(self) -> list[Record]:
        """Return the test oligos with a site."""
        rows = self.dataset.rows
        named = [(self.dataset.ids[at], rows.bases[at].tobytes()) for at in self.dataset.part("test")]
        return [Record(name, bases, 0, 0) for name, bases in named if self.sites[name]]


def section(title: str) -> Callable[[Callable[[Known], str]], Callable[[Known], str]]:
    """Register a section of the page."""

    def register(write: Callable[[Known], str]) -> Callable[[Known], str]:
        SECTIONS[title] = write
        return write

    return register


def read_sites(path: Path) -> dict[str, list[tuple[str, int, float]]]:
    """Read the planted sites of every oligo from truth.tsv."""
    with path.open(newline="") as file:
        return {row["id"]: _sites(row["sites"]) for row in csv.DictReader(file, delimiter="\t")}


def _sites(text: str) -> list[tuple[str, int, float]]:
    parts = [site.split(":") for site in text.split(";") if site != "-"]
    return [(motif, int(start), float(affinity)) for motif, start, _, affinity in parts]


@section("Attributions")
def attributions_section(known: Known) -> str:
    found = attribute(known.model, known.test_records())
    seqlets = call_seqlets(found, fdr=0.05)
    lines = ["| sites | mean AUPRC of \\|ISM\\| | n | seqlet precision | recall |", "|---|---|---|---|---|"]
    for least in (0.0, 0.1, 0.25, 0.5):
        scores = auprc(known, found, least)
        precision, recall = hits(known, found, seqlets, least)
        label = f"affinity >= {least:g}" if least else "all"
        cells = [label, f"{np.mean(scores):.3f}", str(len(scores)), f"{precision:.3f}", f"{recall:.3f}"]
        lines.append(f"| {' | '.join(cells)} |")
    note = (
        "Test oligos with a site, planted or there by chance; positions inside a site are the positives; "
        "AUPRC is one oligo's, averaged over the n that have such sites.  "
        f"{len(seqlets)} seqlets at a false-discovery rate of 0.05 against dinucleotide shuffles; a hit "
        f"shares {OVERLAP_BP} bp or more with a site.  Below the first row, weaker sites count as background "
        "although they have an effect.  How far seqlets are widened, and their rate, were chosen when these "
        "test oligos had been seen: precision and recall flatter a little."
    )
    return "\n".join([note, "", *lines])


def auprc(known: Known, found: Attributions, least: float) -> list[float]:
    """Return the area under the precision-recall curve of each oligo with a site of that affinity."""
    scores = []
    for name, values in zip(found.ids, found.by_position, strict=True):
        planted = np.zeros(len(values), bool)
        for start, end in _spans(known, name, least):
            planted[start:end] = True
        if planted.any():
            scores.append(float(average_precision_score(planted, np.abs(values))))
    return scores


def hits(known: Known, found: Attributions, seqlets, least: float) -> tuple[float, float]:
    """Return which part of the seqlets lies on sites, and which part of the sites has a seqlet."""
    called: dict[str, list[tuple[int, int]]] = {name: [] for name in found.ids}
    for seqlet in seqlets.itertuples():
        called[seqlet.record].append((seqlet.start, seqlet.end))
    on_site, has_seqlet = [], []
    for name, there in called.items():
        sites = _spans(known, name, least)
        on_site += [any(_shared(one, site) for site in sites) for one in there]
        has_seqlet += [any(_shared(one, site) for one in there) for site in sites]
    return float(np.mean(on_site)), float(np.mean(has_seqlet))


def _spans(known: Known, name: str, least: float) -> list[tuple[int, int]]:
    sites = known.sites[name]
    return [(start, start + MOTIFS[motif].width) for motif, start, share in sites if share >= least]


def _shared(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return min(one[1], other[1]) - max(one[0], other[0]) >= OVERLAP_BP


@section("Variants")
def variants_section(known: Known) -> str:
    note = (
        "Predicted against true effects of random single-base changes of test oligos.  Most changes do "
        "nothing, and the effects of the others are predicted smaller than they are.  The model `cnn_motifs` "
        "was chosen by this r on validation oligos."
    )
    library = (
        "What the recipe and the number of measured oligos are worth: r on the same variants, of single "
        "networks that were trained on other simulated libraries."
    )
    tables = [
        _rows_of(found) for found in (variant_effects(*known.files), effects_by_library(known.files[1]))
    ]
    return "\n".join([note, "", *tables[0], "", library, "", *tables[1]])


@section("Motifs")
def motifs_section(known: Known) -> str:
    note = (
        "Motifs of the first layer's filters and of TF-MoDISco's patterns against the planted ones (Tomtom). "
        "Filters that no prediction needs are left out; some patterns are GATA and ETS at their distance."
    )
    return "\n".join([note, "", *_rows_of(motifs_against_truth(known.files[1], known.model))])


@section("Designs")
def designs_section(known: Known) -> str:
    note = (
        "True activity, as the simulator has it, of designs from the best predicted sequences of the library."
    )
    return "\n".join([note, "", *_rows_of(designs_against_truth(known.files[1], known.model))])


def _rows_of(found: dict[str, float]) -> list[str]:
    return ["| what | value |", "|---|---|", *(f"| {name} | {value:.3g} |" for name, value in found.items())]


def main() -> None:
    """Write the page."""
    model, dataset = load_model(sys.argv[1]), load_dataset(Path(sys.argv[2]))
    files = Path(sys.argv[1]), Path(sys.argv[2])
    known = Known(model, dataset, files, read_sites(EXAMPLE / "truth.tsv"))
    header = model.header
    r = header.metrics["test"][header.targets[0]]["pearson"] if "test" in header.metrics else None
    score = f", Pearson r {r:.3f} on test rows" if r is not None else ""
    members = f", {header.members} networks" if header.members > 1 else ""
    page = [f"# What a model knows of the simulated example\n\n{header.encoder}{members}{score}.  Made by"]
    page[0] += " `python -m benchmarks.biology.example MODEL DATASET`\non "
    page[0] += "`cnn_motifs/ensemble/model.safetensors` and "
    page[0] += "`dataset.h5` of `seqcnn run configs/example_biology.yaml`.\n"
    page += [f"\n## {title}\n\n{write(known)}\n" for title, write in SECTIONS.items()]
    Path("benchmarks/biology/example.md").write_text("".join(page))


if __name__ == "__main__":
    main()
