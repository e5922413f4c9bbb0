"""Join the parts of a table or of a VCF."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from itertools import islice
from pathlib import Path

import numpy as np

from seqcnn.data.assay.target_names import OOD_COLUMN
from seqcnn.errors import UsageError, place
from seqcnn.gather.messages import log_counts, refuse_counts
from seqcnn.genome.variant.vcf import vcf_writer
from seqcnn.io.atomic import atomic_path
from seqcnn.io.shard.part_file import TextPart, ordered
from seqcnn.io.table_output import Column, delimiter_of, open_table, text_file
from seqcnn.io.tsv import csv_rows
from seqcnn.model.inference.predict_records import CHUNK

_ZIPPED_VCF = (".gz", ".bgz")
_TABLES = {"predict": (".csv", ".xlsx", ".parquet", ".gz"), "dependencies": (".csv", ".gz")}
"""Command -> formats of its table beside plain text; the other tables have none."""

_TEXTS = {"id", "ref_1", "alt_1", "ref_2", "alt_2", OOD_COLUMN}
"""Columns of these tables that are not numbers."""

_FORMATS = {*_ZIPPED_VCF, *_TABLES["predict"]}


def gather_text(paths: Sequence[Path], output: Path) -> None:
    """Join the parts of a table or of a VCF; see `seqcnn.gather.gather.gather`."""
    parts = ordered([TextPart(path) for path in paths])
    for part in parts[1:]:
        if part.header != parts[0].header:
            where = f"{place(part.path)} and {place(parts[0].path)}"
            raise UsageError(f"{where}: parts of different results: other columns; give the parts of one run")
    _refuse_format(parts[0], output)
    delimiter = "\t" if b"\t" in parts[0].header else ","
    if parts[0].is_vcf:
        _write_vcf(parts, output)
    elif delimiter_of(output) == delimiter and output.suffix.lower() not in (".xlsx", ".parquet"):
        _write_lines(parts, output)
    else:
        _write_cells(parts, output, delimiter)
    log_counts(parts)


def _refuse_format(part: TextPart, output: Path) -> None:
    """Raise `UsageError` for a suffix of a format that the command of the parts does not write."""
    written = _ZIPPED_VCF if part.is_vcf else _TABLES.get(part.part.command, ())
    if (suffix := output.suffix.lower()) in _FORMATS - {*written}:
        what = "VCF" if part.is_vcf else f"table of `seqcnn {part.part.command}`"
        raise UsageError(f"{place(output)}: a {what} is not written as {suffix}; give another suffix")


def _write_vcf(parts: Sequence[TextPart], output: Path) -> None:
    """Write the parts of a VCF."""
    zipped = output.name.lower().endswith(_ZIPPED_VCF)
    with atomic_path(output) as temporary, vcf_writer(temporary, zipped=zipped) as write:
        for block in _content(parts):
            write(block.decode("utf-8", "surrogateescape"))
        refuse_counts(parts)


def _write_lines(parts: Sequence[TextPart], output: Path) -> None:
    """Write the parts of a table as they are."""
    with atomic_path(output) as temporary, ExitStack() as stack:
        text = stack.enter_context(text_file(stack.enter_context(temporary.open("wb")), output))
        for block in _content(parts):
            text.write(block)
        refuse_counts(parts)


def _content(parts: Sequence[TextPart]) -> Iterator[bytes]:
    """Yield the header and the rows of all parts."""
    yield parts[0].header
    for part in parts:
        yield from part.rows()


def _write_cells(parts: Sequence[TextPart], output: Path, delimiter: str) -> None:
    """Write the parts of a table of predictions in another format."""
    (_, names), *_ = csv_rows(_numbered([parts[0].header]), where=place(parts[0].path), delimiter=delimiter)
    texts = [number == 0 or name in _TEXTS for number, name in enumerate(names)]
    deque(parts[0].rows(), maxlen=0)  # then its counts are known
    of_dataset = "changes" not in parts[0].part.counts  # whose rows are written together
    with open_table(output, names, _columns([], texts)) as table:
        rows = (row for part in parts for row in _rows(part, delimiter))
        while chunk := list(islice(rows, None if of_dataset else CHUNK)):
            table.write(_columns(chunk, texts))


def _rows(part: TextPart, delimiter: str) -> Iterator[list[str]]:
    """Yield the cells of each row of a part."""
    for _, cells in csv_rows(_numbered(part.rows()), where=place(part.path), delimiter=delimiter):
        yield cells


def _numbered(blocks: Iterable[bytes]) -> Iterator[tuple[int, str]]:
    """Yield the lines of blocks of whole lines, and their numbers."""
    lines = (line for block in blocks for line in block.split(b"\n")[:-1])
    for number, line in enumerate(lines, start=1):
        yield number, line.decode("utf-8", "surrogateescape")


def _columns(rows: Sequence[Sequence[str]], texts: Sequence[bool]) -> list[Column]:
    """Return rows of cells as columns of texts, or of numbers, NaN where there is none."""
    cells = zip(*rows, strict=True) if rows else [()] * len(texts)
    return [
        list(column) if is_text else np.array([np.nan if cell == "NA" else float(cell) for cell in column])
        for column, is_text in zip(cells, texts, strict=True)
    ]
