"""Model bundle -> .onnx file, which `seqcnn predict` and other programs run without torch."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from pathlib import Path

import numpy as np

from seqcnn.data.readers.file_kind import SequenceFormat
from seqcnn.data.readers.records import Batch
from seqcnn.data.readers.sequences import log_changes, read_sequences
from seqcnn.errors import BundleError, UsageError, place, show
from seqcnn.io.atomic import atomic_path, refuse_outputs, temporary_folder
from seqcnn.model.inference.batches import BATCH
from seqcnn.model.inference.trained_model import LoadedModel, load_model
from seqcnn.model.metrics import METRICS
from seqcnn.model.network.header import Header, without_sequences
from seqcnn.model.onnx.graph import onnx_library, quiet_export, stripped, traced
from seqcnn.model.onnx.onnx_file import with_metadata
from seqcnn.model.onnx.onnx_model import ExportedModel
from seqcnn.sequence.window import Rows

TOLERANCE = 1e-5
"""Largest difference between the predictions of export and bundle, relative to the largest prediction."""

MIN_INT8_R = 0.999
"""Smallest Pearson r between the predictions of an int8 export and the bundle's."""

CALIBRATION_ROWS = 512
"""Sequences that determine the ranges of int8 numbers; at least as many others check them."""

MAX_ROWS_READ = 5000
"""Sequences that are read to calibrate and check int8."""

_QUANTISED_OPERATORS = ["Conv", "MaxPool", "Relu", "Gemm", "MatMul"]


def export(
    model: Path,
    output: Path,
    *,
    calibrate: Path | None = None,
    form: SequenceFormat | None = None,
    overwrite: bool = False,
) -> float:
    """Write a bundle's network as ONNX.

    Parameters
    ----------
    model, output
        The bundle, and the .onnx file.
    calibrate
        Sequences (FASTA, table or BED) like those that will be predicted.  They make the export int8: half of
        them determine its ranges, the other half check it.
    form
        How the file of these sequences is read.

    Returns
    -------
    Smallest Pearson r, over the targets, between the predictions of export and bundle.

    Raises
    ------
    BundleError
        If the export's predictions differ from those of the bundle.
    EnvironmentFault
        If the extra `onnx` is not installed.
    """
    refuse_outputs((output,), (model, calibrate), overwrite=overwrite)
    if output.suffix != ".onnx":
        raise UsageError(f"{place(output)}: expected a name that ends in .onnx")
    trained = load_model(model)
    content = onnx_content(trained)
    if calibrate is None:
        (form or SequenceFormat()).refuse_unused(model, "model")
        rows = random_rows(trained.header)
    else:
        rows, content = _quantised(trained, content, calibrate, form)
    r = _compare(trained, content, rows, model, int8=calibrate is not None)
    with atomic_path(output) as temporary:
        temporary.write_bytes(content)
    return r


def onnx_content(model: LoadedModel) -> bytes:
    """Return the content of an .onnx file in full precision."""
    if model.header.feature_shape:
        raise BundleError(without_sequences(model.header, model.path))
    return _with_metadata(traced(model.regressor, model.header), model)


def any_batch_network(model: LoadedModel) -> bytes:
    """Return the ONNX graph alone, which takes any number of sequences up to `MAX_BATCH`.

    Raises
    ------
    BundleError
        If its predictions differ from those of the bundle, or the model takes features.
    """
    if model.header.feature_shape:
        raise BundleError(without_sequences(model.header, model.path))
    network = traced(model.regressor, model.header, any_batch=True)
    path = model.path or Path("model")
    _compare(model, _with_metadata(network, model), random_rows(model.header), path, int8=False)
    return network


def _with_metadata(network: bytes, model: LoadedModel) -> bytes:
    """Add header and k-mer profile."""
    return with_metadata(network, model.header, BATCH, model.regressor.profile.arrays())


