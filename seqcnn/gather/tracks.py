"""Join the parts of a scan: bedGraphs and peaks; bigWigs and the figure are made of the whole."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from pydantic import Field

from seqcnn.errors import ConfigError, TableError, place
from seqcnn.genome.track.track_set import PEAKS, TrackSet, file_names, nothing_predicted, part_files
from seqcnn.io.atomic import atomic_path, environment_faults, refuse_folder
from seqcnn.io.json_file import MAX_BYTES
from seqcnn.io.shard.part import PART_FILE, Part
from seqcnn.io.shard.part_file import not_a_part, ordered, parse_part
from seqcnn.io.stream import digest
from seqcnn.schema import Strict, validate


class _Counts(Strict):
    """What a part of a scan records of itself."""

    tracks: tuple[str, ...] = Field(min_length=1, max_length=2)
    sizes: dict[str, int]
    label: str
    values: int = Field(ge=0)
    peaks: int = Field(ge=0)
    files: dict[str, str]
    genome: str


@dataclass(frozen=True)
class _TracksPart:
    """A folder that is a part of a scan."""

    path: Path
    part: Part
    counts: _Counts


def gather_tracks(folders: Sequence[Path], output: Path, *, overwrite: bool) -> None:
    """Join the parts of a scan; see `seqcnn.gather.gather.gather`."""
    parts = ordered([_load(folder) for folder in folders])
    first = parts[0].counts
    inputs = [path for part in parts for path in part_files(part.path, first.tracks)]
    refuse_folder(output, overwrite=overwrite, names=file_names(first.tracks), inputs=inputs)
    n_values, n_peaks = (sum(getattr(part.counts, name) for part in parts) for name in ("values", "peaks"))
    if not n_values:
        raise nothing_predicted(first.genome)
    for target in part_files(output, first.tracks):
        with atomic_path(target) as temporary, temporary.open("wb") as file:
            for number, part in enumerate(parts):
                _append(part.path / target.name, file, without_header=number > 0 and target.name == PEAKS)
    TrackSet(first.tracks, first.sizes, first.label, n_values, n_peaks).finish(output)


def _append(path: Path, file: BinaryIO, *, without_header: bool) -> None:
    """Append a file of a part, without its first line if that is the header of an earlier part."""
    with environment_faults(path), path.open("rb") as source:
        if without_header:
            source.readline()
        shutil.copyfileobj(source, file)


def _load(folder: Path) -> _TracksPart:
    """Read the record of a part, and compare its files with it."""
    path = folder / PART_FILE
    if not path.is_file():
        raise not_a_part(folder)
    with environment_faults(path), path.open("rb") as file:
        content = file.read(MAX_BYTES)
    try:
        part = parse_part(content)
        counts: _Counts = validate(_Counts, part.counts, path)
    except (ValueError, ConfigError) as error:
        raise not_a_part(folder) from error
    for other in part_files(folder, counts.tracks):
        if digest(other) != counts.files.get(other.name):
            raise TableError(f"{place(other)}: missing, or changed after it was written; compute it again")
    return _TracksPart(folder, part, counts)
