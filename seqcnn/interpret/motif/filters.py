"""First convolution of a network -> motifs: the subsequences that activate each filter.

The response of a filter is the output of its convolution above the mean that batch normalization subtracts.
A site is a subsequence whose response is above half of the largest response in any sequence (DeepBind,
Alipanahi et al. 2015, doi:10.1038/nbt.3300; Basset, Kelley et al. 2016, doi:10.1101/gr.200535.115, use half
of the largest activation).  Only subsequences inside the insert count, because the flanks are the same in
every sequence.  For filters that are tied to their reverse complement the given orientation counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.lib.stride_tricks import sliding_window_view
from torch import Tensor, nn

from seqcnn.encoders.cnn import Exponential, ReverseComplementFilters
from seqcnn.encoders.imported.encoder import ImportedEncoder
from seqcnn.encoders.imported.first_layer import first_convolution
from seqcnn.errors import UsageError
from seqcnn.interpret.attribution.sample import Sample
from seqcnn.interpret.motif.ablation import filter_effects
from seqcnn.interpret.motif.motif import LearnedMotif, frequencies
from seqcnn.model.inference.trained_model import LoadedModel
from seqcnn.model.network.regressor import SequenceRegressor
from seqcnn.sequence.strands import insert_mask

ACTIVATION_THRESHOLD = 0.5
"""Response of a site, as a share of the largest response of the filter."""

MIN_SITES = 20
"""Minimum number of sites of a motif."""

MIN_RELATIVE_EFFECT = 0.01
"""Minimum SD of the effects of a filter, as a share of the largest in its network; others are left out."""


_BLOCK = 256


@dataclass(frozen=True, slots=True)
class FirstLayer:
    """The first convolution of a network and its activation."""

    convolution: nn.Conv1d | nn.Conv2d
    activation: nn.Module
    baseline: Tensor
    """(F,), the mean that batch normalization subtracts from the response, else 0.

    F is the number of filters; filters that are tied to their reverse complement have 2 F channels.
    """
    channel_axis: int = 1
    """Axis of the channels in the output of the activation."""

    @property
    def width(self) -> int:
        """Width of a filter in bp."""
        return int(self.convolution.kernel_size[-1])

    def responses(self, x: Tensor) -> Tensor:
        """Return the response of every filter at every start of x (N, 4, L), (N, F, L - width + 1)."""
        flat = isinstance(self.convolution, nn.Conv2d)
        output = self.convolution(x.unsqueeze(2)).squeeze(2) if flat else self.convolution(x)  # (N, C, L)
        pad = int(self.convolution.padding[-1])
        starts = x.shape[2] - self.width + 1
        # Without the padded ends, and of tied filters the given orientation only.
        return output[:, : len(self.baseline), pad : pad + starts] - self.baseline[:, None]


def first_layer(model: LoadedModel, member: SequenceRegressor) -> FirstLayer:
    """Return the first layer of a network.

    Raises
    ------
    UsageError
        If its encoder does not start with a convolution.
    """
    if isinstance(member.encoder, ImportedEncoder):
        return _imported_layer(member.encoder)
    convolutions = nn.Conv1d | nn.Conv2d
    layers = [
        layer
        for layer in member.encoder.modules()
        if isinstance(layer, convolutions) or not list(layer.children())
    ]
    first = layers[0] if layers else None
    if not isinstance(first, convolutions):
        raise _no_filters(f"encoder {model.header.encoder} does not start with a convolution")
    activation = next(i for i, layer in enumerate(layers) if isinstance(layer, nn.ReLU | Exponential))
    norms = [layer for layer in layers[:activation] if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d)]
    mean = norms[0].running_mean if norms else None
    baseline = torch.zeros(first.out_channels) if mean is None else mean.detach()
    tied = any(isinstance(module, ReverseComplementFilters) for module in first.modules())
    return FirstLayer(first, layers[activation], baseline[: len(baseline) // 2] if tied else baseline)


def _imported_layer(encoder: ImportedEncoder) -> FirstLayer:
    """Return the first layer of an imported network, as a convolution of (N, 4, L)."""
    if (first := first_convolution(encoder)) is None:
        raise _no_filters("the imported model does not start with a convolution over the four bases")
    filters, _, width = first.weight.shape
    conv = nn.Conv1d(4, filters, width, bias=first.bias is not None, device=first.weight.device)
    weights = {"weight": first.weight} | ({} if first.bias is None else {"bias": first.bias})
    conv.load_state_dict(weights)
    return FirstLayer(conv, first.activation, first.mean, first.channel_axis)


def _no_filters(reason: str) -> UsageError:
    """Return the error for a network without filters."""
    return UsageError(f"{reason}: it has no filters; search for patterns only (--no-filters)")


def used_filter_motifs(
    model: LoadedModel, x: Tensor, sample: Sample, *, target: int, min_sites: int
) -> list[LearnedMotif]:
    """Return the motifs of the filters that change predictions, of every network of the model."""
    members = model.regressor.members
    motifs = []
    for number, member in enumerate(members, start=1):
        layer = first_layer(model, member)
        prefix = f"m{number}_" if len(members) > 1 else ""
        effects = filter_effects(
            member, layer.activation, x, filters=len(layer.baseline), target=target,
            channel_axis=layer.channel_axis,
        )  # fmt: skip
        sd = effects.std(1)
        used = (sd > 0) & (sd >= MIN_RELATIVE_EFFECT * sd.max())
        for motif in filter_motifs(layer, x, sample, prefix=prefix, min_sites=min_sites):
            filter_ = int(motif.name.removeprefix(f"{prefix}filter")) - 1
            if used[filter_]:
                motifs.append(motif.with_effects(effects[filter_]))
    return motifs


def filter_motifs(
    layer: FirstLayer, x: Tensor, sample: Sample, *, prefix: str = "", min_sites: int = MIN_SITES
) -> list[LearnedMotif]:
    """Return the motifs of the filters of one network.

    Parameters
    ----------
    layer
        The first layer of the network.
    x
        One-hot batch (N, 4, L) of the sample.
    sample
        The sequences, with the positions of their inserts.
    prefix
        Prefix of the names `filter01`, ...
    least
        Minimum number of sites; filters with fewer have no motif.

    Returns
    -------
    Motifs in the order of the filters, without effects.
    """
    if layer.width > x.shape[2]:
        return []
    largest = torch.stack([r.flatten(2).amax((0, 2)) for _, r in _responses(layer, x, sample)]).amax(0)
    sites: list[list[np.ndarray]] = [[] for _ in largest]  # per filter: (row, start), (S, 2)
    for start, response in _responses(layer, x, sample):
        is_site = (response > ACTIVATION_THRESHOLD * largest[:, None]) & (largest[:, None] > 0)
        row, filter_, position = (i.numpy() for i in is_site.nonzero(as_tuple=True))
        for number in np.unique(filter_):
            of_filter = filter_ == number
            sites[number].append(np.stack([row[of_filter] + start, position[of_filter]], axis=1))
    windows = sliding_window_view(x.numpy(), layer.width, axis=2)  # (N, 4, starts, width)
    return [
        _motif(f"{prefix}filter{number + 1:02d}", np.concatenate(of_filter), windows, sample)
        for number, of_filter in enumerate(sites)
        if sum(map(len, of_filter)) >= min_sites
    ]


def _motif(name: str, sites: np.ndarray, windows: np.ndarray, sample: Sample) -> LearnedMotif:
    """Return the motif of the sites of a filter, row and start in the window, (S, 2)."""
    row, start = sites.T
    counts = windows[row, :, start].sum(0, dtype=np.float64)  # (4, width)
    return LearnedMotif(name, "filter", frequencies(counts), row, start - sample.rows.start[row])


def _responses(layer: FirstLayer, x: Tensor, sample: Sample) -> Iterator[tuple[int, Tensor]]:
    """Yield the first row and the responses of each block of rows; outside the inserts they are -inf."""
    inside = torch.from_numpy(insert_mask(sample.rows)).float().unsqueeze(1)
    whole = nn.functional.avg_pool1d(inside, layer.width, stride=1) > 1 - 0.5 / layer.width
    for start in range(0, len(x), _BLOCK):
        part = slice(start, start + _BLOCK)
        with torch.inference_mode():
            yield start, layer.responses(x[part]).masked_fill(~whole[part], -torch.inf)
