"""The parts of a result -> the result, with the bytes of a run without `--shard`."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from seqcnn.errors import UsageError, place, plural
from seqcnn.gather.attributions import gather_attributions
from seqcnn.gather.text import gather_text
from seqcnn.gather.tracks import gather_tracks
from seqcnn.io.atomic import refuse_output
from seqcnn.io.regular_file import require_file
from seqcnn.io.stream import STDIN, is_hdf5

logger = logging.getLogger(__name__)


def gather(parts: Sequence[Path], output: Path, *, overwrite: bool = False) -> None:
    """Join the parts of one result.

    Parameters
    ----------
    parts
        Outputs of `seqcnn predict`, `variants`, `saturate`, `dependencies`, `attribute` or `scan` with
        `--shard`, in any order: tables, VCFs, attributions files, or folders of tracks.
    output
        The result.  The suffix of a table of predictions is its format, as in `seqcnn predict`; a VCF is
        compressed if its name ends in .gz or .bgz; the result of folders is a folder.
    overwrite
        Whether an existing output is overwritten; else it is refused.

    Raises
    ------
    UsageError
        If a file is no part, or the parts are of different results, or one is missing or given twice.
    TableError
        If a part is damaged.
    """
    folders = [path for path in parts if path.is_dir()]
    if 0 < len(folders) < len(parts):
        raise UsageError(
            f"{place(folders[0])}: is a folder; expected files, or folders of `seqcnn scan` only"
        )
    if folders:
        gather_tracks(parts, output, overwrite=overwrite)
    else:
        for path in parts:
            if path == STDIN:
                raise UsageError("standard input: parts are read twice; give the names of files")
            require_file(path, "check the path")
        refuse_output(output, *parts, overwrite=overwrite)
        join = gather_attributions if all(map(is_hdf5, parts)) else gather_text
        join(parts, output)
    logger.info("%s: joined from %s", place(output), plural(len(parts), "part"))
