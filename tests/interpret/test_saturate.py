"""Saturation mutagenesis: every change, against plain predictions."""

import numpy as np
import pytest
from support.planted import planted

from seqcnn.cli import main
from seqcnn.data.readers.file_kind import SequenceFormat
from seqcnn.interpret.saturate import heat_map, saturate
from seqcnn.plotting.heat_map import reference_heights

SEQUENCE = planted(1, seed=5)[0][0]


@pytest.fixture
def fasta(tmp_path):
    (tmp_path / "s.fa").write_text(f">one\n{SEQUENCE}\n>two\nN{SEQUENCE[1:]}\n")
    return tmp_path / "s.fa"


def rows(path):
    return [line.split("\t") for line in path.read_text().splitlines()]


def test_every_change_has_the_value_of_a_plain_prediction(fasta, model, tmp_path):
    assert saturate(fasta, model, tmp_path / "s.tsv") == 2
    head, *found = rows(tmp_path / "s.tsv")
    assert head == ["id", "position", "ref", "alt", "prediction", "effect"]
    assert [row[0] for row in found] == ["one"] * 90 + ["two"] * 91  # 3 a base, 4 of N
    base = model.predict_array([SEQUENCE])[0, 0]
    changed = [SEQUENCE[: int(r[1]) - 1] + r[3] + SEQUENCE[int(r[1]) :] for r in found[:90]]
    y = model.predict_array(changed)[:, 0]
    assert [float(row[4]) for row in found[:90]] == pytest.approx(y.tolist(), abs=2e-6)
    assert [float(row[5]) for row in found[:90]] == pytest.approx((y - base).tolist(), abs=2e-6)
    assert all(SEQUENCE[int(row[1]) - 1] == row[2] != row[3] for row in found[:90])


@pytest.mark.parametrize(("n_ambiguous", "cell"), [(3, "number"), (4, "NA")])
def test_a_sequence_of_which_more_than_a_tenth_is_ambiguous_has_no_effects(
    n_ambiguous, cell, model, tmp_path, caplog
):
    (tmp_path / "s.fa").write_text(f">n\n{'N' * n_ambiguous}{SEQUENCE[n_ambiguous:]}\n")  # of 30 bp
    saturate(tmp_path / "s.fa", model, tmp_path / "s.tsv", plot=tmp_path / "s.svg")
    _, *changes = rows(tmp_path / "s.tsv")
    assert {"NA" if "NA" in change[4:] else "number" for change in changes} == {cell}
    assert ("1 sequence has no prediction (NA)" in caplog.text) == (cell == "NA")
    assert (tmp_path / "s.svg").stat().st_size > 0


def test_a_region_of_a_genome_is_saturated(model, tmp_path):
    (tmp_path / "g.fa").write_text(f">c\nAAA{SEQUENCE}AAA\n")
    (tmp_path / "r.bed").write_text("c\t3\t33\tregion\n")
    saturate(tmp_path / "r.bed", model, tmp_path / "s.tsv", form=SequenceFormat(genome=tmp_path / "g.fa"))
    (tmp_path / "region.fa").write_text(f">region\n{SEQUENCE}\n")
    saturate(tmp_path / "region.fa", model, tmp_path / "same.tsv")
    assert (tmp_path / "s.tsv").read_bytes() == (tmp_path / "same.tsv").read_bytes()


def test_a_heat_map_shows_each_effect_in_its_place():
    effects = np.zeros((4, 5))
    effects[2, 3] = -0.5
    _, axes, _ = heat_map("$x$", "ACGTN", effects, label="y").axes
    assert (axes.images[0].get_array() == effects).all()
    assert axes.images[0].get_clim() == (-0.5, 0.5)
    letters = [(text.get_position(), text.get_text()) for text in axes.texts]
    assert letters == [((1, 0), "A"), ((2, 1), "C"), ((3, 2), "G"), ((4, 3), "T")]


