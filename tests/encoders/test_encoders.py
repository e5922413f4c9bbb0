import inspect

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from support.planted import planted
from torch import nn
from torch.nn import functional

from seqcnn.encoders import ENCODERS
from seqcnn.encoders.base import BatchNorm1d
from seqcnn.encoders.cnn import Exponential, MaxPool, MeanPool
from seqcnn.encoders.legnet import SqueezeExcite, Stage
from seqcnn.encoders.resnet import ResidualBlock
from seqcnn.encoders.transformer import SelfAttention, scaled_dot_product_attention, sinusoidal_positions
from seqcnn.errors import ConfigError
from seqcnn.model.network.regressor import SequenceRegressor
from seqcnn.sequence.onehot import one_hot

EXAMPLES = [(name, args) for name, encoder in ENCODERS.items() for args in encoder.EXAMPLES]


def _random_batch(n, length):
    return functional.one_hot(torch.randint(0, 4, (n, length)), 4).transpose(1, 2).float()


@pytest.mark.parametrize("name", ENCODERS)
def test_the_examples_of_an_encoder_use_every_option(name):
    used = set().union(*ENCODERS[name].EXAMPLES)
    assert used >= set(inspect.signature(ENCODERS[name]).parameters) - {"length", "filter_dropout", "dropout"}


@pytest.mark.parametrize("name", ENCODERS)
def test_every_argument_of_an_encoder_is_keyword_only_typed_and_has_a_default(name):
    _, length, *rest = inspect.signature(ENCODERS[name].__init__, eval_str=True).parameters.values()
    assert (length.name, length.annotation) == ("length", int)
    for parameter in rest:
        assert parameter.kind is parameter.KEYWORD_ONLY
        assert parameter.default is not parameter.empty
        assert parameter.annotation is not parameter.empty


@pytest.mark.parametrize(("name", "args"), EXAMPLES)
@given(length=st.integers(1, 300))
@settings(max_examples=12, deadline=None)
def test_any_length_gives_an_embedding_of_out_features(name, args, length):
    encoder = ENCODERS[name](length, **args).eval()
    z = encoder(_random_batch(2, length))
    assert z.shape == (2, encoder.out_features)
    assert z.dtype == torch.float32
    assert torch.isfinite(z).all()


@pytest.mark.parametrize("length", [1, 2, 3, 10, 299, 300])
@pytest.mark.parametrize("name", ENCODERS)
def test_defaults_take_the_shortest_and_the_longest_sequences(name, length):
    encoder = ENCODERS[name](length).eval()
    assert encoder(_random_batch(1, length)).shape == (1, encoder.out_features)


@pytest.mark.parametrize(("name", "args"), EXAMPLES)
def test_the_gradient_reaches_every_parameter(name, args):
    torch.manual_seed(0)
    encoder = ENCODERS[name](40, **args).eval()
    (encoder(_random_batch(16, 40)) ** 2).sum().backward()
    for key, parameter in encoder.named_parameters():
        assert parameter.grad is not None, key
        assert parameter.grad.abs().max() > 0, key


@pytest.mark.parametrize(("name", "args"), EXAMPLES)
@pytest.mark.parametrize("length", [1, 30])
def test_a_batch_of_one_sequence_trains(name, args, length):
    encoder = ENCODERS[name](length, **args).train()
    z = encoder(_random_batch(1, length))
    z.sum().backward()
    assert torch.isfinite(z).all()


def test_batch_norm_of_one_value_per_channel_takes_the_running_statistics():
    norm = BatchNorm1d(2).train()
    norm.running_mean.copy_(torch.tensor([1.0, 2.0]))
    norm.running_var.copy_(torch.tensor([4.0, 1.0]) - norm.eps)
    torch.testing.assert_close(norm(torch.tensor([[5.0, 5.0]])), torch.tensor([[2.0, 3.0]]))
    assert norm.running_mean.tolist() == [1, 2]
    x = torch.rand(3, 2)
    torch.testing.assert_close(norm(x), nn.BatchNorm1d(2).train()(x))


