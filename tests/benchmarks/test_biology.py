"""Pages on biology: their experiments on small data, their tables, and the index."""

import importlib
import pkgutil

import numpy as np
import pytest
from support.paths import ROOT

import benchmarks.biology
from benchmarks.biology import index as biology_index
from benchmarks.biology import models
from benchmarks.biology.calls import measured, mutants, rates
from benchmarks.biology.next_batch import rounds
from benchmarks.biology.page import read_sections, read_tables, table, update_page
from seqcnn.sequence.onehot import pack, unpack
from seqcnn.sequence.window import Layout

MODULES = [m.name for m in pkgutil.walk_packages(benchmarks.biology.__path__, "benchmarks.biology.")]


@pytest.mark.parametrize("name", MODULES)
def test_every_module_can_be_imported_without_running(name):
    assert importlib.import_module(name).__doc__


def test_a_page_keeps_the_sections_that_are_not_new(tmp_path):
    page = tmp_path / "page.md"
    update_page(page, "# Page\n", ["b", "a"], {"a": "one\n", "b": "| x |\n|---|\n| 1 |"})
    update_page(page, "# Title\n", ["b", "a"], {"a": "two"})
    assert page.read_text() == "# Title\n\n## b\n\n| x |\n|---|\n| 1 |\n\n## a\n\ntwo\n"
    assert read_sections(page) == {"b": "| x |\n|---|\n| 1 |", "a": "two"}


def test_tables_are_read_as_they_are_written():
    text = f"{table(['', 'b'], [['1', 'x y'], ['2', '-']])}\n\n{table(['c'], [['3']])}"
    assert read_tables(text) == [{"": "1", "b": "x y"}, {"": "2", "b": "-"}, {"c": "3"}]


def test_the_index_is_that_of_the_pages(monkeypatch):
    monkeypatch.chdir(ROOT)
    text = biology_index.index()
    assert biology_index.PAGE.read_text() == text
    pages = {row["page"].split("]")[0].strip("[") for row in read_tables(text)}
    assert pages == {result.part for result in biology_index.RESULTS}


def test_a_cell_that_a_page_does_not_have_is_an_error():
    text = table(["alpha", "n"], [["0.05", "3"], ["0.2", "4"]])
    assert biology_index.cell(text, "n", alpha="0.2") == "4"
    with pytest.raises(LookupError, match="no cell 'n' of"):
        biology_index.cell(text, "n", alpha="0.5")


def test_a_model_is_trained_by_its_commands_only_if_it_is_missing(tmp_path, monkeypatch):
    commands = []
    monkeypatch.setattr(models.subprocess, "run", lambda words, check: commands.append(words[3:]))
    files = tmp_path / "m.safetensors", tmp_path / "d.h5"
    monkeypatch.setitem(models.RECIPES, "x", models.Recipe(("fetch y", "train z"), *files))
    assert models.trained("x") == files
    assert commands == [["fetch", "y"], ["train", "z"]]
    for file in files:
        file.touch()
    models.trained("x")
    assert len(commands) == 2


class FakeModel:
    """Stands for a trained model."""


def test_batches_are_disjoint_and_both_methods_begin_with_the_same_measurement(monkeypatch):
    rows = Layout(4).rows([pack(s) for s in ("ACGT", "AAAA", "CCCC", "GGGG", "TTTT", "ACAC", "GTGT", "TATA")])
    measured_rows = []

    def fit(chosen, number):
        measured_rows.append(sorted(chosen))
        return FakeModel(), len(chosen) / 10

    monkeypatch.setattr(rounds, "choose_batch", lambda model, free, known, number: Chosen(range(number)))
    result = rounds.curves(fit, rows, rounds.Plan(2, 1, 3), np.random.default_rng(1))
    assert result == {"random": [(2, 0.2), (4, 0.4), (6, 0.6), (8, 0.8)], "next": [(2, 0.2), (4, 0.4)]}
    assert measured_rows[3] == list(range(8))
    first = set(measured_rows[0])
    assert measured_rows[4] == sorted([*first, *sorted(set(range(8)) - first)[:2]])


class Chosen:
    """A choice of the first candidates."""

    def __init__(self, rows):
        self.rows = list(rows)


RANDOM = [(100, 0.5), (200, 0.6), (300, 0.58), (400, 0.8)]


