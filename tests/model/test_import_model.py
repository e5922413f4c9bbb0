import json
import logging
import pickle

import h5py
import numpy as np
import pytest
import torch

from benchmarks.validation.imports.files import sequential, small_model, write_h5
from seqcnn.api.model import load_model
from seqcnn.cli import main
from seqcnn.errors import BundleError, ConfigError, UsageError
from seqcnn.model.import_model import Expected, ImportRequest, import_model
from seqcnn.model.network.bundle import load_bundle, save_bundle
from seqcnn.model.network.header import checked_header
from seqcnn.sequence.onehot import one_hot

RNG = np.random.default_rng(0)
SEQUENCES = ["".join(RNG.choice(list("ACGT"), 30)) for _ in range(300)]


@pytest.fixture(autouse=True)
def quiet(caplog):
    caplog.set_level(logging.ERROR)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("imports")
    small_model(path / "m.h5")
    (path / "s.fa").write_text("".join(f">s{i}\n{s}\n" for i, s in enumerate(SEQUENCES)))
    logging.disable(logging.WARNING)
    model = import_model(path / "m.h5", path / "m.safetensors", ImportRequest(["y"], {"y": "log2"}))
    logging.disable(logging.NOTSET)
    rows = zip(SEQUENCES, model.predict_array(SEQUENCES)[:, 0], strict=True)
    (path / "y.tsv").write_text("id\tvalue\n" + "".join(f"s{i}\t{y}\n" for i, (_, y) in enumerate(rows)))
    return path


def run(*words):
    with pytest.raises(SystemExit) as stop:
        main([*map(str, words)])
    return stop.value.code


def test_the_header_claims_no_training(folder):
    header = load_model(folder / "m.safetensors").header
    assert (header.encoder, header.units, header.training_sha256) == ("imported", ("log2",), None)
    assert (header.metrics, header.calibration, header.split_sizes, header.ood) == ({}, {}, {}, None)
    assert header.imported.library == "Keras 2.7.0"
    assert list(header.imported.files) == ["m.h5"]
    assert header.imported.check is None


@pytest.mark.parametrize(
    "claim",
    [
        {"metrics": {"test": {"y": {"pearson": 0.99}}}},
        {"split_sizes": {"train": 100}},
        {"calibration": {"y": {"n": 3, "errors": (1.0, 2.0, 3.0)}}},
        {"training_sha256": "0" * 64},
        {"imported": None},
        {"encoder": "cnn"},
        {"members": 2},
    ],
)
def test_a_header_that_claims_a_training_is_refused(folder, claim):
    values = json.loads(load_model(folder / "m.safetensors").header.model_dump_json())
    with pytest.raises(ConfigError, match="model header"):
        checked_header(**values | claim)


def test_a_bundle_with_a_damaged_graph_is_refused(folder, tmp_path):
    network, header = load_bundle(folder / "m.safetensors")
    graph = json.loads(json.dumps(header.imported.graph))
    graph["layers"][0]["filters"] = 10**6
    for changes in (
        {"layers": graph["layers"]},
        {"layers": [{"kind": "x", "inputs": [0]}]},
        {"outputs": [99]},
    ):
        origin = header.imported.model_copy(update={"graph": header.imported.graph | changes})
        save_bundle(tmp_path / "b", network, header.model_copy(update={"imported": origin}))
        with pytest.raises(BundleError, match=r"describes no model|do not fit the metadata"):
            load_bundle(tmp_path / "b")


