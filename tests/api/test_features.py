"""Features of foundation models in Python."""

import numpy as np
import pandas as pd
import pytest
import torch

import seqcnn
from seqcnn.errors import BundleError, ConfigError, TableError, UsageError
from seqcnn.model.metrics import pearson

N = 60
TRAINING = {"preset": "fast", "epochs": 40, "lr": 0.02, "patience": None}


@pytest.fixture(scope="module")
def table():
    """Random sequences with measurements, their split, and ids in the index."""
    draw = np.random.default_rng(3)
    sequences = ["".join(letters) for letters in draw.choice(list("ACGT"), (N, 30))]
    values = draw.normal(size=N)
    split = ["train"] * 40 + ["val"] * 10 + ["test"] * 10
    index = [f"s{i}" for i in range(N)]
    return pd.DataFrame({"sequence": sequences, "y": values, "split": split}, index=index)


@pytest.fixture(scope="module")
def embeddings(table):
    """Features (N, 3) of which the second is the measurement, with the index of the table."""
    values = np.random.default_rng(4).normal(0, 0.1, (N, 3))
    values[:, 1] += table["y"]
    return pd.DataFrame(values, index=table.index)


@pytest.fixture(scope="module")
def model(table, embeddings):
    """A head that was trained on a DataFrame of features in another order."""
    shuffled = embeddings.sample(frac=1, random_state=0)
    return seqcnn.fit(
        table["sequence"], table["y"], "features", features=shuffled, split=table["split"], **TRAINING
    )


def test_a_head_learns_from_a_frame_that_is_put_into_the_order_of_the_sequences(model, table, embeddings):
    test = table[table["split"] == "test"]
    y_hat = model.predict(test["sequence"], features=embeddings.loc[test.index])["y"]
    assert pearson(test["y"].to_numpy(), y_hat.to_numpy()) > 0.9


def test_frames_arrays_tensors_positions_and_files_give_the_same_predictions(
    model, table, embeddings, tmp_path
):
    np.savez(tmp_path / "f.npz", **{name: row.to_numpy() for name, row in embeddings.iterrows()})
    lines = "".join(f">{name}\n{sequence}\n" for name, sequence in table["sequence"].items())
    (tmp_path / "s.fa").write_text(lines)
    values = embeddings.to_numpy()
    expected = model.predict(table["sequence"], features=embeddings)["y"].to_numpy()
    for features in (values, torch.tensor(values), values[:, None], tmp_path / "f.npz"):
        assert np.array_equal(model.predict(table["sequence"], features=features)["y"], expected)
    of_file = model.predict(tmp_path / "s.fa", features=tmp_path / "f.npz")["y"].to_numpy()
    np.testing.assert_allclose(of_file, expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("features", "message"),
    [
        (np.ones((N - 1, 3)), "60 sequences, 59 rows of features; expected one row per sequence"),
        (np.ones(N), r"features: an array float64 \(60,\) found; expected numbers"),
        (np.full((N, 3), np.nan), "features: NaN, infinite or too large values found"),
        ([["a", "b"]] * N, "features: an array <U1"),
        ([[1.0], [1.0, 2.0]], "features: list found; expected numbers"),
    ],
)
def test_what_is_no_row_of_numbers_per_sequence_is_refused(table, features, message):
    with pytest.raises(TableError, match=message):
        seqcnn.fit(table["sequence"], table["y"], "features", features=features, **TRAINING)


def test_a_fit_without_the_features_that_it_needs_leaves_no_folder(table, tmp_path):
    with pytest.raises(ConfigError, match="encoder features: the dataset has no features"):
        seqcnn.fit(
            table["sequence"], table["y"], configs=["features"], preset="fast", output=tmp_path / "run"
        )
    assert not (tmp_path / "run").exists()


def test_features_are_refused_where_nothing_takes_them_and_needed_where_something_does(
    model, bundle, table, tmp_path
):
    with pytest.raises(UsageError, match="features: the model takes sequences; leave them out"):
        seqcnn.load_model(bundle).predict(["ACGTC" * 6], features=np.ones((1, 3)))
    with pytest.raises(BundleError, match="a model of features"):
        model.predict(table["sequence"])
    (tmp_path / "t.tsv").write_text("id\tsequence\ty\n")
    with pytest.raises(
        UsageError, match=r"features: ndarray found; expected the path of an \.npz or \.h5 file"
    ):
        seqcnn.fit(tmp_path / "t.tsv", tmp_path / "t.tsv", "features", features=np.ones((1, 3)))
