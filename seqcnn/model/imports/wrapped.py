"""A module of torch -> a model that predicts, attributes, scores variants, scans and designs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Literal

import torch
from torch import Tensor, nn

from seqcnn.data.assay.target_names import check_targets, units_of
from seqcnn.encoders.wrapped import WrappedEncoder
from seqcnn.errors import ConfigError, TableError, UsageError, show
from seqcnn.model.inference.trained_model import LoadedModel
from seqcnn.model.network.header import checked_header
from seqcnn.model.network.imported_from import WRAPPED
from seqcnn.model.network.kmer_profile import KmerProfile
from seqcnn.model.network.regressor import SequenceRegressor
from seqcnn.sequence.onehot import Ambiguity
from seqcnn.sequence.window import Layout


def wrapped_model(
    module: nn.Module,
    length: int,
    targets: Sequence[str],
    *,
    units: Mapping[str, str] | None = None,
    strand: Literal["single", "double"] = "single",
    ambiguity: Ambiguity = "share",
) -> LoadedModel:
    """Return a module on one-hot batches (N, 4, L) as a model without a bundle; see `seqcnn.wrap`."""
    try:
        named = units_of(targets, units or {})
        check_targets(targets, named, "wrap: targets")
    except (TableError, ConfigError) as error:
        raise UsageError(str(error)) from error
    header = checked_header(
        seqcnn_version=version("seqcnn"), torch_version=torch.__version__, encoder=WRAPPED, args={},
        link="identity", strand=strand, layout=Layout(length, ambiguity=ambiguity), min_length=length,
        targets=tuple(targets), units=tuple(named), training={}, inputs={}, split="", split_sizes={},
        metrics={},
    )  # fmt: skip
    module.eval()
    _refuse_misfit(module, length, len(targets))
    network = SequenceRegressor(WrappedEncoder(length, module, len(targets)), len(targets))
    network.profile = KmerProfile()
    device = next((parameter.device for parameter in module.parameters()), torch.device("cpu"))
    return LoadedModel(network, header).to(device).eval()


def _refuse_misfit(module: nn.Module, length: int, targets: int) -> None:
    """Raise `UsageError` unless a module maps one-hot (N, 4, L) to (N, T), or to (N,) for one target."""
    parameter = next(module.parameters(), torch.zeros(0))
    x = torch.zeros(3, 4, length, dtype=parameter.dtype, device=parameter.device)
    try:
        with torch.no_grad():
            y_hat = module(x)
    except (RuntimeError, ValueError, TypeError, IndexError) as error:
        reason = show((str(error).splitlines() or [type(error).__name__])[0], 120)
        raise UsageError(
            f"wrap: the module does not take (3, 4, {length}): {reason}; see `length`"
        ) from error
    shapes = {(3, targets)} | ({(3,)} if targets == 1 else set())
    if not isinstance(y_hat, Tensor) or tuple(y_hat.shape) not in shapes or not y_hat.is_floating_point():
        shape = tuple(y_hat.shape) if isinstance(y_hat, Tensor) else type(y_hat).__name__
        expected = f"expected (3, {targets}), a number for each target"
        raise UsageError(f"wrap: the module returns {shape} for 3 sequences; {expected}")
