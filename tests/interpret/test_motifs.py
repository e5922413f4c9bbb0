"""Motifs of a model: filters, their effects, MEME files, matches, patterns and the command."""

import re
import sys

import numpy as np
import pytest
import torch
from support.networks import untrained

from seqcnn.cli import main
from seqcnn.data.simulation.ground_truth import MOTIFS, meme
from seqcnn.errors import EnvironmentFault, TableError, UsageError
from seqcnn.extras import extra
from seqcnn.interpret.attribution.sample import Sample, one_hot_rows
from seqcnn.interpret.motif.ablation import element_effects, filter_effects
from seqcnn.interpret.motif.database import read_meme, write_meme
from seqcnn.interpret.motif.filters import FirstLayer, filter_motifs, first_layer
from seqcnn.interpret.motif.motif import LearnedMotif, frequencies, information, informative_columns
from seqcnn.interpret.motif.page import effect_numbers
from seqcnn.interpret.motif.patterns import find_patterns
from seqcnn.interpret.motif.tomtom import best_matches, decoys
from seqcnn.interpret.motifs import MotifSearch, find_motifs, motifs
from seqcnn.model.inference.trained_model import load_model
from seqcnn.model.network.bundle import save_bundle
from seqcnn.sequence.onehot import expand, pack, unpack
from seqcnn.sequence.strands import insert_mask
from seqcnn.sequence.window import Layout, Rows


def sample_of(sequences, **layout):
    length = layout.pop("length", max(map(len, sequences)))
    rows = Layout(length, **layout).rows([pack(sequence) for sequence in sequences])
    return Sample([f"s{i}" for i in range(len(sequences))], rows)


