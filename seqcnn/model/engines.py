"""Engines: libraries that run an exported network, without torch.

A *runner* takes packed bases, uint8 (batch, L), of one strand, and gives the mean, (M, batch, T), and
where the network says it the SD of the noise; see `seqcnn.model.export`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np

from seqcnn.errors import BundleError, EnvironmentFault
from seqcnn.model.threads import thread_count

Run = Callable[[np.ndarray], list[np.ndarray]]


@dataclass(frozen=True, slots=True)
class Runner:
    """An exported network, ready to run."""

    engine: str
    run: Run


def available() -> list[str]:
    """Return the engines that are installed, the fastest first."""
    return [name for name in ENGINES if find_spec(_MODULES[name])]


def open_runner(content: bytes, engine: str = "auto", threads: int | None = None) -> Runner:
    """Make an exported network ready to run.

    Parameters
    ----------
    content
        Of an .onnx file that `seqcnn export` wrote.
    engine
        `openvino`, `onnx` (ONNX Runtime), or `auto`: the first of these that is installed.
    threads
        CPU threads; None takes all cores that this process may use.

    Raises
    ------
    EnvironmentFault
        If the engine is not installed.
    BundleError
        If it cannot read the network.
    """
    if engine == "auto":
        engine = next(iter(available()), "onnx")
    if engine not in available():
        raise EnvironmentFault(f"engine {engine}: not installed; pip install 'seqcnn[{engine}]'")
    try:
        return ENGINES[engine](content, thread_count(threads))
    except MemoryError:
        raise
    except Exception as error:  # each library has errors of its own
        reason = str(error).strip().splitlines()[-1:] or [type(error).__name__]
        raise BundleError(f"{engine} cannot read the exported network: {reason[0][:200]}") from error


def _openvino(content: bytes, threads: int) -> Runner:
    """Compile for OpenVINO, in full precision; int8 where the export is quantised."""
    import openvino

    model = openvino.Core().read_model(content)
    settings: dict[str, Any] = {
        "INFERENCE_NUM_THREADS": threads,
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_PRECISION_HINT": "f32",
    }
    request = openvino.compile_model(model, "CPU", settings).create_infer_request()
    outputs = range(len(model.outputs))

    def run(bases: np.ndarray) -> list[np.ndarray]:
        """Predict one batch, uint8 (batch, L)."""
        found = request.infer({0: bases})
        return [np.array(found[number]) for number in outputs]

    return Runner("openvino", run)


def _onnx(content: bytes, threads: int) -> Runner:
    """Open a session of ONNX Runtime."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])

    def run(bases: np.ndarray) -> list[np.ndarray]:
        """Predict one batch, uint8 (batch, L)."""
        found: list[np.ndarray] = session.run(None, {session.get_inputs()[0].name: bases})
        return found

    return Runner("onnx", run)


ENGINES: dict[str, Callable[[bytes, int], Runner]] = {"openvino": _openvino, "onnx": _onnx}
"""Name on the command line -> how to open it; the fastest first."""

_MODULES = {"openvino": "openvino", "onnx": "onnxruntime"}
