import json
import sys
import warnings
from dataclasses import replace
from xml.etree import ElementTree

import h5py
import numpy as np
import pytest
import torch
from support.networks import sequences, untrained

from seqcnn.cli import main
from seqcnn.data.readers.records import Record
from seqcnn.encoders import ENCODERS
from seqcnn.errors import BundleError, EnvironmentFault, TableError, UsageError
from seqcnn.extras import extra
from seqcnn.interpret.attribute import attribute
from seqcnn.interpret.attribution.attribution import METHODS, attributions, one_hot_of, projected
from seqcnn.interpret.attribution.attribution_file import load_attributions
from seqcnn.interpret.attribution.ism import ism
from seqcnn.interpret.attribution.logos import write_logos
from seqcnn.interpret.attribution.references import SMOOTH_PATHS
from seqcnn.interpret.seqlets import call_seqlets
from seqcnn.sequence.onehot import pack
from seqcnn.sequence.window import Layout

SVG = "{http://www.w3.org/2000/svg}"
MOTIFS_FIRST = {"activation": "exponential", "rc_tied_filters": True}


def records(n, length, **how):
    packed = sequences(n, length, **how)
    return [Record(f"r{number}", bases, number, number) for number, bases in enumerate(packed)]


@pytest.fixture
def fasta(tmp_path):
    path = tmp_path / "seqs.fa"
    letters = ["".join("=AC.G...T"[base] for base in bases) for bases in sequences(6, 30)]
    path.write_text("".join(f">s{n}\n{text}\n" for n, text in enumerate(letters)))
    return path


def run(*arguments):
    with pytest.raises(SystemExit) as stopped:
        main([str(argument) for argument in arguments])
    return stopped.value.code


def test_ism_attributions_are_the_prediction_less_the_mean_of_the_other_bases(model):
    rows = model.header.layout.rows(sequences(2, 30))
    values, (found, misses) = ism(model, rows).astype(float), attributions(model, rows)
    assert misses is None
    others = (values[1, 0, 7] + values[1, 1, 7] + values[1, 3, 7]) / 3
    assert found[1, 2, 7] == pytest.approx(values[1, 2, 7] - others, abs=1e-6)


@pytest.mark.parametrize(
    ("encoder", "args", "steps"),
    [
        ("cnn", {"activation": "relu", "rc_tied_filters": False, "pooling": "max"}, 3e-4),
        ("cnn", {}, 2e-3),
        ("mlp", {}, 3e-4),
    ],
)
@pytest.mark.parametrize("strand", ["single", "double"])
@pytest.mark.parametrize("method", METHODS[1:])
def test_gradient_methods_add_up_on_both_strands(method, strand, encoder, args, steps):
    model = untrained(encoder, length=24, strand=strand, members=2, **args)
    rows = model.header.layout.rows(sequences(2, 24))
    found, misses = attributions(model, rows, method=method, target=1)
    assert np.abs(found).max() > 0.002
    assert misses.max() < (steps if method == "integrated-gradients" else 1e-6)


@pytest.mark.parametrize("encoder", sorted(set(ENCODERS) - set(SMOOTH_PATHS)))
def test_integrated_gradients_refuse_other_encoders_and_name_the_methods_for_them(encoder):
    model = untrained(encoder, length=12, **ENCODERS[encoder].EXAMPLES[0])
    message = f"integrated-gradients: not for this {encoder} model: .*use --method deepshap or ism"
    with pytest.raises(BundleError, match=message):
        attributions(model, model.header.layout.rows(sequences(1, 12)), method="integrated-gradients")


def test_attributions_that_are_not_finite_are_refused():
    model = untrained(length=12, link="log")
    model.network.head.bias.data.fill_(200)
    with (
        np.errstate(invalid="ignore"),
        pytest.raises(BundleError, match=r"deepshap: .* not finite; use --met"),
    ):
        attributions(model, model.header.layout.rows(sequences(1, 12)), method="deepshap")


def test_sequences_whose_attributions_do_not_add_up_are_named(monkeypatch, caplog, tmp_path):
    model = untrained(length=30, filters=(6, 5))
    attribute(model, records(3, 30), method="integrated-gradients")
    assert "miss the difference" not in caplog.text
    monkeypatch.setattr("seqcnn.interpret.attribution.references.PATH_POINTS", 1)
    attribute(model, records(3, 30), method="integrated-gradients")
    assert "attributions of 3 sequences (r0; r1; r2) miss the difference of predictions" in caplog.text


