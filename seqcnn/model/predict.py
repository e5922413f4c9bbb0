"""A trained model and what it can be asked: sequences, a FASTA file or a one-hot array -> predictions.

Every batch is padded to one size, so that a prediction does not depend on its company.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from seqcnn.data.fasta import MAX_LENGTH, Record, watch_names
from seqcnn.data.layout import Rows, slide
from seqcnn.data.onehot import expand, pack
from seqcnn.data.sequences import read_sequences
from seqcnn.errors import BundleError, SequenceError, UsageError, place, show
from seqcnn.model.bundle import load_bundle, save_bundle
from seqcnn.model.device import resolve_device
from seqcnn.model.header import Header
from seqcnn.model.regressor import SequenceRegressor

if TYPE_CHECKING:
    import pandas as pd

logger = logging.getLogger(__name__)

BATCH = 256
"""Sequences per forward pass; the last one is padded to it."""

CHUNK = 16 * BATCH
"""Records held in memory at a time."""

FIT = "cut it, or add the bases of the construct beside it"
"""What to do with a sequence of another length than those of the training."""


class TrainedModel(nn.Module):
    """A model bundle in memory: a `torch.nn.Module` on one-hot batches, and `predict` on everything else.

    `model(x)` maps one-hot (N, 4, L) float32 to predictions (N, T) in the units of the targets, of
    the strand as given.  `predict` also lays sequences out and, for models of double-stranded
    assays, averages the two strands.
    """

    def __init__(self, regressor: SequenceRegressor, header: Header) -> None:
        super().__init__()
        self.regressor, self.header = regressor, header

    @property
    def targets(self) -> list[str]:
        """Names of the targets, in the order of the predictions' columns."""
        return list(self.header.targets)

    def forward(self, x: Tensor) -> Tensor:
        """Predict a one-hot batch (N, 4, L), in the units of the targets (N, T)."""
        if x.shape[1:] != (4, self.header.layout.length):
            raise SequenceError(_wrong_shape(x, self.header.layout.length))
        y_hat: Tensor = self.regressor(x)
        return y_hat

    def predict(self, source: str | Path | Sequence[Any] | np.ndarray | Tensor) -> np.ndarray | pd.DataFrame:
        """Predict sequences, a file or a one-hot array.

        Parameters
        ----------
        source
            A path (`str` or `Path`) of a FASTA or table; or a list of sequences (`str`, or
            Biopython `Seq` or `SeqRecord`); or a one-hot array or tensor (N, 4, L), which is
            predicted as it stands, one strand only.

        Returns
        -------
        For a path, a DataFrame with the record names as index and a column a target; otherwise an
        array (N, T).  In the units of the targets.

        Raises
        ------
        SequenceError
            If a sequence is not DNA, or longer or shorter than any that the model was trained on.
        """
        if isinstance(source, str) and set(source.upper()) <= set("ACGTUN") and not Path(source).exists():
            raise UsageError(f"{show(source)}: a sequence, not the name of a file; put it into a list")
        if isinstance(source, str | Path):
            return self._predict_file(Path(source))
        if isinstance(source, Tensor) or (isinstance(source, np.ndarray) and source.dtype.kind in "biuf"):
            return self._predict_one_hot(torch.as_tensor(source, dtype=torch.float32))
        return self.predict_records([_record(item, number) for number, item in enumerate(source, start=1)])

    def predict_records(self, records: Sequence[Record], path: object = "sequences") -> np.ndarray:
        """Predict records, (N, T); as `predict`."""
        layout, shortest = self.header.layout, self.header.shortest
        for record in records:
            size = len(record.bases)
            if size < shortest or (size > layout.length and not layout.crop):
                where = f"{place(path)}, line {record.line}: record {show(record.name)}"
                bounds = self.header.lengths
                raise SequenceError(
                    f"{where} has {size} bp; the model was trained on sequences of {bounds}; {FIT}"
                )
        return self.predict_rows(layout.rows([record.bases for record in records]))

    def predict_rows(self, rows: Rows) -> np.ndarray:
        """Predict rows that are laid out already, float32 (N, T)."""
        layout, device = self.header.layout, next(self.parameters()).device
        out = np.empty((len(rows), len(self.header.targets)), np.float32)
        for start in range(0, len(rows), BATCH):
            part = slice(start, start + BATCH)
            bases = _padded(torch.from_numpy(np.array(rows.bases[part])).to(device))
            y_hat = self._evaluate(expand(bases, layout.ambiguity))
            if self.header.strand == "double":
                begin, size = (
                    _padded(torch.from_numpy(np.array(c[part])).to(device)) for c in (rows.start, rows.size)
                )
                turned = torch.ones(BATCH, dtype=torch.bool, device=device)
                still, flanks = (
                    torch.zeros(BATCH, dtype=torch.long, device=device),
                    (layout.flank5, layout.flank3),
                )
                other = slide(bases, begin, size, shift=still, reverse=turned, flanks=flanks)
                y_hat = (y_hat + self._evaluate(expand(other, layout.ambiguity))) / 2
            out[part] = y_hat[: len(out[part])].cpu().numpy()
        return out

    def save(self, path: str | Path, *, overwrite: bool = False) -> None:
        """Write the model's bundle (`.safetensors`), whole or not at all; `load_model` reads it.

        Raises
        ------
        UsageError
            If the file is there and `overwrite` is off.
        """
        path = Path(path)
        if path.exists() and not overwrite:
            raise UsageError(f"{place(path)}: it is there already; give another name or `overwrite=True`")
        save_bundle(path, self.regressor, self.header)

    def _evaluate(self, x: Tensor) -> Tensor:
        """Run the network without gradients and without dropout."""
        training = self.training
        self.eval()
        with torch.inference_mode():
            y_hat: Tensor = self.regressor(x)
        self.train(training)
        return y_hat

    def _predict_one_hot(self, x: Tensor) -> np.ndarray:
        """Predict one-hot (N, 4, L) in padded batches."""
        if x.shape[1:] != (4, self.header.layout.length):
            raise SequenceError(_wrong_shape(x, self.header.layout.length))
        device = next(self.parameters()).device
        parts = [
            self._evaluate(_padded(part.to(device)))[: len(part)].cpu() for part in torch.split(x, BATCH)
        ]
        return torch.cat(parts).numpy() if parts else np.empty((0, len(self.header.targets)), np.float32)

    def _predict_file(self, path: Path) -> pd.DataFrame:
        """Predict all records of a file."""
        import pandas as pd

        names, parts = [], []
        for records, chunk in predict_stream([self], path):
            names += [record.name for record in records]
            parts.append(chunk[0])
        y_hat = np.concatenate(parts) if parts else np.empty((0, len(self.targets)), np.float32)
        return pd.DataFrame(y_hat, index=pd.Index(names, name="id", dtype=object), columns=self.targets)


