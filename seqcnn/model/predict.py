"""Sequences + bundles -> predictions.tsv: streamed, in the order of the input, names byte for byte."""

from __future__ import annotations

import logging
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from seqcnn.data.assay.target_names import OOD_COLUMN
from seqcnn.data.dataset import IN_MEMORY_MB, Dataset, load_dataset
from seqcnn.data.readers.file_kind import SequenceFormat
from seqcnn.data.transform import Transform
from seqcnn.errors import BundleError, EnvironmentFault, UsageError, place, show
from seqcnn.io.atomic import refuse_output
from seqcnn.io.shard.part import Part
from seqcnn.io.stream import is_hdf5
from seqcnn.io.table_output import Column, DelimitedTable, TableOutput, open_table, refuse_rows
from seqcnn.model.default_model import default_model
from seqcnn.model.inference.conformal import half_widths
from seqcnn.model.inference.original_scale import scale_names, transforms_of
from seqcnn.model.inference.predict_records import Predictor, predict_stream, refuse_mixed
from seqcnn.model.inference.prediction_table import (
    column_names,
    prediction_columns,
    spreadsheet_safe,
)
from seqcnn.model.inference.predictions import Predictions, stack_members
from seqcnn.model.network.cautions import cautions
from seqcnn.model.network.header import Header
from seqcnn.model.open_model import open_model
from seqcnn.progress import Progress

logger = logging.getLogger(__name__)

_ROWS_PER_STEP = 1 << 14  # of a dataset, a multiple of the batches of the networks

