import subprocess
import sys
import threading

import numpy as np
import pytest
import torch
from onnx import GraphProto, ModelProto, NodeProto
from onnx.helper import make_tensor_value_info
from support.planted import planted

from seqcnn.cli import main
from seqcnn.cli_support.options import engine as engine_option
from seqcnn.encoders import ENCODERS
from seqcnn.errors import BundleError, EnvironmentFault, UsageError
from seqcnn.model import export as export_module
from seqcnn.model.export import export
from seqcnn.model.inference.trained_model import load_model
from seqcnn.model.network.bundle import build, read_header, save_bundle
from seqcnn.model.onnx import engines
from seqcnn.model.onnx.engine_names import ENGINE_NAMES
from seqcnn.model.onnx.engines import ENGINES, Runner, open_runner
from seqcnn.model.onnx.onnx_file import parse_exported, read_exported, with_metadata
from seqcnn.model.onnx.onnx_model import ExportedModel
from seqcnn.model.open_model import open_model
from seqcnn.model.train import train
from seqcnn.sequence.window import Layout

pytestmark = pytest.mark.usefixtures("quick_export")

SEQUENCES = planted(100, seed=5)[0]


def rows_of(model, sequences=SEQUENCES):
    return model.header.layout.rows([bytes(1 << "ACGT".index(letter) for letter in s) for s in sequences])


def run(*arguments):
    with pytest.raises(SystemExit) as stop:
        main([str(argument) for argument in arguments])
    return stop.value.code


@pytest.fixture(scope="module")
def exported(bundle, tmp_path_factory, quick_export):
    path = tmp_path_factory.mktemp("export") / "model.onnx"
    export(bundle, path)
    return path


@pytest.fixture
def fasta(tmp_path):
    path = tmp_path / "library.fa"
    path.write_text("".join(f">s{i}\n{s}\n" for i, s in enumerate(planted(300, seed=6)[0])))
    return path


def untrained(bundle, path, **changes):
    """A bundle of random weights."""
    torch.manual_seed(3)
    header = read_header(bundle).model_copy(update=changes)
    save_bundle(path, build(header).eval(), header)
    return path


MOTIFS = {"activation": "exponential", "rc_tied_filters": True}
NETWORKS = [
    *((name, {}, 41) for name in ENCODERS if name != "dream_rnn"),  # of four million weights
    *((name, encoder.EXAMPLES[0], 30) for name, encoder in ENCODERS.items()),
    *((name, encoder.EXAMPLES[-1], length) for name, encoder in ENCODERS.items() for length in (30, 41)),
    *(("cnn", MOTIFS, length) for length in (30, 41)),
]


@pytest.mark.parametrize(("encoder", "args", "length"), NETWORKS)
def test_every_encoder_predicts_the_same_on_every_engine(encoder, args, length, bundle, tmp_path):
    layout = Layout(length, align="center", flank5="ACG")  # of which a window of 41 bp is padded
    changes = {"encoder": encoder, "args": args, "layout": layout}
    path = untrained(bundle, tmp_path / "m.safetensors", **changes)
    assert export(path, tmp_path / "m.onnx") == pytest.approx(1)
    expected = load_model(path).predict_members(rows_of(load_model(path)))
    for engine in ENGINES:
        model = open_model(tmp_path / "m.onnx", engine=engine, threads=1)
        found = model.predict_members(rows_of(model))
        assert np.abs(found.members - expected.members).max() <= 1e-5 * np.abs(expected.members).max()
        assert (found.ood == expected.ood).all()


@pytest.fixture(scope="module")
def ensemble(bundle, tmp_path_factory, quick_export):
    """Return the folder of an ensemble of three members with noise and both strands, and of its export."""
    folder = tmp_path_factory.mktemp("ensemble")
    changes = {"encoder": "cnn", "args": {}, "members": 3, "predicts_noise": True, "strand": "double"}
    export(untrained(bundle, folder / "m.safetensors", **changes), folder / "m.onnx")
    return folder


@pytest.mark.parametrize("engine", ENGINES)
def test_ensembles_noise_and_both_strands_are_exported(engine, ensemble):
    model = load_model(ensemble / "m.safetensors")
    expected = model.predict_members(rows_of(model))
    found = open_model(ensemble / "m.onnx", engine=engine, threads=1).predict_members(rows_of(model))
    assert found.members.shape == found.noise_sd.shape == (3, 100, 1)
    assert np.allclose(found.members, expected.members, atol=1e-5)
    assert np.allclose(found.noise_sd, expected.noise_sd, atol=1e-5)
    nothing = open_model(ensemble / "m.onnx").predict_members(rows_of(model, []))
    assert nothing.members.shape == nothing.noise_sd.shape == (3, 0, 1)


