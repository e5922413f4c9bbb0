"""Predict every single-base change of sequences: a table, and one heat map per sequence."""

from __future__ import annotations

import io
import logging
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from seqcnn.data.readers.fasta import count_repeated_names
from seqcnn.data.readers.file_kind import SequenceFormat
from seqcnn.data.readers.records import Batch, Record
from seqcnn.data.readers.sequences import read_batches
from seqcnn.data.readers.shards.sharded import sharded_batches
from seqcnn.errors import UsageError, place, plural
from seqcnn.interpret.attribution.ism import ism
from seqcnn.io.atomic import atomic_path, refuse_outputs
from seqcnn.io.shard.part import Part, first_line, last_line
from seqcnn.io.tsv import number_cell, table_lines
from seqcnn.model.inference.predict_records import NOT_PREDICTED, log_part_changes
from seqcnn.model.inference.predictions import too_ambiguous
from seqcnn.model.inference.target import chosen_target, target_in_words
from seqcnn.model.inference.trained_model import LoadedModel
from seqcnn.plotting.heat_map import effect_figure
from seqcnn.plotting.picture import SUFFIXES
from seqcnn.plotting.style import styled
from seqcnn.plotting.svg import any_letter, plain, png, svg_text
from seqcnn.progress import Progress
from seqcnn.sequence.onehot import ALPHABET, unpack

logger = logging.getLogger(__name__)

CHUNK = 64
"""Number of sequences to predict at a time."""

MAX_PAGES = 100
"""Maximum number of heat maps, of the first sequences."""

_COLUMNS = ["id", "position", "ref", "alt", "prediction", "effect"]


@dataclass(frozen=True, slots=True)
class SaturationPlan:
    """What is predicted, and of which sequences."""

    target: str | None = None
    """Name of the target; None is the first one."""
    part: Part | None = None
    """The part of the table to write, with the sequences of its shard; None is the whole table."""


def saturate(
    sequences: Path,
    model: LoadedModel,
    output: Path,
    *,
    form: SequenceFormat | None = None,
    plot: Path | None = None,
    plan: SaturationPlan | None = None,
    overwrite: bool = False,
) -> int:
    """Predict every single-base change of every sequence.

    Parameters
    ----------
    sequences
        FASTA, table, or BED of regions that fit the window of the model.
    model
        A trained model.
    output
        The table: id, 1-based position in the sequence, ref, alt, the prediction with alt, and the effect:
        that prediction minus the prediction of the sequence.  An ambiguous ref has four alts.
        Both are NA if more than a tenth of the sequence is ambiguous, as in `seqcnn predict`.
    form
        How the file is read, with the genome of a BED file.
    plot
        PDF with a page for each of the first `MAX_PAGES` sequences, or SVG or PNG of the only sequence.
    plan
        The target, and the part of the table.
    overwrite
        Whether existing outputs are overwritten; else they are refused.

    Returns
    -------
    The number of sequences.

    Raises
    ------
    SeqcnnError
        If an input cannot be read or is an output too, or an output exists and `overwrite` is False; then the
        outputs are left as they were.
    """
    genome = form.genome if form else None
    refuse_outputs((output, plot), (sequences, genome, model.path), overwrite=overwrite)
    if plot is not None and plot.suffix.lower() not in SUFFIXES:
        raise UsageError(f"{place(plot)}: expected a name that ends in {', '.join(SUFFIXES)}")
    plan = plan or SaturationPlan()
    number, count = chosen_target(model, plan.target), 0
    changes, own = Counter[str](), Counter[str]()
    records = _read(sequences, model, form, changes=changes, part=plan.part)
    with ExitStack() as stack:
        table = stack.enter_context(stack.enter_context(atomic_path(output)).open("wb"))
        table.write((first_line(plan.part) + table_lines([_COLUMNS])).encode())
        draw = stack.enter_context(_heat_maps(plot)) if plot is not None else None
        progress = stack.enter_context(Progress("changing bases", unit="sequences"))
        while chunk := list(islice(records, CHUNK)):
            for name, bases, effects, value in _effects(model, chunk, sequences, number):
                text = table_lines(_rows(name, bases, effects, value=value))
                table.write(text.encode("utf-8", "surrogateescape"))
                own[NOT_PREDICTED] += bool(np.isnan(value))
                if draw is not None and count < MAX_PAGES:
                    draw(heat_map(name, bases, effects, label=target_in_words(model, number)))
                count += 1
                progress.update()
        log_part_changes(sequences, changes, own, part=plan.part)
        table.write(last_line(plan.part).encode())
    if plot is not None and count > MAX_PAGES:
        logger.warning("heat maps of the first %d of %d sequences; the table has all", MAX_PAGES, count)
    logger.info("%s: every change of %s", place(output), plural(count, "sequence"))
    return count


