"""Attributions by gradients: integrated gradients, and DeepLIFT/SHAP.

Both explain the difference between a sequence and references: its insert shuffled with all counts of
two neighbours kept.  They add up: the attributions of a sequence's own bases sum to its prediction less the
mean prediction of the references, which is measured, not assumed.
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
from seqcnn.model.inference.trained_model import Model
from seqcnn.sequence.shuffle import shuffle_dinucleotides, shuffle_rows
from seqcnn.sequence.strands import average_strands
from seqcnn.sequence.window import Layout, Rows

REFERENCES = 20
"""Shuffles of each sequence."""

ENCODERS_THAT_ADD_UP = ("cnn", "mlp")

STEPS = 64
"""Points of the path from a reference to the sequence."""

_POINTS = 256  # that are computed at once

Explain = Callable[[Model, Tensor, Tensor, int], Tensor]
"""Model, one-hot (4, L), references (R, 4, L), target -> hypothetical attributions (4, L)."""


def explain(
    model: Model, rows: Rows, method: Explain, *, target: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Explain every row.

    Parameters
    ----------
    model
        A model whose layers add up; see `refuse`.
    rows
        N sequences laid into its window; a double-stranded assay's are read from both strands.
    method
        `integrated_gradients` or `deeplift`.
    target, seed
        Number of the target, from 0; seed of the shuffles.

    Returns
    -------
    Hypothetical attributions float64 (N, 4, L), in the units of the target; and by how much the sum of those
    of a sequence's own bases misses the difference that it should be, (N,).
    """
    misses = np.zeros(len(rows))

    def one_strand(part: Rows) -> np.ndarray:
        """Explain rows as they are read, and note by how much each sum misses."""
        found = np.zeros((len(part), 4, part.bases.shape[1]))
        for n in range(len(part)):
            row = part.take(np.array([n]))
            x, references = _with_references(row, model, seed + n)
            found[n] = method(model, x, references, target).double().cpu().numpy()
            y_hat = model.predict(torch.cat([x[None], references]))[:, target].astype(np.float64)
            miss = (found[n] * x.cpu().numpy()).sum() - (y_hat[0] - y_hat[1:].mean())
            misses[n] = max(misses[n], abs(miss))
        return found

    found = average_strands(one_strand, rows, double=model.header.strand == "double")
    return found, misses


def refuse(model: Model, method: str) -> None:
    """Raise `BundleError` for a model that a gradient method does not explain.

    DeepLIFT's rules do not add up over the gates of a recurrence and over attention; integrated gradients do,
    but whether mixtures of two sequences mean anything to such an encoder is not known.
    """
    encoder, link = model.header.encoder, model.header.link
    if method == "deepshap" and encoder not in ENCODERS_THAT_ADD_UP:
        reason = "its attributions do not add up to the prediction over gates and attention"
    elif encoder not in ENCODERS_THAT_ADD_UP:
        reason = f"it was tested with {' and '.join(ENCODERS_THAT_ADD_UP)} only"
    elif method == "deepshap" and link == "log":
        reason = "its Poisson loss predicts an exponential, for which DeepLIFT has no rule"
    else:
        return
    raise BundleError(f"{method}: not for this {encoder} model: {reason}; use --method ism")


def integrated_gradients(model: Model, x: Tensor, references: Tensor, target: int) -> Tensor:
    """Average the gradient along straight paths (Sundararajan et al. 2017, doi:10.48550/arXiv.1703.01365)."""
    middles = (torch.arange(STEPS, device=x.device) + 0.5) / STEPS
    total = torch.zeros_like(x)
    for part in torch.split(references, max(1, _POINTS // STEPS)):
        path = part[:, None] + middles[:, None, None] * (x - part)[:, None]  # (R, STEPS, 4, L)
        points = path.flatten(0, 1).requires_grad_()
        y_hat = model(points)[:, target]
        multipliers = torch.autograd.grad(y_hat.sum(), points)[0].view(path.shape).mean(1)
        total += _hypothetical(multipliers, part).sum(0)
    return total / len(references)


def deeplift(model: Model, x: Tensor, references: Tensor, target: int) -> Tensor:
    """Explain by DeepLIFT's rescale rule, as tangermeme does (Shrikumar et al. 2017, PMLR 70:3145)."""
    library = extra("tangermeme.deep_lift_shap")
    with warnings.catch_warnings():  # of N and padding, which are no one-hot; and of what `explain` measures
        warnings.simplefilter("ignore", extra("tangermeme.utils").TangermemeWarning)
        warnings.filterwarnings("ignore", "Convergence deltas", RuntimeWarning)
        multipliers = library.deep_lift_shap(
            model, x[None], target=target, references=references[None], device=x.device,
            raw_outputs=True, only_warn=True, batch_size=_POINTS,
            additional_nonlinear_ops={Exponential: library._nonlinear},
        )  # fmt: skip
    found: Tensor = _hypothetical(multipliers[0].to(x.device), references).mean(0)
    return found


def _hypothetical(multipliers: Tensor, references: Tensor) -> Tensor:
    """Return what each base in place of the reference's adds, (R, 4, L)."""
    return multipliers - (multipliers * references).sum(1, keepdim=True)


def _with_references(row: Rows, model: Model, seed: int) -> tuple[Tensor, Tensor]:
    """Return a row's one-hot (4, L), and those of its shuffles (R, 4, L)."""
    layout, device = model.header.layout, next(model.parameters()).device
    shuffled = shuffle_rows(row.take(np.zeros(REFERENCES, int)), shuffle_dinucleotides, seed=seed)
    return _one_hot(row, layout).to(device)[0], _one_hot(shuffled, layout).to(device)


def _one_hot(rows: Rows, layout: Layout) -> Tensor:
    return rows.one_hot(layout.ambiguity)
