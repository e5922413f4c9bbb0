"""Epistasis of two sites: against predictions of sequences in which they are replaced."""

import numpy as np
import pandas as pd
import pytest
from support.command_line import cli
from support.networks import sequences, untrained
from support.planted import planted

from seqcnn.errors import SequenceError, TableError
from seqcnn.interpret.dependency.site_pairs import separate, site_pairs
from seqcnn.interpret.dependency.sites import Site, read_sites
from seqcnn.interpret.motif_pairs import PairPlan, motif_pairs
from seqcnn.io.tsv import read_rows
from seqcnn.sequence.window import Layout

SEQUENCES = planted(3, seed=5)[0]
HITS = "record motif start end strand q\n"


@pytest.fixture
def fasta(tmp_path):
    path = tmp_path / "s.fa"
    path.write_text("".join(f">s{i}\n{s}\n" for i, s in enumerate(SEQUENCES)))
    return path


@pytest.fixture
def hits(tmp_path):
    """Return a function that writes sites, of blank-separated cells, as a table."""

    def write(*rows):
        path = tmp_path / "hits.tsv"
        path.write_text((HITS + "".join(f"{row} 0.01\n" for row in rows)).replace(" ", "\t"))
        return path

    return write


def site(motif, start, end, strand="+"):
    return Site(motif, start, end, strand, 2)


def test_epistasis_is_that_of_the_mean_predictions_without_the_sites():
    layout = Layout(30, align="right")
    model = untrained(layout=layout, members=2, strand="double")
    row = layout.rows(sequences(1, 28))
    sites = [site("A", 1, 6), site("B", 4, 9), site("C", 20, 25, "-")]
    pairs = site_pairs(model, "s", row, sites, target=1, backgrounds=3, seed=7)
    assert [(p.first.motif, p.second.motif, p.gap, p.strands) for p in pairs] == [
        ("A", "C", 14, "+-"),
        ("B", "C", 11, "+-"),
    ]
    again = site_pairs(model, "s", row, sites, target=1, backgrounds=3, seed=7)
    assert pairs == again
    assert (
        pairs[0].epistasis != site_pairs(model, "t", row, sites, target=1, backgrounds=3, seed=7)[0].epistasis
    )
    for pair in pairs:
        assert pair.epistasis == pytest.approx(sum(pair.effects) - pair.effect, abs=1e-6)
        assert pair.background_sd > 0 < pair.sd


@pytest.mark.parametrize(
    ("score", "epistasis"),
    [
        (lambda first, second: first + second, 0),
        (lambda first, second: np.minimum(first + second, 1), -1),
        (lambda first, second: first * second, 1),
    ],
    ids=["additive", "redundant", "synergistic"],
)
def test_synergy_is_positive_and_redundancy_negative(score, epistasis, monkeypatch):
    from seqcnn.interpret.dependency import site_pairs as module

    layout = Layout(24)
    row = layout.rows(sequences(1, 24))
    first, second = row.bases[0, 2:10].copy(), row.bases[0, 12:20].copy()

    def predicted(network, header, rows, *, flag_ood):
        there = [
            (rows.bases[:, s] == part).all(1) for s, part in ((slice(2, 10), first), (slice(12, 20), second))
        ]
        y = score(*(part.astype(float) for part in there))
        return type("Predictions", (), {"members": y[None, :, None]})

    monkeypatch.setattr(module, "predict_members", predicted)
    (pair,) = site_pairs(
        untrained(layout=layout),
        "s",
        row,
        [site("A", 2, 10), site("B", 12, 20)],
        target=0,
        backgrounds=5,
        seed=1,
    )
    assert pair.epistasis == epistasis
    assert pair.background_sd == 0
    assert np.isnan(pair.sd)


def test_overlapping_sites_are_no_pair():
    sites = [site("A", 0, 5), site("B", 4, 8), site("C", 8, 9)]
    assert separate(sites) == [(0, 2), (1, 2)]


def test_sites_are_sorted_and_have_a_strand_if_there_is_one(tmp_path):
    (tmp_path / "h.tsv").write_text("motif\trecord\tstart\tend\nB\tr\t5\t9\nA\tr\t0\t4\nA\tq\t1\t2\n")
    sites = read_sites(tmp_path / "h.tsv")
    assert {name: [(s.motif, s.start, s.strand, s.line) for s in mine] for name, mine in sites.items()} == {
        "r": [("A", 0, ".", 3), ("B", 5, ".", 2)], "q": [("A", 1, ".", 4)],
    }  # fmt: skip


