"""Distillation: who may teach, what is learnt, and that the pipeline wires it."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from lightning.pytorch.callbacks import Callback
from support.planted import planted, split_of

from seqcnn.config.fit_plan import fit_plan
from seqcnn.config.model import ModelConfig, Teacher
from seqcnn.config.pipeline import load_models, load_pipeline
from seqcnn.data.from_arrays import dataset_from_arrays
from seqcnn.errors import BundleError, ConfigError, UsageError
from seqcnn.model.inference.trained_model import load_model
from seqcnn.model.network.regressor import Ensemble
from seqcnn.model.train import train, train_epochs, untrained_network
from seqcnn.model.training.distillation import Teachers, load_teachers
from seqcnn.model.training.losses import SPREAD_WEIGHT, spread_loss
from seqcnn.model.training.setup import describe_training, prepare_training
from seqcnn.sequence.onehot import expand


class Constant(torch.nn.Module):
    def __init__(self, value):
        super().__init__()
        self.value = torch.nn.Parameter(torch.tensor(value))

    @property
    def members(self):
        return [self]

    def predict_members(self, x):
        return self.value.expand(1, len(x), 1), None


class CountsA(Constant):
    def predict_members(self, x):
        return (self.value * x[:, 0].sum(1))[None, :, None], None


def test_the_target_is_the_share_of_the_teachers_mean_and_the_rest_of_the_measurement():
    y = torch.tensor([[1.0], [2.0], [float("nan")]])
    blended, sd = Teachers([Constant(2.0), Constant(6.0)], 0.75).blend(torch.zeros(3, 4, 5), y)
    assert blended.flatten().tolist() == [3.25, 3.5, 4.0]
    assert sd is None


def test_the_spread_is_the_sd_of_all_networks_of_the_teachers():
    three = Ensemble([])
    three.members = torch.nn.ModuleList([Constant(1.0), Constant(2.0), Constant(6.0)])
    for networks in ([three], list(three.members)):
        y, sd = Teachers(networks, 1.0, spread=True).blend(torch.zeros(2, 4, 5), torch.zeros(2, 1))
        assert y.flatten().tolist() == [3.0, 3.0]
        torch.testing.assert_close(sd, torch.full((2, 1), 7**0.5))


def test_the_loss_of_a_spread_is_that_of_its_log_variance():
    scores = torch.tensor([[0.0, 1.0], [0.0, -2.0]])
    sd = torch.tensor([[1.0], [0.0]])  # log-variances 0 and, at the bound, -10
    loss = spread_loss(scores, sd, torch.tensor([1.0, 3.0]))
    assert loss.item() == pytest.approx(SPREAD_WEIGHT * (1.0 + 3 * 64.0) / 4)


def test_without_teachers_the_measurements_are_the_target():
    y = torch.tensor([[1.0], [float("nan")]])
    blended, sd = Teachers().blend(torch.zeros(2, 4, 5), y)
    assert blended is y
    assert sd is None


@pytest.fixture
def student(tiny):
    plan = tiny(epochs=30, lr=0.02).model_dump()
    return ModelConfig.model_validate({**plan, "teacher": {"model": "cnn", "weight": 1.0}})


def test_a_student_learns_to_predict_as_its_teacher(dataset, student, one_thread, tmp_path, tiny):
    teacher = train(dataset, tiny(epochs=25, lr=0.02), tmp_path / "teacher", machine=one_thread)
    patient = student.model_copy(update={"training": student.training.model_copy(update={"epochs": 240})})
    distilled = train(
        dataset, patient, tmp_path / "student", seed=2, machine=one_thread, teachers=[tmp_path / "teacher"]
    )
    at = dataset.rows.take(dataset.part("train"))
    assert np.corrcoef(teacher.predict_rows(at)[:, 0], distilled.predict_rows(at)[:, 0])[0, 1] > 0.9
    assert len(distilled.header.training["teachers"]) == 1


@pytest.fixture
def spread(student):
    distillation = student.teacher.model_copy(update={"spread": True})
    return student.model_copy(update={"teacher": distillation})


def test_a_student_of_the_spread_predicts_the_sd_of_its_teachers(dataset, spread, one_thread, tmp_path):
    """Teachers that agree on some sequences and disagree on others, by the number of A."""
    longer = spread.training.model_copy(update={"batch_size": 4, "lr": 0.05, "epochs": 30})
    spread = spread.model_copy(update={"training": longer})
    alone = spread.model_copy(update={"teacher": None})
    training = prepare_training(dataset, alone, 1, one_thread, teachers=())
    teachers = Teachers([CountsA(0.1), CountsA(-0.1)], 1.0, ["0" * 64], spread=True)
    training = replace(training, config=spread, teachers=teachers)
    header = describe_training(training)
    network = untrained_network(header, dataset, 1)
    train_epochs(network, training, tmp_path, Callback())
    x = expand(torch.from_numpy(dataset.rows.bases[:50]))
    sd = network.eval().predict_members(x)[1][0, :, 0]
    expected = 0.1 * x[:, 0].sum(1) * 2**0.5
    assert np.corrcoef(sd.detach(), expected)[0, 1] > 0.5
    assert sd.median().item() == pytest.approx(expected.median().item(), rel=0.3)
    assert (header.predicts_noise, header.training["teacher_spread"]) == (True, True)


def test_one_network_has_no_spread(dataset, spread, bundle, tmp_path):
    with pytest.raises(ConfigError, match="teacher: one network has no spread; give several with --teacher"):
        train(dataset, spread, tmp_path / "m", teachers=[bundle])


@pytest.mark.parametrize("loss", ["gaussian", "poisson"])
def test_a_loss_that_predicts_something_else_cannot_learn_the_spread(loss):
    with pytest.raises(ValueError, match=r"teacher\.spread needs the loss mse or huber"):
        ModelConfig(encoder="cnn", teacher={"model": "rnn", "spread": True}, training={"loss": loss})


def test_a_teacher_is_not_changed_by_distillation(dataset, student, bundle, one_thread, tmp_path):
    before = bundle.read_bytes()
    train(dataset, student, tmp_path / "student", machine=one_thread, teachers=[bundle])
    assert bundle.read_bytes() == before


def test_a_teacher_of_other_training_rows_is_refused(bundle):
    sequences, y = planted(seed=7)
    other = dataset_from_arrays(sequences, y, split=split_of(len(y)))
    with pytest.raises(BundleError, match="was not trained on the training rows of this dataset"):
        load_teachers([bundle], other, Teacher(model="cnn"))


def test_a_teacher_given_twice_has_no_spread_and_is_refused(dataset, spread, bundle, tmp_path):
    with pytest.raises(BundleError, match="--teacher: the same model was given twice"):
        train(dataset, spread, tmp_path / "m", teachers=[bundle, bundle])


def test_a_model_without_a_teacher_takes_none_and_one_with_needs_it(dataset, tiny, student, bundle, tmp_path):
    with pytest.raises(ConfigError, match="there is no `teacher`, and 1 were given"):
        train(dataset, tiny(), tmp_path / "m", teachers=[bundle])
    with pytest.raises(ConfigError, match="teacher cnn needs its bundles, and 0 were given"):
        train(dataset, student, tmp_path / "m")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("teacher", "models"), [("nobody", "[a]"), ("a", "[a]"), ("ridge", "[a, ridge]"), ("b", "[a, b]")]
)
def test_a_teacher_must_be_another_encoder_of_the_pipeline_without_a_teacher(tmp_path, teacher, models):
    (tmp_path / "a.yaml").write_text(f"encoder: mlp\nteacher: {{model: {teacher}}}\n")
    (tmp_path / "b.yaml").write_text("encoder: mlp\nteacher: {model: a}\n")
    (tmp_path / "ridge.yaml").write_text("baseline: ridge\n")
    (tmp_path / "p.yaml").write_text(f"name: p\nsequences: s.fa\ntargets: t.tsv\nmodels: {models}\n")
    with pytest.raises(
        ConfigError,
        match=f"a.yaml: teacher '{teacher}' found; expected an encoder of `models` without a teacher",
    ):
        load_models(load_pipeline(tmp_path / "p.yaml"), tmp_path)


def test_a_student_predicts_without_its_teachers(dataset, student, bundle, one_thread, tmp_path):
    distilled = train(dataset, student, tmp_path / "student", machine=one_thread, teachers=[bundle])
    assert np.array_equal(
        load_model(tmp_path / "student").predict_rows(dataset.rows), distilled.predict_rows(dataset.rows)
    )


def test_fit_refuses_a_model_that_needs_teachers(student):
    with pytest.raises(UsageError, match="fit: 'student' needs teachers"):
        fit_plan(configs=[("student", student)])
