"""Rules of DeepLIFT: each sums to the difference of its outputs; so do whole networks."""

import warnings

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from support.networks import sequences, untrained
from torch import nn

from seqcnn.encoders import ENCODERS
from seqcnn.errors import BundleError
from seqcnn.extras import extra
from seqcnn.interpret.attribution.attribution import attributions
from seqcnn.interpret.attribution.deeplift.multipliers import multipliers
from seqcnn.interpret.attribution.deeplift.pair import RULES, OperationError, paired, value_of

NETWORKS = [
    (name, args, link)
    for name, encoder in ENCODERS.items()
    for args in encoder.EXAMPLES
    for link in ("identity", "log")
]


def weighty(*args, gain=2.5, **kwargs):
    """A model with large random weights, so that its activations saturate and its outputs differ."""
    model = untrained(*args, **kwargs)
    for parameter in model.parameters():
        parameter.data.mul_(gain if parameter.ndim > 1 else 1)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm1d):
            module.running_mean.fill_(0)
            module.running_var.fill_(0.1)
    rows = model.header.layout.rows(sequences(50, model.header.layout.length))
    with torch.no_grad():
        for member in model.regressor.members:
            member.head.weight.div_(member.scores(rows.one_hot("zero")).std(0, keepdim=True).T)
    return model


def layer(kind, *args, **kwargs):
    torch.manual_seed(1)
    return kind(*args, **kwargs).double().eval()