def test_the_tables_have_pairs_and_their_means_by_motif(model, fasta, hits, tmp_path, caplog):
    path = hits(
        "s0 A 0 6 +", "s0 B 10 15 -", "s0 A 20 26 +", "s1 B 2 7 +", "s1 A 5 9 +", "s1 A 12 18 -", "x A 0 5 +"
    )
    plan = PairPlan(path, backgrounds=4)
    pairs = motif_pairs(fasta, model, tmp_path / "p.tsv", plan=plan, summary=tmp_path / "m.csv")
    rows = list(read_rows(tmp_path / "p.tsv"))
    assert [(r["record"], r["motif_1"], r["motif_2"], r["strands"], r["gap"]) for r in rows] == [
        ("s0", "A", "B", "+-", "4"), ("s0", "A", "A", "++", "14"), ("s0", "B", "A", "-+", "5"),
        ("s1", "B", "A", "+-", "5"), ("s1", "A", "A", "+-", "3"),
    ]  # fmt: skip
    assert "epistasis_sd" not in rows[0]
    assert [row.known("epistasis") for row in rows] == pytest.approx([p.epistasis for p in pairs], rel=1e-6)
    summary = pd.read_csv(tmp_path / "m.csv")
    assert summary[["motif_1", "motif_2", "pairs", "sequences"]].to_numpy().tolist() == [
        ["A", "B", 3, 2], ["A", "A", 2, 2],
    ]  # fmt: skip
    of_sequences = [(pairs[0].epistasis + pairs[2].epistasis) / 2, pairs[3].epistasis]
    assert summary["epistasis"][0] == pytest.approx(np.mean(of_sequences), rel=1e-5)
    assert summary["low"][0] < summary["epistasis"][0] < summary["high"][0]
    assert "1 pair is left out, as their sites overlap" in caplog.text
    assert "1 site is not of records of" in caplog.text


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["s0 A 0 31 +"], "hits.tsv, line 2: end 31; record 's0' has 30 bp"),
        (["s0 A 5 5 +"], "'5' in column 'end'; expected a whole number from 6 to 1000000"),
        (["s0 A 5 9 x"], "'x' in column 'strand'; expected +, -, ."),
        (["x A 5 9 +"], "no record of .*s.fa has sites; check the names of records"),
        ([], "no sites; expected hits of `seqcnn motifs --hits`"),
    ],
)
def test_sites_that_cannot_be_are_refused(rows, message, model, fasta, hits, tmp_path):
    with pytest.raises(TableError) as caught:
        motif_pairs(fasta, model, tmp_path / "p.tsv", plan=PairPlan(hits(*rows)))
    assert message.replace(".*s.fa", str(fasta)) in str(caught.value)
    assert not (tmp_path / "p.tsv").exists()


def test_records_of_one_name_cannot_have_sites(model, hits, tmp_path):
    (tmp_path / "s.fa").write_text(f">s0\n{SEQUENCES[0]}\n>s0\n{SEQUENCES[1]}\n")
    with pytest.raises(SequenceError, match="several records 's0', which has sites; rename them"):
        motif_pairs(tmp_path / "s.fa", model, tmp_path / "p.tsv", plan=PairPlan(hits("s0 A 0 4 +")))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "no output: give -o FILE for maps, or --hits and --pairs"),
        (["--pairs", "p.tsv"], "--hits and --pairs: expected both"),
        (["--hits", "hits.tsv", "-o", "d.tsv"], "--hits and --pairs: expected both"),
        (["--pair-summary", "m.tsv", "-o", "d.tsv"], "--pair-summary: expected --hits and --pairs too"),
        (["--hits", "hits.tsv", "--pairs", "p.tsv", "--html", "d.html"], "--html: expected -o FILE too"),
        (["--hits", "hits.tsv", "--pairs", "p.tsv", "-o", "p.tsv"], "both outputs have this name"),
        (["--hits", "hits.tsv", "--pairs", "hits.tsv"], "output and input are the same file"),
    ],
)
def test_options_that_do_not_fit_are_refused(
    options, message, bundle, fasta, hits, capsys, monkeypatch, tmp_path
):
    monkeypatch.chdir(tmp_path)
    hits("s0 A 0 6 +")
    assert cli("dependencies", "s.fa", "-m", bundle, *options) == 2
    assert message in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["hits.tsv", "s.fa"]


def test_the_command_takes_the_folder_of_motifs(bundle, fasta, hits, tmp_path):
    hits("s0 A 0 6 +", "s0 B 10 15 -")
    options = ["--hits", tmp_path, "--pairs", tmp_path / "p.tsv", "--backgrounds", 2, "--threads", 1]
    assert cli("dependencies", fasta, "-m", bundle, *options) == 0
    assert len((tmp_path / "p.tsv").read_text().splitlines()) == 2


def test_the_method_takes_the_labels_of_sequences(model):
    sites = pd.DataFrame({"record": ["b", "b"], "motif": ["1", "NA"], "start": [0, 12], "end": [5, 20]})
    table = model.motif_pairs(pd.Series(SEQUENCES[:2], index=["a", "b"]), sites, backgrounds=2)
    assert table[["record", "motif_1", "motif_2", "gap", "strands"]].to_numpy().tolist() == [
        ["b", "1", "NA", 7, ".."]
    ]
    with pytest.raises(TableError, match="hits: no column 'end'; expected record, motif, start, end"):
        model.motif_pairs(SEQUENCES, sites.drop(columns="end"))
