"""Predictions of mutants from what the mutations change, against those of whole mutants."""

import numpy as np
import pytest
import torch
from support.networks import sequences, untrained

from seqcnn.encoders import ENCODERS
from seqcnn.interpret.mutants.features import MutantFeatures
from seqcnn.interpret.mutants.layers import one_hot_mutants
from seqcnn.interpret.mutants.mutations import every_mutation, mutated, predict_mutants
from seqcnn.interpret.mutants.span import Reference
from seqcnn.model.inference.batches import predict_members
from seqcnn.sequence.window import Layout

LOCAL = [name for name, encoder in ENCODERS.items() if encoder.HAS_LOCAL_LAYERS]

EXAMPLES = [(name, example) for name in LOCAL for example in ENCODERS[name].EXAMPLES]

DEEP = [
    ("alexnet", {"channels": [3, 4, 5, 4, 3], "kernel_sizes": [4, 2, 6, 3, 1], "hidden": [5]}),
    (
        "legnet",
        {"stem_channels": 4, "channels": [3, 5], "stem_kernel_size": 6, "kernel_size": 4, "pool_size": 3},
    ),
    ("resnet", {"channels": 4, "stem_kernel_size": 4, "kernel_size": 4, "dilations": [3, 1], "pool_size": 3}),
    ("vgg", {"channels": [3, 4, 5, 6], "convolutions": 1, "hidden": [5]}),
]


def lively(encoder, **fields):
    """A model of random weights whose predictions of mutants differ: few units are inactive."""
    model = untrained(encoder, **fields)
    for module in model.modules():
        if isinstance(module, torch.nn.Linear | torch.nn.BatchNorm1d):
            module.weight.data.mul_(2 * torch.randn_like(module.weight).sign())
            module.bias.data.normal_()
    return model


def assert_exact(model, rows, target=1):
    """Within 1e-5 of the scale of the predictions."""
    mutations = every_mutation(rows)
    expected = predict_members(model.network, model.header, mutated(rows, mutations)).members[:, :, target]
    predicted = predict_mutants(model, rows, mutations, target)
    assert predicted.shape == expected.shape == (model.header.members, len(mutations))
    assert np.ptp(expected) > 1e-3
    assert np.abs(predicted - expected).max() <= 1e-5 * np.abs(expected).max()


@pytest.mark.parametrize("length", [7, 40, 131])
@pytest.mark.parametrize(("encoder", "args"), EXAMPLES)
def test_mutants_are_predicted_as_whole_sequences_are(encoder, args, length):
    model = lively(encoder, length=length, **args)
    assert_exact(model, model.header.layout.rows(sequences(2, length)))


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths")
@pytest.mark.parametrize("length", [40, 97, 128])
@pytest.mark.parametrize(("encoder", "args"), DEEP)
def test_kernels_pools_and_dilations_of_all_parities_are_exact(encoder, args, length):
    model = lively(encoder, length=length, **args)
    assert_exact(model, model.header.layout.rows(sequences(1, length)))


@pytest.mark.parametrize("encoder", LOCAL)
def test_default_networks_are_exact(encoder):
    model = lively(encoder, length=90)
    assert_exact(model, model.header.layout.rows(sequences(1, 90)))


@pytest.mark.parametrize("encoder", [*LOCAL, "mlp"])
def test_strands_members_links_flanks_and_ambiguous_bases_are_honoured(encoder):
    layout = Layout(24, align="center", flank5="ACGTTG", flank3="TNGA")
    fields = {"members": 2, "link": "log", "predicts_noise": True, "strand": "double"}
    model = lively(encoder, layout=layout, **fields, **ENCODERS[encoder].EXAMPLES[0])
    assert_exact(model, layout.rows(sequences(3, 20, shortest=12, letters="ACGTNR")))


@pytest.mark.parametrize("encoder", LOCAL)
def test_the_first_layers_compute_only_what_a_mutation_changes(encoder):
    network = untrained(encoder, length=200).regressor
    widths = []

    def record(module, inputs, output):
        """Record the number of positions of a convolution that are computed."""
        if isinstance(output, MutantFeatures):
            widths.append(output.values.shape[3])

    for module in network.modules():
        if isinstance(module, torch.nn.Conv1d):
            module.register_forward_hook(record)
    x = torch.nn.functional.one_hot(torch.arange(200) % 4, 4).T[None].float()
    with torch.inference_mode():
        network(one_hot_mutants(x, torch.tensor([0, 1]), torch.tensor([5, 198]), Reference()))
    assert widths[0] == {"vgg": 3}.get(encoder, 11)
    assert max(widths) <= 19
    assert len(widths) == {"alexnet": 5, "legnet": 3, "resnet": 3, "vgg": 8}[encoder]


def test_no_mutations_have_no_predictions():
    model = untrained("vgg", length=12)
    rows = model.header.layout.rows(sequences(1, 12))
    assert predict_mutants(model, rows, every_mutation(rows.take(slice(0, 0))), 0).shape == (1, 0)