@pytest.mark.parametrize("method", METHODS[1:])
def test_a_row_alone_has_the_attributions_that_it_has_among_others(method):
    model = untrained(length=24, filters=(6, 5))
    rows = model.header.layout.rows(sequences(6, 24))
    together, _ = attributions(model, rows, method=method, seed=1)
    alone, _ = attributions(model, rows.take(np.array([5])), method=method, seed=6)
    assert alone[0] == pytest.approx(together[5], abs=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_attributions_are_0_outside_the_insert(method):
    layout = Layout(24, flank3="ACGT")
    model = untrained(layout=layout)
    found, _ = attributions(model, layout.rows([pack("ACGTACGTNACGT")]), method=method)
    assert found[0, :, :13].any()
    assert not found[0, :, 13:].any()


def test_ambiguous_bases_and_padding_have_no_one_hot_and_no_projected_attribution():
    rows = Layout(4).rows([pack("ANG")])
    assert one_hot_of(rows)[0].tolist() == [[1, 0, 0, 0], [0, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0]]
    assert projected(np.ones((1, 4, 4), np.float32), rows)[0].sum(0).tolist() == [1, 0, 1, 0]


def test_the_file_comes_back_as_it_was_and_has_the_same_bytes(tmp_path, model):
    found = attribute(model, records(3, 30))
    found.save(tmp_path / "a.h5")
    found.save(tmp_path / "b.h5")
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()
    back = load_attributions(tmp_path / "a.h5")
    assert back.ids == ["r0", "r1", "r2"]
    assert back.header == found.header
    assert np.array_equal(back.projected, found.hypothetical * found.one_hot)


@pytest.mark.parametrize(("align", "start"), [("left", 0), ("center", -1), ("right", -3)])
def test_start_tells_how_much_of_a_record_was_cut_off(align, start):
    model = untrained(layout=Layout(10, align=align, crop=True))
    assert attribute(model, records(1, 13)).start.tolist() == [start]


def test_tangermeme_takes_the_file_as_it_is(tmp_path, model):
    recursive_seqlets = extra("tangermeme.seqlet").recursive_seqlets
    from tangermeme.utils import _validate_input

    attribute(model, records(8, 30)).save(tmp_path / "a.h5")
    with h5py.File(tmp_path / "a.h5") as file:
        x = torch.from_numpy(file["raw/seq"][()])
        values = torch.from_numpy(file["projected_shap/seq"][()]).sum(1)
    _validate_input(x, "X", shape=(8, 4, 30), ohe=True)
    assert list(recursive_seqlets(values, threshold=0.05).columns[:3]) == ["example_idx", "start", "end"]


def test_tf_modisco_takes_the_file_as_it_is(tmp_path, model, monkeypatch):
    from click.testing import CliRunner

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import modiscolite
        from modiscolite.cli import cli

    seen = {}

    def patterns(**given):
        seen.update(given)
        return None, None

    found = attribute(model, records(8, 30))
    found.save(tmp_path / "a.h5")
    monkeypatch.setattr(modiscolite.tfmodisco, "TFMoDISco", patterns)
    monkeypatch.setattr(modiscolite.precompile, "start", lambda *_: None)
    monkeypatch.chdir(tmp_path)
    CliRunner().invoke(cli, ["motifs", "-i", "a.h5", "-n", "100", "-w", "30", "-o", "m.h5"])
    assert np.array_equal(seen["one_hot"], found.one_hot.transpose(0, 2, 1))
    assert np.array_equal(seen["hypothetical_contribs"], found.hypothetical.transpose(0, 2, 1))


def test_attribute_writes_attributions_seqlets_and_pictures(tmp_path, bundle, fasta):
    arguments = ["attribute", fasta, "-m", bundle, "-o", tmp_path / "a.h5", "--max-sequences", 3]
    assert run(*arguments, "--seqlets", tmp_path / "s.bed", "--fdr", 1, "--logo-dir", tmp_path / "logos") == 0
    found = load_attributions(tmp_path / "a.h5")
    assert found.ids == ["s0", "s1", "s2"]
    assert len(found.header["model_sha256"]) == 64
    assert found.header["method"] == "ism"
    comment, *lines = (tmp_path / "s.bed").read_text().splitlines()
    assert (
        comment == "# seqcnn seqlets at a false-discovery rate of 1 relative to attributions of other bases"
    )
    assert all(len(line.split("\t")) == 7 for line in lines)
    assert {path.name for path in (tmp_path / "logos").iterdir()} == {
        "summary.svg", "0001.svg", "0002.svg", "0003.svg"
    }  # fmt: skip
    assert run("seqlets", tmp_path / "a.h5", "-o", tmp_path / "t.bed", "--fdr", 1) == 0
    assert (tmp_path / "t.bed").read_bytes() == (tmp_path / "s.bed").read_bytes()


def test_completeness_is_in_the_header(tmp_path, bundle, fasta):
    arguments = ["attribute", fasta, "-m", bundle, "-o", tmp_path / "a.h5", "--method", "deepshap"]
    assert run(*arguments) == 0
    with h5py.File(tmp_path / "a.h5") as file:
        header = json.loads(file.attrs["header"])
    assert header["completeness"]["max_error"] < 1e-6


def test_attribute_names_the_targets_that_it_knows(tmp_path, bundle, fasta, capsys):
    arguments = ["attribute", fasta, "-m", bundle, "-o", tmp_path / "a.h5", "--target", "nothing"]
    assert run(*arguments) == 2
    assert "no target 'nothing' in the model; known:" in capsys.readouterr().err
    assert not (tmp_path / "a.h5").exists()


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("one_hot", lambda a: a.astype(np.int64)),
        ("one_hot", lambda a: np.ones_like(a)),
        ("control", lambda a: a[:, 1:]),
        ("start", lambda a: a - 2_000_000),
        ("insert_length", lambda a: -a),
        ("prediction", lambda a: np.full_like(a, np.nan)),
    ],
)
def test_arrays_that_do_not_fit_one_another_are_refused(name, change, model, tmp_path):
    whole = attribute(model, records(3, 30))
    replace(whole, **{name: change(getattr(whole, name))}).save(tmp_path / "a.h5")
    with pytest.raises(TableError, match=r"a\.h5: not an attributions file, or damaged \(ValueError\)"):
        load_attributions(tmp_path / "a.h5")


