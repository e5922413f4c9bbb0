"""Model of another library -> bundle with the encoder `imported`, which all commands take."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch

from seqcnn.data.assay.target_names import check_targets, units_of
from seqcnn.encoders.imported.encoder import ImportedEncoder
from seqcnn.encoders.imported.graph import AXES
from seqcnn.errors import BundleError, ConfigError, SeqcnnError, TableError, UsageError, listed, place, show
from seqcnn.io.atomic import refuse_outputs
from seqcnn.model.imports.check import DEFAULT_TOLERANCE, compare
from seqcnn.model.imports.graph_builder import GraphBuilder, checked_graph
from seqcnn.model.imports.keras.keras_file import open_keras
from seqcnn.model.imports.keras.model_graph import add_model, input_shape
from seqcnn.model.imports.keras.precision import low_precisions
from seqcnn.model.imports.onnx.network_file import OnnxFile
from seqcnn.model.imports.outputs import in_order_of_targets
from seqcnn.model.inference.trained_model import LoadedModel, batch_of
from seqcnn.model.network.bundle import build, save_bundle
from seqcnn.model.network.header import checked_header
from seqcnn.model.network.imported_from import IMPORTED, ImportedFrom
from seqcnn.sequence.onehot import ALPHABET, Ambiguity
from seqcnn.sequence.window import Layout

logger = logging.getLogger(__name__)

_UNREADABLE = (ValueError, TypeError, AttributeError, KeyError, IndexError, OverflowError, RecursionError)
"""Errors of a configuration whose values have other types than those that Keras writes."""

AxesOrder = Literal["channels-first", "channels-last"]
"""Whether the four bases come before the positions in the input of the model, (4, L), or after, (L, 4)."""


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """What a model's file does not say."""

    targets: Sequence[str]
    units: Mapping[str, str] = field(default_factory=dict)
    """Target -> unit."""
    length: int | None = None
    """Length of the input in bp, flanks included; None is that of the model."""
    bases: str = ALPHABET
    """Order of the bases in its input."""
    axes: AxesOrder | None = None
    """None is read from the shape of the input."""
    flank5: str = ""
    flank3: str = ""
    """Bases of the construct before and after every sequence, which the input holds too."""
    strand: Literal["single", "double"] = "single"
    ambiguity: Ambiguity = "share"
    """One-hot encoding of ambiguous bases."""


@dataclass(frozen=True, slots=True)
class Expected:
    """Predictions of the original."""

    sequences: Path
    predictions: Path
    """Table: ids, and a column for each target, or as many columns in the order of the targets."""
    tolerance: float = DEFAULT_TOLERANCE
    """Largest accepted difference, relative to the largest prediction."""


def import_model(
    model: Path,
    output: Path,
    request: ImportRequest,
    *,
    weights: Path | None = None,
    expected: Expected | None = None,
    overwrite: bool = False,
) -> LoadedModel:
    """Import a model of Keras and write its bundle.

    Parameters
    ----------
    model, weights
        .keras, .h5 or .hdf5; or a .json file of the architecture, and the file of its weights.
    output
        The bundle.
    request
        Targets, and what the input is.
    expected
        Predictions of the original to compare with.
    overwrite
        Whether an existing output is overwritten; else it is refused.

    Raises
    ------
    UsageError
        If the request does not fit the model, or its predictions differ from those of the original.
    BundleError
        If the file is no model, is damaged, or has a layer that is not imported.
    """
    inputs = (model, weights, *((expected.sequences, expected.predictions) if expected else ()))
    refuse_outputs((output,), inputs, overwrite=overwrite)
    try:
        check_targets(request.targets, units_of(request.targets, request.units), "--targets")
    except (TableError, ConfigError) as error:
        raise UsageError(str(error)) from error
    imported = _imported(model, weights, request)
    origin: Any = imported.header.imported
    if outputs := origin.outputs_text(request.targets):
        logger.info("%s: targets and outputs: %s", place(model), outputs)
    if expected:
        agreement = compare(imported, expected.sequences, expected.predictions, expected.tolerance)
        origin = origin.model_copy(update={"check": agreement})
        header = imported.header.model_copy(update={"imported": origin})
        imported = LoadedModel(imported.network, header, output).eval()
        logger.info("%s", agreement.text)
    else:
        logger.warning(
            "%s: not compared with the original; give sequences and its predictions with --check",
            place(model),
        )
    save_bundle(output, imported.regressor, imported.header)
    return imported


def _imported(model: Path, weights: Path | None, request: ImportRequest) -> LoadedModel:
    """Return the imported model."""
    if model.suffix == ".onnx":
        if weights:
            raise UsageError(f"--weights {place(weights)}: an .onnx file has its own; remove the option")
        onnx = OnnxFile(model)
        with _named(model):
            return _of_onnx(onnx, request)
    with open_keras(model, weights) as file, _named(model):
        form = _input_fields(input_shape(file), request)
        if policies := low_precisions(file.config):
            effect = "predictions may differ from the original's by about 1 %; compare with --tolerance 0.01"
            logger.warning("%s: %s, imported in float32; %s", place(model), listed(sorted(policies)), effect)
        builder = GraphBuilder()
        outputs, names = add_model(file, builder)
        return _with_weights(
            form, builder, outputs, names, (f"Keras {file.version}".strip(), file.files), request
        )


