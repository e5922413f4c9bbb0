"""The files of a scan that are made of its bedGraphs: bigWigs and the figure; and the record of a part."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from seqcnn.errors import SequenceError, place, plural
from seqcnn.genome.track.bigwig import write_bigwig
from seqcnn.io.atomic import atomic_path
from seqcnn.io.shard.part import PART_FILE, Part
from seqcnn.io.stream import digest
from seqcnn.plotting.svg import save_svg
from seqcnn.plotting.tracks import draw_tracks

logger = logging.getLogger(__name__)

PEAKS, FIGURE = "peaks.tsv", "tracks.svg"
"""Names of output files beside the tracks."""


@dataclass(frozen=True)
class TrackSet:
    """The tracks of a scan."""

    tracks: Sequence[str]
    """Their names: `both`, or `plus` and `minus`."""
    sizes: dict[str, int]
    """Length of each contig, bp."""
    label: str
    """Target with its unit."""
    n_values: int
    n_peaks: int

    def finish(self, folder: Path) -> None:
        """Write the bigWigs and the figure beside the bedGraphs, and log the numbers of values and peaks."""
        for name, path in bedgraphs(folder, self.tracks).items():
            write_bigwig(path, folder / f"{name}.bw", sizes=self.sizes)
        save_svg(draw_tracks(bedgraphs(folder, self.tracks), label=self.label), folder / FIGURE)
        (folder / PART_FILE).unlink(missing_ok=True)  # of a part that was here before
        count = f"{plural(self.n_values, 'value')} and {plural(self.n_peaks, 'peak')}"
        logger.info("%s: %s", place(folder), count)

    def record(self, folder: Path, part: Part, genome: Path) -> None:
        """Write what a part records beside its bedGraphs and peaks."""
        files = {path.name: digest(path) for path in part_files(folder, self.tracks)}
        part.counts.update(
            tracks=list(self.tracks), sizes=self.sizes, label=self.label, values=self.n_values,
            peaks=self.n_peaks, files=files, genome=place(genome),
        )  # fmt: skip
        with atomic_path(folder / PART_FILE) as temporary:
            temporary.write_bytes(part.record(counts=True).encode() + b"\n")
        logger.info("%s: part %s, %s", place(folder), part.shard, plural(self.n_values, "value"))


def bedgraphs(folder: Path, tracks: Sequence[str]) -> dict[str, Path]:
    """Return the path of each track."""
    return {name: folder / f"{name}.bedgraph" for name in tracks}


def part_files(folder: Path, tracks: Sequence[str]) -> list[Path]:
    """Return the files that a part holds: bedGraphs and peaks."""
    return [*bedgraphs(folder, tracks).values(), folder / PEAKS]


def file_names(tracks: Sequence[str]) -> list[str]:
    """Return the names of all output files, of parts too."""
    named = (f"{track}{ending}" for track in tracks for ending in (".bedgraph", ".bw"))
    return [*named, PEAKS, FIGURE, PART_FILE]


def nothing_predicted(genome: object) -> SequenceError:
    """Return the error for a genome without a value."""
    return SequenceError(f"{place(genome)}: every window is ambiguous; nothing was predicted")