ROW = torch.linspace(-1.5, 2, 6, dtype=torch.float64)
LSTM = layer(nn.LSTM, 6, 3, num_layers=2, bidirectional=True, batch_first=True)
GRU = layer(nn.GRU, 6, 3, bidirectional=True)
TANH, RELU = layer(nn.RNN, 6, 3, batch_first=True), layer(nn.RNN, 6, 3, nonlinearity="relu", bias=False)
CONV = layer(nn.Conv1d, 5, 2, 3)
CASES = {
    "abs": lambda x: x.abs(),
    "adaptive_avg_pool1d": lambda x: F.adaptive_avg_pool1d(x, 2),
    "adaptive_avg_pool2d": lambda x: F.adaptive_avg_pool2d(x, (2, 2)),
    "adaptive_max_pool1d": lambda x: F.adaptive_max_pool1d(x, 1),
    "add": lambda x: x + x.flip(1),
    "amax": lambda x: torch.cat([x.amax(1), x.amax((1, 2), keepdim=True)[:, :, 0], x.amax(-1)], 1),
    "avg_pool1d": lambda x: F.avg_pool1d(x, 3, 2, 1),
    "avg_pool2d": lambda x: F.avg_pool2d(x[:, None], 2),
    "batch_norm": layer(nn.BatchNorm1d, 5),
    "bmm": lambda x: torch.bmm(x, x.transpose(1, 2)),
    "cat": lambda x: torch.cat([x, 2 * x], 1),
    "celu": F.celu,
    "chunk": lambda x: x.chunk(2, 2)[1],
    "clamp": lambda x: x.clamp(-1, 0.5),
    "clamp_max": lambda x: x.clamp_max(0.3),
    "clamp_min": lambda x: x.clamp_min(-0.3),
    "clone": lambda x: x.clone(),
    "contiguous": lambda x: x.contiguous(),
    "conv1d": CONV,
    "conv2d": lambda x: F.conv2d(x[:, None], torch.ones(1, 1, 2, 2, dtype=x.dtype)),
    "dim": lambda x: x * x.dim(),
    "div": lambda x: x / 2 + x / (x.exp() + 1),
    "double": lambda x: x.double(),
    "dropout": lambda x: F.dropout(x, training=False),
    "dropout1d": lambda x: F.dropout1d(x, training=False),
    "dropout2d": lambda x: F.dropout2d(x[..., None], training=False),
    "einsum": lambda x: torch.einsum("nab,nac->nbc", x, x.sigmoid()),
    "elu": F.elu,
    "erf": torch.erf,
    "exp": torch.exp,
    "expand": lambda x: x[:, :1].expand(-1, 5, -1),
    "expand_as": lambda x: x[:, :1].expand_as(x),
    "expm1": torch.expm1,
    "flatten": lambda x: x.flatten(1),
    "flip": lambda x: x.flip(2) * ROW,
    "float": lambda x: x.float().double(),
    "full_like": lambda x: x * torch.full_like(x, 3),
    "gelu": F.gelu,
    "get": lambda x: x.mT,
    "getitem": lambda x: x[:, 1:3],
    "gru": lambda x: GRU(x.transpose(0, 1))[0].transpose(0, 1),
    "hardsigmoid": F.hardsigmoid,
    "hardswish": F.hardswish,
    "hardtanh": F.hardtanh,
    "is_complex": lambda x: x if x.is_complex() else 2 * x,
    "is_contiguous": lambda x: x if x.is_contiguous() else 2 * x,
    "is_floating_point": lambda x: x if x.is_floating_point() else 2 * x,
    "layer_norm": layer(nn.LayerNorm, [5, 6]),
    "leaky_relu": lambda x: F.leaky_relu(x, 0.2),
    "len": lambda x: x * len(x),
    "linear": layer(nn.Linear, 6, 2),
    "log": lambda x: (x.square() + 0.1).log(),
    "log1p": lambda x: x.square().log1p(),
    "log_sigmoid": F.logsigmoid,
    "log_softmax": lambda x: x.log_softmax(1),
    "logaddexp": lambda x: torch.logaddexp(x, torch.zeros_like(x)),
    "logsumexp": lambda x: x.logsumexp(1),
    "lstm": lambda x: LSTM(x)[0],
    "matmul": lambda x: x @ x.transpose(1, 2),
    "max_pool1d": lambda x: torch.cat(
        [
            F.max_pool1d(x, 4),
            F.max_pool1d(x, 3, 2, 1),
            F.max_pool1d(x, 4, ceil_mode=True),
            F.max_pool1d(x, 2, 1, 0, 3),
        ],
        2,
    ),
    "max_pool2d": lambda x: F.max_pool2d(x[:, None], (2, 3), (1, 2), ceil_mode=True),
    "maximum": lambda x: torch.maximum(x, x.flip(1) * 2),
    "mean": lambda x: x.mean(1),
    "minimum": lambda x: torch.minimum(x, x.flip(1) * 2),
    "mish": F.mish,
    "movedim": lambda x: x.movedim(2, 1),
    "mul": lambda x: x * x.tanh() * ROW,
    "narrow": lambda x: x.narrow(1, 1, 2),
    "neg": lambda x: -x,
    "new_full": lambda x: x + x.new_full((1,), 2),
    "new_ones": lambda x: x + x.new_ones(1),
    "new_zeros": lambda x: x + x.new_zeros(1),
    "numel": lambda x: x / x.numel(),
    "ones_like": lambda x: x * torch.ones_like(x),
    "pad": lambda x: F.max_pool1d(F.pad(x, (2, 3), value=-torch.inf), 4),
    "permute": lambda x: x.permute(0, 2, 1),
    "pow": lambda x: torch.cat([x**2, (x**2 + 1) ** -0.5, (x**2) ** 0.5, (x**2 + 1) ** -1], 1),
    "prelu": layer(nn.PReLU, 5),
    "rdiv": lambda x: 2 / (1 + x.exp()),
    "reciprocal": lambda x: x.exp().reciprocal(),
    "relu": F.relu,
    "relu6": lambda x: F.relu6(4 * x),
    "repeat": lambda x: x.repeat(1, 2, 1),
    "repeat_interleave": lambda x: x.repeat_interleave(2, 1),
    "reshape": lambda x: x.reshape(len(x), -1),
    "rnn_relu": lambda x: RELU(x.transpose(0, 1))[0].transpose(0, 1),
    "rnn_tanh": lambda x: TANH(x)[1][0],
    "roll": lambda x: x.roll(1, 2) * ROW,
    "rsqrt": lambda x: (x.square() + 0.1).rsqrt(),
    "rsub": lambda x: 1 - x,
    "select": lambda x: x.select(1, 0),
    "selu": F.selu,
    "sigmoid": torch.sigmoid,
    "silu": F.silu,
    "size": lambda x: x / x.size(1),
    "softmax": lambda x: torch.cat([x.softmax(1), F.softmax(50 * x, dim=2)], 1),
    "softplus": F.softplus,
    "softsign": F.softsign,
    "split": lambda x: x.split(2, 1)[1],
    "sqrt": lambda x: (x.square() + 0.1).sqrt(),
    "square": torch.square,
    "squeeze": lambda x: x[:, :1].squeeze(1),
    "stack": lambda x: torch.stack([x, x.tanh()], 1),
    "sub": lambda x: x.tanh() - x,
    "sum": lambda x: x.sum(1),
    "swapaxes": lambda x: x.swapaxes(1, 2),
    "tanh": torch.tanh,
    "tanhshrink": F.tanhshrink,
    "to": lambda x: x.to(torch.float64),
    "transpose": lambda x: x.transpose(1, 2),
    "type_as": lambda x: x.type_as(ROW),
    "unbind": lambda x: x.unbind(1)[0],
    "unflatten": lambda x: x.unflatten(2, (2, 3)),
    "unfold": lambda x: x.unfold(2, 3, 2),
    "unsqueeze": lambda x: x.unsqueeze(1),
    "view": lambda x: x.view(len(x), 30),
    "zeros_like": lambda x: x + torch.zeros_like(x),
}