SIGPIPE_EXIT = 141
"""128 + 13, what a shell returns when the reader of standard output, such as `head`, stops early."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """What computes predictions; see `seqcnn.model.open_model.open_model`."""

    engine: str | None = None
    device: str = "auto"
    threads: int | None = None
    """Number of CPU threads; None is all cores."""


@dataclass(frozen=True, slots=True)
class TableOptions:
    """What a table of predictions holds."""

    interval: float | None = None
    """Level of prediction intervals, 0 to 1; None writes none.  See `seqcnn.model.inference.conformal`."""
    by_level: bool = False
    """Whether intervals are calibrated by predicted level; else the same way for all sequences."""
    safe: bool = False
    """Write names as `spreadsheet_safe` does; else byte for byte."""
    part: Part | None = None
    """The part of the table to write, with the predictions of its shard; None is the whole table."""


def predict_file(
    sequences: Path,
    models: Sequence[Path],
    output: Path | None,
    *,
    options: TableOptions | None = None,
    form: SequenceFormat | None = None,
    runtime: Runtime | None = None,
    overwrite: bool = False,
) -> None:
    """Predict every record of a file and write the table.

    Parameters
    ----------
    sequences
        FASTA ('-' is standard input), table, BED, or a dataset (.h5) that `seqcnn prepare` wrote, whose
        predictions are on the scale of its measurements, and named by it if that is a transform.
    models
        Bundles; several are an ensemble, whose mean and standard deviation are written.  If empty:
        $SEQCNN_MODEL, else the best model of the last run below the current folder.
    output
        The table, in the format of its suffix (`seqcnn.io.table_output`); None is standard output, as TSV.
    options
        What the table holds beside the predictions, and how names are written.
    form
        How a file of sequences is read, with the genome of a BED file.
    runtime
        Engine, device and threads.
    overwrite
        Whether existing outputs are overwritten; else they are refused.

    Raises
    ------
    SeqcnnError
        If an input cannot be read; then `output` is left as it was.
    """
    models, runtime = models or [default_model()], runtime or Runtime()
    _refuse_repeated(models)
    if output is not None:
        refuse_output(output, sequences, *models, *_features(form), overwrite=overwrite)
    options = options or TableOptions()
    loaded = [open_model(path, **asdict(runtime), sequences=sequences) for path in models]
    refuse_mixed(loaded)
    dataset = _dataset_for(loaded, sequences, form, output) if is_hdf5(sequences) else None
    if dataset is None:
        chunks = predict_chunks(loaded, sequences, form, part=options.part)
    else:
        chunks = _of_dataset(loaded, dataset, part=options.part)
    transforms = _inverted(loaded[0].header, sequences)
    # sequences of the training are flagged at the rate that set the thresholds, whatever the model
    is_own = dataset is not None and {model.header.training_sha256 for model in loaded} == {dataset.digest()}
    _write_table(chunks, loaded, output, options, transforms=transforms, counts_ood=not is_own)
    plain = options.interval is not None and not options.by_level
    for text in cautions([model.header for model in loaded], interval=plain):
        logger.warning("%s", text)


def _features(form: SequenceFormat | None) -> list[Path]:
    """Return the file of features, if there is one."""
    return [form.features] if form and form.features else []


def _refuse_repeated(models: Sequence[Path]) -> None:
    """Refuse a bundle that is named twice: the spread of an ensemble needs different models."""
    counts = Counter(map(os.path.realpath, models))
    for path in models:
        if (count := counts[os.path.realpath(path)]) > 1:
            raise UsageError(f"--model: {place(path)} given {count} times; expected each once")


def predict_dataset(dataset: Dataset, model: Predictor, output: Path) -> None:
    """Predict every row of a dataset and write the table; as `predict_file`, with both in memory.

    The number of out-of-distribution rows, which are those of the training, is not logged.
    """
    _write_table(_of_dataset([model], dataset), [model], output, counts_ood=False)


def _write_table(
    chunks: Iterable[tuple[Sequence[str], list[Predictions]]],
    models: Sequence[Predictor],
    output: Path | None,
    options: TableOptions | None = None,
    *,
    transforms: Sequence[Transform | None] = (),
    counts_ood: bool = True,
) -> None:
    """Write the table of predictions that come in chunks, each with the names of its sequences.

    `transforms` are inverted; with `counts_ood` the number of out-of-distribution sequences is logged.
    """
    options = options or TableOptions()
    if options.by_level and options.interval is None:
        raise UsageError("--interval-by level: expected --interval too, such as --interval 0.9")
    interval, by_level, shown = options.interval, options.by_level, spreadsheet_safe if options.safe else str
    headers = [model.header for model in models]
    nothing = [model.predict_members(model.header.layout.rows([])) for model in models]
    # refuses before anything is read
    width = interval_half_widths(headers, nothing, interval, by_level=by_level)
    empty = stack_members(nothing)
    # predictions that stay on the scale of a transform are named by it
    targets = headers[0].targets if transforms else scale_names(headers[0].targets, headers[0].transforms)
    names = column_names([*map(shown, targets)], empty, interval=interval is not None)
    count = flagged = 0
    part, types = options.part, prediction_columns([], empty, width, transforms=transforms)
    with (
        _table(output, names, types, part=part) as table,
        Progress("predicting", unit="sequences") as progress,
    ):
        for ids, members in chunks:
            ensemble = stack_members(members)
            widths = interval_half_widths(headers, members, interval, by_level=by_level)
            table.write(prediction_columns([*map(shown, ids)], ensemble, widths, transforms=transforms))
            count += len(ids)
            flagged += 0 if ensemble.ood is None else int(ensemble.ood.sum())
            progress.update(len(ids))
        ood = (flagged, count, _expected_rate(headers)) if counts_ood else None
        _record(part, ood)
    if ood:
        log_ood(*ood)


def _record(part: Part | None, ood: tuple[int, int, float] | None) -> None:
    """Add to a part what `log_ood` logs; None for sequences of the training."""
    if part:
        part.counts["ood"] = ood


def _inverted(header: Header, path: Path) -> list[Transform | None]:
    """Return the transforms to invert, none for a dataset, and log the scale of the predictions."""
    if not header.transforms:
        return []
    if is_hdf5(path):
        scale = ", ".join(map(show, header.units))
        logger.info("predictions of a dataset are on the scale of the training: %s", scale)
        return []
    logger.info("predictions are on the original scale of the measurements: the transform is inverted")
    return transforms_of(header)


def interval_half_widths(
    headers: Sequence[Header],
    predictions: Sequence[Predictions],
    level: float | None,
    *,
    by_level: bool = False,
) -> np.ndarray | None:
    """Return half the width of each interval, (n, T), or None if none was asked for.

    NaN for an out-of-distribution sequence: the calibration errors are those of other sequences.
    """
    if level is None:
        return None
    means = [p.mean for p in predictions] if by_level else None
    sds, n_rows = [p.sd for p in predictions], predictions[0].members.shape[1]
    widths = half_widths(headers, level, sds, n_rows, by_level=means)
    ood = stack_members(predictions).ood
    return widths if ood is None else np.where(ood[:, None], np.nan, widths)


def _expected_rate(headers: Sequence[Header]) -> float:
    """Return the fraction of sequences that is expected to be flagged as out of distribution."""
    rates = {header.training_sha256: header.ood.rate for header in headers if header.ood}
    return min(1.0, sum(rates.values()))  # a sequence is flagged if it is unlike one of the training sets


def log_ood(flagged: int, count: int, rate: float) -> None:
    """Log the number of out-of-distribution sequences, as a warning if it exceeds the expected rate."""
    if not flagged:
        return
    logger.log(
        logging.WARNING if flagged > max(1, 2 * rate * count) else logging.INFO,
        "%d of %d sequences (%.1f%%; up to %.1f%% are expected) are out of distribution: their k-mers are "
        "unlike those of the training sequences; their predictions are unreliable and have no intervals "
        "(column %s)",
        flagged, count, 100 * flagged / count, 100 * rate, OOD_COLUMN,
    )  # fmt: skip


def predict_chunks(
    models: Sequence[Predictor],
    path: Path,
    form: SequenceFormat | None = None,
    *,
    part: Part | None = None,
) -> Iterator[tuple[Sequence[str], list[Predictions]]]:
    """Yield names, and the predictions of each model for them, of one part only if there is one."""
    if is_hdf5(path):
        yield from _of_dataset(models, _dataset_for(models, path, form), part=part)
        return
    for batch, predictions in predict_stream(models, path, form, part=part):
        yield batch.names, predictions


def _dataset_for(
    models: Sequence[Predictor], path: Path, form: SequenceFormat | None, output: Path | None = None
) -> Dataset:
    """Read a dataset that the models can predict; `output` must hold its rows."""
    (form or SequenceFormat()).refuse_unused(path, "dataset")
    dataset = load_dataset(path, megabytes=IN_MEMORY_MB)
    if output is not None:
        refuse_rows(output, len(dataset))
    for model in models:
        if model.header.layout != dataset.layout:
            raise BundleError(
                f"{place(path)}: its layout differs from the model's; predict from the sequences"
            )
    return dataset


def _of_dataset(
    models: Sequence[Predictor], dataset: Dataset, *, part: Part | None = None
) -> Iterator[tuple[Sequence[str], list[Predictions]]]:
    """Yield the ids of a dataset, or of one part of it, and the predictions of each model for its rows."""
    begin, end = part.shard.bounds(len(dataset)) if part else (0, len(dataset))
    for start in range(begin, end, _ROWS_PER_STEP):
        step = slice(start, min(start + _ROWS_PER_STEP, end))
        rows = dataset.rows.take(step)
        yield dataset.ids[step], [model.predict_members(rows) for model in models]


@contextmanager
def _table(
    output: Path | None, names: Sequence[str], columns: Sequence[Column], *, part: Part | None
) -> Iterator[TableOutput]:
    """Open the table: a file written whole or not at all, or standard output, flushed."""
    if output is not None:
        with open_table(output, names, columns, part=part) as table:
            yield table
        return
    if sys.stdout is None:
        raise EnvironmentFault("standard output is closed; give a file with --output")
    try:
        table = DelimitedTable(sys.stdout.buffer, names, part=part)
        yield table
        table.close()
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        _drop_output()
        raise SystemExit(SIGPIPE_EXIT) from None
    except OSError as error:
        _drop_output()
        raise EnvironmentFault(f"standard output: {error.strerror}; check the disk") from error


def _drop_output() -> None:
    """Send the interpreter's last flush of standard output to the null device."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
