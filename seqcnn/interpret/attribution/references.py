"""Attributions relative to shuffled references: integrated gradients and DeepLIFT/SHAP.

Both attribute the difference between a sequence and references, its insert with shuffled dinucleotides
(DeepSHAP averages DeepLIFT over references; Lundberg & Lee 2017, doi:10.48550/arXiv.1705.07874).  They are
complete: the attributions of the bases of a sequence sum to its prediction minus the mean prediction of the
references.  The deviation is computed and reported.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from seqcnn.errors import BundleError
from seqcnn.interpret.attribution.deeplift.multipliers import multipliers
from seqcnn.interpret.attribution.deeplift.pair import OperationError
from seqcnn.model.inference.batches import predict_one_hot
from seqcnn.model.inference.trained_model import LoadedModel
from seqcnn.model.network.kmer_baseline import require_network
from seqcnn.sequence.shuffle import shuffle_dinucleotides, shuffle_rows
from seqcnn.sequence.strands import average_strands
from seqcnn.sequence.window import Rows

N_REFERENCES = 20
"""Number of shuffled references per sequence."""

SMOOTH_PATHS = ("cnn", "mlp")
"""Encoders for which integrated gradients were tested to be complete."""

PATH_POINTS = 64
"""Number of points on the path from a reference to the sequence."""

_BATCH = 256  # points per forward pass
_BASES = 16_000  # bases of the references per call of a method, which has at least one sequence

PairMethod = Callable[[LoadedModel, Tensor, Tensor, int], Tensor]
"""Model, sequences (B, 4, L), one reference of each (B, 4, L), target -> multipliers (B, 4, L)."""


def explain(
    model: LoadedModel, rows: Rows, method: PairMethod, *, target: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Attribute the prediction of every row.

    Parameters
    ----------
    model
        A model that the method supports; see `refuse_method`.
    rows
        N sequences in its window; for a double-stranded assay both strands are averaged.
    method
        `integrated_gradients` or `deeplift`.
    target, seed
        Index of the target; random seed of the shuffles.

    Returns
    -------
    Hypothetical attributions float64 (N, 4, L), in the units of the target; and the absolute deviation of
    the sum of attributions from the difference of predictions, float64 (N,).
    """
    errors = np.zeros(len(rows))

    def one_strand(part: Rows) -> np.ndarray:
        """Attribute the given strand, and record the deviation of each sum."""
        hypothetical = np.zeros((len(part), 4, part.bases.shape[1]))
        step = max(1, _BASES // (N_REFERENCES * part.bases.shape[1]))
        for begin in range(0, len(part), step):
            numbers = np.arange(begin, min(begin + step, len(part)))
            x, references = _with_references(part.take(numbers), model, seed + begin)
            hypothetical[numbers] = _averaged(method, model, x, references, target)
            sums = (hypothetical[numbers] * x.cpu().numpy()).sum((1, 2))
            deviations = np.abs(sums - _differences(model, x, references, target))
            errors[numbers] = np.maximum(errors[numbers], deviations)
        return hypothetical

    hypothetical = average_strands(one_strand, rows, double=model.header.strand == "double")
    return hypothetical, errors


def refuse_method(model: LoadedModel, method: str) -> None:
    """Raise `BundleError` for a network that a method does not support; refuse a baseline.

    Integrated gradients were not validated for encoders for which interpolated sequences may be out of
    distribution.  Operations without a rule of DeepLIFT are refused when the network calls them.
    """
    require_network(model.network, model.path)
    encoder = model.header.encoder
    if method == "integrated-gradients" and encoder not in SMOOTH_PATHS:
        reason = f"it was tested with {' and '.join(SMOOTH_PATHS)} only"
        raise BundleError(_not_for(method, encoder, reason, "deepshap or ism"))


def integrated_gradients(model: LoadedModel, x: Tensor, references: Tensor, target: int) -> Tensor:
    """Return the mean gradients on the paths from references to sequences, (B, 4, L).

    Sundararajan et al. 2017, doi:10.48550/arXiv.1703.01365; the gradients are those of `PATH_POINTS`
    midpoints of the straight path.
    """
    middles = (torch.arange(PATH_POINTS, device=x.device) + 0.5) / PATH_POINTS
    means = []
    parts = (torch.split(batch, _BATCH // PATH_POINTS) for batch in (x, references))
    for ends, begins in zip(*parts, strict=True):
        path = begins[:, None] + middles[:, None, None] * (ends - begins)[:, None]  # (B, PATH_POINTS, 4, L)
        points = path.flatten(0, 1).requires_grad_()
        y_hat = model(points)[:, target]
        means.append(torch.autograd.grad(y_hat.sum(), points)[0].view(path.shape).mean(1))
    return torch.cat(means)


def deeplift(model: LoadedModel, x: Tensor, references: Tensor, target: int) -> Tensor:
    """Return the multipliers of DeepLIFT, (B, 4, L); raise `BundleError` for a network without a rule."""
    try:
        return multipliers(model, x, references, target)
    except OperationError as error:
        reason = f"there is no rule for its operation {error}"
        raise BundleError(_not_for("deepshap", model.header.encoder, reason, "ism")) from error


def _averaged(
    method: PairMethod, model: LoadedModel, x: Tensor, references: Tensor, target: int
) -> np.ndarray:
    """Return the contribution of each base in place of that of the references, float64 (N, 4, L)."""
    sequences = x[:, None].expand_as(references)  # (N, R, 4, L)
    flat = method(model, sequences.flatten(0, 1), references.flatten(0, 1), target)
    factors = flat.view(references.shape)
    changes = factors - (factors * references).sum(2, keepdim=True)
    return changes.mean(1).cpu().double().numpy()


def _differences(model: LoadedModel, x: Tensor, references: Tensor, target: int) -> np.ndarray:
    """Return the predictions of sequences minus the mean predictions of their references, float64 (N,)."""
    y_hat = predict_one_hot(model.regressor, torch.cat([x, references.flatten(0, 1)]))[:, target]
    y_hat = y_hat.astype(np.float64)
    return np.asarray(y_hat[: len(x)] - y_hat[len(x) :].reshape(len(x), -1).mean(1))


def _with_references(rows: Rows, model: LoadedModel, seed: int) -> tuple[Tensor, Tensor]:
    """Return the one-hot columns of rows (N, 4, L) and of their shuffled references (N, R, 4, L)."""
    ambiguity, device = model.header.layout.ambiguity, model.regressor.device
    shuffled = [
        shuffle_rows(rows.take(np.full(N_REFERENCES, n)), shuffle_dinucleotides, seed=seed + n)
        for n in range(len(rows))
    ]
    references = torch.stack([row.one_hot(ambiguity) for row in shuffled])
    return rows.one_hot(ambiguity).to(device), references.to(device)


def _not_for(method: str, encoder: str, reason: str, remedy: str) -> str:
    """Return the message for a model that a method does not support."""
    return f"{method}: not for this {encoder} model: {reason}; use --method {remedy}"