COMMANDS = {
    "predict": ["s.fa", "-m", "m.safetensors", "-o", "out/p.tsv"],
    "attribute": ["s.fa", "-m", "m.safetensors", "--max-sequences", "3", "-o", "out/a.h5"],
    "saturate": ["one.fa", "-m", "m.safetensors", "-o", "out/s.tsv"],
    "dependencies": ["one.fa", "-m", "m.safetensors", "--positions", "2-5", "-o", "out/d.tsv"],
    "variants": ["--pairs", "pairs.tsv", "--sequences", "s.fa", "-m", "m.safetensors", "--null", "5",
                 "-o", "out/v.tsv"],
    "scan": ["genome.fa", "-m", "m.safetensors", "--stride", "7", "-o", "out/scan"],
    "motifs": ["s.fa", "-m", "m.safetensors", "--no-patterns", "-o", "out/motifs"],
    "marginalize": ["s.fa", "-m", "m.safetensors", "--motif", "TGACTCA", "-n", "5", "-o", "out/marginal"],
    "design": ["-m", "m.safetensors", "--start", "s.fa", "-n", "2", "--max-edits", "2", "-o", "out/design"],
    "info": ["m.safetensors"],
}  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_take_an_imported_model(folder, tmp_path, monkeypatch, capsys, command):
    monkeypatch.chdir(folder)
    (folder / "one.fa").write_text(f">s\n{SEQUENCES[0]}\n")
    (folder / "genome.fa").write_text(">c\n" + "".join(SEQUENCES[:4]) + "\n")
    (folder / "pairs.tsv").write_text("ref\talt\ns0\ts1\n")
    words = [word.replace("out/", f"{tmp_path}/out/") for word in COMMANDS[command]]
    assert run(command, *words) == 0, capsys.readouterr().err


def test_an_export_of_an_imported_model_predicts_the_same(folder, tmp_path):
    assert load_model(folder / "m.safetensors").export(tmp_path / "m.onnx") > 0.9999
    assert run("predict", folder / "s.fa", "-m", tmp_path / "m.onnx", "-o", tmp_path / "p.tsv") == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["predict", "s.fa", "-m", "m.safetensors", "--interval", "0.9"],
            "no interval: the model was imported",
        ),
        (
            ["attribute", "s.fa", "-m", "m.safetensors", "--method", "integrated-gradients", "-o", "a"],
            "use --method deepshap or ism",
        ),
        (
            ["design", "-m", "m.safetensors", "--start", "s.fa", "--method", "ledidi", "-o", "d"],
            "use --method evolve",
        ),
        (["predict", "short.fa", "-m", "m.safetensors"], "has 9 bp; the model takes sequences of 30 bp"),
        (
            ["fit", "s.fa", "y.tsv", "--from", "m.safetensors", "-o", "f"],
            "trained elsewhere, and is not trained here",
        ),
    ],
)
def test_what_an_imported_model_cannot_do_is_refused_with_the_reason(
    folder, monkeypatch, capsys, words, message
):
    monkeypatch.chdir(folder)
    (folder / "short.fa").write_text(">s\nACGTACGTA\n")
    assert run(*words) == 2
    assert message in capsys.readouterr().err.splitlines()[-1]


def test_info_tells_the_origin_and_the_agreement(folder, tmp_path, capsys):
    check = ["--check", folder / "s.fa", folder / "y.tsv"]
    assert run("import", folder / "m.h5", "--targets", "y", *check, "-o", tmp_path / "b") == 0
    capsys.readouterr()
    assert run("info", tmp_path / "b") == 0
    text = capsys.readouterr().out
    for line in (
        "model: imported, 181 parameters, 4 layers",
        "trained on: not known: the model was imported",
        "imported from: Keras 2.7.0: m.h5 (SHA-256 ",
        "original input: LB (L positions, B bases in the order ACGT)",
        "agreement: 300 predictions of the original differ by at most ",
        "intervals: none: no held-out rows calibrate an imported model",
    ):
        assert line in text


