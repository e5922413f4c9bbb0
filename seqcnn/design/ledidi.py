"""Candidates by gradient-based editing (ledidi, Schreiber & Lu 2020, doi:10.1101/2020.05.21.109686).

They are the first candidates of an evolution, which then satisfies all constraints.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from seqcnn.design.evolution import SearchSpace
from seqcnn.design.objective import Objective, rows_of
from seqcnn.errors import UsageError
from seqcnn.extras import extra
from seqcnn.interpret.attribution.sample import one_hot_rows
from seqcnn.model.inference.trained_model import LoadedModel

N_CANDIDATES = 32
"""Number of sequences to sample per step, and to return."""

STEPS = 300
"""Maximum number of steps of the optimization."""

EDIT_COST = 0.02
"""Loss per edit, in the units of the target."""


class _Quantity(nn.Module):
    """The wanted quantity as a network with one output, (N, 4, L) -> (N, 1)."""

    def __init__(self, model: LoadedModel, objective: Objective) -> None:
        super().__init__()
        self.model, self.objective = model, objective

    def forward(self, x: Tensor) -> Tensor:
        """Predict the quantity for the given strand."""
        y_hat = self.model(x)  # (N, T)
        value = y_hat[:, self.objective.target]
        if self.objective.minus is not None:
            value = value - y_hat[:, self.objective.minus]
        return value.unsqueeze(1)


def ledidi_candidates(
    model: LoadedModel, objective: Objective, space: SearchSpace, rng: np.random.Generator
) -> np.ndarray:
    """Return edited sequences, uint8 (`N_CANDIDATES`, L); fixed positions stay, edits are not limited yet.

    Raises
    ------
    UsageError
        If the encoder is not `cnn`; for other encoders the gradients were not reliable.
    """
    if model.header.encoder != "cnn":
        raise UsageError(f"ledidi: needs the encoder cnn; found {model.header.encoder}; use --method evolve")
    rows = rows_of(model, space.start[None])
    first = int(rows.start[0])
    x = one_hot_rows(model, rows)  # (1, 4, L)
    fixed = torch.ones(x.shape[2], dtype=torch.bool)
    fixed[torch.from_numpy(space.editable) + first] = False
    sign = {"maximize": -1.0, "minimize": 1.0, "to": 0.0}[objective.goal]

    def loss(y_hat: Tensor, desired: Tensor) -> Tensor:
        """Return the loss of predictions (N, 1)."""
        return sign * y_hat.mean() if sign else (y_hat - desired).square().mean()

    edited = extra("ledidi").ledidi(
        _Quantity(model, objective), x, torch.full((1, 1), objective.value), device="cpu", l=EDIT_COST,
        output_loss=loss, batch_size=N_CANDIDATES, max_iter=STEPS, input_mask=fixed, verbose=False,
        random_state=int(rng.integers(2**31)),
    )  # fmt: skip
    codes = edited.detach().argmax(1).numpy().astype(np.uint8)  # (N_CANDIDATES, L of the window)
    return np.asarray(codes[:, first : first + len(space.start)])