def _of_onnx(file: OnnxFile, request: ImportRequest) -> LoadedModel:
    """Return the model of an ONNX file."""
    form, builder = _input_fields(file.input_shape(), request), GraphBuilder()
    shape = tuple({"1": 1, "L": int(form["length"]), "B": 4}[axis] for axis in form["axes"])
    outputs, names = file.add_to(builder, shape)
    return _with_weights(form, builder, outputs, names, (file.library, file.files), request)


@contextmanager
def _named(model: Path) -> Iterator[None]:
    """Name the file in errors of its content; one of an unexpected form is refused."""
    try:
        yield
    except UsageError:
        raise
    except SeqcnnError as error:
        raise type(error)(f"{place(model)}: {error}") from error
    except _UNREADABLE as error:
        reason = f"its architecture cannot be read ({type(error).__name__}: {show(error, 80)})"
        raise BundleError(f"{place(model)}: {reason}; expected a model that its library wrote") from error


def _input_fields(shape: Sequence[Any], request: ImportRequest) -> dict[str, Any]:
    """Return the fields of `GraphInput` for an input of a shape without the batch."""
    fitting = [axes for axes in AXES if _fits(shape, axes, request.length)]
    if request.axes:
        first = request.axes == "channels-first"
        fitting = [axes for axes in fitting if (axes.index("B") < axes.index("L")) == first]
    if len(fitting) != 1:
        text = f"input of shape ({', '.join('any' if size is None else str(size) for size in shape)})"
        if fitting:
            raise UsageError(f"{text}: bases or positions first? choose with --layout")
        expected = "one-hot (L, 4) or (4, L), also with an axis of size 1"
        wanted_length = f" for --length {request.length}" if request.length else ""
        raise UsageError(f"{text} found{wanted_length}; expected {expected}; see --length and --layout")
    size = shape[fitting[0].index("L")]
    if size is None and request.length is None:
        raise UsageError("the model takes sequences of any length; choose one with --length")
    flanks = {"flank5": request.flank5, "flank3": request.flank3}
    return {"length": size or request.length, "axes": fitting[0], "bases": request.bases.upper(), **flanks}


def _fits(shape: Sequence[Any], axes: str, length: int | None) -> bool:
    """Return whether a shape has these axes; `length` must be that of its positions, if they have one."""
    sizes = {"1": (1, None), "B": (4,), "L": (length, None) if length else None}
    return len(shape) == len(axes) and all(
        size in allowed if (allowed := sizes[axis]) else size != 0
        for axis, size in zip(axes, shape, strict=True)
    )


def _with_weights(
    form: Mapping[str, Any],
    builder: GraphBuilder,
    outputs: Sequence[int],
    names: Sequence[str],
    origin: tuple[str, dict[str, str]],
    request: ImportRequest,
) -> LoadedModel:
    """Return the model of a graph and its weights; `origin` is the library, and the files with SHA-256."""
    outputs, names = in_order_of_targets(outputs, names, request.targets)
    graph = checked_graph(input=form, layers=tuple(builder.layers), outputs=tuple(outputs))
    imported = ImportedFrom(
        library=origin[0], files=origin[1], graph=graph.model_dump(mode="json"), outputs=tuple(names)
    )
    header = checked_header(
        seqcnn_version=version("seqcnn"), torch_version=torch.__version__, encoder=IMPORTED, args={},
        link="identity", strand=request.strand, imported=imported,
        layout=Layout(graph.input.insert_length, ambiguity=request.ambiguity),
        min_length=graph.input.insert_length, targets=tuple(request.targets),
        units=tuple(units_of(request.targets, request.units)), training={}, inputs={}, split="",
        split_sizes={}, metrics={},
    )  # fmt: skip
    with torch.device("meta"):  # shapes are compared before anything is allocated
        state = builder.state(ImportedEncoder(graph.input.insert_length, graph=graph))
    network: Any = build(header)
    network.encoder.load_state_dict(state, strict=False)
    model = LoadedModel(network, header).eval()
    _refuse_not_finite(model)
    return model


def _refuse_not_finite(model: LoadedModel) -> None:
    """Raise `BundleError` if the prediction of a sequence is NaN or infinite, as numbers are too large."""
    rng = np.random.default_rng(0)
    sequence = "".join(rng.choice(list(ALPHABET), model.header.layout.length))
    y_hat = model.predict_rows(model.lay_out(batch_of([sequence])))
    if not np.isfinite(y_hat).all():
        raise BundleError("its prediction of a random sequence is not finite; check its weights")
