"""A trained model in memory: sequences, rows of a dataset, or a one-hot array -> predictions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from seqcnn.data.readers.records import Batch, Record
from seqcnn.encoders.cnn import CNNEncoder
from seqcnn.errors import BundleError, SequenceError, UsageError, place
from seqcnn.model.inference.batches import predict_members, predict_one_hot
from seqcnn.model.inference.device import resolve_device
from seqcnn.model.inference.original_scale import table_values, transforms_of
from seqcnn.model.inference.predict_records import lay_out
from seqcnn.model.inference.predictions import Predictions, mask_ambiguous
from seqcnn.model.network.bundle import build, load_bundle, save_bundle
from seqcnn.model.network.header import Header, without_sequences
from seqcnn.model.network.imported_from import WRAPPED
from seqcnn.model.network.kmer_baseline import KmerBaseline, require_network
from seqcnn.model.network.ood import out_of_distribution
from seqcnn.model.network.regressor import Network
from seqcnn.schema import checks_arguments
from seqcnn.sequence.objects import pack_all
from seqcnn.sequence.window import Rows


class LoadedModel(nn.Module):
    """A model bundle in memory: a `torch.nn.Module` on one-hot batches, with methods for sequences and rows.

    `model(x)` maps one-hot (N, 4, L) float32 to predictions (N, T) in `header.units`, those of transformed
    targets if there is a transform, of the strand as given.  `predict_array` also lays sequences out, for
    models of double-stranded assays averages the two strands, and returns to the original scale.  `path` is
    the bundle's file, None for a model that has none.
    """

    def __init__(self, network: Network | KmerBaseline, header: Header, path: Path | None = None) -> None:
        super().__init__()
        self.network, self.header, self.path = network, header, path

    def __reduce__(self) -> tuple[Callable[..., LoadedModel], tuple[Any, ...]]:
        """Pickle the header and the weights, from which the model is built again on the CPU."""
        if self.header.encoder == WRAPPED:
            return type(self), (self.network, self.header, self.path)
        weights = {name: tensor.cpu() for name, tensor in self.network.state_dict().items()}
        return _built_again, (type(self), self.header, self.path, weights, self.training)

    @property
    def regressor(self) -> Network:
        """The network; `UsageError` for a baseline, which has none."""
        return require_network(self.network, self.path)

    @property
    def is_convolutional(self) -> bool:
        """Whether the model is a network of the encoder `cnn`, parts of which can be computed alone."""
        network = self.network
        return not isinstance(network, KmerBaseline) and isinstance(network.members[0].encoder, CNNEncoder)

    @property
    def has_local_layers(self) -> bool:
        """Whether the model is a network that computes mutants from what a mutation changes."""
        network = self.network
        return not isinstance(network, KmerBaseline) and network.members[0].encoder.HAS_LOCAL_LAYERS

    @property
    def targets(self) -> list[str]:
        """Names of the targets, in the order of the predictions' columns."""
        return list(self.header.targets)

    def forward(self, x: Tensor) -> Tensor:
        """Predict a one-hot batch (N, 4, L) of any real type, in the units of the targets (N, T)."""
        self._check_shape(x)
        y_hat: Tensor = self.regressor(x.to(self.regressor.members[0].target_mean.dtype))
        return y_hat

    def predict_array(self, sequences: Sequence[Any] | np.ndarray | Tensor) -> np.ndarray:
        """Predict sequences or a one-hot array.

        Parameters
        ----------
        sequences
            DNA sequences (`str`, or Biopython `Seq` or `SeqRecord`); or a one-hot array or tensor (N, 4, L)
            of any real type, which is predicted as it is, one strand only.

        Returns
        -------
        float32 (N, T), on the original scale of the targets; NaN for sequences of which more than a tenth is
        ambiguous (N), as in `seqcnn scan`.

        Raises
        ------
        SequenceError
            If a sequence is missing (None, NaN, NA) or not DNA, or longer or shorter than any that the
            model was trained on; or if `sequences` is a DataFrame or a dict.
        """
        if is_one_hot(sequences):
            x = torch.as_tensor(sequences)
            self._check_shape(x)
            x = x.float()
            if not bool(torch.isfinite(x).all()):
                raise SequenceError("array: NaN or infinite values found; expected a one-hot array")
            y_hat = Predictions(predict_one_hot(self.regressor, x).reshape(1, len(x), len(self.targets)))
        else:
            rows = self.lay_out(batch_of(sequences))
            y_hat = mask_ambiguous(self.predict_members(rows, flag_ood=False), rows)
        return table_values(y_hat, None, transforms_of(self.header))[""].astype(np.float32)

    def out_of_distribution(self, sequences: Sequence[Any]) -> np.ndarray:
        """Return which sequences are out of distribution, bool (N,): unlike the training sequences.

        Predictions of such sequences are unreliable.  A fraction `header.ood.rate` of in-distribution
        sequences is flagged, too.  `sequences` are as for `predict_array`.
        """
        rows = self.lay_out(batch_of(sequences))
        flags = self.flag_ood(rows)
        return np.zeros(len(rows), bool) if flags is None else flags

    def flag_ood(self, rows: Rows) -> np.ndarray | None:
        """Return which rows are out of distribution, bool (N,); None if the bundle has no thresholds."""
        return out_of_distribution(self.network.profile.arrays(), self.header, rows)

    def lay_out(self, batch: Batch, path: Path | None = None, features: np.ndarray | None = None) -> Rows:
        """Lay records into windows, beside their features, float32 (N, P, D), if there are any.

        Raises
        ------
        SequenceError
            If the model was not trained on a record's length; `path` is the file of the records.
        BundleError
            If the model takes features and there are none.
        """
        if self.header.feature_shape and features is None:
            raise BundleError(without_sequences(self.header, self.path))
        return replace(lay_out(self.header, batch, path), features=features)

    def predict_rows(self, rows: Rows) -> np.ndarray:
        """Predict rows, float32 (N, T), in the units of the targets."""
        return self.predict_members(rows, flag_ood=False).mean.astype(np.float32)

    def predict_members(self, rows: Rows, *, flag_ood: bool = True) -> Predictions:
        """Predict rows with every member of the model; the result has mean, SD and out-of-distribution flag.

        Without `flag_ood` out-of-distribution rows are not flagged, which saves time.
        """
        return predict_members(self.network, self.header, rows, flag_ood=flag_ood)

    @checks_arguments
    def save(self, path: str | Path, *, overwrite: bool = False) -> None:
        """Write the model's bundle (`.safetensors`), whole or not at all; `load_model` reads it.

        Raises
        ------
        UsageError
            If the file exists and `overwrite` is false; or if the model is a wrapped module.
        """
        if self.header.encoder == WRAPPED:
            raise UsageError("save: a wrapped module has no bundle; save the module itself")
        path = Path(path)
        if path.exists() and not overwrite:
            raise UsageError(f"{place(path)}: it is there already; give another name or `overwrite=True`")
        save_bundle(path, self.network, self.header)

    def _check_shape(self, x: Tensor) -> None:
        """Raise `SequenceError` unless x is a one-hot batch of the model's length."""
        if self.header.feature_shape:
            raise BundleError(without_sequences(self.header, self.path))
        if x.is_complex():
            raise SequenceError("array of complex numbers; expected a one-hot array")
        if x.shape[1:] != (4, self.header.layout.length):
            expected = f"expected (N, 4, {self.header.layout.length})"
            raise SequenceError(f"array of shape {tuple(x.shape)}; {expected}")


def _built_again(
    kind: type[LoadedModel], header: Header, path: Path | None, weights: Mapping[str, Tensor], training: bool
) -> LoadedModel:
    """Build a model that was pickled; torch pickles no module with reverse-complement tied filters."""
    network = build(header)
    network.load_state_dict(weights)
    return kind(network, header, path).train(training)


def load_model(path: str | Path, device: str = "cpu") -> LoadedModel:
    """Load a model bundle (`.safetensors`); see `seqcnn.api.model.load_model`."""
    network, header = load_bundle(Path(path))
    chosen = resolve_device(device)
    model = LoadedModel(network, header, Path(path)).eval()
    return model if isinstance(network, KmerBaseline) else model.to(chosen)  # baselines compute on the CPU


def is_one_hot(sequences: Any) -> bool:
    """Return whether this is an array or a tensor of numbers, not a collection of sequences."""
    return isinstance(sequences, Tensor) or (
        isinstance(sequences, np.ndarray) and sequences.dtype.kind in "biufc"
    )


def batch_of(sequences: Iterable[Any]) -> Batch:
    """Pack the sequences of a list."""
    packed = enumerate(pack_all(sequences), start=1)
    return Batch.of([Record(f"sequence {number}", bases, number, number) for number, bases in packed])
