"""Networks of random weights, and random sequences for them."""

import numpy as np
import torch

from seqcnn.model.inference.trained_model import LoadedModel
from seqcnn.model.network.bundle import build
from seqcnn.model.network.header import Header
from seqcnn.sequence.onehot import pack
from seqcnn.sequence.window import Layout


def untrained(encoder="cnn", seed=0, length=30, strand="single", **changes):
    """A model of random weights and random batch norms, with two targets."""
    layout = changes.pop("layout", None) or Layout(length)
    fields = {name: changes.pop(name) for name in ("members", "link", "predicts_noise") if name in changes}
    header = Header(
        seqcnn_version="0", torch_version="0", encoder=encoder, args=changes,
        **{"link": "identity"} | fields, strand=strand, layout=layout, min_length=1, targets=("a", "b"),
        units=("", ""), training={}, training_sha256="0" * 64, inputs={}, split="",
        split_sizes={}, metrics={},
    )  # fmt: skip
    torch.manual_seed(seed)
    network = build(header).eval()
    for name, buffer in network.named_buffers():
        if "running" in name or name.endswith("target_scale"):
            buffer.copy_(0.5 + torch.rand_like(buffer))
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):  # some channels upside down
            module.weight.data.copy_(torch.randn_like(module.weight))
            module.bias.data.copy_(torch.randn_like(module.bias))
    return LoadedModel(network, header).eval()


def sequences(n, length, *, shortest=None, letters="ACGT", seed=0):
    rng = np.random.default_rng(seed)
    sizes = rng.integers(shortest or length, length + 1, n)
    return [pack("".join(rng.choice(list(letters), size))) for size in sizes]