def _quantised(
    model: LoadedModel, content: bytes, calibrate: Path, form: SequenceFormat | None
) -> tuple[Rows, bytes]:
    """Return rows that were not used for the calibration, and the int8 network."""
    rows = _rows(model, calibrate, form)
    if len(rows) < 2 * BATCH:
        expected = f"at least {2 * BATCH} are expected"
        raise UsageError(f"{place(calibrate)}: {len(rows)} sequences to calibrate int8; {expected}")
    order = np.random.default_rng(0).permutation(len(rows))
    used = min(CALIBRATION_ROWS, len(rows) // 2) // BATCH * BATCH
    network = _int8(content, rows.take(order[:used]).bases)
    return rows.take(order[used:]), _with_metadata(network, model)


def _rows(model: LoadedModel, path: Path, form: SequenceFormat | None) -> Rows:
    """Read sequences and lay them into windows."""
    limit = model.header.layout.max_input_length
    changes: Counter[str] = Counter()
    records = list(islice(read_sequences(path, changes=changes, form=form, max_length=limit), MAX_ROWS_READ))
    log_changes(path, changes)
    return model.lay_out(Batch.of(records), path)


def _int8(content: bytes, bases: np.ndarray) -> bytes:
    """Quantise a network to 8-bit numbers whose ranges are those of some rows."""
    onnx, quantization = onnx_library("onnx"), onnx_library("onnxruntime.quantization")
    batches = iter({"bases": part} for part in np.split(bases, len(bases) // BATCH))

    class Reader(quantization.CalibrationDataReader):  # type: ignore[misc, name-defined]
        """Batches from which the library calibrates."""

        def get_next(self) -> dict[str, np.ndarray] | None:
            """Return the next batch, and None after the last."""
            return next(batches, None)

    message = onnx.load_from_string(content)
    with temporary_folder() as folder, quiet_export():
        prepared, quantised = (str(Path(folder, name)) for name in ("prepared.onnx", "int8.onnx"))
        quantization.shape_inference.quant_pre_process(message, prepared)
        quantization.quantize_static(
            prepared, quantised, Reader(), quant_format=quantization.QuantFormat.QDQ,
            activation_type=quantization.QuantType.QUInt8, weight_type=quantization.QuantType.QInt8,
            op_types_to_quantize=_QUANTISED_OPERATORS,
        )  # fmt: skip
        return stripped(onnx.load(quantised))


def _compare(trained: LoadedModel, content: bytes, rows: Rows, path: Path, *, int8: bool) -> float:
    """Compare the export's predictions of rows with the bundle's; return the smallest r of a target."""
    y_hat = ExportedModel.of(content, path).predict_members(rows).mean
    expected = trained.predict_members(rows).mean
    if not int8:
        difference, largest = np.abs(y_hat - expected).max(), np.abs(expected).max()
        if not difference <= TOLERANCE * largest:
            far = f"differs by {difference:.1g}, where at most {TOLERANCE:g} of {largest:.3g} is expected"
            raise BundleError(f"{place(path)}: its export {far}; predict with the bundle")
    r = [METRICS["pearson"](*columns) for columns in zip(expected.T, y_hat.T, strict=True)]
    smallest = float(np.min(r))  # NaN if a prediction is constant
    if int8 and not smallest >= MIN_INT8_R:
        target = show(trained.targets[int(np.argmin(r))])
        raise BundleError(
            f"{place(path)}: int8 predictions of {target} have r = {smallest:.4f} with those in full "
            f"precision, expected {MIN_INT8_R} or more; export without --int8"
        )
    return smallest


def random_rows(header: Header, count: int = 2 * BATCH) -> Rows:
    """Return random rows of the model's length."""
    bases = np.random.default_rng(0).integers(0, 4, (count, header.layout.length), np.uint8)
    size = np.full(len(bases), header.layout.length, np.int32)
    return Rows(np.left_shift(1, bases, dtype=np.uint8), np.zeros_like(size), size)