@pytest.mark.parametrize("engine", ENGINES)
def test_an_exported_prediction_does_not_depend_on_its_company(engine, exported):
    model = open_model(exported, engine=engine)
    alone = model.predict_members(rows_of(model, SEQUENCES[:1])).members
    company = model.predict_members(rows_of(model, SEQUENCES[7:90] + SEQUENCES[:1])).members
    assert (company[:, -1:] == alone).all()


def test_the_command_predicts_an_export_as_the_bundle(bundle, exported, fasta, tmp_path):
    tables = []
    for model in (bundle, exported):
        assert run("predict", fasta, "-m", model, "--overwrite", "-o", tmp_path / "p.tsv") == 0
        tables.append([line.split("\t") for line in (tmp_path / "p.tsv").read_text().splitlines()])
    assert [row[0] for row in tables[0]] == [row[0] for row in tables[1]]
    found, expected = (np.array([row[1] for row in table[1:]], float) for table in tables)
    assert np.abs(found - expected).max() < 1e-5


def test_info_describes_an_export_as_its_bundle(bundle, exported, capsys):
    texts = []
    for model in (bundle, exported):
        assert run("info", model) == 0
        texts.append(capsys.readouterr().out.splitlines())
    assert texts[1][0].startswith("           model: cnn, exported, ")
    assert texts[0][1:] == texts[1][1:]


def test_a_command_that_needs_the_bundle_says_so(exported):
    with pytest.raises(BundleError, match="an export, which `predict` and `info` take; expected its bundle"):
        load_model(exported)


def test_a_bundle_is_exported_in_memory_for_an_engine(bundle, fasta, tmp_path, capsys):
    assert run("predict", fasta, "-m", bundle, "--engine", "onnx", "-o", tmp_path / "p.tsv") == 0
    assert "engine: onnx" in capsys.readouterr().err