def test_predictions_that_differ_are_refused_unless_they_are_tolerated(folder, tmp_path, capsys):
    lines = (folder / "y.tsv").read_text().splitlines()
    name, value = lines[7].split("\t")
    lines[7] = f"{name}\t{float(value) + 1}"
    (tmp_path / "y.tsv").write_text("\n".join(lines) + "\n")
    words = ["import", folder / "m.h5", "--targets", "y", "--check", folder / "s.fa", tmp_path / "y.tsv"]
    assert run(*words, "-o", tmp_path / "b") == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert f"'s6': 'y' {float(value):.6g} predicted, {float(value) + 1:.6g} expected" in error
    assert "accept it with --tolerance" in error
    assert not (tmp_path / "b").exists()
    assert run(*words, "--tolerance", "1", "-o", tmp_path / "b") == 0
    assert load_model(tmp_path / "b").header.imported.check.difference == pytest.approx(1, rel=1e-4)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("id\tvalue\ns0\t1\n", "no prediction for 's1'"),
        ("id\ta\tb\ns0\t1\t2\n", "2 columns of predictions for 1 target"),
        ("id\tvalue\n" + "".join(f"s{i}\tx\n" for i in range(300)), "expected a number"),
    ],
)
def test_a_table_of_other_rows_or_columns_is_refused(folder, tmp_path, table, message):
    (tmp_path / "y.tsv").write_text(table)
    with pytest.raises(Exception, match=message):
        import_model(folder / "m.h5", tmp_path / "b", ImportRequest(["y"]),
                     expected=Expected(folder / "s.fa", tmp_path / "y.tsv"))  # fmt: skip


def flat_model(path, shape):
    """Write a model of the sum of weights of an input, and return the weights by position and base."""
    weight = RNG.normal(size=(40, 1))
    layers = [("Flatten", {}), ("Dense", {"units": 1, "use_bias": False})]
    write_h5(path, sequential(layers, shape), {"dense": {"kernel": weight}})
    return weight[:, 0]


@pytest.mark.parametrize(
    ("shape", "transposed"),
    [((10, 4), False), ((4, 10), True), ((1, 10, 4), False), ((10, 4, 1), False), ((4, 10, 1), True),
     ((10, 1, 4), False), ((1, 4, 10), True), ((None, 4), False)],
)  # fmt: skip
def test_the_axes_of_the_input_are_read_from_its_shape(shape, transposed, tmp_path):
    weight = flat_model(tmp_path / "m.h5", shape)
    model = import_model(
        tmp_path / "m.h5", tmp_path / "b", ImportRequest(["y"], length=None if 10 in shape else 10)
    )
    weight = weight.reshape(4, 10) if transposed else weight.reshape(10, 4).T
    sequence = SEQUENCES[0][:10]
    expected = (one_hot(sequence).numpy() * weight).sum()
    assert model.predict_array([sequence])[0, 0] == pytest.approx(expected, rel=1e-5)


def test_bases_flanks_and_strands_are_those_of_the_request(tmp_path):
    weight = flat_model(tmp_path / "m.h5", (10, 4)).reshape(10, 4)
    request = ImportRequest(["y"], bases="TGCA", flank5="AC", flank3="G", strand="double")
    model = import_model(tmp_path / "m.h5", tmp_path / "b", request)
    assert model.header.layout.length == 7

    def expected(sequence):
        return sum(weight[i, "TGCA".index(base)] for i, base in enumerate(f"AC{sequence}G"))

    mean = (expected("ACCTGGG") + expected("CCCAGGT")) / 2
    assert model.predict_array(["ACCTGGG"])[0, 0] == pytest.approx(mean, rel=1e-5)


