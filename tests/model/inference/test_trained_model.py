from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from Bio.Seq import Seq
from Bio.SeqRecord import SeqRecord
from hypothesis import given, settings
from hypothesis import strategies as st
from support.planted import planted

from seqcnn.data.from_arrays import dataset_from_arrays
from seqcnn.errors import BundleError, SequenceError, UsageError
from seqcnn.model.inference import predict_records
from seqcnn.model.inference.batches import BATCH
from seqcnn.model.inference.predict_records import predict_stream, refuse_mixed
from seqcnn.model.inference.trained_model import LoadedModel, load_model
from seqcnn.model.network.bundle import build
from seqcnn.sequence.onehot import one_hot
from seqcnn.sequence.window import Layout

SEQUENCES = planted(20, seed=3)[0]


@pytest.fixture
def make(bundle):
    """Return a function that makes an untrained model with a changed header."""
    header = load_model(bundle).header

    def make(seed=0, **changes):
        changed = header.model_copy(update=changes)
        torch.manual_seed(seed)
        return LoadedModel(build(changed), changed).eval()

    return make


@pytest.fixture
def fasta(tmp_path):
    path = tmp_path / "x.fa"
    path.write_text("".join(f">oligo_{i}\n{s}\n" for i, s in enumerate(SEQUENCES)))
    return path


def test_a_list_gives_an_array_with_a_row_a_sequence_and_a_column_a_target(model):
    y_hat = model.predict_array(SEQUENCES)
    assert isinstance(y_hat, np.ndarray)
    assert (y_hat.shape, y_hat.dtype) == ((20, 1), np.float32)


def test_sequences_of_which_more_than_a_tenth_is_ambiguous_have_no_prediction(model, tmp_path, caplog):
    sequences = ["N" * 30, "ACG" * 10, "NNN" + "ACG" * 9, "NRYS" + "ACG" * 8 + "AC"]
    predicted = model.predict_array(sequences)
    assert np.isnan(predicted[:, 0]).tolist() == [True, False, False, True]
    (tmp_path / "n.fa").write_text("".join(f">{i}\n{s}\n" for i, s in enumerate(sequences)))
    of_file = model.predict(tmp_path / "n.fa")["target"].to_numpy()
    assert np.array_equal(of_file, predicted[:, 0], equal_nan=True)
    assert "2 sequences have no prediction (NA), as more than a tenth of each is ambiguous" in caplog.text


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_predictions_that_are_not_finite_are_missing_and_have_a_reason_of_their_own(
    value, make, fasta, caplog
):
    model = make()
    with torch.no_grad():
        model.regressor.members[0].target_mean += value
    assert np.isnan(model.predict_array(SEQUENCES)).all()
    fasta.write_text(f">n\n{'N' * 30}\n{fasta.read_text()}")
    ((_, predictions),) = predict_stream([model], fasta)
    assert np.isnan(predictions[0].members).all()
    assert "20 sequences have no prediction (NA), as the model computes no finite number" in caplog.text
    assert "1 sequence has no prediction (NA), as more than a tenth of each is ambiguous" in caplog.text


def to(kind):
    return lambda x: x.to(kind)


@pytest.mark.parametrize("kind", [Seq, lambda s: SeqRecord(Seq(s)), str.lower, lambda s: s.replace("T", "U")])
def test_other_ways_to_write_a_sequence_give_the_same_number(model, kind):
    assert np.array_equal(model.predict_array([kind(s) for s in SEQUENCES]), model.predict_array(SEQUENCES))


@pytest.mark.parametrize("kind", [tuple, np.array, pd.Series])
def test_other_collections_of_sequences_give_the_same_numbers(model, kind):
    assert np.array_equal(model.predict_array(kind(SEQUENCES)), model.predict_array(SEQUENCES))


@pytest.mark.parametrize("kind", [torch.Tensor.numpy, *map(to, (torch.float64, torch.float16, torch.uint8))])
def test_a_one_hot_array_gives_the_same_numbers(model, kind):
    x = torch.stack([one_hot(s) for s in SEQUENCES])
    assert np.array_equal(model.predict_array(kind(x)), model.predict_array(SEQUENCES))


def test_the_plain_module_predicts_the_same_up_to_rounding(model):
    x = torch.stack([one_hot(s) for s in SEQUENCES])
    np.testing.assert_allclose(model(x).detach().numpy(), model.predict_array(x), rtol=1e-5, atol=1e-6)


def test_duplicates_get_the_same_number_twice(model):
    y_hat = model.predict_array([SEQUENCES[0], SEQUENCES[1], SEQUENCES[0]])
    assert y_hat[0] == y_hat[2] != y_hat[1]


@given(order=st.permutations(range(20)), copies=st.integers(1, 15))
@settings(max_examples=10, deadline=None)
def test_a_prediction_does_not_depend_on_its_company(bundle, order, copies):
    model = load_model(bundle)
    alone = model.predict_array(SEQUENCES[:1])
    company = [SEQUENCES[i] for i in order] * copies
    at = [i for i, s in enumerate(company) if s == SEQUENCES[0]]
    assert (model.predict_array(company)[at] == alone).all()