def test_every_rule_has_a_case():
    assert sorted(CASES) == sorted(RULES)


@pytest.mark.parametrize("name", CASES)
def test_a_case_calls_its_rule(name, monkeypatch):
    called, rule = [], RULES[name]
    monkeypatch.setitem(RULES, name, lambda *args, **kwargs: called.append(name) or rule(*args, **kwargs))
    x = torch.ones(3, 5, 6, dtype=torch.float64)
    CASES[name](paired(x.requires_grad_(), x.detach()))
    assert called


@pytest.mark.parametrize("name", CASES)
def test_the_multipliers_of_an_operation_sum_to_the_difference_of_its_outputs(name):
    torch.manual_seed(0)
    x, reference = torch.randn(2, 3, 5, 6, dtype=torch.float64) * 2
    reference[:, 0] = x[:, 0]  # no change
    reference[:, 1] = x[:, 1] + 1e-5 * torch.randn(6, dtype=torch.float64)
    function = CASES[name]
    y = function(paired(x.clone().requires_grad_(), reference))
    torch.testing.assert_close(value_of(y), function(x))
    torch.testing.assert_close(y.reference, function(reference))

    def total(batch):
        weights = torch.linspace(-1, 1, function(x)[0].numel(), dtype=torch.float64)
        return (function(batch).reshape(len(batch), -1) * weights).sum(1, keepdim=True)

    sums = (multipliers(total, x, reference, 0) * (x - reference)).sum((1, 2))
    difference = (total(x) - total(reference))[:, 0]
    torch.testing.assert_close(sums, difference, rtol=1e-6, atol=1e-6 if name == "float" else 1e-9)


@pytest.mark.parametrize(("name", "args", "link"), NETWORKS)
def test_attributions_of_every_encoder_sum_to_the_difference_of_predictions(name, args, link):
    model = weighty(name, length=24, members=2, link=link, strand="double", **args)
    rows = model.header.layout.rows(sequences(3, 24))
    hypothetical, errors = attributions(model, rows, method="deepshap", target=1)
    scale = np.abs(model.predict_rows(rows)[:, 1]).max()
    assert np.abs(hypothetical).max() > 0
    assert errors.max() <= 1e-4 * scale


def test_each_factor_of_a_product_has_half_of_the_joint_change():
    x, reference = torch.tensor([[[5.0], [3.0]]]), torch.tensor([[[1.0], [2.0]]])
    factors = multipliers(lambda x: x[:, 0] * x[:, 1], x, reference, 0)
    assert factors[0, :, 0].tolist() == [(3 + 2) / 2, (5 + 1) / 2]


def test_the_multiplier_of_an_activation_is_the_ratio_of_the_changes():
    x, reference = torch.tensor([[[3.0], [2.0]]]), torch.tensor([[[-1.0], [2.0]]])
    factors = multipliers(lambda x: F.relu(x).sum(1), x, reference, 0)
    assert factors[0, :, 0].tolist() == [3 / 4, 1]  # without a change the derivative