def test_a_heat_map_has_a_line_per_60_bp_with_the_logo_of_the_reference():
    effects = np.random.default_rng(0).normal(size=(4, 130))
    drawing = heat_map("s", "ACGT" * 32 + "AC", effects, label="y")
    logos, maps = drawing.axes[0:6:2], drawing.axes[1:6:2]
    assert [axes.get_xlim() for axes in logos] == [(0.5, 60.5), (60.5, 120.5), (120.5, 130.5)]
    assert [axes.get_xlim() for axes in maps] == [(0.5, 60.5), (60.5, 120.5), (120.5, 130.5)]
    assert maps[1].get_xticks().tolist() == [61, 70, 80, 90, 100, 110, 120]
    assert len({axes.images[0].get_clim() for axes in maps}) == len({axes.get_ylim() for axes in logos}) == 1


def test_the_height_of_a_reference_base_is_minus_the_mean_effect_of_its_changes():
    effects = np.array([[9, np.nan, 0], [-1, np.nan, 0], [-2, np.nan, 0], [-3, np.nan, 0]], float)
    assert reference_heights(effects, "ACN").tolist() == [[2, 0, 0], [0, 0, 0], [0, 0, 0], [0, 0, 0]]


def run(*arguments):
    with pytest.raises(SystemExit) as stop:
        main(["saturate", *map(str, arguments)])
    return int(stop.value.code or 0)


def test_the_command_writes_a_table_and_a_pdf(fasta, bundle, tmp_path):
    plot = tmp_path / "s.pdf"
    assert run(fasta, "-m", bundle, "-o", tmp_path / "s.tsv", "--plot", plot, "--threads", 1) == 0
    assert plot.read_bytes().startswith(b"%PDF")
    assert len(rows(tmp_path / "s.tsv")) == 182


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["s.fa", "-o", "s.fa"], "output and input are the same file"),
        (["s.fa", "-o", "s.tsv", "--plot", "s.tsv"], "both outputs have this name"),
        (["s.fa", "-o", "s.tsv", "--target", "x"], "no target 'x'"),
        (["none.fa", "-o", "s.tsv"], "none.fa: No such file"),
        (["r.bed", "-o", "s.tsv"], "give --genome"),
    ],
)
def test_the_command_refuses_in_one_line(arguments, message, fasta, bundle, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert run(*arguments, "-m", bundle, "--threads", 1) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert not (tmp_path / "s.tsv").exists()


def test_a_long_name_of_a_target_stays_inside_its_heat_map():
    drawing = heat_map("s", "ACGT" * 30, np.ones((4, 120)), label="enrichment_tobacco (log2 enrichment)")
    drawing.draw_without_rendering()
    label = drawing.axes[-1].yaxis.label.get_window_extent()
    assert drawing.bbox.y0 <= label.y0 < label.y1 <= drawing.bbox.y1
    assert label.x1 <= drawing.bbox.x1


def test_a_plot_of_another_format_is_refused(fasta, bundle, tmp_path, capsys):
    arguments = [fasta, "-m", bundle, "-o", tmp_path / "s.tsv", "--plot", tmp_path / "s.gif", "--threads", 1]
    assert run(*arguments) == 2
    assert "s.gif: expected a name that ends in .pdf, .svg, .png" in capsys.readouterr().err
    assert not (tmp_path / "s.tsv").exists()


@pytest.mark.parametrize(("suffix", "start"), [("svg", b"<?xml"), ("png", b"\x89PNG")])
def test_an_svg_or_a_png_holds_the_heat_map_of_one_sequence(suffix, start, fasta, bundle, tmp_path, capsys):
    (tmp_path / "one.fa").write_text("".join(fasta.read_text().splitlines(keepends=True)[:2]))
    plot, where = tmp_path / f"s.{suffix}", ("-m", bundle, "-o", tmp_path / "s.tsv", "--threads", 1)
    assert run(tmp_path / "one.fa", *where, "--plot", plot) == 0
    assert plot.read_bytes().startswith(start)
    (tmp_path / "s.tsv").unlink()
    assert run(fasta, *where, "--overwrite", "--plot", plot) == 2
    assert "holds the heat map of one sequence; name a .pdf for several" in capsys.readouterr().err
    assert not (tmp_path / "s.tsv").exists()
