"""Scans: exact values and positions, peaks, tracks, and refusals."""

import numpy as np
import pytest
from support.planted import planted

from seqcnn import extras
from seqcnn.cli import main
from seqcnn.errors import EnvironmentFault, SequenceError, UsageError
from seqcnn.genome import scan as scan_module
from seqcnn.genome.scan import ScanPlan, scan
from seqcnn.genome.track.peaks import PeakFinder
from seqcnn.genome.track.regions import regions
from seqcnn.model.inference.trained_model import load_model
from seqcnn.sequence.complement import reverse_complement
from seqcnn.sequence.onehot import pack, unpack

CONTIG = "".join(planted(4, seed=5)[0])  # 120 bp


@pytest.fixture
def genome(tmp_path):
    (tmp_path / "g.fa").write_text(f">c2\n{CONTIG[:40]}\n>c1\n{CONTIG}\n>n\n{'N' * 50}\n>s\nACGT\n")
    return tmp_path / "g.fa"


def track(path):
    rows = (line.split("\t") for line in path.read_text().splitlines())
    return [(contig, int(start), int(end), float(value)) for contig, start, end, value in rows]


def table(path):
    head, *rows = (line.split("\t") for line in path.read_text().splitlines())
    return [dict(zip(head, row, strict=True)) for row in rows]


def test_every_window_has_the_value_of_a_plain_prediction_at_its_middle(genome, model, tmp_path):
    scan(genome, model, tmp_path / "scan")
    y = model.predict_array([CONTIG[at : at + 30] for at in range(91)])[:, 0]
    found = [row for row in track(tmp_path / "scan/plus.bedgraph") if row[0] == "c1"]
    assert [(start, end) for _, start, end, _ in found] == [(14 + at, 15 + at) for at in range(91)]
    assert [value for *_, value in found] == pytest.approx(y.tolist(), abs=1e-6)


def test_the_minus_strand_is_the_mirror_of_a_plus_strand(genome, model, tmp_path):
    scan(genome, model, tmp_path / "scan")
    (tmp_path / "turned.fa").write_text(f">c1\n{unpack(reverse_complement(pack(CONTIG)))}\n")
    scan(tmp_path / "turned.fa", model, tmp_path / "other")
    minus = [
        (119 - start, value) for c, start, _, value in track(tmp_path / "scan/minus.bedgraph") if c == "c1"
    ]
    assert minus[::-1] == [(start, value) for _, start, _, value in track(tmp_path / "other/plus.bedgraph")]


def test_a_chromosome_prefix_of_regions_is_changed_on_request(genome, model, tmp_path, caplog):
    caplog.set_level("INFO")
    (tmp_path / "r.bed").write_text("chrc1\t0\t30\nc2\t5\t40\n")
    scan(genome, model, tmp_path / "scan", bed=tmp_path / "r.bed", plan=ScanPlan(chromosome_prefix="remove"))
    places = [row[:3] for row in track(tmp_path / "scan/plus.bedgraph")]
    assert places == [("c1", 14, 15), *(("c2", 19 + at, 20 + at) for at in range(6))]
    sentence = "1 region whose contig the genome has under another name (--chromosome-prefix remove)"
    assert sentence in caplog.messages


def test_a_chromosome_prefix_without_regions_is_refused(genome, model, tmp_path):
    with pytest.raises(UsageError, match="--chromosome-prefix: belongs to the regions of --bed"):
        scan(genome, model, tmp_path / "scan", plan=ScanPlan(chromosome_prefix="add"))


def test_a_double_stranded_model_has_one_track(genome, bundle, tmp_path):
    model = load_model(bundle)
    model.header = model.header.model_copy(update={"strand": "double"})
    scan(genome, model, tmp_path / "scan")
    assert sorted(path.name for path in (tmp_path / "scan").iterdir()) == [
        "both.bedgraph",
        "both.bw",
        "peaks.tsv",
        "tracks.svg",
    ]
    y = model.predict_array([CONTIG[at : at + 30] for at in range(91)])[:, 0]
    values = [value for contig, *_, value in track(tmp_path / "scan/both.bedgraph") if contig == "c1"]
    assert values == pytest.approx(y.tolist(), abs=1e-6)
    assert {row["strand"] for row in table(tmp_path / "scan/peaks.tsv")} == {"."}