@pytest.mark.parametrize("name", ENCODERS)
def test_every_base_can_change_the_embedding(name):
    torch.manual_seed(0)
    encoder = ENCODERS[name](40, **ENCODERS[name].EXAMPLES[0]).eval()
    x = _random_batch(8, 40).requires_grad_()
    (encoder(x) ** 2).sum().backward()
    assert (x.grad.abs().amax((0, 1)) > 0).all()


@pytest.mark.parametrize("name", ENCODERS)
def test_the_same_seed_gives_the_same_weights_and_another_seed_others(name):
    states = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        states.append(ENCODERS[name](30, **ENCODERS[name].EXAMPLES[0]).state_dict())
    first, same, other = states
    assert all(torch.equal(first[key], same[key]) for key in first)
    assert any(not torch.equal(first[key], other[key]) for key in first)


@pytest.mark.parametrize("name", ENCODERS)
def test_an_embedding_does_not_depend_on_the_rest_of_the_batch(name):
    torch.manual_seed(0)
    encoder, x = ENCODERS[name](30, **ENCODERS[name].EXAMPLES[0]).eval(), _random_batch(8, 30)
    torch.testing.assert_close(encoder(x)[3:4], encoder(x[3:4]), rtol=1e-5, atol=1e-6)


NARROW = {
    "dream_rnn": {"channels": 24, "hidden": 24, "out_channels": 32, "last_dropout": 0.0},
    "legnet": {"stem_channels": 16, "channels": (16, 16), "hidden": 32},
}
"""Arguments of the networks whose defaults train for too long in a test."""


@pytest.mark.parametrize("name", ENCODERS)
def test_an_encoder_overfits_32_oligos_with_a_planted_motif(name):
    torch.manual_seed(0)
    sequences, y = planted(32)
    x, y = torch.stack([one_hot(s) for s in sequences]), torch.tensor(y).unsqueeze(1)
    model = SequenceRegressor(ENCODERS[name](30, dropout=0.0, **NARROW.get(name, {})), 1)
    model.scale_to(y)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    for _ in range(60):
        optimizer.zero_grad()
        functional.mse_loss(model.scores(x), model.standardise(y)).backward()
        optimizer.step()
    with torch.no_grad():
        r = torch.corrcoef(torch.cat([model.eval()(x), y], dim=1).T)[0, 1]
    assert r > 0.9


@pytest.mark.parametrize(
    ("size", "means"), [(1, [1, 2, 3, 4, 9]), (2, [1.5, 3.5, 9]), (5, [3.8]), (7, [3.8])]
)
def test_mean_pooling_divides_a_narrower_last_window_by_its_own_width(size, means):
    x = torch.tensor([1.0, 2, 3, 4, 9]).view(1, 1, 1, 5)
    torch.testing.assert_close(MeanPool(size)(x).flatten(), torch.tensor(means, dtype=torch.float32))


@pytest.mark.parametrize(("name", "parameters"), [("legnet", 1_322_208), ("dream_rnn", 4_199_296)])
def test_defaults_have_as_many_parameters_as_the_published_network(name, parameters):
    assert sum(p.numel() for p in ENCODERS[name](230).parameters()) == parameters


def test_squeeze_and_excite_scales_each_channel_by_one_number():
    torch.manual_seed(0)
    block, x = SqueezeExcite(3, 2), torch.randn(2, 3, 5)
    factors = block(x) / x
    torch.testing.assert_close(factors, factors[..., :1].expand(-1, -1, 5))
    assert ((factors > 0) & (factors < 1)).all()


def test_a_stage_of_legnet_passes_its_input_on_beside_the_blocks_output():
    torch.manual_seed(0)
    stage, x = Stage(3, 2, 5, expansion=2, pool=nn.Identity()).eval(), torch.randn(1, 3, 7)
    seen = []
    stage.local.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    stage(x)
    assert seen[0].shape == (1, 6, 7)
    torch.testing.assert_close(seen[0][:, 3:], x)


def test_a_residual_block_without_weights_passes_positive_input_on():
    block = ResidualBlock(2, 3, dilation=2, dropout=0.0).eval()
    for parameter in block.parameters():
        nn.init.zeros_(parameter)
    x = torch.rand(1, 2, 9)
    torch.testing.assert_close(block(x), x)


