"""Gradient attributions relative to shuffled references: integrated gradients and DeepLIFT/SHAP.

Both attribute the difference between a sequence and references, its insert with shuffled dinucleotides
(DeepSHAP averages DeepLIFT over references; Lundberg & Lee 2017, doi:10.48550/arXiv.1705.07874).  They are
complete: the attributions of the bases of a sequence sum to its prediction minus the mean prediction of the
references.  The deviation is computed and reported.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from seqcnn.encoders.cnn import Exponential
from seqcnn.errors import BundleError
from seqcnn.extras import extra
from seqcnn.model.inference.batches import predict_one_hot
from seqcnn.model.inference.trained_model import LoadedModel
from seqcnn.model.network.kmer_baseline import require_network
from seqcnn.sequence.shuffle import shuffle_dinucleotides, shuffle_rows
from seqcnn.sequence.strands import average_strands
from seqcnn.sequence.window import Layout, Rows

N_REFERENCES = 20
"""Number of shuffled references per sequence."""

ADDITIVE_ENCODERS = ("cnn", "mlp")
"""Encoders for which the attributions were tested to be complete."""

PATH_POINTS = 64
"""Number of points on the path from a reference to the sequence."""

_BATCH = 256  # points per forward pass

AttributionMethod = Callable[[LoadedModel, Tensor, Tensor, int], Tensor]
"""Model, one-hot (4, L), references (R, 4, L), target -> hypothetical attributions (4, L)."""


def explain(
    model: LoadedModel, rows: Rows, method: AttributionMethod, *, target: int, seed: int
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
        for n in range(len(part)):
            row = part.take(np.array([n]))
            x, references = _with_references(row, model, seed + n)
            hypothetical[n] = method(model, x, references, target).cpu().double().numpy()
            x_all = torch.cat([x[None], references])
            y_hat = predict_one_hot(model.regressor, x_all)[:, target].astype(np.float64)
            error = (hypothetical[n] * x.cpu().numpy()).sum() - (y_hat[0] - y_hat[1:].mean())
            errors[n] = max(errors[n], abs(error))
        return hypothetical

    hypothetical = average_strands(one_strand, rows, double=model.header.strand == "double")
    return hypothetical, errors


def refuse_method(model: LoadedModel, method: str) -> None:
    """Raise `BundleError` for a network that a gradient method does not support; refuse a baseline.

    The rules of DeepLIFT are not complete for gated recurrences and attention; integrated gradients are,
    but were not validated for encoders for which interpolated sequences may be out of distribution.
    """
    require_network(model.network, model.path)
    encoder, link = model.header.encoder, model.header.link
    if method == "deepshap" and encoder not in ADDITIVE_ENCODERS:
        reason = "its attributions do not sum to the prediction through gates and attention"
    elif encoder not in ADDITIVE_ENCODERS:
        reason = f"it was tested with {' and '.join(ADDITIVE_ENCODERS)} only"
    elif method == "deepshap" and link == "log":
        reason = "its Poisson loss predicts an exponential, for which DeepLIFT has no rule"
    else:
        return
    raise BundleError(f"{method}: not for this {encoder} model: {reason}; use --method ism")


def integrated_gradients(model: LoadedModel, x: Tensor, references: Tensor, target: int) -> Tensor:
    """Return integrated gradients (Sundararajan et al. 2017, doi:10.48550/arXiv.1703.01365), (4, L).

    The gradient is averaged over `PATH_POINTS` midpoints of the straight path from each reference to `x`.
    """
    middles = (torch.arange(PATH_POINTS, device=x.device) + 0.5) / PATH_POINTS
    total = torch.zeros_like(x)
    for part in torch.split(references, max(1, _BATCH // PATH_POINTS)):
        path = part[:, None] + middles[:, None, None] * (x - part)[:, None]  # (R, PATH_POINTS, 4, L)
        points = path.flatten(0, 1).requires_grad_()
        y_hat = model(points)[:, target]
        multipliers = torch.autograd.grad(y_hat.sum(), points)[0].view(path.shape).mean(1)
        total += _hypothetical(multipliers, part).sum(0)
    return total / len(references)


def deeplift(model: LoadedModel, x: Tensor, references: Tensor, target: int) -> Tensor:
    """Return attributions by the rescale rule of DeepLIFT, (4, L), computed by tangermeme.

    Shrikumar et al. 2017, doi:10.48550/arXiv.1704.02685.
    """
    library = extra("tangermeme.deep_lift_shap")
    with (
        warnings.catch_warnings()
    ):  # columns of N and padding are not one-hot; `explain` reports deviations itself
        warnings.simplefilter("ignore", extra("tangermeme.utils").TangermemeWarning)
        warnings.filterwarnings("ignore", "Convergence deltas", RuntimeWarning)
        multipliers = library.deep_lift_shap(
            model, x[None], target=target, references=references[None], device=x.device,
            raw_outputs=True, only_warn=True, batch_size=_BATCH,
            additional_nonlinear_ops={Exponential: library._nonlinear},
        )  # fmt: skip
    return _hypothetical(multipliers[0].to(x.device), references).mean(0)


def _hypothetical(multipliers: Tensor, references: Tensor) -> Tensor:
    """Return the contribution of each base in place of that of the reference, (R, 4, L)."""
    return multipliers - (multipliers * references).sum(1, keepdim=True)


def _with_references(row: Rows, model: LoadedModel, seed: int) -> tuple[Tensor, Tensor]:
    """Return the one-hot columns of a row (4, L) and of its shuffled references (R, 4, L)."""
    layout, device = model.header.layout, next(model.parameters()).device
    shuffled = shuffle_rows(row.take(np.zeros(N_REFERENCES, int)), shuffle_dinucleotides, seed=seed)
    return _one_hot(row, layout).to(device)[0], _one_hot(shuffled, layout).to(device)


def _one_hot(rows: Rows, layout: Layout) -> Tensor:
    return rows.one_hot(layout.ambiguity)