def _read(
    path: Path, model: LoadedModel, form: SequenceFormat | None, *, changes: Counter[str], part: Part | None
) -> Iterator[Record]:
    """Return the records of a file, or of a part of it; count repeated names."""
    limit = model.header.layout.max_input_length
    if part is None:
        batches = read_batches(path, CHUNK, form=form, changes=changes, max_length=limit)
        batches = count_repeated_names(batches, changes=changes)
    else:  # the last digits of the effects depend on the sequences that are computed together
        batches = sharded_batches(
            path, CHUNK, part, changes=changes, form=form, max_length=limit, whole_batches=True
        )
    return (record for batch in batches for record in batch.records())


def _effects(
    model: LoadedModel, records: list[Record], path: Path, target: int
) -> Iterator[tuple[str, str, np.ndarray, float]]:
    """Yield name, bases in the window, effects (4, length) and prediction of each record.

    Effects and prediction are NaN if more than a tenth of the record is ambiguous.
    """
    rows = model.lay_out(Batch.of(records), path)
    mutants, values = ism(model, rows, target=target), model.predict_rows(rows)[:, target]
    values[too_ambiguous(rows)] = np.nan
    for record, row, start, size, record_changes, value in zip(
        records, rows.bases, rows.start, rows.insert_length, mutants, values, strict=True
    ):
        inside = slice(int(start), int(start + size))
        yield record.name, unpack(row[inside].tobytes()), record_changes[:, inside] - value, float(value)


def _rows(name: str, bases: str, effects: np.ndarray, *, value: float) -> Iterator[list[str]]:
    """Yield the cells of every change of one sequence."""
    for position, (ref, column) in enumerate(zip(bases, effects.T.tolist(), strict=True), start=1):
        for alt, effect in zip(ALPHABET, column, strict=True):
            if alt != ref:
                yield [name, str(position), ref, alt, number_cell(value + effect), number_cell(effect)]


@styled()
def heat_map(name: str, bases: str, effects: np.ndarray, *, label: str) -> Any:
    """Draw the effects (4, size) of all changes of a sequence: red raises the prediction, blue lowers it."""
    return effect_figure(effects, bases, label=f"change of {label}", title=name)


@contextmanager
def _heat_maps(plot: Path) -> Iterator[Callable[[Any], None]]:
    """Yield a function that adds a figure to a file; the second one is refused if the file is no PDF."""
    from matplotlib.backends.backend_pdf import PdfPages

    kind, content = plot.suffix.lower(), io.BytesIO()  # a PDF that a full disk cuts could not be closed
    with styled(), atomic_path(plot) as temporary, temporary.open("wb") as file:
        pages: Any = PdfPages(content, metadata={"CreationDate": None})

        def draw(drawing: Any) -> None:
            """Add one figure."""
            with any_letter():
                if kind == ".pdf":
                    pages.savefig(plain(drawing))
                    return
                if file.tell():
                    raise UsageError(
                        f"{place(plot)}: holds the heat map of one sequence; name a .pdf for several"
                    )
                file.write(svg_text(drawing).encode() if kind == ".svg" else png(drawing))

        yield draw
        if kind == ".pdf":
            pages.close()
            file.write(content.getbuffer())
