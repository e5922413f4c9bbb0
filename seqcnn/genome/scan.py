"""Predict every window along a genome: bedGraph and bigWig of each strand, and peaks.tsv.

The value of a window of W bp is assigned to its center, the base after the first (W - 1) // 2 bases on the
predicted strand (5' to 3'), and to the `stride` bp from there.  A model of a double-stranded assay
has one track, `both`; others have `plus` and `minus`.  Windows with more than a tenth of ambiguous bases have
no value.  Positions of bedGraphs are 0-based, those of peaks.tsv are 1-based.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from seqcnn.data.assay.target_names import OOD_COLUMN
from seqcnn.data.readers.genome.contigs import ChromosomePrefix
from seqcnn.data.similarity.loci import Locus
from seqcnn.errors import UsageError
from seqcnn.extras import extra
from seqcnn.genome.hits import HitPlan, genome_hits, tracks_of, write_genome_hits
from seqcnn.genome.reference import Genome, open_reference
from seqcnn.genome.track.peaks import PeakFinder
from seqcnn.genome.track.regions import regions
from seqcnn.genome.track.scanner import Scanner
from seqcnn.genome.track.track_set import PEAKS, TrackSet, bedgraphs, file_names, nothing_predicted
from seqcnn.genome.track.tracks import bedgraph_lines
from seqcnn.genome.window_limits import window_size
from seqcnn.interpret.motif.hit_tables import HIT_FILES
from seqcnn.io.atomic import atomic_path, refuse_folder
from seqcnn.io.shard.part import Part
from seqcnn.io.stream import STDIN
from seqcnn.io.table_output import NUMBER
from seqcnn.io.tsv import table_lines
from seqcnn.model.inference.predictions import MAX_AMBIGUOUS
from seqcnn.model.inference.target import chosen_target, target_in_words
from seqcnn.model.inference.trained_model import LoadedModel
from seqcnn.progress import Progress
from seqcnn.sequence.complement import reverse_complement
from seqcnn.sequence.onehot import PACKED_BASES

logger = logging.getLogger(__name__)

BLOCK = 1 << 14
"""Approximate number of windows to predict at a time."""

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
    hits: HitPlan | None = None
    """Motifs to locate in the regions; None locates none."""
    part: Part | None = None
    """The part of the tracks and peaks to write, of the blocks of its shard; None is the whole."""


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
        regions; with motifs also `HIT_FILES`.
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
    tracks, inputs = tracks_of(model), (genome, bed, model.path, plan.hits.motifs if plan.hits else None)
    refuse_folder(output, overwrite=overwrite, names=[*file_names(tracks), *HIT_FILES], inputs=inputs)
    extra("pybigtools")  # fails before any work
    size, target = window_size(model, plan.window_bp), chosen_target(model, plan.target)
    scanner = Scanner(model, size, stride=plan.stride, target=target)
    with open_reference(genome) as contigs:
        places = regions(contigs.sizes, bed, min_length=size, prefix=plan.chromosome_prefix)
        if plan.hits:
            hits = genome_hits(model, plan.hits, contigs, places, size=size, target=target)
        with ExitStack() as stack:
            files = {
                name: stack.enter_context(stack.enter_context(atomic_path(path)).open("wb"))
                for name, path in {**bedgraphs(output, tracks), "peaks": output / PEAKS}.items()
            }
            n_peaks, n_values = _Scan(scanner, contigs, plan, tracks).write(places, files)
            if not n_values and plan.part is None:
                raise nothing_predicted(genome)
    track_set = TrackSet(tracks, contigs.sizes, target_in_words(model, target), n_values, n_peaks)
    if plan.hits:
        write_genome_hits(hits, output, n_searched=len(places) * len(tracks), fdr=plan.hits.fdr)
    if plan.part:
        track_set.record(output, plan.part, genome)
    else:
        track_set.finish(output)
    return n_peaks


def _refuse(genome: Path, bed: Path | None, plan: ScanPlan) -> None:
    """Raise `UsageError` for standard input, or an option of regions without these."""
    if STDIN in (genome, bed):
        raise UsageError("standard input: random access is needed; give the name of a file")
    if plan.chromosome_prefix and bed is None:
        raise UsageError("--chromosome-prefix: belongs to the regions of --bed")


@dataclass(frozen=True, slots=True)
class _Block:
    """Windows that are predicted together."""

    region: Locus
    start: int
    """First base."""
    count: int
    """Number of windows."""
    last: bool
    """Whether they are the last ones of the region."""


class _Scan:
    """One scan of a genome."""

    def __init__(self, scanner: Scanner, genome: Genome, plan: ScanPlan, tracks: list[str]) -> None:
        self.scanner, self.genome, self.plan, self.tracks = scanner, genome, plan, tracks
        self.center = (scanner.size - 1) // 2
        distance = scanner.size // 2 if plan.peak_distance is None else plan.peak_distance
        self.reach = distance // plan.stride

    def write(self, places: list[Locus], files: Mapping[str, BinaryIO]) -> tuple[int, int]:
        """Write all tracks and the peaks; return the numbers of peaks and of values."""
        counts: Counter[str] = Counter()
        columns = ["contig", "position", "strand", "value", "site", OOD_COLUMN]
        files["peaks"].write(table_lines([columns]).encode())
        blocks = [_Block(region, *block) for region in places for block in self._blocks(region)]
        begin, end = self.plan.part.shard.bounds(len(blocks)) if self.plan.part else (0, len(blocks))
        before = self._before(blocks, begin) if begin < end else begin
        total = sum(block.count for block in blocks[before:end])
        finders: dict[str, PeakFinder] = {}
        first = 0  # number of the first window of the finders in their region
        with Progress("scanning", total * self.plan.stride, "bp") as progress:
            for number, block in enumerate(blocks[before:end], start=before):
                if number == before or block.start == block.region[1]:
                    finders = {track: PeakFinder(self.reach) for track in self.tracks}
                    first = (block.start - block.region[1]) // self.plan.stride
                bases = self._bases(block.region[0], block.start, block.count)
                for track in self.tracks:
                    values = self._values(bases, track)
                    peaks = finders[track].add(values, last=block.last)
                    if number >= begin:
                        places_of_peaks = [(first + index, value) for index, value in peaks]
                        counts += self._write(block, values, places_of_peaks, track, files)
                progress.update(block.count * self.plan.stride)
        return counts["peaks"], counts["values"]

    def _before(self, blocks: list[_Block], begin: int) -> int:
        """Return the first block to predict, so that the peaks from the block `begin` on are exact.

        The values of two reaches before it decide whether its first values are peaks.
        """
        first, region = begin, blocks[begin].region
        while blocks[first].start > region[1] and (
            blocks[begin].start - blocks[first].start < 2 * max(self.reach, 1) * self.plan.stride
        ):
            first -= 1
        return first

    def _write(
        self,
        block: _Block,
        values: np.ndarray,
        peaks: list[tuple[int, float]],
        track: str,
        files: Mapping[str, BinaryIO],
    ) -> Counter[str]:
        """Write the values and the peaks of a block; return their numbers."""
        lines = self._lines(block.region, block.start, values, track)
        files[track].write(lines.encode("utf-8", "surrogateescape"))
        rows = self._peaks(block.region, peaks, track)
        files["peaks"].write(table_lines(rows).encode("utf-8", "surrogateescape"))
        return Counter(values=int(np.isfinite(values).sum()), peaks=len(rows))

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
