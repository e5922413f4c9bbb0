"""A network as an ONNX graph: traced by torch, without the paths of source files that torch leaves in it."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import torch
from torch import Tensor, nn

from seqcnn.errors import EnvironmentFault
from seqcnn.io.atomic import temporary_folder
from seqcnn.model.inference.batches import BATCH
from seqcnn.model.network.header import Header
from seqcnn.model.network.regressor import Network
from seqcnn.model.onnx.onnx_file import MAX_BATCH
from seqcnn.sequence.onehot import expand

_COMMENTS = ("metadata_props", "doc_string")
"""Fields of an ONNX message that do not change what it computes."""


class _Graph(nn.Module):
    """The exported graph: packed bases, uint8 (N, L), to mean and noise SD of every member, (M, N, T)."""

    table: Tensor

    def __init__(self, network: Network, header: Header) -> None:
        super().__init__()
        self.network = network
        codes = torch.arange(16, dtype=torch.uint8).unsqueeze(1)
        self.register_buffer("table", expand(codes, header.layout.ambiguity).squeeze(2))  # (16, 4)

    def forward(self, bases: Tensor) -> tuple[Tensor, ...]:
        """Return the mean, and the noise if predicted, of bases (N, L) that are indices of `table`."""
        mean, noise = self.network.predict_members(self.table[bases.long()].transpose(1, 2))
        return (mean,) if noise is None else (mean, noise)


def traced(network: Network, header: Header, *, any_batch: bool = False) -> bytes:
    """Return the network as an ONNX message.

    It takes `BATCH` sequences at a time, which engines plan for; with `any_batch` 1 to `MAX_BATCH`.
    """
    for library in ("onnx", "onnxscript"):
        onnx_library(library)
    example = torch.full((BATCH, header.layout.length), 1, dtype=torch.uint8)
    names = ["prediction", "noise_sd"] if header.predicts_noise else ["prediction"]
    shapes = ({0: torch.export.Dim("batch", min=1, max=MAX_BATCH)},) if any_batch else None
    with temporary_folder(), quiet_export():  # torch writes temporary files
        program: Any = torch.onnx.export(
            _Graph(network.cpu(), header).eval(), (example,), dynamo=True, verbose=False,
            input_names=["bases"], output_names=names, dynamic_shapes=shapes,
        )  # fmt: skip
    return stripped(program.model_proto)


def stripped(message: Any) -> bytes:
    """Return an ONNX message without metadata and comments, such as stack traces with paths."""
    _strip(message)
    content: bytes = message.SerializeToString(deterministic=True)
    return content


def _strip(message: Any) -> None:
    """Remove metadata and comments from a message and those in it, at any depth."""
    for field, value in message.ListFields():
        if field.name in _COMMENTS:
            message.ClearField(field.name)
        elif field.message_type is not None:
            for part in value if field.is_repeated else [value]:
                _strip(part)


@contextmanager
def quiet_export() -> Iterator[None]:
    """Silence the exporter's hints inside the block."""
    disabled = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(disabled)


def onnx_library(module: str) -> Any:
    """Import a module of the extra `onnx`."""
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise EnvironmentFault("onnx: not installed; pip install 'seqcnn[onnx]'") from error
