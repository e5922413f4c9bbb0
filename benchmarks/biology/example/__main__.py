"""Compare a trained model with the ground truth of the simulated example; write biology/example.md.

`python -m benchmarks.biology.example` writes every section, with titles of sections only these.  The model
and its dataset are those of the pipeline on configs/example_biology.yaml, which is run if they are missing;
designs have their own.
To add a section, write a function with `@section("Title")` that returns Markdown.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np

from benchmarks.biology.example.design import designs_page
from benchmarks.biology.example.library_size import effects_by_library
from benchmarks.biology.example.motifs import motifs_against_truth
from benchmarks.biology.example.seqlets import (
    AFFINITIES,
    OVERLAP_BP,
    hits_against_truth,
    seqlets_against_truth,
    seqlets_of_shuffled_measurements,
)
from benchmarks.biology.example.sites import EXAMPLE, TrainedExample, auprc, read_sites
from benchmarks.biology.example.variants import variant_effects
from benchmarks.biology.models import RECIPES, trained
from benchmarks.biology.page import update_page
from seqcnn.data.dataset import load_dataset
from seqcnn.interpret.attribute import attribute
from seqcnn.model.inference.trained_model import load_model

PAGE = Path("benchmarks/biology/example.md")

HEADER = """# Recovery of the simulated ground truth

Made by `python -m benchmarks.biology.example`; with titles of sections, only these.
"""

SECTIONS: dict[str, Callable[[], str]] = {}


def section(title: str) -> Callable[[Callable[[], str]], Callable[[], str]]:
    """Register a section of the page."""

    def register(write: Callable[[], str]) -> Callable[[], str]:
        SECTIONS[title] = write
        return write

    return register


@cache
def the_example() -> TrainedExample:
    """Return the ensemble of the pipeline, and its dataset."""
    files = trained("example")
    sites = read_sites(EXAMPLE / "truth.tsv")
    return TrainedExample(load_model(files[0]), load_dataset(files[1]), files, sites)


@section("Model")
def model_section() -> str:
    header = the_example().model.header
    r = header.metrics["test"][header.targets[0]]["pearson"]
    return (
        "`cnn_motifs/ensemble/model.safetensors` of `seqcnn run configs/example_biology.yaml`: "
        f"{header.encoder}, {header.members} networks, Pearson r {r:.3f} on test rows."
    )


@section("Attributions")
def attributions_section() -> str:
    example = the_example()
    found = attribute(example.model, example.test_records())
    lines = ["| sites | mean AUPRC of \\|ISM\\| | n |", "|---|---|---|"]
    for min_affinity in AFFINITIES:
        scores = auprc(example, found, min_affinity)
        label = f"affinity >= {min_affinity:g}" if min_affinity else "all"
        lines.append(f"| {label} | {np.mean(scores):.3f} | {len(scores)} |")
    note = (
        "Test oligos with a site, planted or present by chance.  Positions inside a site are the positives; "
        "the AUPRC of each oligo is averaged over the n oligos with such sites.  In all rows but the first, "
        "weaker sites count as background although they have an effect."
    )
    return "\n".join([note, "", *lines])


@section("Seqlets")
def seqlets_section() -> str:
    example = the_example()
    records = example.test_records()
    table = seqlets_against_truth(attribute(example.model, records), example.sites)
    note = (
        "Test oligos with a site.  `other-bases` (the default) counts as false what other bases at the same "
        "positions have, `shuffled-sequences` what dinucleotide-shuffled sequences have.  A hit overlaps a "
        f"site by {OVERLAP_BP} bp or more; precision is the fraction of seqlets that do, recall that of "
        "sites.  Sites are all, or those of a minimum affinity; weaker ones then count as background "
        "although they have an effect."
    )
    shuffled = (
        "A model of the configuration `cnn_motifs`, trained on measurements in a random order.  With "
        "`other-bases` no seqlets are called if Pearson's r of the validation rows is 0.2 or less; the last "
        "column leaves this rule out.  "
    )
    r, *counts = seqlets_of_shuffled_measurements(example.dataset, records)
    return "\n".join([note, "", *table, "", shuffled + r, *counts])


@section("Hits of motifs")
def hits_section() -> str:
    example = the_example()
    table = hits_against_truth(attribute(example.model, example.test_records()), example.sites)
    note = (
        "Hits of the planted motifs in test oligos with a site, with attributions by ISM.  A hit is right if "
        f"a site of the same motif starts within {OVERLAP_BP} bp; weaker sites than those of a row count as "
        "background although they have an effect."
    )
    return "\n".join([note, "", *table])


@section("Variants")
def variants_section() -> str:
    example = the_example()
    note = (
        "Predicted and true effects of random single-base changes of test oligos.  Most changes have no "
        "effect, and the effects of the others are underestimated.  The model `cnn_motifs` was chosen by "
        "this r on validation oligos."
    )
    library = (
        "Influence of the model configuration and of the number of measured oligos: r on the same variants, "
        "for single networks trained on other simulated libraries."
    )
    tables = [
        _rows_of(found) for found in (variant_effects(*example.files), effects_by_library(example.files[1]))
    ]
    return "\n".join([note, "", *tables[0], "", library, "", *tables[1]])


@section("Motifs")
def motifs_section() -> str:
    example = the_example()
    note = (
        "Motifs of the first layer's filters and TF-MoDISco patterns, compared with the planted motifs "
        "(Tomtom). Filters without influence on predictions are omitted; some patterns are GATA and ETS at "
        "their planted distance."
    )
    return "\n".join([note, "", *_rows_of(motifs_against_truth(example.files[1], example.model))])


@section("Designs")
def designs_section() -> str:
    dataset = trained("designs 1")[1]
    models = [load_model(trained(f"designs {number}")[0]) for number in (1, 2)]
    note = (
        "True activity, computed by the simulator, of designs that start from the sequences with the highest "
        "predictions.  Two ensembles of four networks, of seeds 1 to 4 and of seeds 5 to 8, of "
        f"`seqcnn {RECIPES['designs 1'].commands[0]}`."
    )
    return "\n".join([note, "", *designs_page(dataset, models)])


def _rows_of(found: dict[str, float]) -> list[str]:
    return [
        "| quantity | value |",
        "|---|---|",
        *(f"| {name} | {value:.3g} |" for name, value in found.items()),
    ]


def main() -> None:
    """Write the selected sections."""
    titles = sys.argv[1:] or list(SECTIONS)
    if unknown := set(titles) - set(SECTIONS):
        sys.exit(f"unknown section: {', '.join(sorted(unknown))}; known: {', '.join(SECTIONS)}")
    for title in titles:
        update_page(PAGE, HEADER, list(SECTIONS), {title: SECTIONS[title]()})


if __name__ == "__main__":
    main()