def test_seqlets_refuses_another_file(tmp_path, fasta):
    with pytest.raises(TableError, match="seqcnn attribute"):
        load_attributions(fasta)
    with pytest.raises(UsageError, match="No such file"):
        load_attributions(tmp_path / "none.h5")
    assert run("seqlets", fasta, "-o", tmp_path / "s.bed") == 2


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ("seqcnn attributions 1", "format 1 found; expected format 2; size and completeness.worst are now "
         "insert_length and completeness.max_error; run `seqcnn attribute` again"),
        ("seqcnn attributions 3", "format 3 found; expected format 2; update seqcnn"),
        ("seqcnn dataset 4", "not an attributions file"),
    ],
)  # fmt: skip
def test_a_file_of_another_format_is_refused_with_its_remedy(form, message, tmp_path, capsys):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.attrs.update({"format": form, "header": "{}"})
        file.create_dataset("size", data=[30])
    assert run("seqlets", tmp_path / "a.h5", "-o", tmp_path / "s.bed") == 2
    assert message in capsys.readouterr().err


def test_a_missing_library_is_named_with_its_remedy(model, monkeypatch):
    monkeypatch.setitem(sys.modules, "tangermeme.seqlet", None)
    with pytest.raises(EnvironmentFault, match=r"tangermeme is not installed; .*seqcnn\[interpret\]'"):
        call_seqlets(attribute(model, records(1, 30)), fdr=0.05)


def test_a_logo_file_stands_alone(tmp_path, model):
    _, first = write_logos(attribute(model, records(1, 30)), tmp_path / "logos")
    root = ElementTree.parse(first).getroot()
    assert [node.get("id") for node in root.iter(SVG + "path") if node.get("id")] == [
        f"base-{b}" for b in "ACGT"
    ]
    assert sum(1 for _ in root.iter(SVG + "use")) > 0
    assert root.find(SVG + "text").text.startswith("r0: predicted ")


def test_pictures_refuse_a_file_for_a_folder(fasta, model):
    with pytest.raises(UsageError, match="is a file"):
        write_logos(attribute(model, records(1, 30)), fasta)


def test_attribute_refuses_other_outputs_before_any_work(tmp_path, bundle, fasta):
    arguments = ["attribute", fasta, "-m", bundle, "-o", tmp_path / "a.h5"]
    assert run(*arguments, "--logo-dir", fasta) == 2
    assert run(*arguments, "--seqlets", tmp_path) == 2
    assert not (tmp_path / "a.h5").exists()
