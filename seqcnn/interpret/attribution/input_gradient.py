"""Hypothetical attributions by the gradient of the prediction with respect to the input."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from seqcnn.model.inference.trained_model import LoadedModel

_BLOCK = 256


def corrected_gradient(model: LoadedModel, x: Tensor, *, target: int) -> np.ndarray:
    """Return the gradient of a prediction minus its mean over the bases, float32 (N, 4, L).

    The subtraction removes the component off the simplex of one-hot sequences (Majdandzic et al. 2023,
    doi:10.1186/s13059-023-02956-3).
    """
    parts = []
    for part in torch.split(x, _BLOCK):
        copy = part.to(model.regressor.device, copy=True).requires_grad_(True)
        (gradient,) = torch.autograd.grad(model(copy)[:, target].sum(), copy)
        parts.append((gradient - gradient.mean(1, keepdim=True)).cpu().numpy())
    return np.concatenate(parts)