def layer_for(word):
    """A first layer of one filter that counts the matches with a word."""
    convolution = torch.nn.Conv1d(4, 1, len(word), padding=len(word) // 2, bias=False)
    with torch.no_grad():
        convolution.weight.copy_(expand(torch.tensor(list(pack(word)), dtype=torch.uint8)[None]))
    return FirstLayer(convolution, torch.nn.ReLU(), torch.zeros(1))


def found_in(sample, word, min_sites=1):
    x = expand(torch.from_numpy(np.array(sample.rows.bases)))
    return filter_motifs(layer_for(word), x, sample, min_sites=min_sites)


def test_a_filters_sites_are_where_more_than_half_of_its_largest_response_is():
    (motif,) = found_in(sample_of(["AAAATGACAAAA", "CCCCCCCTGACC"]), "TGAC")
    assert list(zip(motif.row.tolist(), motif.start.tolist(), strict=True)) == [(0, 4), (1, 7)]
    assert motif.name == "filter01"
    np.testing.assert_allclose(motif.frequencies[:, 0], [1 / 12, 1 / 12, 1 / 12, 9 / 12])


def test_bases_of_the_flanks_give_no_sites():
    sample = sample_of(["AAAAAA", "CTGACC"], length=10, flank3="TGAC")
    (motif,) = found_in(sample, "TGAC")
    assert motif.row.tolist() == [1]
    assert motif.start.tolist() == [1]


def test_a_filter_with_too_few_sites_has_no_motif():
    assert found_in(sample_of(["AAAATGACAAAA"]), "TGAC", min_sites=2) == []


def test_filters_without_effect_are_on_no_page(model, dataset, tmp_path):
    sample, search = Sample(list(dataset.ids), dataset.rows), MotifSearch(patterns=False, min_sites=1)
    second_layer = model.regressor.members[0].encoder.blocks[1].conv.weight.data
    second_layer[:, 1:] *= 1e-3  # the effects of all filters but the first
    names = [motif.name for motif in motifs(model, sample, tmp_path, search)]
    assert names == ["filter01"]
    page = (tmp_path / "motifs.html").read_text()
    assert "left out: filters of which the SD of the effect is below 1% of the largest" in page
    assert "filter02" not in page
    second_layer[:] = 0
    assert motifs(model, sample, tmp_path, search) == []


def test_a_filter_that_no_prediction_needs_has_no_motif(model, dataset):
    sample, search = Sample(list(dataset.ids), dataset.rows), MotifSearch(patterns=False)
    first, *others = [motif.name for motif in find_motifs(model, sample, search)]
    second_layer = model.regressor.members[0].encoder.blocks[1].conv
    number, filters = int(first.removeprefix("filter")) - 1, second_layer.in_channels // 2
    second_layer.weight.data[:, [number, number + filters]] = 1e-9  # both orientations
    assert [motif.name for motif in find_motifs(model, sample, search)] == others != []


def test_an_encoder_without_a_convolution_has_no_filters(dataset, tiny, one_thread, tmp_path):
    from seqcnn.model.inference.trained_model import load_model
    from seqcnn.model.train import train

    train(dataset, tiny("mlp", {"hidden": [4]}, epochs=1), tmp_path / "m.safetensors", machine=one_thread)
    model = load_model(tmp_path / "m.safetensors")
    with pytest.raises(UsageError, match="encoder mlp does not start with a convolution"):
        first_layer(model, model.regressor.members[0])


def test_the_first_layer_ends_with_its_activation():
    model = untrained(length=12, activation="exponential", rc_tied_filters=True)
    layer = first_layer(model, model.regressor.members[0])
    assert layer.activation is model.regressor.encoder.blocks[0].activation


def test_silencing_a_filter_takes_away_what_differs_from_its_mean(model, dataset):
    member = model.regressor.members[0]
    x = one_hot_rows(model, dataset.rows)
    layer = first_layer(model, member)
    effects = filter_effects(member, layer.activation, x, filters=8, target=0)
    assert effects.shape == (8, 64)
    same = filter_effects(member, layer.activation, x[:1].repeat(3, 1, 1), filters=8, target=0)
    np.testing.assert_allclose(same, 0, atol=1e-5)  # equal sequences: every activation is the mean


def test_a_filter_of_both_strands_is_silenced_on_both():
    model = untrained(
        length=12, filters=[2, 3], kernel_sizes=[3, 3], activation="exponential", rc_tied_filters=True
    )
    member, x = model.regressor.members[0], one_hot_rows_of("ACGTTTGACCAT", "GGATCCTTAGCA")
    layer, first = first_layer(model, member), member.encoder.blocks[0].conv
    assert layer.responses(x).shape == (2, 2, 10)
    effects = filter_effects(member, layer.activation, x, filters=2, target=0)
    assert effects.shape == (2, 2)
    assert np.abs(effects).min() > 0
    first.parametrizations.weight.original.data[0] = 0  # the same everywhere on either strand
    first.bias.data[::2] = 0
    flat = filter_effects(member, layer.activation, x, filters=2, target=0)
    np.testing.assert_allclose(flat[0], 0, atol=1e-6)


def test_an_elements_effect_is_what_its_order_of_bases_adds():
    class Counts(torch.nn.Module):
        def forward(self, x):
            return x[:, 3, 2:3] * x[:, 2, 3:4]  # 1 if TG at 2

    x = one_hot_rows_of("AATGAA")
    effects = element_effects(Counts(), x, np.array([[0, 2]]), 2, target=0, seed=0)
    assert effects[0] in {0.0, 0.2, 0.4, 0.6, 0.8, 1.0}
    np.testing.assert_allclose(element_effects(Counts(), x, np.array([[0, 4]]), 2, target=0), [0])


def one_hot_rows_of(*sequences):
    return torch.cat([expand(torch.tensor(list(pack(s)), dtype=torch.uint8)[None]) for s in sequences])


def test_information_is_two_bits_for_one_base_and_none_for_equal_ones():
    np.testing.assert_allclose(information(np.array([[1, 0.25], [0, 0.25], [0, 0.25], [0, 0.25]])), [2, 0])


def test_a_motif_is_trimmed_to_its_informative_columns():
    assert informative_columns(frequencies(np.array([[5, 90, 5], [5, 0, 5], [5, 0, 5], [5, 0, 5]]))) == slice(
        1, 2
    )


def test_the_mean_at_sites_is_that_of_the_sequences_with_a_site():
    motif = LearnedMotif("f", "filter", np.full((4, 3), 0.25), np.array([0, 0, 2]), np.zeros(3))
    mean, sd, n, at_sites = effect_numbers(motif.with_effects(np.array([1.0, 0.0, 2.0])))
    assert (mean, sd, n, at_sites) == (1.0, 1.0, 3, 1.5)


def test_motifs_survive_a_meme_file(tmp_path):
    shares = frequencies(np.array([[8, 0], [0, 8], [0, 0], [0, 0]]))
    write_meme(tmp_path / "m.meme", {"a b": (shares, 8)})
    read = read_meme(tmp_path / "m.meme")
    assert list(read) == ["a b"]
    np.testing.assert_allclose(read["a b"], shares, atol=2e-6)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("hello\n", "no motifs; expected the MEME format"),
        ("MOTIF a\nletter-probability matrix: w= 2\n1 0 0 0\n", "line 1: motif 'a': 1 of 2 rows"),
        ("MOTIF a\nletter-probability matrix: w= 1\n1 0 0\n", "line 3: '1 0 0'; expected four"),
        ("MOTIF a\nletter-probability matrix: w= 1\n1 1 0 0\n", "add up to 1"),
        ("MOTIF a\nletter-probability matrix: alength= 4\n", "motif 'a': width 0; expected 1 to 1000"),
        ("MOTIF a\nletter-probability matrix: w= 1001\n", "motif 'a': width 1001; expected 1 to 1000"),
        ("MOTIF a\nletter-probability matrix:\n1 0 0 0\nnan 0 0 1\n", "line 4: 'nan 0 0 1'"),
        ("MOTIF\nletter-probability matrix:\n1 0 0 0\n", "motif '': no name"),
    ],
)
def test_a_damaged_database_is_refused_with_its_line(text, message, tmp_path):
    (tmp_path / "bad.meme").write_text(text)
    with pytest.raises(TableError, match=re.escape(message)):
        read_meme(tmp_path / "bad.meme")


