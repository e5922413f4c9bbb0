"""Compare seqlets with the sites of the simulated example, for both nulls of the false-discovery rate."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from seqcnn.config.model import load_model_config
from seqcnn.data.dataset import Dataset
from seqcnn.data.readers.records import Record
from seqcnn.data.simulation.ground_truth import MOTIFS
from seqcnn.interpret.attribute import attribute
from seqcnn.interpret.attribution.attribution_file import Attributions
from seqcnn.interpret.attribution.sample import Sample
from seqcnn.interpret.motif.hits import find_hits
from seqcnn.interpret.seqlet.null import NULLS
from seqcnn.interpret.seqlets import call_seqlets
from seqcnn.model.train import train

Sites = Mapping[str, list[tuple[str, int, float]]]
"""Id -> sites of a sequence: motif, 0-based start, affinity."""

OVERLAP_BP = 3
"""Minimum overlap of a seqlet with a site, bp; the narrowest site has 10."""

AFFINITIES = (0.0, 0.1, 0.25, 0.5)
RATES = (0.05, 0.2)


def seqlets_against_truth(found: Attributions, sites: Sites) -> list[str]:
    """Return a Markdown table of precision and recall, per null, rate and minimum affinity of the sites."""
    lines = ["| null | FDR | seqlets | sites | precision | recall |", "|---|---|---|---|---|---|"]
    for null in NULLS:
        for rate in RATES:
            seqlets = call_seqlets(found, fdr=rate, null=null)
            for affinity in AFFINITIES:
                precision, recall = hits(found, seqlets, sites, affinity)
                label = f"affinity >= {affinity:g}" if affinity else "all"
                cells = [null, f"{rate:g}", str(len(seqlets)), label, f"{precision:.3f}", f"{recall:.3f}"]
                lines.append(f"| {' | '.join(cells)} |")
    return lines


def hits_against_truth(found: Attributions, sites: Sites) -> list[str]:
    """Return a Markdown table of precision and recall of hits of the planted motifs, by name and place."""
    lines = ["| FDR | hits | sites | precision | recall |", "|---|---|---|---|---|"]
    motifs = {name: motif.pwm for name, motif in MOTIFS.items()}
    for rate in RATES:
        hits = find_hits(motifs, Sample(found.ids, found.rows()), found.hypothetical, fdr=rate)
        called = {(h.record, h.motif, start) for h in hits.itertuples() for start in _near(int(h.start))}
        for affinity in AFFINITIES:
            true = {
                (name, motif, start)
                for name in found.ids
                for motif, start, share in sites[name]
                if share >= affinity
            }
            right = [
                any((h.record, h.motif, s) in true for s in _near(int(h.start))) for h in hits.itertuples()
            ]
            label = f"affinity >= {affinity:g}" if affinity else "all"
            recall = float(np.mean([site in called for site in true]))
            cells = [f"{rate:g}", str(len(hits)), label, f"{np.mean(right):.3f}", f"{recall:.3f}"]
            lines.append(f"| {' | '.join(cells)} |")
    return lines


def _near(start: int) -> range:
    """Return the starts of a hit and of a site of one motif that are the same place."""
    return range(start - OVERLAP_BP, start + OVERLAP_BP + 1)


def seqlets_of_shuffled_measurements(dataset: Dataset, records: list[Record]) -> Iterator[str]:
    """Yield Markdown on the seqlets that a model of shuffled measurements has, with and without its score."""
    order = np.random.default_rng(1).permutation(len(dataset.targets))
    with tempfile.TemporaryDirectory() as folder:
        config = load_model_config(Path("configs/models/cnn_motifs.yaml"))
        shuffled = replace(dataset, targets=dataset.targets[order])
        model = train(shuffled, config, Path(folder, "model.safetensors"))
        found = attribute(model, records)
    unscored = replace(found, header={k: v for k, v in found.header.items() if k != "validation_r"})
    yield f"Validation r of the model of shuffled measurements: {found.header['validation_r']:.2f}."
    yield from ("", "| null | FDR | seqlets | seqlets if its score were unknown |", "|---|---|---|---|")
    for null in NULLS:
        for rate in RATES:
            counts = [len(call_seqlets(each, fdr=rate, null=null)) for each in (found, unscored)]
            yield f"| {null} | {rate:g} | {counts[0]} | {counts[1]} |"


def hits(
    found: Attributions, seqlets: pd.DataFrame, sites: Sites, min_affinity: float
) -> tuple[float, float]:
    """Return the fraction of seqlets on sites and the fraction of sites with a seqlet."""
    called: dict[str, list[tuple[int, int]]] = {name: [] for name in found.ids}
    for seqlet in seqlets.itertuples():
        called[seqlet.record].append((seqlet.start, seqlet.end))
    on_site, has_seqlet = [], []
    for name, there in called.items():
        wanted = spans(sites[name], min_affinity)
        on_site += [any(_shared(one, site) for site in wanted) for one in there]
        has_seqlet += [any(_shared(one, site) for one in there) for site in wanted]
    return float(np.mean(on_site)), float(np.mean(has_seqlet))


def spans(sites: list[tuple[str, int, float]], min_affinity: float) -> list[tuple[int, int]]:
    """Return start and end of the sites of a minimum affinity."""
    return [(start, start + MOTIFS[motif].width) for motif, start, share in sites if share >= min_affinity]


def _shared(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return min(one[1], other[1]) - max(one[0], other[0]) >= OVERLAP_BP