def test_parts_do_not_show(genome, model, tmp_path, monkeypatch):
    scan(genome, model, tmp_path / "whole", plan=ScanPlan(stride=2))
    monkeypatch.setattr(scan_module, "BLOCK", 14)
    scan(genome, model, tmp_path / "parts", plan=ScanPlan(stride=2))
    for name in ("plus.bedgraph", "minus.bedgraph"):
        assert (tmp_path / "whole" / name).read_bytes() == (tmp_path / "parts" / name).read_bytes()
    peaks = [sorted((tmp_path / name / "peaks.tsv").read_text().splitlines()) for name in ("whole", "parts")]
    assert peaks[0] == peaks[1]


def test_a_wide_stride_fills_the_track_up_to_the_regions_end(genome, model, tmp_path):
    (tmp_path / "r.bed").write_text("c1\t5\t75\n")
    scan(genome, model, tmp_path / "scan", bed=tmp_path / "r.bed", plan=ScanPlan(stride=40))
    assert [row[:3] for row in track(tmp_path / "scan/plus.bedgraph")] == [("c1", 19, 59), ("c1", 59, 75)]
    assert [row[:3] for row in track(tmp_path / "scan/minus.bedgraph")] == [("c1", 20, 60), ("c1", 60, 75)]


def test_windows_of_n_have_no_value(model, tmp_path):
    (tmp_path / "g.fa").write_text(f">c\n{CONTIG[:40]}{'N' * 10}{CONTIG[50:90]}\n")
    scan(tmp_path / "g.fa", model, tmp_path / "scan")
    starts = [start - 14 for _, start, *_ in track(tmp_path / "scan/plus.bedgraph")]
    assert starts == [*range(14), *range(47, 61)]  # up to 3 N in 30 bp


def test_the_bigwig_holds_the_bedgraph(genome, model, tmp_path):
    pybigtools = pytest.importorskip("pybigtools")
    scan(genome, model, tmp_path / "scan")
    for name in ("plus", "minus"):
        bigwig = pybigtools.open(str(tmp_path / f"scan/{name}.bw"))
        assert bigwig.chroms("c1") == 120
        for contig in ("c1", "c2"):
            rows = [row[1:] for row in track(tmp_path / f"scan/{name}.bedgraph") if row[0] == contig]
            assert np.array(list(bigwig.records(contig))) == pytest.approx(np.array(rows), rel=1e-6)


def test_a_peak_is_the_highest_within_half_a_window_and_its_site_is_downstream(genome, model, tmp_path):
    scan(genome, model, tmp_path / "scan", plan=ScanPlan(peak_offset=7))
    rows = [row for row in table(tmp_path / "scan/peaks.tsv") if row["contig"] == "c1"]
    for strand, name, sign in (("+", "plus", 1), ("-", "minus", -1)):
        values = {start + 1: v for c, start, _, v in track(tmp_path / f"scan/{name}.bedgraph") if c == "c1"}
        best = max(values, key=values.__getitem__)
        mine = [row for row in rows if row["strand"] == strand]
        assert best in [int(row["position"]) for row in mine]
        for row in mine:
            at = int(row["position"])
            assert float(row["value"]) == values[at] == max(v for p, v in values.items() if abs(p - at) <= 15)
            assert int(row["site"]) == at + sign * 7


