"""Which windows of a genome a model can predict: their size, and how many ambiguous bases they may hold."""

from __future__ import annotations

from seqcnn.errors import UsageError
from seqcnn.model.inference.predictions import MAX_AMBIGUOUS
from seqcnn.model.inference.trained_model import LoadedModel
from seqcnn.sequence.onehot import UNAMBIGUOUS


def window_size(model: LoadedModel, window_bp: int | None) -> int:
    """Return the number of bp of a genome in a window.

    Parameters
    ----------
    window_bp
        Size that the user gave; None fills the model's window.

    Raises
    ------
    UsageError
        If the model was not trained on sequences of this length.
    """
    header = model.header
    size = header.layout.length if window_bp is None else window_bp
    if not header.min_length <= size <= header.layout.length:
        raise UsageError(f"window of {size} bp; the model was trained on sequences of {header.lengths}")
    return size


def too_ambiguous(window: bytes) -> bool:
    """Return whether more than `MAX_AMBIGUOUS` of the packed bases of a window are ambiguous."""
    return len(window) - sum(map(window.count, UNAMBIGUOUS)) > MAX_AMBIGUOUS * len(window)