@pytest.mark.parametrize(
    ("shape", "request_", "message"),
    [
        ((4, 4), {}, "bases or positions first"),
        ((None, 4), {}, "any length; choose one with --length"),
        ((10, 4), {"length": 12}, "found for --length 12"),
        ((10, 4), {"axes": "channels-first"}, "see --length and --layout"),
        ((10, 5), {}, r"input of shape \(10, 5\) found; expected one-hot"),
        ((40,), {}, r"input of shape \(40\)"),
        ((10, 4), {"bases": "ACGU"}, "order of the bases"),
        ((10, 4), {"flank5": "ACGTACGTAC"}, "flanks leave 0 bp"),
        ((10, 4), {"flank3": "X"}, "'X' at position 1"),
        ((10, 4), {"targets": ["a", "b"]}, "1 output for 2 targets"),
        ((10, 4), {"targets": ["id"]}, "rename the target"),
        ((10, 4), {"units": {"z": "log2"}}, "'z' is not a target"),
    ],
)
def test_requests_that_do_not_fit_the_model_are_refused(shape, request_, message, tmp_path):
    flat_model(tmp_path / "m.h5", shape)
    with pytest.raises((UsageError, ConfigError, BundleError), match=message) as error:
        import_model(tmp_path / "m.h5", tmp_path / "b", ImportRequest(**{"targets": ["y"]} | request_))
    assert "\n" not in str(error.value)
    assert not (tmp_path / "b").exists()


def test_ambiguous_bases_are_shares_or_zeros(tmp_path):
    weight = flat_model(tmp_path / "m.h5", (10, 4)).reshape(10, 4)
    for ambiguity, last in (("share", weight[9].mean()), ("zero", 0)):
        request = ImportRequest(["y"], ambiguity=ambiguity)
        model = import_model(tmp_path / "m.h5", tmp_path / "b", request, overwrite=True)
        expected = weight[:9, 0].sum() + last
        assert model.predict_array(["AAAAAAAAAN"])[0, 0] == pytest.approx(expected, rel=1e-5)


def test_an_imported_model_is_pickled(folder):
    model = load_model(folder / "m.safetensors")
    again = pickle.loads(pickle.dumps(model))
    assert np.array_equal(again.predict_array(SEQUENCES[:3]), model.predict_array(SEQUENCES[:3]))


def test_filters_are_those_of_the_file_in_the_order_of_our_bases(tmp_path):
    from seqcnn.interpret.motif.filters import first_layer

    small_model(tmp_path / "m.h5")
    with h5py.File(tmp_path / "m.h5") as file:
        kernel = file["model_weights/conv1d/conv1d/kernel:0"][()]  # (7, 4, 6)
    model = import_model(tmp_path / "m.h5", tmp_path / "b", ImportRequest(["y"], bases="TGCA"))
    layer = first_layer(model, model.network)
    weight = layer.convolution.weight.detach()
    assert torch.equal(weight, torch.from_numpy(kernel.transpose(2, 1, 0)).flip(1))
    assert layer.channel_axis == -1


def test_a_model_without_a_first_convolution_has_no_filters(tmp_path):
    from seqcnn.interpret.motif.filters import first_layer

    flat_model(tmp_path / "m.h5", (10, 4))
    model = import_model(tmp_path / "m.h5", tmp_path / "b", ImportRequest(["y"]))
    with pytest.raises(UsageError, match="does not start with a convolution over the four bases"):
        first_layer(model, model.network)


@pytest.mark.parametrize(("padding", "is_told"), [("same", True), ("valid", False)])
def test_padded_means_are_named_as_a_reason_of_a_difference(padding, is_told, tmp_path):
    layers = [
        ("AveragePooling1D", {"pool_size": 2, "padding": padding}),
        ("Flatten", {}),
        ("Dense", {"units": 1}),
    ]
    arrays = {"dense": {"kernel": np.ones((4 * (3 if padding == "same" else 2), 1)), "bias": [0]}}
    path = write_h5(tmp_path / "m.h5", sequential(layers, (5, 4)), arrays)
    (tmp_path / "s.fa").write_text(">a\nACGTA\n")
    (tmp_path / "y.tsv").write_text("id\ty\na\t9\n")
    expected = Expected(tmp_path / "s.fa", tmp_path / "y.tsv")
    with pytest.raises(UsageError, match="accept it with --tolerance") as error:
        import_model(path, tmp_path / "m.safetensors", ImportRequest(["y"]), expected=expected)
    assert ("is that of TensorFlow" in str(error.value)) == is_told
