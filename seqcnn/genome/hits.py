"""Hits of motifs in regions of a genome: matches on which the prediction depends.

As `seqcnn motifs --hits` (`seqcnn.interpret.motif.hits`), in windows that cover the regions.  Contributions
are sums of corrected gradients of the prediction of the window in whose middle a match lies best, on the
strand that is predicted.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from seqcnn.data.similarity.loci import Locus
from seqcnn.errors import place, plural
from seqcnn.genome.reference import Genome
from seqcnn.genome.track.region_windows import RegionWindows, region_windows
from seqcnn.interpret.attribution.input_gradient import corrected_gradient
from seqcnn.interpret.attribution.sample import Sample, one_hot_rows
from seqcnn.interpret.motif.database import read_meme
from seqcnn.interpret.motif.hit_tables import HIT_FILES, write_hit_tables
from seqcnn.interpret.motif.hits import COLUMNS, candidates, significant
from seqcnn.interpret.seqlet.null import NULLS
from seqcnn.model.inference.trained_model import LoadedModel
from seqcnn.model.network.cautions import weakness
from seqcnn.progress import track
from seqcnn.sequence.strands import average_strands
from seqcnn.sequence.window import Rows

logger = logging.getLogger(__name__)

_CHUNK = 256  # windows whose gradients are computed together


@dataclass(frozen=True, slots=True)
class HitPlan:
    """Which motifs are located."""

    motifs: Path
    """Motifs in the MEME format: of a database, or motifs.meme of `seqcnn motifs`."""
    fdr: float = 0.05
    """Largest q-value of a hit, 0 to 1."""


def genome_hits(
    model: LoadedModel,
    plan: HitPlan,
    genome: Genome,
    places: Sequence[Locus],
    *,
    size: int,
    target: int,
) -> pd.DataFrame:
    """Find the hits of motifs in regions of a genome.

    Parameters
    ----------
    model
        A network.
    plan
        Motifs, and the false-discovery rate.
    genome, places
        An open genome, and its regions of at least `size` bp.
    size
        bp of the genome per window.
    target
        Index of the target.

    Returns
    -------
    One row per hit, by region, track and position: `row` (region and track), `COLUMNS` with the contig as
    `record`, positions and strand of the genome, and `track`: the strand that is predicted, `plus` or
    `minus`, or `both`.  No rows if the model hardly predicts its own validation rows.
    """
    motifs, tracks = read_meme(plan.motifs), tracks_of(model)
    windows = region_windows(genome, places, model.header.layout, size=size, tracks=tracks)
    if text := weakness(model.header):
        logger.warning("no hits are called, because %s", text)
    located = {} if text or not len(windows.rows) else motifs
    sample = Sample([""] * len(windows.rows), windows.rows)
    table = candidates(located, sample, _attributions(model, windows.rows, target))
    hits = significant(_in_genome(table, windows), fdr=plan.fdr)
    contigs = [places[group // len(tracks)][0] for group in hits["row"]]
    return hits.assign(record=contigs, track=[tracks[group % len(tracks)] for group in hits["row"]])[
        ["row", *COLUMNS, "track"]
    ]


def write_genome_hits(hits: pd.DataFrame, folder: Path, *, n_searched: int, fdr: float) -> None:
    """Write `HIT_FILES` into a folder; `n_searched` is the number of regions times that of the tracks."""
    names = dict.fromkeys(hits["motif"])
    rate = f"at a false-discovery rate of {fdr:g} {NULLS['other-bases']}"
    write_hit_tables(
        hits,
        folder,
        matches={name: name for name in names},
        n_sequences=n_searched,
        header=f"seqcnn hits {rate}",
    )
    logger.info("%s %s: %s", plural(len(hits), "hit"), rate, place(folder / HIT_FILES[0]))


def tracks_of(model: LoadedModel) -> list[str]:
    """Return the names of the tracks of a scan: one of both strands, or one of each."""
    return ["both"] if model.header.strand == "double" else ["plus", "minus"]


def _attributions(model: LoadedModel, rows: Rows, target: int) -> np.ndarray:
    """Return the hypothetical attributions of windows, (N, 4, L), means over both strands of such models."""
    double, gradient = model.header.strand == "double", partial(_gradient, model, target)
    starts = range(0, len(rows), _CHUNK)
    parts = [
        average_strands(gradient, rows.take(slice(start, start + _CHUNK)), double=double)
        for start in track(starts, "attributing windows", "batches")
    ]
    return np.concatenate([np.empty((0, 4, rows.bases.shape[1]), np.float32), *parts])


def _gradient(model: LoadedModel, target: int, rows: Rows) -> np.ndarray:
    """Return the corrected gradients of windows, (N, 4, L)."""
    return corrected_gradient(model, one_hot_rows(model, rows), target=target)


def _in_genome(table: pd.DataFrame, windows: RegionWindows) -> pd.DataFrame:
    """Return the candidates that belong to their windows, with positions and strand of the genome."""
    row = table["row"].to_numpy(int)
    start, end = windows.spans(row, table["start"].to_numpy(int), table["end"].to_numpy(int))
    flipped = table["strand"].map({"+": "-", "-": "+"})
    strand = table["strand"].where(~windows.reverse[row], flipped)
    placed = table.assign(start=start, end=end, strand=strand, row=windows.group[row])
    return placed[windows.holds(row, start, end)].reset_index(drop=True)
