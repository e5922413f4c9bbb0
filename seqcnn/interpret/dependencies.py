"""Predict every pair of single-base changes of sequences: a table of epistasis, and a page of maps."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from seqcnn.data.readers.file_kind import SequenceFormat
from seqcnn.errors import SequenceError, UsageError, counted, place, plural, show
from seqcnn.interpret.attribution.ism import ism
from seqcnn.interpret.attribution.sample import Sample, read_first
from seqcnn.interpret.dependency.dependency_map import DependencyMap, dependency_map
from seqcnn.interpret.dependency.epistasis import epistasis
from seqcnn.interpret.dependency.page import MAX_MAPS, write_page
from seqcnn.interpret.dependency.table import column_names, column_types, columns
from seqcnn.io.atomic import refuse_outputs
from seqcnn.io.shard.part import Part
from seqcnn.io.stream import source_name
from seqcnn.io.table_output import open_table, refuse_rows
from seqcnn.model.inference.predictions import too_ambiguous
from seqcnn.model.inference.target import chosen_target, target_in_words
from seqcnn.model.inference.trained_model import LoadedModel
from seqcnn.progress import Progress
from seqcnn.sequence.onehot import unpack

logger = logging.getLogger(__name__)

MAX_POSITIONS = 500
"""Maximum number of positions of one sequence: 124,750 pairs, 1.1 million double mutants."""

LEFT_OUT = "sequences are left out, as more than a tenth of each is ambiguous, such as N"
"""Message on sequences that are not predicted."""

_RANGE = re.compile(r"([0-9]{1,7})-([0-9]{1,7})", re.ASCII)


@dataclass(frozen=True, slots=True)
class DependencyPlan:
    """Of which sequences, and where, pairs of bases are changed."""

    target: str | None = None
    """Name of the target; None is the first one."""
    positions: tuple[int, int] | None = None
    """First and last position of the sequences to change, bp from 1; None is all of them."""
    max_sequences: int = 20
    """Maximum number of sequences: the first of a file, sampled from a dataset."""
    split_part: str | None = None
    """Part of a dataset, such as `test`; None is all of it."""
    seed: int = 1
    """Random seed of the sample."""
    part: Part | None = None
    """The part of the table to write, with the sequences of its shard; None is the whole table."""

    def __post_init__(self) -> None:
        """Refuse a range without a pair of positions."""
        if self.positions and not 1 <= self.positions[0] < self.positions[1]:
            given = "-".join(map(str, self.positions))
            raise UsageError(f"--positions {given}: expected START-END with 1 <= START < END, such as 50-120")


def position_range(text: str) -> tuple[int, int]:
    """Return the first and the last position of text such as `50-120`.

    Raises
    ------
    UsageError
        If the text cannot be read.
    """
    if not (match := _RANGE.fullmatch(text)):
        raise UsageError(f"--positions {show(text)}: expected START-END, bp from 1, such as 50-120")
    return int(match[1]), int(match[2])


def dependencies(
    sequences: Path,
    model: LoadedModel,
    output: Path,
    *,
    form: SequenceFormat | None = None,
    html: Path | None = None,
    plan: DependencyPlan | None = None,
    overwrite: bool = False,
) -> int:
    """Predict every pair of single-base changes of sequences.

    Parameters
    ----------
    sequences
        Dataset, FASTA, table or BED.
    model
        A trained model.
    output
        The table, in the format of its suffix: one row per sequence and pair of positions; see
        `seqcnn.interpret.dependency.dependency_map`.
    form
        How a file of sequences is read, with the genome of a BED file.
    html
        Page with the maps of the first `MAX_MAPS` sequences; None is not written.
    plan
        Target, positions and number of sequences.
    overwrite
        Whether existing outputs are overwritten; else they are refused.

    Returns
    -------
    The number of sequences in the table.

    Raises
    ------
    SeqcnnError
        If an input cannot be read, a sequence has no such positions or more than `MAX_POSITIONS`, or an
        output exists and `overwrite` is False; then the outputs are left as they were.
    """
    plan = plan or DependencyPlan()
    inputs = (sequences, form.genome if form else None, model.path)
    refuse_outputs((output, html), inputs, overwrite=overwrite)
    target = chosen_target(model, plan.target)
    sample = read_first(
        sequences, model, number=plan.max_sequences, seed=plan.seed, part=plan.split_part, form=form
    )
    if plan.part:
        sample = sample.take(np.arange(*plan.part.shard.bounds(len(sample))))
    spans = _spans(sample, plan, sequences)
    refuse_rows(output, sum(len(span) * (len(span) - 1) // 2 for span in spans))
    count, shown, in_words = 0, [], target_in_words(model, target)
    n_networks = model.header.members
    names, types = column_names(n_networks), column_types(n_networks)
    with open_table(output, names, types, part=plan.part) as table:
        for dependencies in dependency_maps(model, sample, spans, target=target):
            table.write(columns(dependencies))
            count += 1
            shown += [dependencies] if html is not None and count <= MAX_MAPS else []
        if left_out := len(sample) - count:
            logger.warning("%s: %s", source_name(sequences), counted(left_out, LEFT_OUT))
        if plan.part:
            plan.part.counts.update(file=sequences.name, changes={LEFT_OUT: left_out})
        if html is not None:
            write_page(shown, html, target=in_words, sentences=_sentences(count, len(shown), n_networks))
    logger.info("%s: every pair of changes of %s", place(output), plural(count, "sequence"))
    return count


def dependency_maps(
    model: LoadedModel, sample: Sample, spans: list[range], *, target: int
) -> Iterator[DependencyMap]:
    """Yield the map of each sequence, of its positions of the window in `spans`.

    Sequences of which more than a tenth is ambiguous are left out.
    """
    chosen = np.flatnonzero(~too_ambiguous(sample.rows)).tolist()
    with Progress("changing pairs of bases", sum(len(spans[k]) for k in chosen), "positions") as progress:
        for number in chosen:
            row, span = sample.rows.take(np.array([number])), spans[number]
            values = epistasis(model, row, span, target=target, report=progress.update)
            prediction = float(model.predict_rows(row)[0, target])
            inside = slice(span.start, span.stop)
            yield dependency_map(
                sample.ids[number],
                unpack(row.bases[0, inside].tobytes()),
                values,
                first=span.start - int(row.start[0]) + 1,
                prediction=prediction,
                effects=ism(model, row, target=target)[0, :, inside] - prediction,
            )


def _spans(sample: Sample, plan: DependencyPlan, path: Path) -> list[range]:
    """Return the positions of the window that are changed in each sequence.

    Raises
    ------
    SequenceError
        If a sequence has not all positions of the plan, no pair, or more than `MAX_POSITIONS`.
    """
    spans = []
    for name, start, length in zip(sample.ids, sample.rows.start, sample.rows.insert_length, strict=True):
        first, last = plan.positions or (1, int(length))
        where = f"{source_name(path)}: record {show(name)} has {length:,} bp"
        if last > length:
            raise SequenceError(f"{where}; expected at least {last:,}, the last of --positions")
        if last == 1:
            raise SequenceError(f"{where}; expected at least 2, which are a pair")
        if last - first >= MAX_POSITIONS:
            limit = f"expected at most {MAX_POSITIONS} positions"
            raise SequenceError(f"{where}; {limit}; choose some with --positions START-END")
        spans.append(range(start + first - 1, start + last))
    return spans


def _sentences(count: int, shown: int, n_networks: int) -> list[str]:
    """Return what the page says about its maps."""
    sentences = [f"{plural(count, 'sequence')}, all pairs of changes predicted exactly."]
    if n_networks > 1:
        sentences.append(f"Mean of {n_networks} networks; the table has the SD.")
    if shown < count:
        sentences.append(f"The maps of the first {plural(shown, 'sequence')} are shown; the table has all.")
    return sentences
