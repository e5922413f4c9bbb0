import math

import pytest
import torch
from torch import nn

from seqcnn.encoders.mlp import MLPEncoder
from seqcnn.errors import SeqcnnError
from seqcnn.model.network.regressor import SequenceRegressor, parameter_count
from seqcnn.model.training.losses import TrainingDiverged, masked_loss

NAN = float("nan")


def _loss(scores, y, weights, loss):
    return masked_loss(torch.tensor(scores), torch.tensor(y), torch.tensor(weights), loss).item()


def test_mse_is_the_weighted_mean_of_squares_over_what_was_measured():
    # squares 1 and 4 of row 1 (weight 1), 9 of row 2 (weight 3); the fourth cell was not measured
    found = _loss([[1.0, 2.0], [3.0, 5.0]], [[0.0, 0.0], [0.0, NAN]], [1.0, 3.0], "mse")
    assert found == pytest.approx((1 + 4 + 3 * 9) / (1 + 1 + 3))


def test_huber_is_quadratic_up_to_1_and_linear_beyond():
    found = _loss([[0.5], [3.0], [7.0]], [[0.0], [0.0], [NAN]], [1.0, 1.0, 1.0], "huber")
    assert found == pytest.approx((0.5 * 0.25 + (3 - 0.5)) / 2)


def test_poisson_is_the_rate_minus_counts_times_its_logarithm():
    found = _loss([[math.log(2.0)], [0.0], [0.0]], [[3.0], [5.0], [NAN]], [2.0, 1.0, 1.0], "poisson")
    assert found == pytest.approx((2 * (2 - 3 * math.log(2)) + (1 - 0)) / 3, rel=1e-6)


def test_gaussian_is_the_negative_log_likelihood_without_its_constant():
    """Error 2 at variance e^1: (1 + 4 / e) / 2; error 0 at variance 1: 0."""
    found = _loss([[2.0, 1.0], [5.0, 0.0], [7.0, 0.0]], [[0.0], [5.0], [NAN]], [3.0, 1.0, 1.0], "gaussian")
    assert found == pytest.approx(3 * (1 + 4 / math.e) / 2 / 4)


@pytest.mark.parametrize("loss", ["mse", "huber", "poisson"])
def test_what_was_not_measured_never_reaches_the_gradient(loss):
    scores = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    y = torch.tensor([[1.5, NAN], [NAN, float("inf")]])
    masked_loss(scores, y, torch.ones(2), loss).backward()
    assert scores.grad[0, 0] != 0
    assert (scores.grad.flatten()[1:] == 0).all()


@pytest.mark.parametrize("loss", ["mse", "huber", "poisson"])
@pytest.mark.parametrize(("y", "weight"), [(NAN, 1.0), (1.0, 0.0)])
def test_a_batch_without_measurements_or_weights_has_loss_0_and_no_gradient(loss, y, weight):
    scores = torch.tensor([[1.0]], requires_grad=True)
    found = masked_loss(scores, torch.tensor([[y]]), torch.tensor([weight]), loss)
    found.backward()
    assert found.item() == scores.grad.item() == 0


def test_a_weight_of_2_is_as_good_as_the_row_twice():
    twice = _loss([[1.0], [1.0], [2.0]], [[0.0], [0.0], [0.0]], [1.0, 1.0, 1.0], "mse")
    assert _loss([[1.0], [2.0]], [[0.0], [0.0]], [2.0, 1.0], "mse") == pytest.approx(twice)


@pytest.fixture
def regressor():
    torch.manual_seed(0)
    return SequenceRegressor(MLPEncoder(5, hidden=(3,)), 2)


def test_predictions_are_scores_in_the_units_of_the_targets(regressor):
    regressor.scale_to(torch.tensor([[1.0, 5.0], [3.0, NAN], [NAN, 5.0]]))
    assert regressor.target_mean.tolist() == [2, 5]
    assert regressor.target_scale.tolist() == [1, 1]  # sd of (1, 3); a constant target is not scaled
    x = torch.rand(4, 4, 5)
    regressor.eval()
    torch.testing.assert_close(regressor(x), regressor.scores(x) + torch.tensor([2.0, 5.0]))
    torch.testing.assert_close(regressor.standardise(regressor(x)), regressor.scores(x))


def test_scaling_uses_the_standard_deviation_of_each_target(regressor):
    regressor.scale_to(torch.tensor([[0.0, 10.0], [4.0, 30.0]]))
    assert regressor.target_scale.tolist() == [2, 10]


@pytest.mark.parametrize("factor", [2.0**80, 2.0**-80])
def test_the_scale_of_huge_and_tiny_targets_is_finite(regressor, factor):
    y = torch.tensor([[0.3, 10.0], [4.1, 30.0], [NAN, -7.7]])
    regressor.scale_to(y)
    mean, scale = regressor.target_mean.clone(), regressor.target_scale.clone()
    regressor.scale_to(y * factor)
    assert torch.equal(regressor.target_mean, mean * factor)
    assert torch.equal(regressor.target_scale, scale * factor)


def test_a_poisson_model_predicts_rates_and_is_not_scaled():
    model = SequenceRegressor(MLPEncoder(5, hidden=(3,)), 1, link="log").eval()
    model.scale_to(torch.tensor([[100.0], [300.0]]))
    x = torch.rand(4, 4, 5)
    torch.testing.assert_close(model(x), model.scores(x).exp())
    assert (model(x) > 0).all()


def test_one_target_stays_a_column():
    assert SequenceRegressor(MLPEncoder(5), 1)(torch.rand(3, 4, 5)).shape == (3, 1)


def test_parameters_are_counted_without_buffers():
    assert parameter_count(nn.Linear(3, 2)) == 8
    assert parameter_count(SequenceRegressor(MLPEncoder(5, hidden=(3,)), 2)) == 20 * 3 + 3 + 3 * 2 + 2


def test_divergence_is_an_error_of_the_input_not_a_bug():
    assert issubclass(TrainingDiverged, SeqcnnError)
    assert TrainingDiverged.exit_code == 2


def test_a_network_that_predicts_noise_says_it_in_the_units_of_the_target(regressor):
    torch.manual_seed(0)
    model = SequenceRegressor(MLPEncoder(5, hidden=(3,)), 2, predicts_noise=True).eval()
    model.scale_to(torch.tensor([[0.0, 10.0], [4.0, 50.0]]))
    x = torch.rand(3, 4, 5)
    scores = model.scores(x)
    mean, noise = model.predict_members(x)
    assert mean.shape == noise.shape == (1, 3, 2)
    assert torch.allclose(noise[0], torch.exp(scores[:, 2:] / 2) * torch.tensor([2.0, 20.0]))
    assert torch.equal(model(x), mean[0])
