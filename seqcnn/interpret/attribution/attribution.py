"""Attributions: the contribution of each base of a sequence to its prediction.

*Hypothetical* attributions (N, 4, L) are those of all four bases at each position; *projected* ones are those
of the base of the sequence, 0 for the others.  Units are those of the target.

- `ism`: the prediction with a base minus the mean prediction with the three other bases.
- `integrated-gradients`, `deepshap`: see `seqcnn.interpret.attribution.references`.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from seqcnn.errors import BundleError
from seqcnn.interpret.attribution.ism import ism
from seqcnn.interpret.attribution.references import deeplift, explain, integrated_gradients, refuse_method
from seqcnn.model.inference.trained_model import LoadedModel
from seqcnn.sequence.onehot import PACKED_BASES
from seqcnn.sequence.strands import insert_mask
from seqcnn.sequence.window import Rows

Method = Literal["ism", "integrated-gradients", "deepshap"]

METHODS: tuple[Method, ...] = get_args(Method)


def attributions(
    model: LoadedModel, rows: Rows, *, method: Method = "ism", target: int = 0, seed: int = 1
) -> tuple[np.ndarray, np.ndarray | None]:
    """Attribute the predictions of one target to the bases of the inserts.

    Parameters
    ----------
    model
        Any trained model for `ism`; a network for `deepshap`; `integrated-gradients` supports the encoders
        cnn and mlp only.
    rows
        N sequences in the window of the model.
    method
        One of `METHODS`.
    target
        Index of the target.
    seed
        Random seed of the shuffled references of the other methods than `ism`.

    Returns
    -------
    Hypothetical attributions float32 (N, 4, L), 0 outside the inserts; and the absolute deviation of the sum
    of the projected attributions from the prediction minus that of the references, (N,), or None for `ism`,
    which is not complete.

    Raises
    ------
    BundleError
        If the method does not fit the model, or its attributions are not finite.
    """
    if method == "ism":
        values = ism(model, rows, target=target).astype(np.float64)
        contributions, errors = (values - values.mean(1, keepdims=True)) * 4 / 3, None
    else:
        refuse_method(model, method)
        pair_method = integrated_gradients if method == "integrated-gradients" else deeplift
        contributions, errors = explain(model, rows, pair_method, target=target, seed=seed)
        if not np.isfinite(contributions).all():
            raise BundleError(f"{method}: attributions of this model are not finite; use --method ism")
    hypothetical: np.ndarray = np.where(insert_mask(rows)[:, None], contributions, 0).astype(np.float32)
    return hypothetical, errors


def one_hot_of(rows: Rows) -> np.ndarray:
    """Return uint8 (N, 4, L): 1 for the base of the sequence; all 0 at ambiguous bases and padding."""
    return (rows.bases[:, None] == PACKED_BASES[:, None]).astype(np.uint8)


def projected(hypothetical: np.ndarray, rows: Rows) -> np.ndarray:
    """Return the attributions of the bases of the sequences, 0 for the others, float32 (N, 4, L)."""
    return np.asarray(hypothetical * one_hot_of(rows).astype(np.float32))