def test_a_maximum_is_shared_by_the_fraction_of_the_path_on_which_each_is_the_larger_one():
    x, reference = torch.tensor([[[4.0], [1.0]]]), torch.tensor([[[0.0], [1.0]]])
    factors = multipliers(lambda x: torch.maximum(x[:, 0], x[:, 1]), x, reference, 0)
    assert factors[0, :, 0].tolist() == [3 / 4, 1 / 4]


def test_the_multipliers_of_a_linear_network_are_its_weights():
    network = nn.Sequential(nn.Conv1d(4, 3, 5), nn.Flatten(), nn.Linear(18, 2))
    x, reference = torch.randn(2, 1, 4, 10)
    weights = torch.autograd.grad(network(leaf := x.clone().requires_grad_())[0, 1], leaf)[0]
    torch.testing.assert_close(multipliers(network, x, reference, 1), weights)


class Attention(nn.Module):
    """Attention with sigmoid weights after a layer norm, of modules for which tangermeme has these rules."""

    def __init__(self):
        super().__init__()
        product = extra("tangermeme.deep_lift_shap").BilinearOp
        self.conv, self.norm = nn.Conv1d(4, 6, 5), nn.LayerNorm(6)
        self.query, self.key, self.value = (nn.Linear(6, 6) for _ in range(3))
        self.scores, self.mean, self.gate = product(), product(), product("...,...->...")
        self.gelu, self.relu, self.tanh, self.sigmoid = nn.GELU(), nn.ReLU(), nn.Tanh(), nn.Sigmoid()
        self.out = nn.Linear(6, 2)

    def forward(self, x):
        tokens = self.norm(self.relu(self.conv(x)).transpose(1, 2))
        weights = self.sigmoid(self.scores(self.query(tokens), self.key(tokens).transpose(1, 2)))
        attended = self.gelu(self.mean(weights, self.value(tokens)))
        return self.out(self.gate(self.sigmoid(attended), self.tanh(attended)).mean(1))


def test_multipliers_are_those_of_tangermeme_where_it_has_rules():
    torch.manual_seed(0)
    network = Attention().double()
    for parameter in network.parameters():
        parameter.data.mul_(2)
    x, references = F.one_hot(torch.randint(0, 4, (2, 3, 15)), 4).transpose(2, 3).double()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = extra("tangermeme.deep_lift_shap").deep_lift_shap(
            network, x, target=1, references=references[:, None], raw_outputs=True, device="cpu"
        )[:, 0]
    torch.testing.assert_close(multipliers(network, x, references, 1), theirs, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (lambda x: x.cumsum(2), "cumsum"),
        (lambda x: x.clone().add_(1), "add_"),
        (lambda x: x.detach(), "detach"),
        (lambda x: x**3, "pow with another exponent"),
        (lambda x: F.conv1d(x, x[:1, :, :2]), "conv1d with computed weights"),
        (lambda x: F.leaky_relu(x) if x.sum() > 0 else x, "gt"),
        (lambda x: torch.ones(1, 2), "a custom function"),
        (lambda x: torch.clamp(x, x.tanh()), "clamp with computed parameters"),
        (lambda x: torch.einsum("abc,abc,abc->ac", x, x, x), "einsum of 3 activations"),
        (lambda x: nn.LSTM(5, 3, proj_size=2)(x.transpose(1, 2))[0], "lstm with projections"),
    ],
)
def test_operations_without_a_rule_are_refused_by_name(function, name):
    x = torch.rand(2, 5, 5)
    with pytest.raises(OperationError, match=name):
        multipliers(lambda x: function(x).flatten(1), x, x.flip(0), 0)


def test_deepshap_refuses_a_wrapped_module_with_the_operation_and_the_remedy():
    import seqcnn

    class Running(nn.Module):
        def forward(self, x):
            return x.cumsum(2)[:, 0, -1:]

    model = seqcnn.wrap(Running(), length=12, targets=["y"])
    with pytest.raises(BundleError, match=r"deepshap: .*no rule for its operation cumsum; use .*ism"):
        model.attribute(["ACGT" * 3], method="deepshap")
