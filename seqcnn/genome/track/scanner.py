"""Predict every window along a sequence, on the given strand."""

from __future__ import annotations

import numpy as np
import torch

from seqcnn.model.inference.batches import predict_members
from seqcnn.model.inference.shared_windows import SharedWindows
from seqcnn.model.inference.trained_model import LoadedModel
from seqcnn.sequence.complement import COMPLEMENTS
from seqcnn.sequence.onehot import expand
from seqcnn.sequence.window import Layout, Rows

_BATCH = 256  # windows per forward pass


class Scanner:
    """Predicts one target of windows of `size` bp, every `stride` bp.

    If windows overlap enough and the network is convolutional, its layers are computed once along the
    sequence; see `seqcnn.model.inference.shared_windows`.
    """

    def __init__(self, model: LoadedModel, size: int, *, stride: int = 1, target: int = 0) -> None:
        self.model, self.size, self.stride, self.target = model, size, stride, target
        model.network.eval()
        self.shared: list[SharedWindows] = []
        if model.is_convolutional and size == model.header.layout.length:
            shared = [SharedWindows(member) for member in model.regressor.members]
            self.shared = shared if shared[0].saving > stride else []

    def values(self, bases: np.ndarray) -> np.ndarray:
        """Predict the n windows of packed bases, uint8 (B,), from the 5' end: float64 (n,)."""
        return self._shared(bases) if self.shared else self._predict_separately(bases)

    def reverse_strand_values(self, bases: np.ndarray) -> np.ndarray:
        """Predict the reverse complement of the same windows, in the order of `values`."""
        used = bases[: (self._count(bases) - 1) * self.stride + self.size]
        return self.values(COMPLEMENTS[used[::-1]])[::-1]

    def _count(self, bases: np.ndarray) -> int:
        """Return the number of windows."""
        return (len(bases) - self.size) // self.stride + 1

    def _predict_separately(self, bases: np.ndarray) -> np.ndarray:
        """Predict every window separately."""
        header = self.model.header.model_copy(update={"strand": "single"})
        windows = np.lib.stride_tricks.sliding_window_view(bases, self.size)[:: self.stride]
        rows = laid_out(windows, header.layout)
        return predict_members(self.model.network, header, rows, flag_ood=False).mean[:, self.target]

    def _shared(self, bases: np.ndarray) -> np.ndarray:
        """Predict every window from the features that overlapping windows share."""
        device = next(self.model.parameters()).device
        starts = torch.arange(self._count(bases), device=device) * self.stride
        packed = torch.from_numpy(bases.copy()).to(device).unsqueeze(0)
        x, members = expand(packed, self.model.header.layout.ambiguity)[0], []
        with torch.inference_mode():
            for network in self.shared:
                running = network.running(x)
                parts = [network.predict(running, part) for part in torch.split(starts, _BATCH)]
                members.append(torch.cat(parts)[:, self.target].cpu().double().numpy())
        return np.asarray(np.mean(members, axis=0))


def laid_out(windows: np.ndarray, layout: Layout) -> Rows:
    """Lay packed windows of one size, uint8 (n, size), into a layout, as `Layout.rows` does."""
    n, size = windows.shape
    row, start, _ = layout.place(b"\x01" * size)
    bases = np.tile(np.frombuffer(row, np.uint8), (n, 1))
    bases[:, start : start + size] = windows
    return Rows(bases, np.full(n, start, np.int32), np.full(n, size, np.int32))
