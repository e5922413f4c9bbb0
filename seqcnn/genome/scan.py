"""Predict every window along a genome: bedGraph and bigWig of each strand, and peaks.tsv.

The value of a window of W bp is assigned to its center, the base after the first (W - 1) // 2 bases on the
predicted strand (5' to 3'), and to the `stride` bp from there.  A model of a double-stranded assay
has one track, `both`; others have `plus` and `minus`.  Windows with more than a tenth of ambiguous bases have
no value.  Positions of bedGraphs are 0-based, those of peaks.tsv are 1-based.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from seqcnn.data.assay.target_names import OOD_COLUMN
from seqcnn.data.readers.genome.contigs import ChromosomePrefix
from seqcnn.data.similarity.loci import Locus
from seqcnn.errors import SequenceError, UsageError, place, plural
from seqcnn.extras import extra
from seqcnn.genome.reference import Genome, open_reference
from seqcnn.genome.track.bigwig import write_bigwig
from seqcnn.genome.track.peaks import PeakFinder
from seqcnn.genome.track.regions import regions
from seqcnn.genome.track.scanner import Scanner
from seqcnn.genome.track.tracks import bedgraph_lines
from seqcnn.genome.window_limits import window_size
from seqcnn.io.atomic import atomic_path, refuse_folder
from seqcnn.io.stream import STDIN
from seqcnn.io.table_output import NUMBER
from seqcnn.io.tsv import table_lines
from seqcnn.model.inference.predictions import MAX_AMBIGUOUS
from seqcnn.model.inference.target import chosen_target, target_in_words
from seqcnn.model.inference.trained_model import LoadedModel
from seqcnn.plotting.svg import save_svg
from seqcnn.plotting.tracks import draw_tracks
from seqcnn.progress import Progress
from seqcnn.sequence.complement import reverse_complement
from seqcnn.sequence.onehot import PACKED_BASES

logger = logging.getLogger(__name__)

BLOCK = 1 << 14
"""Approximate number of windows to predict at a time."""

PEAKS, FIGURE = "peaks.tsv", "tracks.svg"
"""Names of output files beside the tracks."""

STRANDS = {"plus": "+", "minus": "-", "both": "."}
"""Track -> strand in peaks.tsv."""


@dataclass(frozen=True)
class ScanPlan:
    """How to scan a genome."""

    target: str | None = None
    """Name of the target; None is the first one."""
    stride: int = 1
    """Distance in bp between the starts of neighboring windows."""
    window_bp: int | None = None
    """bp of the genome per window; None fills the window of the model."""
    peak_offset: int = 0
    """Offset in bp of the predicted site from the center of a peak, towards the 3' end of the strand."""
    peak_distance: int | None = None
    """Distance in bp within which a peak is the maximum; None is half a window."""
    min_value: float = -np.inf
    """Minimum value of a peak."""
    chromosome_prefix: ChromosomePrefix | None = None
    """Change of the contigs of the BED file that the genome does not have."""


def scan(
    genome: Path,
    model: LoadedModel,
    output: Path,
    *,
    bed: Path | None = None,
    plan: ScanPlan | None = None,
    overwrite: bool = False,
) -> int:
    """Predict along a genome, or along the regions of a BED file.

    Parameters
    ----------
    genome
        FASTA of sequences of any length, plain or bgzip.
    model
        A trained model.
    output
        Folder for a bedGraph and a bigWig of each track, peaks.tsv, and tracks.svg, a figure of the first
        regions.
    bed
        Regions that contain the windows.  None is the whole genome.
    plan
        How to scan.
    overwrite
        Whether existing outputs are overwritten; else they are refused.

    Returns
    -------
    The number of peaks.

    Raises
    ------
    SeqcnnError
        If an input cannot be read, holds no window, or pybigtools is not installed.
    """
    plan = plan or ScanPlan()
    _refuse(genome, bed, plan)
    tracks = ["both"] if model.header.strand == "double" else ["plus", "minus"]
    refuse_folder(output, overwrite=overwrite, names=_file_names(tracks), inputs=(genome, bed, model.path))
    extra("pybigtools")  # fails before any work
    size, target = window_size(model, plan.window_bp), chosen_target(model, plan.target)
    scanner = Scanner(model, size, stride=plan.stride, target=target)
    with open_reference(genome) as contigs:
        prefix = plan.chromosome_prefix
        places = regions(contigs.sizes, bed, min_length=scanner.size, prefix=prefix)
        with ExitStack() as stack:
            files = {
                name: stack.enter_context(stack.enter_context(atomic_path(path)).open("wb"))
                for name, path in {**_bedgraphs(output, tracks), "peaks": output / PEAKS}.items()
            }
            n_peaks, n_values = _Scan(scanner, contigs, plan, tracks).write(places, files)
            if not n_values:
                raise SequenceError(f"{place(genome)}: every window is ambiguous; nothing was predicted")
        for name, path in _bedgraphs(output, tracks).items():
            write_bigwig(path, output / f"{name}.bw", sizes=contigs.sizes)
    picture = draw_tracks(_bedgraphs(output, tracks), label=target_in_words(model, scanner.target))
    save_svg(picture, output / FIGURE)
    logger.info("%s: %s and %s", place(output), plural(n_values, "value"), plural(n_peaks, "peak"))
    return n_peaks


