"""Sequences + bundles -> predictions.tsv: streamed, in the order of the input, names byte for byte."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np
from tqdm import tqdm

from seqcnn.data.dataset import load_dataset
from seqcnn.errors import BundleError, EnvironmentFault, place
from seqcnn.io.atomic import atomic_path, refuse_output
from seqcnn.model.default_model import default_model
from seqcnn.model.inference.conformal import half_widths
from seqcnn.model.inference.prediction_table import (
    OOD_COLUMN,
    header_line,
    prediction_lines,
    spreadsheet_safe,
)
from seqcnn.model.inference.predictions import Predictions, stack_members
from seqcnn.model.inference.stream import Predictor, predict_stream, refuse_mixed
from seqcnn.model.network.header import Header
from seqcnn.model.open_model import open_model

logger = logging.getLogger(__name__)

SIGPIPE_EXIT = 141
"""128 + 13, what a shell returns when the reader of standard output, such as `head`, stops early."""


def predict_file(
    sequences: Path,
    models: Sequence[Path],
    output: Path | None,
    *,
    interval: float | None = None,
    genome: Path | None = None,
    threads: int | None = None,
    device: str = "auto",
    engine: str = "auto",
    safe: bool = False,
) -> None:
    """Predict every record of a file and write the table.

    Parameters
    ----------
    sequences
        FASTA ('-' is standard input), table, BED, or a dataset (.h5) that `seqcnn prepare` wrote.
    models
        Bundles; several are an ensemble, whose mean and standard deviation are written.  None:
        $SEQCNN_MODEL, else the best model of the last run below the current folder.
    output
        The table; standard output if None.
    interval
        Level of prediction intervals, 0 to 1, that are written too; see `seqcnn.model.inference.conformal`.
    genome, threads, device, engine
        Genome of a BED file; and as of `seqcnn.model.open_model.open_model`.
    safe
        Write names as `spreadsheet_safe` does; else byte for byte.

    Raises
    ------
    SeqcnnError
        If an input cannot be read; then `output` is left as it was.
    """
    models = models or [default_model()]
    if output is not None:
        refuse_output(output, sequences, *models)
    loaded = [open_model(path, engine=engine, device=device, threads=threads) for path in models]
    refuse_mixed(loaded)
    headers, targets = [model.header for model in loaded], loaded[0].header.targets
    nothing = [model.predict_members(model.header.layout.rows([])) for model in loaded]
    _half_widths(headers, nothing, interval)  # refuses before anything is read
    count = flagged = 0
    with _sink(output) as sink, tqdm(unit=" sequences", disable=not sys.stderr.isatty()) as bar:
        shown = spreadsheet_safe if safe else str
        text = header_line([*map(shown, targets)], stack_members(nothing), interval=interval is not None)
        for ids, found in _chunks(loaded, sequences, genome):
            whole = stack_members(found)
            text += prediction_lines([*map(shown, ids)], whole, _half_widths(headers, found, interval))
            sink.write(text.encode("utf-8", "surrogateescape"))
            text, count = "", count + len(ids)
            flagged += 0 if whole.ood is None else int(whole.ood.sum())
            bar.update(len(ids))
        sink.write(text.encode("utf-8", "surrogateescape"))  # the head alone, of no sequences
    if flagged:
        _log_ood(flagged, count, headers)


def _half_widths(
    headers: Sequence[Header], found: Sequence[Predictions], level: float | None
) -> np.ndarray | None:
    """Return half the width of each interval, (n, T), or None if none was asked for.

    NaN for an out-of-distribution sequence: the calibration errors are those of other sequences.
    """
    if level is None:
        return None
    widths = half_widths(headers, level, [e.sd for e in found], found[0].members.shape[1])
    ood = stack_members(found).ood
    return widths if ood is None else np.where(ood[:, None], np.nan, widths)


def _log_ood(flagged: int, count: int, headers: Sequence[Header]) -> None:
    """Log the number of out-of-distribution sequences, as a warning if it exceeds the expected rate."""
    rate = max(header.ood.rate for header in headers if header.ood)
    logger.log(
        logging.WARNING if flagged > max(1, 2 * rate * count) else logging.INFO,
        "%d of %d sequences (%.1f%%; %.1f%% are expected) are out of distribution: their k-mers are unlike "
        "those of the training sequences; their predictions are unreliable and have no intervals (column %s)",
        flagged, count, 100 * flagged / count, 100 * rate, OOD_COLUMN,
    )  # fmt: skip


def _chunks(
    models: Sequence[Predictor], path: Path, genome: Path | None
) -> Iterator[tuple[Sequence[str], list[Predictions]]]:
    """Yield names and what each model says of them."""
    if path.suffix == ".h5":
        dataset = load_dataset(path)
        for model in models:
            if model.header.layout != dataset.layout:
                raise BundleError(
                    f"{place(path)}: its layout differs from the model's; predict from the sequences"
                )
        yield dataset.ids, [model.predict_members(dataset.rows) for model in models]
        return
    for batch, found in predict_stream(models, path, genome):
        yield batch.names, found


@contextmanager
def _sink(output: Path | None) -> Iterator[BinaryIO]:
    """Open the output: a file written whole or not at all, or standard output, flushed."""
    if output is not None:
        with atomic_path(output) as temporary, temporary.open("wb") as file:
            yield file
        return
    if sys.stdout is None:
        raise EnvironmentFault("standard output is closed; give a file with --output")
    try:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        _drop_output()
        raise SystemExit(SIGPIPE_EXIT) from None
    except OSError as error:
        _drop_output()
        raise EnvironmentFault(f"standard output: {error.strerror}; check the disk") from error


def _drop_output() -> None:
    """Let the interpreter's last flush of what could not be written succeed."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
