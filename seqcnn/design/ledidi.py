"""Candidates by gradients: edits that a network itself asks for (ledidi, Schreiber & Lu 2020,
doi:10.1101/2020.05.21.109686).  They are the first candidates of the search that then obeys all demands.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from seqcnn.design.evolution import Start
from seqcnn.design.objective import Objective, rows_of
from seqcnn.errors import UsageError
from seqcnn.extras import extra
from seqcnn.interpret.attribution.sample import one_hot_rows
from seqcnn.model.inference.trained_model import Model

BATCH = 32
"""Sequences that are drawn at a time, and given back."""

STEPS = 300
"""Most steps of the optimisation."""

EDIT_COST = 0.02
"""Loss of one edit, in the units of the target."""


class _Quantity(nn.Module):
    """The wanted quantity as a network of one output, (N, 4, L) -> (N, 1)."""

    def __init__(self, model: Model, objective: Objective) -> None:
        super().__init__()
        self.model, self.objective = model, objective

    def forward(self, x: Tensor) -> Tensor:
        """Predict the quantity of the strand as given."""
        y = self.model(x)
        value: Tensor = y[:, self.objective.target]
        if self.objective.minus is not None:
            value = value - y[:, self.objective.minus]
        return value.unsqueeze(1)


def gradient_candidates(
    model: Model, objective: Objective, start: Start, rng: np.random.Generator
) -> np.ndarray:
    """Draw edited sequences, uint8 (n, L); fixed positions stay, the number of edits is not bounded yet.

    Raises
    ------
    UsageError
        If the encoder is not `cnn`: through others gradients lead astray.
    """
    if model.header.encoder != "cnn":
        raise UsageError(f"ledidi: serves the encoder cnn; found {model.header.encoder}; use --method evolve")
    rows = rows_of(model, start.seed[None])
    first = int(rows.start[0])
    x = one_hot_rows(model, rows)
    still = torch.ones(x.shape[2], dtype=torch.bool)
    still[torch.from_numpy(start.free) + first] = False
    sign = {"maximize": -1.0, "minimize": 1.0, "to": 0.0}[objective.goal]

    def loss(y_hat: Tensor, wanted: Tensor) -> Tensor:
        """Return what is to become small."""
        return sign * y_hat.mean() if sign else (y_hat - wanted).square().mean()

    drawn = extra("ledidi").ledidi(
        _Quantity(model, objective), x, torch.full((1, 1), objective.value), device="cpu", l=EDIT_COST,
        output_loss=loss, batch_size=BATCH, max_iter=STEPS, input_mask=still, verbose=False,
        random_state=int(rng.integers(2**31)),
    )  # fmt: skip
    codes: np.ndarray = drawn.detach().argmax(1).numpy().astype(np.uint8)
    return codes[:, first : first + len(start.seed)]
