"""First layer of a network -> motifs: the subsequences that activate each filter.

A filter's response is its convolution's output above the mean that batch normalisation subtracts.  A site
is a subsequence with more than half of the largest response that any sequence gives (DeepBind, Alipanahi
2015, doi:10.1038/nbt.3300; Basset, Kelley 2016, doi:10.1101/gr.200535.115, half of the largest activation).
Only subsequences inside the insert count: the construct's flanks are the same in every sequence.
Of a filter that reads both strands the sites of the strand as given count.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.lib.stride_tricks import sliding_window_view
from torch import Tensor, nn

from seqcnn.encoders.cnn import Exponential, ReverseComplementFilters
from seqcnn.errors import UsageError
from seqcnn.interpret.attribution.sample import Sample
from seqcnn.interpret.motif.motif import FoundMotif, frequencies, no_effects
from seqcnn.model.inference.trained_model import Model
from seqcnn.model.network.regressor import SequenceRegressor
from seqcnn.sequence.strands import insert_mask

SHARE = 0.5
"""A site's response is above this share of the filter's largest."""

LEAST_SITES = 20
"""Filters with fewer sites have no motif."""

_BLOCK = 256


@dataclass(frozen=True, slots=True)
class FirstLayer:
    """The first convolution of a network, and the activation that its output goes through."""

    convolution: nn.Conv1d | nn.Conv2d
    activation: nn.Module
    zero: Tensor
    """(F,), the response that counts as none: the mean that batch normalisation subtracts, else 0.

    F filters; where they read both strands, the convolution has 2 F channels.
    """

    @property
    def width(self) -> int:
        """Width of a filter in bp."""
        return int(self.convolution.kernel_size[-1])

    def responses(self, x: Tensor) -> Tensor:
        """Return the response of every filter at every start of a window in x, (N, F, L - width + 1)."""
        flat = isinstance(self.convolution, nn.Conv2d)
        found = self.convolution(x.unsqueeze(2)).squeeze(2) if flat else self.convolution(x)
        pad = int(self.convolution.padding[-1])
        starts = x.shape[2] - self.width + 1
        shifted: Tensor = found[:, : len(self.zero), pad : pad + starts] - self.zero[:, None]
        return shifted


def first_layer(model: Model, member: SequenceRegressor) -> FirstLayer:
    """Return the first layer of a network.

    Raises
    ------
    UsageError
        If its encoder does not start with a convolution.
    """
    convolutions = nn.Conv1d | nn.Conv2d
    layers = [
        layer
        for layer in member.encoder.modules()
        if isinstance(layer, convolutions) or not list(layer.children())
    ]
    first = layers[0] if layers else None
    if not isinstance(first, convolutions):
        found = f"encoder {model.header.encoder} starts with no convolution, so it has no filters"
        raise UsageError(f"{found}; look for patterns alone (--no-filters)")
    until = next(i for i, layer in enumerate(layers) if isinstance(layer, nn.ReLU | Exponential))
    norms = [layer for layer in layers[:until] if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d)]
    mean = norms[0].running_mean if norms else None
    zero = torch.zeros(first.out_channels) if mean is None else mean.detach()
    both = any(isinstance(module, ReverseComplementFilters) for module in first.modules())
    return FirstLayer(first, layers[until], zero[: len(zero) // 2] if both else zero)


def filter_motifs(
    layer: FirstLayer, x: Tensor, sample: Sample, *, prefix: str = "", least: int = LEAST_SITES
) -> list[FoundMotif]:
    """Turn the filters of one network into motifs.

    Parameters
    ----------
    layer
        The network's first layer.
    x
        One-hot batch (N, 4, L) of the sample.
    sample
        Tells where the inserts are.
    prefix
        Stands before each name, `filter01` and so on.
    least
        Filters with fewer sites are left out.

    Returns
    -------
    In the order of the filters.
    """
    if layer.width > x.shape[2]:
        return []
    largest = torch.stack([r.flatten(2).amax((0, 2)) for _, r in _responses(layer, x, sample)]).amax(0)
    parts: list[list[np.ndarray]] = [[] for _ in largest]
    for start, response in _responses(layer, x, sample):
        hit = (response > SHARE * largest[:, None]) & (largest[:, None] > 0)
        n, f, at = (i.numpy() for i in hit.nonzero(as_tuple=True))
        for number in np.unique(f):
            chosen = f == number
            parts[number].append(np.stack([n[chosen] + start, at[chosen]], axis=1))
    windows = sliding_window_view(x.numpy(), layer.width, axis=2)  # (N, 4, starts, width)
    return [
        _motif(f"{prefix}filter{number + 1:02d}", np.concatenate(part), windows, sample)
        for number, part in enumerate(parts)
        if sum(map(len, part)) >= least
    ]


def _motif(name: str, sites: np.ndarray, windows: np.ndarray, sample: Sample) -> FoundMotif:
    """Count the bases of a filter's sites (rows and starts, (S, 2))."""
    row, at = sites.T
    counts = windows[row, :, at].sum(0, dtype=np.float64)  # (4, width)
    return FoundMotif(name, "filter", frequencies(counts), row, at - sample.rows.start[row], no_effects())


def _responses(layer: FirstLayer, x: Tensor, sample: Sample) -> Iterator[tuple[int, Tensor]]:
    """Yield the first row and the responses of each block, minus infinity outside the inserts."""
    inside = torch.from_numpy(insert_mask(sample.rows)).float().unsqueeze(1)
    whole = nn.functional.avg_pool1d(inside, layer.width, stride=1) > 1 - 0.5 / layer.width
    for start in range(0, len(x), _BLOCK):
        part = slice(start, start + _BLOCK)
        with torch.inference_mode():
            yield start, layer.responses(x[part]).masked_fill(~whole[part], -torch.inf)
