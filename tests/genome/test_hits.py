"""Hits of motifs in regions of a genome: each once, at its place and on its strand."""

import numpy as np
import pytest
from support.command_line import cli

from seqcnn.errors import SequenceError
from seqcnn.genome import hits as module
from seqcnn.genome.hits import HitPlan, genome_hits
from seqcnn.genome.reference import open_reference
from seqcnn.genome.track import region_windows as windows_module
from seqcnn.genome.track.region_windows import region_windows
from seqcnn.interpret.attribution.attribution import one_hot_of
from seqcnn.interpret.motif.database import write_meme
from seqcnn.io.tsv import read_rows
from seqcnn.sequence.complement import reverse_complement
from seqcnn.sequence.onehot import unpack
from seqcnn.sequence.window import Layout

WORD, REVERSE = "TGACGTCC", "GGACGTCA"
SITES = range(20, 560, 45)


@pytest.fixture
def genome(tmp_path):
    """Write a contig of 600 bp with the word, and its reverse complement 20 bp later, twelve times."""
    letters = np.random.default_rng(1).choice(list("ACGT"), 600)
    for start in SITES:
        letters[start : start + 8], letters[start + 20 : start + 28] = list(WORD), list(REVERSE)
    (tmp_path / "g.fa").write_text(f">c1\n{''.join(letters)}\n>c2\n{'ACGT' * 20}\n")
    return tmp_path / "g.fa"


@pytest.fixture
def known(tmp_path):
    path = tmp_path / "known.meme"
    write_meme(path, {"word": (np.eye(4)[["ACGT".index(base) for base in WORD]].T, 10)})
    return path


@pytest.fixture
def depends_on_word(monkeypatch):
    """Let predictions depend on the word, on the strand that is predicted."""

    def attributions(model, rows, target):
        one_hot = one_hot_of(rows)
        values = np.random.default_rng(2).normal(0, 0.05, one_hot.shape)
        for row, window in enumerate(rows.bases):
            text = unpack(window.tobytes())
            for start in range(len(text)):
                if text.startswith(WORD, start):
                    part = one_hot[row, :, start : start + 8]
                    values[row, :, start : start + 8] += np.where(part, 0.5, -1 / 6)
        return values.astype(np.float32)

    monkeypatch.setattr(module, "_attributions", attributions)


def hits_of(path, genome, model, places, fdr=0.05):
    with open_reference(genome) as contigs:
        return genome_hits(model, HitPlan(path, fdr), contigs, places, size=30, target=0)


@pytest.mark.usefixtures("depends_on_word")
def test_a_hit_has_its_place_and_strand_in_the_genome_once_per_track(genome, known, model):
    hits = hits_of(known, genome, model, [("c1", 3, 600), ("c2", 0, 80)])
    places = [(h.record, h.start, h.end, h.strand, h.track, h.row) for h in hits.itertuples(index=False)]
    assert places == [
        *(("c1", start, start + 8, "+", "plus", 0) for start in SITES),
        *(("c1", start + 20, start + 28, "-", "minus", 1) for start in SITES),
    ]
    assert hits["contribution"].to_numpy() == pytest.approx(4, abs=0.6)


@pytest.mark.usefixtures("depends_on_word")
def test_hits_are_those_of_the_regions(genome, known, model):
    hits = hits_of(known, genome, model, [("c1", 15, 60), ("c1", 100, 140)])
    assert hits[["start", "track", "row"]].to_numpy().tolist() == [
        [20, "plus", 0],
        [40, "minus", 1],
        [110, "plus", 2],
        [130, "minus", 3],
    ]


@pytest.mark.parametrize("length", [30, 31, 44, 45, 46, 100])
def test_every_span_belongs_to_one_window_that_holds_it(length, genome):
    with open_reference(genome) as contigs:
        windows = region_windows(
            contigs, [("c1", 7, 7 + length)], Layout(34, align="right"), size=30, tracks=["plus", "minus"]
        )
    row, offset = (part.ravel() for part in np.mgrid[: len(windows.rows), :23])
    start, end = windows.spans(row, 4 + offset, 4 + offset + 8)
    kept = windows.holds(row, start, end)
    for reverse in (False, True):
        mine = kept & (windows.reverse[row] == reverse)
        assert sorted(start[mine].tolist()) == [*range(7, 7 + length - 7)]
    assert (end - start == 8).all()


