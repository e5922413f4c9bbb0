"""An exported model and its predictions, without torch."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from seqcnn.errors import BundleError, place
from seqcnn.model.inference.predictions import Predictions
from seqcnn.model.inference.threads import in_threads
from seqcnn.model.network.ood import out_of_distribution
from seqcnn.model.onnx.engines import Runner, open_runner
from seqcnn.model.onnx.onnx_file import Exported, parse_exported, read_exported
from seqcnn.sequence.strands import reverse_complement
from seqcnn.sequence.window import Rows


class ExportedModel:
    """An exported model, opened with an engine.

    A first batch is run by one thread: OpenVINO can hang if the first calls in a process are concurrent.  It
    shows that the network takes and returns what the header says.

    Raises
    ------
    BundleError
        If it does not.
    """

    def __init__(self, exported: Exported, runner: Runner) -> None:
        self.header, self.engine = exported.header, runner.engine
        self._exported, self._runner = exported, runner
        batch, length = exported.batch, self.header.layout.length
        try:
            outputs = runner.run(np.zeros((batch, length), np.uint8))
        except MemoryError:
            raise
        except Exception as error:  # each engine has errors of its own
            raise self._misfit(f"it does not take {batch} sequences of {length} bp") from error
        shape = self.header.members, batch, len(self.header.targets)
        expected = [(shape, np.dtype(np.float32))] * (2 if self.header.predicts_noise else 1)
        if [(output.shape, output.dtype) for output in outputs] != expected:
            shapes = ", ".join(str(output.shape) for output in outputs)
            raise self._misfit(f"outputs of shape {shapes} found, {len(expected)} of {shape} expected")

    @classmethod
    def of(
        cls, content: bytes, path: Path, engine: str = "auto", threads: int | None = None
    ) -> ExportedModel:
        """Open the content of an .onnx file; `path` is its name in messages."""
        return cls._open(parse_exported(content, path), engine, threads)

    @classmethod
    def read(cls, path: Path, engine: str = "auto", threads: int | None = None) -> ExportedModel:
        """Open an .onnx file."""
        return cls._open(read_exported(path), engine, threads)

    @classmethod
    def _open(cls, exported: Exported, engine: str, threads: int | None) -> ExportedModel:
        """Open an exported model with an engine."""
        try:
            runner = open_runner(exported.network, engine, threads)
        except BundleError as error:
            raise BundleError(f"{place(exported.path)}: {error}") from error
        return cls(exported, runner)

    def _misfit(self, reason: str) -> BundleError:
        """Return the error for a network that does not fit its metadata."""
        where = place(self._exported.path)
        return BundleError(f"{where}: its network does not fit its metadata: {reason}; export it again")

    def predict_members(self, rows: Rows) -> Predictions:
        """Predict rows with every member of the model, and flag out-of-distribution ones."""
        strands = [rows, reverse_complement(rows)] if self.header.strand == "double" else [rows]
        outputs = [self._outputs(strand.bases) for strand in strands]
        mean, *noise = (np.stack(values).mean(0) for values in zip(*outputs, strict=True))
        ood = out_of_distribution(self._exported.profile, self.header, rows)
        return Predictions(mean, noise[0] if noise else None, ood)

    def _outputs(self, bases: np.ndarray) -> list[np.ndarray]:
        """Run every batch, the last one padded: (M, n, T) for mean, and for noise."""
        batch = self._exported.batch
        starts = range(0, len(bases), batch)

        def run(start: int) -> list[np.ndarray]:
            """Run the batch from one row on, (M, n, T) each."""
            part = bases[start : start + batch]
            padded = np.zeros((batch, bases.shape[1]), np.uint8)
            padded[: len(part)] = part
            return [output[:, : len(part)] for output in self._runner.run(padded)]

        if parts := [*in_threads(run, starts, self._runner.threads)]:
            return [np.concatenate(outputs, axis=1) for outputs in zip(*parts, strict=True)]
        empty = np.empty((self.header.members, 0, len(self.header.targets)), np.float32)
        return [empty, empty] if self.header.predicts_noise else [empty]
