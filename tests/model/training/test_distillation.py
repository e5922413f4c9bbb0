"""Distillation: who may teach, what is learnt, and that the pipeline wires it."""

import numpy as np
import pytest
import torch
from support.planted import planted, split_of

from seqcnn.config.fit_plan import fit_plan
from seqcnn.config.model import ModelConfig, Teacher
from seqcnn.config.pipeline import load_models, load_pipeline
from seqcnn.data.from_arrays import dataset_from_arrays
from seqcnn.errors import BundleError, ConfigError, UsageError
from seqcnn.model.inference.trained_model import load_model
from seqcnn.model.train import train
from seqcnn.model.training.distillation import Teachers, load_teachers


class Constant(torch.nn.Module):
    def __init__(self, value):
        super().__init__()
        self.value = torch.nn.Parameter(torch.tensor(value))

    def forward(self, x):
        return self.value.expand(len(x), 1)


def test_the_target_is_the_share_of_the_teachers_mean_and_the_rest_of_the_measurement():
    y = torch.tensor([[1.0], [2.0], [float("nan")]])
    blended = Teachers([Constant(2.0), Constant(6.0)], 0.75).blend(torch.zeros(3, 4, 5), y)
    assert blended.flatten().tolist() == [3.25, 3.5, 4.0]


def test_without_teachers_the_measurements_are_the_target():
    y = torch.tensor([[1.0], [float("nan")]])
    assert Teachers().blend(torch.zeros(2, 4, 5), y) is y


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


def test_a_teacher_is_not_changed_by_distillation(dataset, student, bundle, one_thread, tmp_path):
    before = bundle.read_bytes()
    train(dataset, student, tmp_path / "student", machine=one_thread, teachers=[bundle])
    assert bundle.read_bytes() == before


def test_a_teacher_of_other_training_rows_is_refused(bundle):
    sequences, y = planted(seed=7)
    other = dataset_from_arrays(sequences, y, split=split_of(len(y)))
    with pytest.raises(BundleError, match="was not trained on the training rows of this dataset"):
        load_teachers([bundle], other, Teacher(model="cnn"))


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
