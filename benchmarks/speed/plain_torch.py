"""Baselines of the speed tables: plain scripts with torch, Biopython and pandas."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

BATCHES = (32, 64, 128, 256)
"""Batch sizes of the baseline; the best one counts."""


def network() -> nn.Sequential:
    """Return the reference network: 1-D convolutions, each with ReLU and max pooling."""
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv1d(4, 128, 13, padding=6), nn.ReLU(), nn.MaxPool1d(2),
        nn.Conv1d(128, 64, 7, padding=3), nn.ReLU(), nn.MaxPool1d(2),
        nn.Flatten(), nn.Linear(64 * 50, 64), nn.ReLU(), nn.Linear(64, 1),
    ).eval()  # fmt: skip


def one_hot(sequence: str) -> np.ndarray:
    """Encode one sequence (4, L) with one comparison per base."""
    letters = np.frombuffer(sequence.encode(), np.uint8)
    return (letters == np.frombuffer(b"ACGT", np.uint8)[:, None]).astype(np.float32)


def predict_in_batches(model: nn.Module, x: Tensor, batch: int) -> Tensor:
    """Predict one-hot (N, 4, L)."""
    with torch.inference_mode():
        return torch.cat([model(part) for part in x.split(batch)])


def predict_file(fasta: Path, output: Path, model: nn.Module, *, batch: int) -> None:
    """Read with Biopython, encode record by record, predict, write with pandas."""
    import pandas as pd
    from Bio import SeqIO

    names, sequences = zip(*((r.id, str(r.seq)) for r in SeqIO.parse(fasta, "fasta")), strict=True)
    x = torch.from_numpy(np.stack([one_hot(sequence) for sequence in sequences]))
    y_hat = predict_in_batches(model, x, batch).squeeze(1).numpy()
    pd.DataFrame({"id": names, "prediction": y_hat}).to_csv(output, sep="\t", index=False)


def train(model: nn.Module, x: Tensor, y: Tensor, *, batch: int, epochs: int = 1) -> None:
    """Train with AdamW and the mean squared error on one-hot sequences in memory."""
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    for _ in range(epochs):
        for at in torch.randperm(len(x)).split(batch):
            optimizer.zero_grad()
            nn.functional.mse_loss(model(x[at]), y[at]).backward()
            optimizer.step()


def ism(model: nn.Module, x: Tensor, batch: int) -> Tensor:
    """Predict every single-base mutant of one-hot (4, L) in full."""
    at = torch.nonzero(x == 0)  # (3 L, 2)
    mutants = x.repeat(len(at), 1, 1)
    row = torch.arange(len(at))
    mutants[row, :, at[:, 1]] = 0
    mutants[row, at[:, 0], at[:, 1]] = 1
    return predict_in_batches(model, mutants, batch)