@pytest.mark.parametrize(
    ("chosen", "texts"),
    [
        ([(100, 0.5), (200, 0.7)], ["50 %"]),  # as 300 random ones, interpolated on the monotone curve
        ([(100, 0.5), (200, 0.6)], ["none"]),
        ([(100, 0.5), (200, 0.4)], ["none"]),
        ([(100, 0.5), (200, 0.9), (300, 0.8)], ["> 67 %", "33 %"]),
    ],
)
def test_saved_measurements_are_those_of_the_same_r(chosen, texts):
    curve = [(100, 0.5), (200, 0.6), (300, 0.7), (400, 0.8)]
    assert rounds.saved(curve, chosen) == texts


def test_the_section_has_the_spread_over_seeds():
    curves = {
        1: {"random": [(1, 0.1), (2, 0.2), (3, 0.3)], "next": [(1, 0.1), (2, 0.3)]},
        2: {"random": [(1, 0.3), (2, 0.4), (3, 0.5)], "next": [(1, 0.3), (2, 0.35)]},
    }
    rows = read_tables(rounds.section(curves))
    assert rows[1] == {"measured": "2", "random": "0.300", "chosen": "0.325"}
    assert [row["batch 1"] for row in rows[3:]] == ["50 %", "none", "+0.025 (-0.050 to +0.100)"]


def splicing_rows():
    native, near, far = "ACGTACGTACGTACGTACGT", "ACGTACGTACGTACGTACGA", "T" * 20
    values = [
        ("g", "ir_filtered", native, "1"),
        ("g", "ir_filtered", native, "3"),
        ("g", "irnuc", near, "7"),
        ("g", "irnuc", far, "9"),
        ("other", "irnuc", near, "9"),
    ]
    keys = ("gene", "subset", "sequence", "splicing_ratio")
    return [dict(zip(keys, row, strict=True)) for row in values]


def test_mutants_have_the_mean_of_their_native_sequence_and_the_noise_of_barcodes():
    (mutant,) = mutants.splicing_mutants(splicing_rows())
    assert (mutant.family, mutant.effect) == ("g", 5.0)
    assert unpack(mutant.alt) == "ACGTACGTACGTACGTACGA"
    assert mutant.noise == pytest.approx((2 * (1 + 1 / 2)) ** 0.5)  # a variance of 2 within the pair
    assert mutant.is_true


def test_designs_are_compared_with_the_first_one_of_their_sequence():
    keys = ("id", "class", "sequence", "enrichment_tobacco", "tobacco_rep1", "tobacco_rep2")
    values = [
        ("t-1-AAAA", "G4-AAAA", "AAAA", "1", "1.5", "0.5"),
        ("t-1-BBBB", "G4-BBBB", "CCCC", "0.5", "0", "1"),
        ("u-BBBB", "G4-BBBB", "CCCC", "0.5", "NA", "1"),
        ("v", "Gene", "GGGG", "3", "3", "3"),
    ]
    (mutant,) = mutants.terminator_mutants([dict(zip(keys, row, strict=True)) for row in values])
    assert (mutant.family, mutant.effect) == ("t-1", -0.5)
    assert mutant.noise == pytest.approx(np.std([1, -1, 0]) / 2**0.5)
    assert not mutant.is_true


def test_sequences_that_share_30_bp_with_a_held_out_parent_are_not_trained_on():
    parent = "ACGTTGCA" * 5
    sequences = [parent[3:33] + "TTTT", parent[3:32] + "TTTTT", "A" * 40]
    assert measured.training_rows(sequences, [parent]).tolist() == [False, True, True]


def test_rates_are_those_of_the_mutants_of_each_kind():
    def mutant(family, effect):
        return mutants.Mutant(family, b"", b"", effect, 1.0)

    effects = [0.5, -1.0, 3.0, -3.0, 5.0, 6.0]
    called = measured.Called([mutant(str(i), e) for i, e in enumerate(effects)], [0.1, 0.2, 1, 1, 2, 2])
    called.calls = {0.05: ["effect", "none", "none", "effect", "effect", "uncertain"]}
    called.y, called.y_hat = [0.0, 1.0, 2.0], [0.0, 1.0, 2.0]
    (row,) = read_tables(rates.section(called))
    values = {head: cell.split(" (")[0] for head, cell in row.items()}
    assert values == {
        "alpha": "0.05",
        "false-positive rate": "0.500 of 2",
        "sensitivity, beyond 1.96 SD": "0.500 of 4",
        "sensitivity, beyond 4 SD": "0.500 of 2",
        "sign of true positives right": "0.500 of 2",
        "uncertain": "0.167",
    }