def test_spans_of_the_reverse_strand_come_back_to_their_bases(genome):
    with open_reference(genome) as contigs:
        windows = region_windows(contigs, [("c1", 0, 75)], Layout(30), size=30, tracks=["plus", "minus"])
        for row in range(len(windows.rows)):
            (start,), (end,) = windows.spans(np.array([row]), np.array([4]), np.array([9]))
            bases = contigs.fetch("c1", int(start), int(end))
            expected = reverse_complement(bases) if windows.reverse[row] else bases
            assert windows.rows.bases[row, 4:9].tobytes() == expected


def test_ambiguous_windows_have_no_hits(genome, tmp_path):
    (tmp_path / "n.fa").write_text(f">c\n{'N' * 40}{'ACGTC' * 10}\n")
    with open_reference(tmp_path / "n.fa") as contigs:
        windows = region_windows(contigs, [("c", 0, 90)], Layout(30), size=30, tracks=["both"])
    assert windows.start.tolist() == [45, 60]


def test_regions_without_a_window_have_no_hits(known, model, tmp_path):
    (tmp_path / "n.fa").write_text(f">c\n{'N' * 90}\n")
    assert hits_of(known, tmp_path / "n.fa", model, [("c", 0, 90)]).empty


@pytest.mark.usefixtures("depends_on_word")
def test_a_weak_model_has_no_hits(genome, known, model, monkeypatch, caplog):
    monkeypatch.setattr(module, "weakness", lambda header: "its score is low")
    assert hits_of(known, genome, model, [("c1", 0, 600)]).empty
    assert "no hits are called, because its score is low" in caplog.text


def test_regions_have_a_limit(genome, monkeypatch):
    monkeypatch.setattr(windows_module, "MAX_BP", 100)
    with (
        open_reference(genome) as contigs,
        pytest.raises(SequenceError, match=r"windows of 120 bp .* at most 100"),
    ):
        region_windows(contigs, [("c1", 0, 45)], Layout(30), size=30, tracks=["plus", "minus"])


def test_scan_writes_hits_beside_its_tracks(genome, known, bundle, tmp_path, capsys):
    (tmp_path / "r.bed").write_text("c1\t0\t200\n")
    options = [
        "-m",
        bundle,
        "--bed",
        tmp_path / "r.bed",
        "--hits",
        known,
        "--hit-fdr",
        1,
        "-o",
        tmp_path / "scan",
    ]
    assert cli("scan", genome, *options, "--threads", 1) == 0
    rows = list(
        read_rows(tmp_path / "scan/hits.tsv", "record", "motif", "strand", "contribution", "q", "track")
    )
    assert {row["motif"] for row in rows} == {row["match"] for row in rows} == {"word"}
    assert {(row["record"], row["track"]) for row in rows} <= {("c1", "plus"), ("c1", "minus")}
    first, line, *_ = (tmp_path / "scan/hits.bed").read_text().splitlines()
    assert first == "# seqcnn hits at a false-discovery rate of 1 relative to attributions of other bases"
    assert len(line.split("\t")) == 10
    assert 0 <= int(line.split("\t")[4]) <= 1000
    counts = next(read_rows(tmp_path / "scan/hit_counts.tsv"))
    assert counts.whole("hits") == len(rows)
    assert f"{len(rows)} hits at a false-discovery rate of 1" in capsys.readouterr().err


def test_hits_are_of_a_whole_scan(genome, known, bundle, tmp_path, capsys):
    options = ["-m", bundle, "--hits", known, "--shard", "1/2", "-o", tmp_path / "scan"]
    assert cli("scan", genome, *options) == 2
    assert "--hits: needs the whole result; leave it out with --shard" in capsys.readouterr().err


def test_the_method_returns_hits_of_regions(genome, known, model, tmp_path):
    (tmp_path / "r.bed").write_text("c1\t0\t200\n")
    table = model.scan_hits(genome, known, bed=tmp_path / "r.bed", fdr=1.0)
    assert {"contig", "start", "end", "motif", "strand", "contribution", "q", "track"} <= set(table.columns)
    assert set(table["contig"]) == {"c1"}