def load_model(path: str | Path, device: str = "cpu") -> TrainedModel:
    """Load a model bundle that `seqcnn train` or `seqcnn fit` wrote.

    Parameters
    ----------
    path
        The `.safetensors` file.
    device
        `cpu`, `cuda`, `cuda:N`, `mps`, or `auto`.

    Raises
    ------
    BundleError
        If the file is no bundle, or is damaged.
    """
    regressor, header = load_bundle(Path(path))
    return TrainedModel(regressor, header).to(resolve_device(device)).eval()


def predict_stream(
    models: Sequence[TrainedModel], path: Path, genome: Path | None = None
) -> Iterator[tuple[list[Record], np.ndarray]]:
    """Yield records and their predictions (M, n, T) chunk by chunk, in the order of the file.

    Memory does not grow with the file.  Silent changes of the input are logged once at the end.
    """
    refuse_mixed(models)
    longest = min(m.header.layout.length for m in models)
    limit = MAX_LENGTH if any(m.header.layout.crop for m in models) else longest
    changes: Counter[str] = Counter()
    records = watch_names(
        read_sequences(path, changes=changes, genome=genome, max_length=limit), changes=changes
    )
    while chunk := list(islice(records, CHUNK)):
        yield chunk, np.stack([model.predict_records(chunk, path) for model in models])
    for what, count in changes.items():
        if count:
            logger.warning("%s: %d %s", place(path), count, what)


def refuse_mixed(models: Sequence[TrainedModel]) -> None:
    """Raise `BundleError` for an ensemble whose members predict different targets."""
    if not models:
        raise UsageError("no model given; name a bundle with --model")
    first = models[0].header
    for model in models[1:]:
        if (model.header.targets, model.header.units) != (first.targets, first.units):
            found, expected = (show(", ".join(header.targets)) for header in (model.header, first))
            raise BundleError(
                f"models of an ensemble predict different targets or units: {found}; expected {expected}"
            )


def _wrong_shape(x: Tensor, length: int) -> str:
    """Say what is wrong with the shape of a one-hot batch."""
    return f"array of shape {tuple(x.shape)}; expected (N, 4, {length})"


def _record(item: Any, number: int) -> Record:
    """Pack one sequence of a list, naming its place when it is not DNA."""
    try:
        return Record(f"sequence {number}", pack(str(getattr(item, "seq", item))), number, number)
    except SequenceError as error:
        raise SequenceError(f"sequence {number}: {error}") from error


def _padded(batch: Tensor) -> Tensor:
    """Fill a batch up to BATCH with zeros."""
    missing = BATCH - len(batch)
    return torch.cat([batch, batch.new_zeros((missing, *batch.shape[1:]))]) if missing else batch
