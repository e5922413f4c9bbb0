"""Engines: libraries that run an exported network, without torch.

A *runner* maps packed bases, uint8 (batch, L), of one strand to the mean, (M, batch, T), and to the SD of the
noise if the network predicts it; see `seqcnn.model.export`.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np

from seqcnn.errors import BundleError, EnvironmentFault
from seqcnn.model.inference.threads import thread_count

Run = Callable[[np.ndarray], list[np.ndarray]]


@dataclass(frozen=True, slots=True)
class Runner:
    """An exported network, ready to run in `threads` threads at once."""

    engine: str
    run: Run
    threads: int


def available() -> list[str]:
    """Return the engines that are installed, the fastest first."""
    return [name for name in ENGINES if find_spec(_MODULES[name])]


def open_runner(content: bytes, engine: str = "auto", threads: int | None = None) -> Runner:
    """Open an exported network with an engine.

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
    with _without_telemetry():
        import openvino

    model = openvino.Core().read_model(content)
    settings: dict[str, Any] = {
        "INFERENCE_NUM_THREADS": threads,
        "NUM_STREAMS": threads,
        "INFERENCE_PRECISION_HINT": "f32",
    }
    compiled = openvino.compile_model(model, "CPU", settings)
    outputs, of_thread = range(len(model.outputs)), threading.local()

    def run(bases: np.ndarray) -> list[np.ndarray]:
        """Predict one batch, uint8 (batch, L)."""
        if not hasattr(of_thread, "request"):
            of_thread.request = compiled.create_infer_request()
        results = of_thread.request.infer({0: bases})
        return [np.array(results[number]) for number in outputs]

    return Runner("openvino", run, threads)


@contextmanager
def _without_telemetry() -> Iterator[None]:
    """Hide OpenVINO's telemetry inside the block, so that OpenVINO is imported without it.

    Imported with it, OpenVINO sends an event to an analytics service and writes an identifier into the home
    folder, unless a file there says otherwise.  Without the package it uses a stub.
    """
    name = "openvino_telemetry"
    loaded = sys.modules.get(name)
    sys.modules[name] = None  # type: ignore[assignment]  # its import raises ImportError
    try:
        yield
    finally:
        del sys.modules[name]
        if loaded is not None:
            sys.modules[name] = loaded


def _onnx(content: bytes, threads: int) -> Runner:
    """Open a session of ONNX Runtime."""
    import onnxruntime

    onnxruntime.disable_telemetry_events()  # builds for Windows have it
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])

    def run(bases: np.ndarray) -> list[np.ndarray]:
        """Predict one batch, uint8 (batch, L)."""
        return session.run(None, {session.get_inputs()[0].name: bases})

    return Runner("onnx", run, threads)


ENGINES: dict[str, Callable[[bytes, int], Runner]] = {"openvino": _openvino, "onnx": _onnx}
"""Name on the command line -> how to open it; the fastest first."""

_MODULES = {"openvino": "openvino", "onnx": "onnxruntime"}
