"""The comparison with the authors' code, on networks of ours that play their part."""

import pytest
from torch import nn

from benchmarks.validation.encoders.reference_networks import LENGTH, compare, dream_rnn, legnet, ours
from seqcnn.encoders import ENCODERS
from seqcnn.model.network.regressor import SequenceRegressor, parameter_count

EXAMPLES = [("legnet", 0), ("legnet", 1), ("dream_rnn", 0)]


def small(name: str, example: int) -> SequenceRegressor:
    encoder = ENCODERS[name]
    return SequenceRegressor(encoder(LENGTH, **encoder.EXAMPLES[example]), 1)


@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_networks_of_the_same_weights_have_the_same_outputs_and_gradients(name, example):
    other = small(name, example)
    agreement = compare(nn.Sequential(other.encoder, other.head), small(name, example))
    assert agreement.parameters[0] == agreement.parameters[1]
    for difference, value in (agreement.evaluation, agreement.training, agreement.gradients):
        assert difference == 0 < value


def test_another_activation_is_noticed():
    other = small("legnet", 0)
    other.encoder.stem[2] = nn.ReLU()
    agreement = compare(nn.Sequential(other.encoder, other.head), small("legnet", 0))
    assert min(agreement.evaluation[0], agreement.training[0], agreement.gradients[0]) > 1e-5


def test_weights_of_another_shape_are_refused():
    other, network = small("legnet", 0), small("legnet", 0)
    network.encoder.stem[0] = nn.Conv1d(4, 6, 9, padding="same", bias=False)
    with pytest.raises(ValueError, match=r"shape \(6, 4, 11\); ours are \(6, 4, 9\)"):
        compare(nn.Sequential(other.encoder, other.head), network)


def test_the_default_networks_have_as_many_parameters_as_those_of_the_authors():
    """The authors print theirs of DREAM-RNN; its fifth input channel has 160 filters of 9 and 15 bp."""
    assert parameter_count(ours("legnet")) == 1_322_465
    assert parameter_count(ours("dream_rnn")) == 4_203_393 - 160 * (9 + 15)


def test_a_folder_without_their_code_is_refused(tmp_path):
    with pytest.raises(SystemExit, match=r"no model\.py; expected a clone of autosome-ru/human_legnet"):
        legnet(tmp_path)
    with pytest.raises(SystemExit, match="no prixfixe/bhi; expected a clone"):
        dream_rnn(tmp_path)