@pytest.mark.parametrize("n", [1, BATCH - 1, BATCH, BATCH + 1])
def test_every_number_of_sequences_is_predicted(model, n):
    assert model.predict_array((SEQUENCES * 13)[:n]).shape == (n, 1)


def test_the_plain_module_takes_every_real_type(model):
    x = torch.stack([one_hot(s) for s in SEQUENCES])
    for kind in (torch.float64, torch.float16, torch.uint8):
        assert torch.equal(model(x.to(kind)), model(x))


@pytest.mark.parametrize("value", [np.nan, np.inf, 1j])
def test_a_one_hot_array_of_other_numbers_is_refused(model, value):
    with pytest.raises(SequenceError, match="expected a one-hot array"):
        model.predict_array(torch.full((1, 4, 30), value))


@pytest.mark.parametrize(
    "empty", [[], np.empty((0, 4, 30)), torch.empty(0, 4, 30)], ids=["list", "array", "tensor"]
)
def test_nothing_gives_an_empty_array(model, empty):
    assert model.predict_array(empty).shape == (0, 1)


@pytest.mark.parametrize("shape", [(4, 30), (2, 30, 4), (2, 4, 29), (2, 4, 31), (1, 2, 4, 30), (30,)])
def test_an_array_of_another_shape_is_refused(model, shape):
    with pytest.raises(SequenceError, match=r"array of shape .*; expected \(N, 4, 30\)"):
        model.predict_array(np.zeros(shape))


@pytest.mark.parametrize(
    ("sequences", "message"),
    [
        (["ACGT", "AC-T"], "sequence 2: '-' at position 3"),
        ([""], "sequence 1: empty sequence"),
        (["A" * 31], "sequence 1 has 31 bp; the model was trained on sequences of 30 bp"),
        (["A" * 30, "A" * 29], "sequence 2 has 29 bp; the model was trained on sequences of 30 bp"),
        ([None], r"sequence 1: 'None' \(NoneType\) found; expected DNA as str"),
        (["A" * 30, float("nan")], r"sequence 2: 'nan' \(float\) found; expected DNA as str"),
        ([pd.NA], r"sequence 1: '<NA>' \(NAType\) found; expected DNA as str"),
        ([5], r"sequence 1: '5' \(int\) found"),
        (["nan"], "sequence 1: 'nan' is a missing value"),
        ([b"AC"], "sequence 1 has 2 bp"),
        (
            pd.DataFrame({"sequence": ["A" * 30]}),
            r"pass the column .*, such as table\['sequence'\]",
        ),
        ({"a": "A" * 30}, r"dict found, whose items are its keys; pass the sequences, list\(d.values\(\)\)"),
        (np.array([["A" * 30]]), "pass the column of sequences"),
        ({"A" * 30}, "set found; pass a list"),
        (iter(["A" * 30]), "list_iterator found; pass a list"),
        (Seq("A" * 30), "one Seq found; put it into a list"),
        (SeqRecord(Seq("A" * 30)), "one SeqRecord found; put it into a list"),
        (b"A" * 30, "one bytes found; put it into a list"),
    ],
)
def test_what_is_no_sequence_for_the_model_is_refused_with_its_place(model, sequences, message):
    with pytest.raises(SequenceError, match=message):
        model.predict_array(sequences)


def test_a_model_in_training_mode_predicts_the_same_and_stays_in_it(model):
    expected, state = model.predict_array(SEQUENCES), {k: t.clone() for k, t in model.state_dict().items()}
    model.train()
    assert np.array_equal(model.predict_array(SEQUENCES), expected)
    assert model.training
    assert model.regressor.encoder.training
    assert all(torch.equal(state[key], tensor) for key, tensor in model.state_dict().items())


def test_predicting_leaves_no_gradient_and_the_plain_module_gives_one(model):
    model.predict_array(SEQUENCES)
    assert all(parameter.grad is None for parameter in model.parameters())
    x = one_hot(SEQUENCES[0]).unsqueeze(0).requires_grad_()
    model(x).sum().backward()
    assert x.grad.abs().max() > 0


def test_a_shorter_sequence_is_laid_out_as_in_training(make):
    model = make(layout=Layout(30, align="right", flank5="TTTTTTTTTT", flank3="G"), min_length=20)
    x = one_hot("TTTTTTTTTT" + SEQUENCES[0][:20]).unsqueeze(0)
    assert np.array_equal(model.predict_array([SEQUENCES[0][:20]]), model.predict_array(x))


def test_a_longer_sequence_is_cropped_if_the_model_says_so(make):
    model = make(layout=Layout(30, align="right", crop=True))
    assert np.array_equal(model.predict_array(["GGG" + SEQUENCES[0]]), model.predict_array(SEQUENCES[:1]))


