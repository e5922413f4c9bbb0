"""Open a bundle or an exported model with an engine."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from seqcnn.errors import BundleError, UsageError, place
from seqcnn.model.inference.predict_records import Predictor
from seqcnn.model.network.cautions import weakness
from seqcnn.model.network.header import without_sequences
from seqcnn.model.onnx.onnx_model import ExportedModel

if TYPE_CHECKING:
    from seqcnn.model.inference.trained_model import LoadedModel

logger = logging.getLogger(__name__)


def open_model(
    path: Path,
    *,
    engine: str | None = None,
    device: str = "auto",
    threads: int | None = None,
    sequences: Path | None = None,
) -> Predictor:
    """Open a model for prediction.

    Parameters
    ----------
    path
        A bundle, or an .onnx file of `seqcnn export`.
    engine
        None runs a bundle with torch, and an .onnx file with the first of `EXPORT_ENGINES` that is installed.
        With `openvino` or `onnx` a bundle is exported first, in memory.  With `auto` it is, too, if that
        repays itself and is faster; see `seqcnn.model.onnx.fastest`.
    device, threads
        Where torch computes; CPU threads, all cores if None.
    sequences
        File to predict, by whose size `auto` decides; None if there is none.

    Raises
    ------
    UsageError
        If the engine does not fit the file or the device.
    BundleError
        If the file is no model, or is damaged.
    EnvironmentFault
        If the engine is not installed, or the device not there.
    """
    exported = path.suffix == ".onnx"
    if engine == "torch" and exported:
        raise UsageError(
            f"{place(path)}: torch does not run .onnx files; leave --engine out, or use the bundle"
        )
    if not exported and engine in (None, "auto", "torch"):
        from seqcnn.model.inference.device import set_threads
        from seqcnn.model.inference.trained_model import load_model

        set_threads(threads)
        bundle = load_model(path, device)
        if engine != "auto":
            return bundle
        from seqcnn.model.onnx.fastest import fastest

        return fastest(bundle, path, sequences, threads)
    if device not in ("auto", "cpu"):
        raise UsageError(
            f"--device {device}: engine {engine or 'auto'} computes on the CPU; use --engine torch"
        )
    if exported:
        model = ExportedModel.read(path, engine or "auto", threads)
    else:
        from seqcnn.model.export import onnx_content
        from seqcnn.model.inference.trained_model import load_model

        model = ExportedModel.of(onnx_content(load_model(path)), path, str(engine), threads)
    logger.info("engine: %s", model.engine)
    return model


@contextmanager
def open_bundle(
    path: Path | None = None, *, device: str = "auto", threads: int | None = None
) -> Iterator[LoadedModel]:
    """Load a bundle for everything but prediction, and set the number of CPU threads.

    A low score of the model on its validation rows is logged as a warning after the block, unless that raises
    an error; `predict` logs it itself.

    Parameters
    ----------
    path
        A bundle; None is the network of `seqcnn.model.default_model.default_model`.
    device, threads
        As of `open_model`.

    Raises
    ------
    UsageError
        If no model is named and none is found.
    BundleError
        If the file is no bundle, or is damaged.
    """
    from seqcnn.model.default_model import default_model
    from seqcnn.model.inference.device import set_threads
    from seqcnn.model.inference.trained_model import load_model

    set_threads(threads)
    path = path or default_model(network=True)
    model = load_model(path, device)
    if model.header.feature_shape:
        raise BundleError(without_sequences(model.header, path))
    yield model
    if text := weakness(model.header):
        logger.warning("%s", text)