def _refuse(genome: Path, bed: Path | None, plan: ScanPlan) -> None:
    """Raise `UsageError` for standard input, or an option of regions without these."""
    if STDIN in (genome, bed):
        raise UsageError("standard input: random access is needed; give the name of a file")
    if plan.chromosome_prefix and bed is None:
        raise UsageError("--chromosome-prefix: belongs to the regions of --bed")


def _file_names(tracks: list[str]) -> list[str]:
    """Return the names of all output files."""
    return [*(f"{track}{ending}" for track in tracks for ending in (".bedgraph", ".bw")), PEAKS, FIGURE]


def _bedgraphs(output: Path, tracks: list[str]) -> dict[str, Path]:
    """Return the path of each track."""
    return {name: output / f"{name}.bedgraph" for name in tracks}


class _Scan:
    """One scan of a genome."""

    def __init__(self, scanner: Scanner, genome: Genome, plan: ScanPlan, tracks: list[str]) -> None:
        self.scanner, self.genome, self.plan, self.tracks = scanner, genome, plan, tracks
        self.center = (scanner.size - 1) // 2
        distance = scanner.size // 2 if plan.peak_distance is None else plan.peak_distance
        self.reach = distance // plan.stride

    def write(self, places: list[Locus], files: Mapping[str, BinaryIO]) -> tuple[int, int]:
        """Write all tracks and the peaks; return the numbers of peaks and of values."""
        peaks = values = 0
        columns = ["contig", "position", "strand", "value", "site", OOD_COLUMN]
        files["peaks"].write(table_lines([columns]).encode())
        total = sum(count for region in places for _, count, _ in self._blocks(region))
        with Progress("scanning", total * self.plan.stride, "bp") as progress:
            for region in places:
                finders = {track: PeakFinder(self.reach) for track in self.tracks}
                for start, count, last in self._blocks(region):
                    bases = self._bases(region[0], start, count)
                    for track in self.tracks:
                        block_values = self._values(bases, track)
                        values += int(np.isfinite(block_values).sum())
                        files[track].write(
                            self._lines(region, start, block_values, track).encode("utf-8", "surrogateescape")
                        )
                        rows = self._peaks(region, finders[track].add(block_values, last=last), track)
                        files["peaks"].write(table_lines(rows).encode("utf-8", "surrogateescape"))
                        peaks += len(rows)
                    progress.update(count * self.plan.stride)
        return peaks, values

    def _blocks(self, region: Locus) -> Iterator[tuple[int, int, bool]]:
        """Yield the first base and the number of windows of each block, and whether it is the last."""
        _, start, end = region
        total = (end - start - self.scanner.size) // self.plan.stride + 1
        size = max(1, BLOCK // self.plan.stride)
        for begin in range(0, total, size):
            count = min(size, total - begin)
            yield start + begin * self.plan.stride, count, begin + count == total

    def _bases(self, contig: str, start: int, count: int) -> np.ndarray:
        """Return the packed bases of some windows."""
        end = start + (count - 1) * self.plan.stride + self.scanner.size
        return np.frombuffer(self.genome.fetch(contig, start, end), np.uint8)

    def _values(self, bases: np.ndarray, track: str) -> np.ndarray:
        """Predict the windows for one track; NaN where too many bases are ambiguous."""
        parts = []
        if track != "minus":
            parts.append(self.scanner.values(bases))
        if track != "plus":
            parts.append(self.scanner.reverse_strand_values(bases))
        before = np.concatenate([[0], np.cumsum(~np.isin(bases, PACKED_BASES))])
        ambiguous = (before[self.scanner.size :] - before[: -self.scanner.size])[:: self.plan.stride]
        return np.where(ambiguous > MAX_AMBIGUOUS * self.scanner.size, np.nan, np.mean(parts, axis=0))

    def _positions(self, starts: np.ndarray, track: str) -> np.ndarray:
        """Return the centers of windows, 0-based."""
        return starts + (self.scanner.size - 1 - self.center if track == "minus" else self.center)

    def _lines(self, region: Locus, start: int, values: np.ndarray, track: str) -> str:
        """Format the values of one block of a track."""
        positions = self._positions(start + self.plan.stride * np.arange(len(values)), track)
        spans = np.minimum(self.plan.stride, region[2] - positions)
        return bedgraph_lines(region[0], positions, values, spans=spans)

    def _peaks(self, region: Locus, peaks: list[tuple[int, float]], track: str) -> list[list[str]]:
        """Return the rows of cells of some peaks."""
        kept = [(number, value) for number, value in peaks if value >= self.plan.min_value]
        rows = []
        for number, value in kept:
            start = region[1] + number * self.plan.stride
            begin = int(self._positions(np.array(start), track)) + 1
            site = begin + (-1 if track == "minus" else 1) * self.plan.peak_offset
            inside = str(site) if 1 <= site <= self.genome.sizes[region[0]] else "NA"
            rows.append(
                [
                    region[0],
                    str(begin),
                    STRANDS[track],
                    NUMBER % value,
                    inside,
                    self._ood(region[0], start, track),
                ]
            )
        return rows

    def _ood(self, contig: str, start: int, track: str) -> str:
        """Return whether a window is out of distribution: yes, no or NA."""
        model = self.scanner.model
        window = self.genome.fetch(contig, start, start + self.scanner.size)
        rows = model.header.layout.rows([reverse_complement(window) if track == "minus" else window])
        flags = model.flag_ood(rows)
        return "NA" if flags is None else "yes" if flags[0] else "no"