@pytest.mark.parametrize("keys", ["", " alength= 4", " nsites= 30", " alength= 4 w= 2 nsites= 20 E= 0"])
@pytest.mark.parametrize("end", ["", "URL http://x\n", "\n", "-----\n"])
def test_all_keys_of_a_matrix_are_optional(keys, end, tmp_path):
    matrix = f"letter-probability matrix:{keys}\n 1 0 0 0\n 0 0.5 0.5 0\n{end}"
    (tmp_path / "m.meme").write_text(f"MEME version 4\n\nMOTIF a b\n{matrix}\nMOTIF c\n{matrix}")
    read = read_meme(tmp_path / "m.meme")
    expected = [[1, 0, 0, 0], [0, 0.5, 0.5, 0]]
    assert [(name, matrix.T.tolist()) for name, matrix in read.items()] == [
        ("a b", expected),
        ("c", expected),
    ]


def test_a_bad_motif_is_skipped_with_its_name_and_reason(tmp_path, caplog):
    good, bad = (
        "letter-probability matrix:\n1 0 0 0\n",
        "letter-probability matrix: w= 2\n1 1 0 0\n0 0 0 1\n",
    )
    text = f"MOTIF a\n{good}MOTIF b\n{bad}MOTIF a\n{good}MOTIF c\n{good}"
    (tmp_path / "m.meme").write_text(text)
    assert list(read_meme(tmp_path / "m.meme")) == ["a", "c"]
    assert "2 motifs are skipped: line 4: motif 'b': line 6: '1 1 0 0'; expected four base" in caplog.text
    assert "line 8: motif 'a': no name, or that of an earlier motif" in caplog.text


def test_decoys_fill_a_small_database_and_keep_no_motif():
    known = [motif.pwm for motif in MOTIFS.values()]
    found = decoys(known, 45)
    assert len(found) == 45
    assert not any(d.shape == k.shape and np.allclose(d, k) for d in found for k in known)


def test_a_motif_matches_itself_on_either_strand():
    known = {name: motif.pwm for name, motif in MOTIFS.items()}
    matches = best_matches([known["REST"], known["NFY"][::-1, ::-1]], known)
    assert [(m.name, m.strand) for m in matches] == [("REST", "+"), ("NFY", "-")]
    assert max(m.q for m in matches) < 1e-4


def test_a_motif_like_none_has_no_match():
    assert best_matches([np.full((4, 8), 0.25)], {"REST": MOTIFS["REST"].pwm}) == [None]


def test_attributions_of_a_short_window_are_refused():
    with pytest.raises(UsageError, match="the window has 30 bp; TF-MoDISco needs at least 40"):
        find_patterns(np.zeros((1, 4, 30)), np.zeros((1, 4, 30)), sample_of(["A" * 30]))


