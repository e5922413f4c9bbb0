"""The fastest engine for a bundle: torch, or one that runs its network after a conversion in memory.

A conversion takes seconds, and repays itself only on many sequences.  An engine whose predictions are not
those of torch is not used.
"""

from __future__ import annotations

import logging
import time
from pathlib import Path

import numpy as np

from seqcnn.errors import SeqcnnError
from seqcnn.model.export import TOLERANCE, onnx_content, random_rows
from seqcnn.model.inference.batches import BATCH
from seqcnn.model.inference.predict_records import Predictor
from seqcnn.model.inference.threads import thread_count
from seqcnn.model.inference.trained_model import LoadedModel
from seqcnn.model.network.kmer_baseline import KmerBaseline
from seqcnn.model.onnx.engines import available
from seqcnn.model.onnx.onnx_model import ExportedModel
from seqcnn.sequence.window import Rows

logger = logging.getLogger(__name__)

MIN_SECONDS = 60.0
"""Expected time of torch above which a network is converted, which takes a few seconds."""


def fastest(model: LoadedModel, path: Path, sequences: Path | None, threads: int | None = None) -> Predictor:
    """Return the fastest predictor of a bundle on a CPU, and log the choice.

    Parameters
    ----------
    model, path
        The bundle, which torch predicts, and its name in messages.
    sequences
        The file to predict; None if there is none.
    threads
        CPU threads of the engines, all cores if None.
    """
    if isinstance(model.network, KmerBaseline) or model.header.feature_shape:
        return model
    if model.regressor.device.type != "cpu":
        return _torch(model, "it computes on the GPU")
    if (bases := _n_bases(sequences)) is None:
        return _torch(model, "the number of sequences is not known")
    rows = random_rows(model.header, 2 * BATCH * thread_count(threads))
    seconds = {"torch": _seconds(model, rows)}
    expected = seconds["torch"] * bases / rows.bases.size
    if expected < MIN_SECONDS:
        return _torch(model, f"about {expected:.0f} s are too few to convert the network for another engine")
    predictors: dict[str, Predictor] = {"torch": model, **_converted(model, path, rows, threads)}
    seconds |= {name: _seconds(predictors[name], rows) for name in predictors if name != "torch"}
    best = min(seconds, key=lambda name: seconds[name])
    rates = ", ".join(f"{name} {len(rows) / value:,.0f}" for name, value in seconds.items())
    logger.info("engine: %s (sequences per second: %s)", best, rates)
    return predictors[best]


def _n_bases(sequences: Path | None) -> int | None:
    """Return the number of bases of a file, roughly: its bytes, four times as many if it is compressed.

    None for a pipe, and for intervals, whose file does not hold the sequences.
    """
    if sequences is None or not sequences.is_file() or ".bed" in sequences.suffixes:
        return None
    return sequences.stat().st_size * (4 if sequences.suffix in (".gz", ".bgz", ".h5") else 1)


def _torch(model: LoadedModel, reason: str) -> LoadedModel:
    """Return the bundle, and log why torch predicts it."""
    logger.info("engine: torch, as %s", reason)
    return model


def _converted(model: LoadedModel, path: Path, rows: Rows, threads: int | None) -> dict[str, ExportedModel]:
    """Return engine -> the converted network, of installed engines that predict rows as torch does."""
    try:
        content = onnx_content(model)
    except SeqcnnError as error:
        logger.info("the network is not converted: %s", error)
        return {}
    expected, predictors = model.predict_members(rows).members, {}
    for engine in available():
        try:
            exported = ExportedModel.of(content, path, engine, threads)
        except SeqcnnError as error:
            logger.info("engine %s is not used: %s", engine, error)
            continue
        difference = np.abs(exported.predict_members(rows).members - expected).max()
        if difference <= TOLERANCE * np.abs(expected).max():
            predictors[engine] = exported
        else:
            logger.warning("engine %s is not used: its predictions differ by %.1g", engine, difference)
    return predictors


def _seconds(predictor: Predictor, rows: Rows) -> float:
    """Return the time of predicting rows, the shorter one of two after a first call."""
    seconds = []
    for _ in range(3):
        begin = time.perf_counter()
        predictor.predict_members(rows)
        seconds.append(time.perf_counter() - begin)
    return min(seconds[1:])
