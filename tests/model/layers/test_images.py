"""Networks on images, which compute what they do on batches (N, C, L)."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from support.networks import sequences, untrained

from seqcnn.encoders import ENCODERS
from seqcnn.model.inference.batches import predict_members
from seqcnn.model.layers.images import as_images

LOCAL = [name for name, encoder in ENCODERS.items() if encoder.HAS_LOCAL_LAYERS]

ODD = {
    "alexnet": {"channels": [3, 4, 5, 4, 3], "kernel_sizes": [4, 2, 6, 3, 1], "hidden": [5]},
    "legnet": {"stem_channels": 4, "channels": [3, 5], "stem_kernel_size": 6, "pool_size": 3},
    "resnet": {"channels": 4, "kernel_size": 4, "dilations": [3, 1], "pool_size": 3},
    "vgg": {"channels": [3, 4, 5, 6], "convolutions": 1, "hidden": [5]},
}
"""Even kernels, pools of 3."""


def one_hot(n: int, length: int) -> torch.Tensor:
    bases = torch.randint(4, (n, length), generator=torch.Generator().manual_seed(0))
    return F.one_hot(bases, 4).transpose(1, 2).float()


def trained(encoder: str, length: int, **args):
    """A model whose batch norm has seen sequences, without dropout."""
    model = untrained(encoder, length=length, **args)
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
        if isinstance(module, torch.nn.BatchNorm1d):
            torch.nn.init.normal_(module.bias)
    with torch.no_grad():
        for _ in range(3):
            model.train()(one_hot(16, length))
    return model.eval()


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths")
@pytest.mark.parametrize("length", [7, 40, 131])
@pytest.mark.parametrize("encoder", LOCAL)
@pytest.mark.parametrize("kinds", ["examples", "odd"])
def test_predictions_are_those_of_the_network_itself(encoder, kinds, length):
    for args in ENCODERS[encoder].EXAMPLES if kinds == "examples" else [ODD[encoder]]:
        model = trained(encoder, length, **args)
        rows = model.header.layout.rows(sequences(3, length))
        with torch.inference_mode():
            expected = model(rows.one_hot(model.header.layout.ambiguity)).numpy()
        predicted = predict_members(model.network, model.header, rows).mean
        assert np.abs(predicted - expected).max() <= 1e-6 * max(np.abs(expected).max(), 1)


@pytest.mark.parametrize("mode", ["training", "evaluation"])
@pytest.mark.parametrize("encoder", LOCAL)
def test_gradients_are_those_of_the_network_itself(encoder, mode):
    """To double precision; also with frozen statistics of batch norm, whose convolutions are trained."""
    network = trained(encoder, 40, **ENCODERS[encoder].EXAMPLES[0]).regressor.double()
    network.train(mode == "training")
    x = one_hot(8, 40).double()
    gradients = []
    for batch in (x, as_images(x, network)):
        network.zero_grad()
        network.scores(batch).square().sum().backward()
        gradients.append([parameter.grad for parameter in network.parameters()])
    for expected, gradient in zip(*gradients, strict=True):
        torch.testing.assert_close(gradient, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("encoder", LOCAL)
def test_batch_norm_after_a_convolution_changes_only_its_weights(encoder, monkeypatch):
    network = trained(encoder, 40, **ENCODERS[encoder].EXAMPLES[0]).regressor
    normalised, batch_norm = [], torch.batch_norm
    monkeypatch.setattr(torch, "batch_norm", lambda *args: normalised.append(args) or batch_norm(*args))
    with torch.inference_mode():
        network(as_images(one_hot(2, 40), network))
    assert len(normalised) == {"legnet": 2}.get(encoder, 0)  # before a convolution, and after a dense layer