def test_a_library_that_is_not_installed_is_named_with_the_remedy(monkeypatch):
    monkeypatch.setitem(sys.modules, "memelite", None)
    with pytest.raises(EnvironmentFault, match=r"memelite is not installed; .*seqcnn\[interpret\]'"):
        extra("memelite")


def run(*arguments):
    with pytest.raises(SystemExit) as stop:
        main([str(argument) for argument in arguments])
    return int(stop.value.code or 0)


@pytest.fixture(scope="module")
def files(tmp_path_factory, dataset, bundle):
    folder = tmp_path_factory.mktemp("files")
    dataset.save(folder / "d.h5")
    (folder / "known.meme").write_text(meme(MOTIFS.values()))
    (folder / "model.safetensors").write_bytes(bundle.read_bytes())
    return folder


def test_motifs_writes_a_table_a_meme_file_and_a_page(files):
    out = files / "motifs"
    assert run("motifs", files / "d.h5", "-m", files / "model.safetensors", "--no-patterns", "--database",
               files / "known.meme", "-o", out) == 0  # fmt: skip
    lines = (out / "motifs.tsv").read_text().splitlines()
    assert lines[0].startswith("name\tkind\tconsensus")
    assert len(read_meme(out / "motifs.meme")) == len(lines) - 1 > 0
    page = (out / "motifs.html").read_text()
    assert page.count('<svg class="logo"') == page.count('aria-label="Positions of') == len(lines) - 1


def test_motifs_of_attributions_are_those_of_their_sequences(files, dataset):
    sequences = [unpack(row.tobytes()).strip("-") for row in dataset.rows.bases]
    (files / "s.fa").write_text("".join(f">{i}\n{s}\n" for i, s in zip(dataset.ids, sequences, strict=True)))
    model = ("-m", files / "model.safetensors")
    assert run("attribute", files / "s.fa", *model, "-o", files / "a.h5") == 0
    assert run("motifs", "--attributions", files / "a.h5", *model, "--no-patterns", "-o", files / "of_a") == 0
    assert run("motifs", files / "d.h5", *model, "--no-patterns", "-o", files / "of_d") == 0
    tables = [(files / name / "motifs.tsv").read_text() for name in ("of_a", "of_d")]
    assert tables[0] == tables[1]
    names = [line.split("\t")[0] for line in tables[0].splitlines()[1:]]
    assert {path.stem for path in (files / "of_a/logos").iterdir()} == set(names)


def test_attributions_of_another_model_are_refused(files, dataset, tmp_path, capsys):
    (files / "one.fa").write_text(">a\n" + "ACGTACGTAC" * 3 + "\n")
    assert run("attribute", files / "one.fa", "-m", files / "model.safetensors", "-o", tmp_path / "a.h5") == 0
    other = load_model(files / "model.safetensors")
    with torch.no_grad():
        other.regressor.head.bias += 1
    save_bundle(tmp_path / "other.safetensors", other.regressor, other.header)
    assert run("motifs", "--attributions", tmp_path / "a.h5", "-m", tmp_path / "other.safetensors",
               "-o", tmp_path / "o") == 2  # fmt: skip
    assert "attributions of another model than" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-m", "{d}/model.safetensors", "-o", "{d}/o"], "give SEQUENCES or --attributions, and not both"),
        (
            ["{d}/d.h5", "-m", "{d}/model.safetensors", "-o", "{d}/d.h5"],
            "is a file; give the name of a folder",
        ),
        (
            ["{d}/d.h5", "-m", "{d}/model.safetensors", "-o", "{d}/o", "--target", "z"],
            "no target 'z' in the model",
        ),
        (["{d}/no.fa", "-m", "{d}/model.safetensors", "-o", "{d}/o"], "No such file"),
        (["{d}/d.h5", "-m", "{d}/model.safetensors", "-o", "{d}/o"], "TF-MoDISco needs at least 40"),
    ],
)
def test_a_users_error_is_one_line(arguments, message, files, capsys):
    assert run("motifs", *[a.format(d=files) for a in arguments]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert "Traceback" not in said
    assert not (files / "o").exists()


def test_rows_know_the_positions_of_their_inserts():
    rows = Rows(np.ones((1, 4), np.uint8), np.array([1], np.int32), np.array([2], np.int32))
    assert insert_mask(rows).tolist() == [[False, True, True, False]]


def test_without_motifs_there_are_no_matches():
    assert best_matches([], {"REST": MOTIFS["REST"].pwm}) == []