def _turned(sequence):
    return sequence[::-1].translate(str.maketrans("ACGTRYN", "TGCAYRN"))


def test_a_double_stranded_model_predicts_the_same_for_both_strands(make):
    model = make(strand="double")
    both = model.predict_array(SEQUENCES), model.predict_array([_turned(s) for s in SEQUENCES])
    assert np.array_equal(*both)
    assert not np.array_equal(
        *(make().predict_array(s) for s in (SEQUENCES, [_turned(s) for s in SEQUENCES]))
    )


def test_a_double_stranded_prediction_is_the_mean_of_both_strands(make):
    turned = [_turned(s) for s in SEQUENCES]
    single, double = make(), make(strand="double")
    expected = (single.predict_array(SEQUENCES) + single.predict_array(turned)) / 2
    np.testing.assert_allclose(double.predict_array(SEQUENCES), expected, rtol=1e-6)


@pytest.mark.parametrize("align", ["left", "right", "center"])
def test_only_the_insert_is_read_from_the_other_strand(make, align):
    layout = Layout(30, align=align, flank5="AACCAACCAA", flank3="GGTGGTGGTG")
    single, double = (make(layout=layout, min_length=5, strand=s) for s in ("single", "double"))
    inserts = [s[:21] for s in SEQUENCES] + ["ACRYN"]
    expected = (single.predict_array(inserts) + single.predict_array([_turned(s) for s in inserts])) / 2
    np.testing.assert_allclose(double.predict_array(inserts), expected, rtol=1e-6)


def test_training_on_both_strands_makes_them_alike(tiny, one_thread, tmp_path):
    from seqcnn.model.train import train

    sequences, y = planted(64)
    model = train(
        dataset_from_arrays(sequences, y), tiny(epochs=2, strand="double"), tmp_path / "m", machine=one_thread
    )
    assert model.header.strand == "double"
    assert np.array_equal(
        model.predict_array(sequences), model.predict_array([_turned(s) for s in sequences])
    )


def test_a_file_is_read_in_chunks(model, fasta, monkeypatch):
    monkeypatch.setattr(predict_records, "CHUNK", 8)
    chunks = list(predict_stream([model], fasta))
    assert [len(records) for records, _ in chunks] == [8, 8, 4]
    assert np.array_equal(
        np.concatenate([y.members[0] for _, (y,) in chunks]), model.predict_array(SEQUENCES)
    )


def test_memory_does_not_grow_with_the_file(model, tmp_path, monkeypatch):
    import tracemalloc

    def peak(n):
        path = tmp_path / f"{n}.fa"
        path.write_text(f">x\n{SEQUENCES[0]}\n" * n)
        tracemalloc.start()
        for _ in predict_stream([model], path):
            pass
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    monkeypatch.setattr(predict_records, "CHUNK", BATCH)
    small, large = (min(peak(n) for _ in range(3)) for n in (8_192, 32_768))  # threads may read ahead
    assert large < small + 40_000  # both of several blocks; less than two bytes per record


def test_members_of_an_ensemble_must_predict_the_same_targets_in_the_same_units(make):
    refuse_mixed([make(), make(seed=1)])
    for changes in ({"targets": ("other",)}, {"units": ("log2",)}):
        (name,), ((value,),) = changes, changes.values()
        message = f"models of an ensemble predict different {name}: '{value}' found; expected '"
        with pytest.raises(BundleError, match=message):
            refuse_mixed([make(), make(**changes)])
    with pytest.raises(UsageError, match="no model given"):
        refuse_mixed([])


def test_a_model_is_saved_and_loads_with_the_same_predictions(model, tmp_path):
    model.save(tmp_path / "mine.safetensors")
    assert np.array_equal(
        load_model(tmp_path / "mine.safetensors").predict_array(SEQUENCES), model.predict_array(SEQUENCES)
    )


def test_a_model_is_not_saved_over_a_file_unless_asked(model, bundle, tmp_path):
    path = tmp_path / "mine.safetensors"
    path.write_text("mine")
    with pytest.raises(UsageError, match="it is there already"):
        model.save(path)
    assert path.read_text() == "mine"
    model.save(path, overwrite=True)
    assert path.read_bytes() == bundle.read_bytes()


def test_the_module_refuses_another_window(model):
    with pytest.raises(SequenceError, match=r"shape \(1, 4, 20\); expected \(N, 4, 30\)"):
        model(torch.zeros(1, 4, 20))


@pytest.mark.parametrize("name", ["a\0b", "a\0b.csv", "a\0b.bed", Path("a\0b")])
def test_a_path_with_a_nul_is_refused(name, model):
    with pytest.raises(UsageError, match=r"^a\\x00b"):
        model.predict(name)
    with pytest.raises(UsageError, match=r"^a\\x00b"):
        load_model(name)
    with pytest.raises(UsageError, match=r"^a\\x00b"):
        model.save(name)