def test_a_site_outside_its_contig_is_na_and_low_peaks_are_left_out(genome, model, tmp_path):
    scan(genome, model, tmp_path / "scan", plan=ScanPlan(peak_offset=500))
    assert {row["site"] for row in table(tmp_path / "scan/peaks.tsv")} == {"NA"}
    scan(genome, model, tmp_path / "low", plan=ScanPlan(min_value=1e9))
    assert table(tmp_path / "low/peaks.tsv") == []


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_peaks_do_not_depend_on_the_parts(size):
    values = np.array([1, 3, 2, 5, 5, 0, np.nan, 4, 1, 1, 6, 6, 6, 2, 7.0])
    finder, found = PeakFinder(2), []
    for at in range(0, len(values), size):
        found += finder.add(values[at : at + size], last=at + size >= len(values))
    assert found == [(3, 5.0), (7, 4.0), (10, 6.0), (14, 7.0)]


def test_regions_are_sorted_and_joined_where_they_overlap(tmp_path, caplog):
    (tmp_path / "r.bed").write_text("c2\t0\t40\nc1\t50\t90\nc1\t0\t40\nc1\t30\t50\nc2\t40\t45\n")
    sizes = {"c2": 60, "c1": 100}
    assert regions(sizes, tmp_path / "r.bed", min_length=30) == [("c1", 0, 50), ("c1", 50, 90), ("c2", 0, 40)]
    assert "1 region is shorter than a window of 30 bp: skipped" in caplog.text
    assert regions(sizes, None, min_length=30) == [("c1", 0, 100), ("c2", 0, 60)]


@pytest.mark.parametrize(
    ("bed", "message"),
    [
        ("c9\t0\t40\n", "'c9':0-40 found; 'c9' is not in the genome"),
        ("c1\t0\t101\n", "'c1':0-101 found; 'c1' has 100 bp"),
        ("c1\t0\t10\n", "no region is as long as a window of 30 bp"),
        ("c1\t9\t3\n", "start < end"),
    ],
)
def test_regions_outside_the_genome_are_refused(tmp_path, bed, message):
    (tmp_path / "r.bed").write_text(bed)
    with pytest.raises(SequenceError, match=message):
        regions({"c1": 100}, tmp_path / "r.bed", min_length=30)


def test_a_genome_of_n_alone_is_refused_and_nothing_is_written(model, tmp_path):
    (tmp_path / "g.fa").write_text(f">c\n{'N' * 60}\n")
    with pytest.raises(SequenceError, match="every window is ambiguous"):
        scan(tmp_path / "g.fa", model, tmp_path / "scan")
    assert list((tmp_path / "scan").iterdir()) == []


def test_without_pybigtools_it_says_what_to_install(genome, model, tmp_path, monkeypatch):
    def missing(name):
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(extras, "import_module", missing)
    with pytest.raises(EnvironmentFault, match=r"pybigtools is not installed; .*'seqcnn\[genome\]'"):
        scan(genome, model, tmp_path / "scan")


def run(*arguments):
    with pytest.raises(SystemExit) as stop:
        main(["scan", *map(str, arguments)])
    return int(stop.value.code or 0)


def test_the_command_writes_a_folder(genome, bundle, tmp_path):
    assert run(genome, "-m", bundle, "-o", tmp_path / "scan", "--threads", 1, "--peak-offset", -3) == 0
    names = ["minus.bedgraph", "minus.bw", "peaks.tsv", "plus.bedgraph", "plus.bw", "tracks.svg"]
    assert sorted(path.name for path in (tmp_path / "scan").iterdir()) == names


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-", "-o", "scan"], "standard input: random access is needed"),
        (["g.fa", "-o", "g.fa"], "g.fa: is a file; give the name of a folder"),
        (["none.fa", "-o", "scan"], "none.fa: No such file"),
        (["g.fa", "-o", "scan", "--bed", "none.bed"], "none.bed: No such file"),
        (["g.fa", "-o", "scan", "--window-bp", "31"], "window of 31 bp"),
        (["g.fa", "-o", "scan", "--target", "x"], "no target 'x'"),
    ],
)
def test_the_command_refuses_in_one_line(arguments, message, genome, bundle, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert run(*arguments, "-m", bundle, "--threads", 1) == 2
    error = capsys.readouterr().err.splitlines()
    assert len(error) == 1
    assert message in error[0]
