"""Attribute predictions to bases: sequences + model -> attributions.h5, with a shuffled control."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from seqcnn.data.readers.file_kind import SequenceFormat
from seqcnn.data.readers.records import Batch, Record
from seqcnn.errors import listed, place, plural
from seqcnn.interpret.attribution.attribution import Method, attributions, one_hot_of, projected
from seqcnn.interpret.attribution.attribution_file import Attributions
from seqcnn.interpret.attribution.logos import write_logos
from seqcnn.interpret.attribution.page import write_page
from seqcnn.interpret.attribution.sample import Sample, first_records, is_dataset, read_sample
from seqcnn.interpret.seqlet.null import Null
from seqcnn.interpret.seqlets import write_seqlets
from seqcnn.io.atomic import refuse_folder, refuse_outputs
from seqcnn.io.shard.part import Part
from seqcnn.io.stream import digest
from seqcnn.model.inference.target import chosen_target
from seqcnn.model.inference.trained_model import LoadedModel
from seqcnn.progress import Progress
from seqcnn.sequence.shuffle import shuffle_dinucleotides, shuffle_rows
from seqcnn.sequence.window import Layout, Rows

logger = logging.getLogger(__name__)

_CHUNK = 64
"""Sequences that are computed together, on which the last digits of attributions depend."""

INCOMPLETE = 0.01
"""Error of a sum of attributions, as a fraction of the largest sum, above which a sequence is named."""

ROUNDING = 1e-5
"""The same as a fraction of the largest prediction, which is rounding."""


@dataclass(frozen=True, slots=True)
class AttributionPlan:
    """How predictions are attributed."""

    method: Method = "ism"
    target: str | None = None
    """Name of the target; None is the first one."""
    max_sequences: int = 1000
    """Maximum number of records: the first of a file, sampled from a dataset."""
    split_part: str | None = None
    """Part of a dataset, such as `test`; None is all of it."""
    seed: int = 1
    """Random seed of the shuffles and of the sample."""
    part: Part | None = None
    """The part of the file to write, with the sequences of its shard; None is the whole file."""


@dataclass(frozen=True, slots=True)
class AttributionOutputs:
    """Optional outputs besides the attributions; None is not written."""

    seqlets: Path | None = None
    """BED file."""
    fdr: float = 0.05
    """False-discovery rate of the seqlets, 0 to 1."""
    null: Null = "other-bases"
    """Null of that rate."""
    logo_dir: Path | None = None
    """Folder of sequence logos (SVG)."""
    html: Path | None = None
    """Page with the logos of the first sequences."""


def attribute_file(
    sequences: Path,
    model: LoadedModel,
    output: Path,
    *,
    plan: AttributionPlan | None = None,
    form: SequenceFormat | None = None,
    also: AttributionOutputs | None = None,
    overwrite: bool = False,
) -> Attributions:
    """Attribute predictions of the first records of a file, or of rows of a dataset; write attributions.h5.

    Parameters
    ----------
    sequences
        Dataset, FASTA, table or BED.
    model
        A trained model.
    plan
        Method, target, and number of sequences.
    form
        How a file of sequences is read, with the genome of a BED file.
    also
        Optional outputs.
    overwrite
        Whether existing outputs are overwritten; else they are refused.

    Raises
    ------
    SeqcnnError
        If an input cannot be read, or the method does not fit the model; then `output` is left as it was.
    """
    plan, also = plan or AttributionPlan(), also or AttributionOutputs()
    refuse_outputs((output, also.seqlets, also.html), (sequences, model.path), overwrite=overwrite)
    if also.logo_dir is not None:
        refuse_folder(also.logo_dir, overwrite=overwrite)
    number = chosen_target(model, plan.target)
    records, first = _read(sequences, model, plan, form)
    attributions = attribute(
        model, records, path=sequences, method=plan.method, target=number, seed=plan.seed + first
    )
    if plan.part:
        attributions.header["part"] = plan.part.record(counts=False)
    attributions.header["model_sha256"] = digest(model.path) if model.path else "not recorded"
    attributions.header["sequences_sha256"] = digest(sequences)
    attributions.save(output)
    count = plural(len(attributions), "sequence")
    logger.info("attributions of %s written to %s", count, place(output))
    if also.seqlets is not None:
        write_seqlets(attributions, also.seqlets, fdr=also.fdr, null=also.null)
    if also.logo_dir is not None:
        write_logos(attributions, also.logo_dir)
    if also.html is not None:
        write_page(attributions, also.html)
    return attributions


def _read(
    sequences: Path, model: LoadedModel, plan: AttributionPlan, form: SequenceFormat | None
) -> tuple[list[Record], int]:
    """Return the records of a plan, or of its part of them, and the number of those before them."""
    if not (plan.split_part or is_dataset(sequences)):
        return first_records(sequences, model, plan.max_sequences, form, part=plan.part, block=_CHUNK)
    sample = read_sample(
        sequences, model, number=plan.max_sequences, seed=plan.seed, part=plan.split_part, form=form
    )
    begin, end = plan.part.shard.bounds(len(sample), block=_CHUNK) if plan.part else (0, len(sample))
    return _records(sample.take(np.arange(begin, end))), begin


def attribute(
    model: LoadedModel,
    records: list[Record],
    *,
    path: Path | None = None,
    method: Method = "ism",
    target: int = 0,
    seed: int = 1,
) -> Attributions:
    """Attribute the predictions of records; see `attribute_file`."""
    layout = model.header.layout
    rows = model.lay_out(Batch.of(records), path)
    shuffled = _shuffled(rows, seed)
    hypothetical, errors = _in_chunks(model, rows, method, target, seed)
    control, _ = _in_chunks(model, shuffled, method, target, seed)
    prediction = model.predict_rows(rows)[:, target]
    own = projected(hypothetical, rows)
    ids = [record.name for record in records]
    header: dict[str, Any] = {
        "target": model.targets[target], "unit": model.header.units[target], "method": method,
        "encoder": model.header.encoder, "strand": model.header.strand,
        "completeness": _completeness(errors, prediction, own, ids), "seqcnn_version": version("seqcnn"),
    }  # fmt: skip
    if any(model.header.metrics.get("val", {}).values()):
        header["validation_r"] = model.header.validation_r
    return Attributions(
        ids=ids,
        one_hot=one_hot_of(rows),
        hypothetical=hypothetical,
        projected=own,
        control=projected(control, shuffled).sum(1, dtype=np.float32),
        start=np.array([_window_start(layout, len(record.bases)) for record in records], np.int32),
        insert_length=np.array([len(record.bases) for record in records], np.int32),
        prediction=prediction,
        header=header,
    )


def _shuffled(rows: Rows, seed: int) -> Rows:
    """Return shuffled rows; the random numbers of a chunk do not depend on the other chunks."""
    bases = np.empty_like(rows.bases)
    for start in range(0, len(rows), _CHUNK):
        chunk = slice(start, start + _CHUNK)
        bases[chunk] = shuffle_rows(rows.take(chunk), shuffle_dinucleotides, seed=seed + start).bases
    return replace(rows, bases=bases)


def _in_chunks(
    model: LoadedModel, rows: Rows, method: Method, target: int, seed: int
) -> tuple[np.ndarray, np.ndarray | None]:
    """Attribute rows chunk by chunk with a progress bar; return what `attributions` does."""
    hypothetical = np.zeros((len(rows), 4, rows.bases.shape[1]), np.float32)
    errors = []
    with Progress("attributing", len(rows), "sequences") as progress:
        for start in range(0, len(rows), _CHUNK):
            chunk = np.arange(start, min(start + _CHUNK, len(rows)))
            hypothetical[chunk], chunk_errors = attributions(
                model, rows.take(chunk), method=method, target=target, seed=seed + start
            )
            errors += [] if chunk_errors is None else [chunk_errors]
            progress.update(len(chunk))
    return hypothetical, np.concatenate(errors) if errors else None


def _completeness(
    errors: np.ndarray | None, prediction: np.ndarray, attributed: np.ndarray, ids: list[str]
) -> dict[str, float] | None:
    """Return the largest error of the sums of attributions, and the SD of the predictions; warn of errors."""
    if errors is None:
        return None
    error, sd = float(errors.max()), float(prediction.std())
    logger.info(
        "completeness: sums deviate from the predictions by at most %.2g (SD of predictions %.2g)", error, sd
    )
    largest = float(np.abs(attributed.sum((1, 2))).max())
    allowed = max(INCOMPLETE * largest, ROUNDING * float(np.abs(prediction).max()))
    if incomplete := [ids[row] for row in np.flatnonzero(errors > allowed)]:
        logger.warning(
            "completeness: the attributions of %s (%s) miss the difference of predictions by more than %g %% "
            "of the largest sum, %.2g; use --method ism",
            plural(len(incomplete), "sequence"), listed(incomplete), 100 * INCOMPLETE, largest,
        )  # fmt: skip
    return {"max_error": error, "prediction_sd": sd}


def _records(sample: Sample) -> list[Record]:
    """Return the inserts of a sample as records."""
    rows = zip(sample.ids, sample.rows.bases, sample.rows.start, sample.rows.insert_length, strict=True)
    return [
        Record(name, bases[start : start + length].tobytes(), number, number)
        for number, (name, bases, start, length) in enumerate(rows, start=1)
    ]


def _window_start(layout: Layout, length: int) -> int:
    """Return the position of the first base of a record in the window; negative if it is cropped."""
    room = layout.length - length
    return {"left": 0, "right": room, "center": int(room / 2)}[layout.align]