def test_predicting_an_export_imports_no_torch(exported, fasta):
    code = (
        "import sys\nfrom seqcnn.cli import main\n"
        "try:\n main(sys.argv[1:])\nexcept SystemExit as stop:\n assert stop.code == 0\n"
        "assert not {'torch', 'lightning', 'pandas', 'sklearn'} & set(sys.modules)"
    )
    arguments = ["predict", fasta, "-m", exported, "--engine", "onnx"]
    done = subprocess.run([sys.executable, "-c", code, *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 301


@pytest.fixture(scope="module")
def learnt(dataset, tiny, one_thread, tmp_path_factory):
    """Return the bundle of a longer training: quantisation errors are small beside what it predicts."""
    path = tmp_path_factory.mktemp("learnt") / "model.safetensors"
    train(dataset, tiny(epochs=20), path, machine=one_thread)
    return path


def test_int8_is_checked_on_other_sequences_than_those_of_its_ranges(learnt, fasta, tmp_path, monkeypatch):
    monkeypatch.setattr(export_module, "MIN_INT8_R", 0.99)  # the network of the tests is small
    bundle = learnt
    r = export(bundle, tmp_path / "m.onnx", calibrate=fasta)
    assert 0.99 <= r < 1
    for engine in ENGINES:
        model = open_model(tmp_path / "m.onnx", engine=engine)
        found = model.predict_members(rows_of(model)).mean
        expected = load_model(bundle).predict_members(rows_of(model)).mean
        assert 0.99 < np.corrcoef(found.T, expected.T)[0, 1] < 1


def test_int8_that_predicts_otherwise_is_refused_and_nothing_written(bundle, fasta, tmp_path, monkeypatch):
    monkeypatch.setattr(export_module, "MIN_INT8_R", 0.9999999)
    with pytest.raises(BundleError, match=r"int8 predictions of 'target' have r = 0\.9\d+ .* without --int8"):
        export(bundle, tmp_path / "m.onnx", calibrate=fasta)
    assert not (tmp_path / "m.onnx").exists()


def test_an_export_that_differs_is_refused(bundle, tmp_path, monkeypatch):
    monkeypatch.setattr(export_module, "TOLERANCE", -1.0)
    with pytest.raises(BundleError, match="its export differs by"):
        export(bundle, tmp_path / "m.onnx")
    assert not (tmp_path / "m.onnx").exists()


def test_too_few_sequences_for_int8_are_refused(bundle, tmp_path):
    (tmp_path / "few.fa").write_text(f">a\n{SEQUENCES[0]}\n" * 255)
    with pytest.raises(UsageError, match=r"few.fa: 255 sequences to calibrate int8; at least 256"):
        export(bundle, tmp_path / "m.onnx", calibrate=tmp_path / "few.fa")


def test_the_same_bundle_gives_the_same_bytes(bundle, exported, tmp_path):
    export(bundle, tmp_path / "again.onnx")
    assert (tmp_path / "again.onnx").read_bytes() == exported.read_bytes()


def test_onnx_itself_reads_the_file_with_its_metadata(exported):
    import onnx

    message = onnx.load(exported)
    onnx.checker.check_model(message)
    assert [entry.key for entry in message.metadata_props][-2:] == ["seqcnn", "sha256"]
    assert '"targets": ["target"]' in message.metadata_props[-2].value


def test_every_damage_is_refused(exported):
    content = exported.read_bytes()
    generator = np.random.default_rng(0)
    for at in generator.integers(0, 8 * len(content), 200):
        damaged = bytearray(content)
        damaged[at // 8] ^= 1 << at % 8
        with pytest.raises(BundleError):
            parse_exported(bytes(damaged), exported)
    for end in generator.integers(0, len(content), 50):
        with pytest.raises(BundleError, match="truncated, or not an exported model"):
            parse_exported(content[:end], exported)


@pytest.mark.parametrize("engine", ENGINES)
def test_what_is_no_network_is_refused_by_every_engine(engine, exported):
    found = parse_exported(exported.read_bytes(), exported)
    node, output = NodeProto(op_type="Nothing", output=["y"]), make_tensor_value_info("y", 1, [1])
    unknown = ModelProto(ir_version=8, graph=GraphProto(name="g", node=[node], output=[output]))
    content = with_metadata(unknown.SerializeToString(), found.header, found.batch, found.profile)
    with pytest.raises(BundleError, match=f"model.onnx: {engine} cannot read the exported network"):
        ExportedModel.of(content, exported, engine)


def test_an_engine_that_is_not_installed_is_a_fault_of_the_environment(exported, monkeypatch):
    monkeypatch.setattr(engines, "find_spec", lambda name: None)
    for engine in ENGINES:
        with pytest.raises(EnvironmentFault, match=rf"engine {engine}: not installed; pip install 'seqcnn\["):
            open_runner(exported.read_bytes(), engine)


def test_auto_takes_the_first_engine_that_is_installed(exported, monkeypatch):
    assert open_runner(exported.read_bytes()).engine == next(iter(ENGINES))
    monkeypatch.setattr(engines, "find_spec", lambda name: name == "onnxruntime" or None)
    assert open_runner(exported.read_bytes()).engine == "onnx"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--engine", "torch", "-m", "m.onnx"], "torch does not run .onnx files"),
        (["--device", "cuda", "-m", "m.onnx"], "--device cuda: engine auto computes on the CPU"),
        (["-m", "none.onnx"], "none.onnx: No such file"),
        (["-m", "library.onnx"], "library.onnx: truncated, or not an exported model"),
    ],
)
def test_the_command_refuses_in_one_line(arguments, message, exported, fasta, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "m.onnx").write_bytes(exported.read_bytes())
    (tmp_path / "library.onnx").write_bytes(fasta.read_bytes())
    assert run("predict", fasta, *arguments, "-o", "p.tsv") == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "p.tsv").exists()


def test_an_export_needs_its_suffix_and_never_overwrites_its_input(bundle, tmp_path):
    with pytest.raises(UsageError, match=r"expected a name that ends in \.onnx"):
        export(bundle, tmp_path / "m.safetensors")
    with pytest.raises(UsageError, match="output and input are the same file"):
        export(bundle, bundle)


def test_the_option_knows_every_engine():
    option = engine_option(lambda: None).__click_params__[0]
    assert (*option.type.choices,) == ENGINE_NAMES == ("auto", "torch", *ENGINES)


def test_the_first_batch_is_run_before_there_are_several_threads(exported):
    network, threads = read_exported(exported), []

    def run(bases):
        threads.append(threading.current_thread())
        return [np.zeros((1, len(bases), 1), np.float32)]

    model = ExportedModel(network, Runner("openvino", run, 2))
    assert threads == [threading.current_thread()]
    model.predict_members(network.header.layout.rows([bytes(30)] * 3 * network.batch))
    assert len(threads) == 4
    assert threading.current_thread() not in threads[1:]