def test_attention_equals_the_one_of_torch():
    torch.manual_seed(0)
    query, key, value = torch.randn(3, 2, 4, 7, 5)
    expected = functional.scaled_dot_product_attention(query, key, value)
    torch.testing.assert_close(scaled_dot_product_attention(query, key, value), expected)


def test_attention_to_equal_keys_is_the_mean_of_the_values():
    value = torch.tensor([[[[1.0], [3.0]]]])
    alike = torch.ones(1, 1, 2, 1)
    assert scaled_dot_product_attention(alike, alike, value).flatten().tolist() == [2.0, 2.0]


def test_self_attention_equals_the_one_of_torch_with_the_same_weights():
    torch.manual_seed(0)
    ours, theirs = SelfAttention(8, 2), torch.nn.MultiheadAttention(8, 2, batch_first=True)
    with torch.no_grad():
        theirs.in_proj_weight.copy_(ours.query_key_value.weight)
        theirs.in_proj_bias.copy_(ours.query_key_value.bias)
        theirs.out_proj.load_state_dict(ours.out.state_dict())
    words = torch.randn(3, 6, 8)
    torch.testing.assert_close(ours(words), theirs(words, words, words, need_weights=False)[0])


def test_the_first_position_is_sines_of_0_and_cosines_of_0():
    positions = sinusoidal_positions(3, 5)
    assert positions.shape == (3, 5)
    assert positions[0].tolist() == [0, 1, 0, 1, 0]
    assert positions[1, 0].item() == pytest.approx(0.841471)


def test_features_that_cannot_be_divided_among_the_heads_are_refused():
    with pytest.raises(ConfigError, match="10 features cannot be divided among 4 heads"):
        ENCODERS["transformer"](20, features=10, heads=4)


def test_the_cnn_pools_to_the_size_that_its_dense_layer_expects():
    encoder = ENCODERS["cnn"](10, filters=(2, 3), kernel_sizes=(3, 4), pool_sizes=(3, 2), hidden=1)
    assert encoder.dense.linear.in_features == 3 * 3  # 10 -> 10 / 3 -> 4 -> even width: 5 -> 5 / 2 -> 3


@given(width=st.integers(1, 9), length=st.integers(1, 40))
def test_pooling_without_gradients_is_bit_for_bit_that_with_them(width, length):
    x = torch.randn(2, 3, 1, length, generator=torch.Generator().manual_seed(length))
    pool, plain = MaxPool(width), nn.MaxPool2d((1, width), ceil_mode=True)
    with torch.no_grad():
        assert torch.equal(pool(x), plain(x))
    assert torch.equal(pool(x), plain(x))


def test_the_exponential_stops_to_grow_at_4():
    assert Exponential()(torch.tensor([0.0, 1, 4, 90])).tolist() == pytest.approx(
        [1, 2.71828, 54.5982, 54.5982]
    )


def test_filters_of_both_strands_see_the_same_on_either():
    torch.manual_seed(0)
    encoder = ENCODERS["cnn"](20, filters=(3, 2), kernel_sizes=(5, 3), rc_tied_filters=True)
    first, x = encoder.blocks[0].conv, _random_batch(4, 20).unsqueeze(2)
    first.bias.data.zero_()
    there, turned = first(x), first(x.flip(1, 3))
    assert there.shape == (4, 6, 1, 20)
    torch.testing.assert_close(turned[:, :3], there[:, 3:].flip(3))
    assert sum(p.numel() for p in first.parameters()) == 3 * 4 * 5 + 6


def test_only_the_first_layer_of_the_cnn_is_exponential():
    blocks = ENCODERS["cnn"](20, rc_tied_filters=False, pooling="max").blocks
    assert [type(block.activation).__name__ for block in blocks] == ["Exponential", "ReLU"]
    assert [[type(part).__name__ for part in block.children()] for block in blocks] == [
        ["Conv2d", "MaxPool", "BatchNorm2d", "Exponential", "Dropout2d"],
        ["Conv2d", "MaxPool", "BatchNorm2d", "ReLU", "Dropout2d"],
    ]
