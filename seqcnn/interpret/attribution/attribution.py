"""Attributions: how much each base of a sequence adds to its prediction.

A *hypothetical* attribution (N, 4, L) is that of a base at a position, be it there or not; the
*projected* one is that of the base that is there, 0 for the others.  In the units of the target.

- `ism`: the prediction with that base less the mean prediction with the three others, every mutant predicted.
- `integrated-gradients`, `deepshap`: see `seqcnn.interpret.attribution.references`.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from seqcnn.interpret.attribution.ism import ism
from seqcnn.interpret.attribution.references import deeplift, explain, integrated_gradients, refuse
from seqcnn.model.inference.trained_model import Model
from seqcnn.sequence.onehot import PACKED_BASES
from seqcnn.sequence.strands import insert_mask
from seqcnn.sequence.window import Rows

Method = Literal["ism", "integrated-gradients", "deepshap"]

METHODS: tuple[Method, ...] = get_args(Method)


def attributions(
    model: Model, rows: Rows, *, method: Method = "ism", target: int = 0, seed: int = 1
) -> tuple[np.ndarray, np.ndarray | None]:
    """Attribute the predictions of one target to the bases of the inserts.

    Parameters
    ----------
    model
        Any trained model for `ism`; the gradient methods explain the encoders cnn and mlp only.
    rows
        N sequences laid into the model's window.
    method
        One of `METHODS`.
    target
        Number of the target, from 0.
    seed
        Of the shuffled references of the gradient methods.

    Returns
    -------
    Hypothetical attributions float32 (N, 4, L), 0 outside the inserts; and by how much the sum of those
    of each sequence's own bases misses the prediction less that of its references, (N,), or
    None for `ism`, which has no such sum.

    Raises
    ------
    BundleError
        If the method does not fit the model.
    """
    if method == "ism":
        values = ism(model, rows, target=target).astype(np.float64)
        found, misses = (values - values.mean(1, keepdims=True)) * 4 / 3, None
    else:
        refuse(model, method)
        explained = integrated_gradients if method == "integrated-gradients" else deeplift
        found, misses = explain(model, rows, explained, target=target, seed=seed)
    hypothetical: np.ndarray = np.where(insert_mask(rows)[:, None], found, 0).astype(np.float32)
    return hypothetical, misses


def one_hot_of(rows: Rows) -> np.ndarray:
    """Return uint8 (N, 4, L): 1 for the base that is there; no 1 where it is ambiguous, or padding."""
    found: np.ndarray = (rows.bases[:, None] == PACKED_BASES[:, None]).astype(np.uint8)
    return found


def projected(hypothetical: np.ndarray, rows: Rows) -> np.ndarray:
    """Return the attributions of the bases that are there, float32 (N, 4, L)."""
    found: np.ndarray = hypothetical * one_hot_of(rows).astype(np.float32)
    return found
