"""Every table of a run, damaged in every way: one line that names it, and no page."""

import os
import shutil

import pytest
from support.fake_biology import TABLES, add_biology
from support.fake_run import dataset, make_run

from seqcnn.errors import SeqcnnError, TableError, UsageError
from seqcnn.report.biology import SECTIONS, sections
from seqcnn.report.report import render, report
from seqcnn.report.run.collect import MEMBER_FILES, collect

BIOLOGY = {f"biology/{path}": "\t" for path in TABLES}
SEPARATORS = BIOLOGY | {"cnn/seed1/predictions.tsv": "\t", "cnn/seed1/history.csv": ","}
SEQLETS, ORDER_SHEET = "biology/attribute/seqlets.bed", "biology/design/designs.fa"
TRACK = "biology/scan/plus.bw"
WITHOUT_HEADER = (SEQLETS, ORDER_SHEET)
FILES = [
    *SEPARATORS,
    *WITHOUT_HEADER,
    *(f"cnn/seed1/{name}" for name in MEMBER_FILES),
    "dataset.h5",
    "learning_curve.json",
    "controls.json",
    "cross_validation/cnn/metrics.json",
    "biology/attribute/attributions.h5",
    "biology/motifs/motifs.meme",
    TRACK,
]
NUMBERS = {
    "predictions.tsv": ["activity"],
    "history.csv": ["epoch", "train_loss", "val_loss", "lr"],
    "motifs.tsv": ["sites", "effect_at_sites", "position_q1", "position_median", "position_q3", "match_q"],
    "marginal.tsv": ["n", "mean", "low", "high"],
    "dependencies.tsv": ["position_1", "position_2", "epistasis", "attribution_1"],
    "hit_counts.tsv": ["hits", "plus_strand", "sequences", "contribution_mean", "contribution_sd"],
    "hit_pairs.tsv": [
        "sequences",
        "expected",
        "p",
        "pairs",
        "same_strand",
        "gap_median",
        "gap_mode",
        "gap_mode_pairs",
    ],
    "pair_summary.tsv": ["pairs", "sequences", "epistasis", "low", "high"],
    "effects.tsv": ["position", "ref_prediction", "alt_prediction", "effect", "effect_sd", "percentile"],
    "saturation.tsv": ["position", "effect"],
    "peaks.tsv": ["position", "value", "site"],
    "front.tsv": ["maximize:activity", "minimize:other"],
    "designs.tsv": ["gc", "edits", "predicted", "predicted_sd", "predicted_of_start"],
    "batch.tsv": ["rank", "predicted", "predicted_sd", "distance", "cluster_size", "library_distance"],
}
"""Table -> columns of numbers that the page shows."""


DATA = dataset(64)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    run = make_run(tmp_path_factory.mktemp("damaged") / "run", DATA, {"cnn/seed1": 0.4})
    add_biology(run)
    return run


@pytest.fixture
def run(whole, tmp_path):
    """A copy, of links within one file system."""
    return shutil.copytree(whole, tmp_path / "run", copy_function=os.link)


def replace(path, text):
    """Write a file anew, so that links to the old one keep its content."""
    path.unlink()
    path.write_text(text)


def read(run, path):
    """Read what the report reads of the folder of a file: one section of the biology part, or all else."""
    if path.startswith("biology/"):
        station = path.split("/")[1]
        section = next(section for section in SECTIONS if section.station == station)
        section.read(run / "biology" / station, DATA)
    else:
        collect(run, dataset=None if path == "dataset.h5" else DATA)


def refused(run, path, *words, named=None):
    """Return the message of a report, which must name a file, as one line without control characters."""
    with pytest.raises(SeqcnnError) as caught:
        read(run, path)
    message = str(caught.value)
    name = path.split("/")[-1] if named is None else named
    assert all(word in message for word in (name, *words)), message
    assert message.isprintable()
    assert len(message) < 600
    return message


def cells_of(run, path):
    """Return the rows of a table as lists of cells."""
    return [line.split(SEPARATORS[path]) for line in (run / path).read_text().splitlines()]


def write_cells(run, path, rows):
    replace(run / path, "".join(SEPARATORS[path].join(row) + "\n" for row in rows))


def test_the_tables_are_those_of_all_sections():
    assert {path.split("/")[1] for path in (*BIOLOGY, *WITHOUT_HEADER)} == {s.station for s in SECTIONS}
    assert sorted(NUMBERS) == sorted(path.split("/")[-1] for path in SEPARATORS)


@pytest.mark.parametrize("path", [*SEPARATORS, *WITHOUT_HEADER])
@pytest.mark.parametrize("missing", [1, 4])
def test_a_file_that_was_cut_is_refused(path, missing, run):
    replace(run / path, (run / path).read_text()[:-missing])
    refused(run, path, "the last line has no end: the file was cut")


@pytest.mark.parametrize("path", [*SEPARATORS, *WITHOUT_HEADER])
def test_an_empty_file_is_refused(path, run):
    replace(run / path, "")
    refused(run, path, "empty")


@pytest.mark.parametrize("path", SEPARATORS)
@pytest.mark.parametrize("damage", [lambda row: row[:-1], lambda row: [*row, "more"]], ids=["short", "long"])
def test_a_row_of_another_length_is_refused_with_its_line(path, damage, run):
    rows = cells_of(run, path)
    write_cells(run, path, [*rows[:-1], damage(rows[-1])])
    refused(run, path, f"line {len(rows)}", "cells; the header has")


@pytest.mark.parametrize("path", SEPARATORS)
def test_a_column_that_is_missing_or_there_twice_is_refused(path, run):
    rows = cells_of(run, path)
    write_cells(run, path, [row[1:] for row in rows])
    refused(run, path)
    write_cells(run, path, [[*row, row[0]] for row in rows])
    refused(run, path)


@pytest.mark.parametrize(
    ("path", "column"), [(path, c) for path in SEPARATORS for c in NUMBERS[path.split("/")[-1]]]
)
@pytest.mark.parametrize("value", ["much", "9" * 400, "-1e999", "1_0", "0x1", ""])
def test_what_is_no_number_that_fits_is_refused_with_its_line_and_column(path, column, value, run):
    rows = cells_of(run, path)
    rows[1][rows[0].index(column)] = value
    write_cells(run, path, rows)
    assert "9" * 100 not in refused(run, path, "line 2")


@pytest.mark.parametrize(
    ("path", "column", "value"),
    [
        ("biology/dependencies/dependencies.tsv", "position_2", "8"),
        ("biology/dependencies/dependencies.tsv", "alt_1", "N"),
        ("biology/dependencies/dependencies.tsv", "ref_2", "="),
        ("biology/saturate/saturation.tsv", "position", "2147483648"),
        ("biology/saturate/saturation.tsv", "position", "7"),
        ("biology/saturate/saturation.tsv", "alt", "A"),
        ("biology/saturate/saturation.tsv", "alt", "AC"),
        ("biology/saturate/saturation.tsv", "ref", "="),
        ("biology/scan/peaks.tsv", "position", "101"),
        ("biology/scan/peaks.tsv", "strand", "x"),
        ("biology/scan/peaks.tsv", "contig", "chrX"),
        ("biology/marginalize/marginal.tsv", "experiment", "center"),
        ("biology/marginalize/marginal.tsv", "n", "0"),
        ("biology/motifs/motifs.tsv", "kind", "other"),
        ("biology/motifs/motifs.tsv", "name", "other"),
        ("biology/motifs/motifs.tsv", "match_q", "1.5"),
        ("biology/variants/effects.tsv", "reason", "no reason"),
        ("biology/variants/effects.tsv", "percentile", "101"),
        ("biology/variants/effects.tsv", "effect_sd", "-1"),
        ("biology/design/designs.tsv", "gc", "1.5"),
        ("biology/design/designs.tsv", "id", "design_2"),
        ("biology/design/designs.tsv", "sequence", "ACGA"),
        ("biology/design/front.tsv", "kind", "control"),
        ("biology/next/batch.tsv", "rank", "0"),
        ("biology/next/batch.tsv", "distance", "-1"),
        ("cnn/seed1/history.csv", "epoch", "2"),
        ("cnn/seed1/predictions.tsv", "id", "oligo_1"),
    ],
)
def test_a_value_that_the_column_cannot_have_is_refused(path, column, value, run):
    rows = cells_of(run, path)
    rows[1][rows[0].index(column)] = value
    write_cells(run, path, rows)
    if "scan" in path:
        write_cells(run, path, rows[:2])
    refused(run, path, named="" if column in ("id", "sequence", "name", "contig") else None)


def test_two_predictions_of_one_row_are_refused(run):
    path = "cnn/seed1/predictions.tsv"
    rows = cells_of(run, path)
    write_cells(run, path, [*rows, [rows[1][0], "0.5"]])
    refused(run, path, "'oligo_0' on lines 2 and 66")


@pytest.mark.parametrize("path", BIOLOGY)
def test_a_control_character_is_refused(path, run):
    rows = cells_of(run, path)
    rows[1][0] = "\x1b[31m"
    write_cells(run, path, rows)
    refused(run, path, "line 2: control character found")


@pytest.mark.parametrize(
    "line",
    [
        "chr1\t0\t2\tAC\t1000\t+\tmuch",
        "chr1\t0\t2\tAC\t1000\t+",
        "chr1\t2\t2\tAC\t1000\t+\t0.5",
        "a\x1b\t0\t2\tA\t1\t+\t1",
    ],
)
def test_a_line_of_seqlets_that_is_damaged_is_refused(line, run):
    path = run / SEQLETS
    title = path.read_text().splitlines()[0]
    replace(path, f"{title}\n{line}\n")
    refused(run, SEQLETS, "line 2")
    replace(path, f"# another title\n{line}\n")
    refused(run, SEQLETS, "line 1: no false-discovery rate found")


@pytest.mark.parametrize("more", [">design_9 predicted=9.9\nTTTT\n", "root:x:0:0\n", ">design_1\n\x1b\n"])
def test_an_order_sheet_that_is_not_of_the_designs_is_refused(more, run):
    path = run / ORDER_SHEET
    replace(path, path.read_text() + more)
    refused(run, ORDER_SHEET, "its records are not the 1 design of designs.tsv")


@pytest.mark.parametrize("size", [0, 10, 100, -1])
def test_a_track_that_was_cut_is_refused(size, run):
    path = run / TRACK
    content = path.read_bytes()[:size]
    path.unlink()
    path.write_bytes(content)
    refused(run, TRACK, "cut or damaged")


def test_a_scan_without_a_track_is_refused(run):
    for name in ("plus", "minus"):
        (run / f"biology/scan/{name}.bw").unlink()
    refused(run, TRACK, "scan: no track", named="")


@pytest.mark.parametrize("values", ['{"epochs": ' + "9" * 400 + "}", '{"seconds": NaN}', '{"seconds": 1e999}',
                                    '{"epochs": "x"}', '{"device": 1}', '{"threads": -1}'])  # fmt: skip
def test_a_number_of_run_json_that_is_absurd_is_refused(values, run):
    replace(run / "cnn/seed1/run.json", values)
    refused(run, "cnn/seed1/run.json")


@pytest.mark.parametrize("path", FILES)
@pytest.mark.parametrize("kind", ["pipe", "link", "folder"])
def test_what_is_no_regular_file_of_the_run_is_refused_at_once(path, kind, run, tmp_path):
    file = run / path
    (tmp_path / "secret").write_bytes(file.read_bytes())
    file.unlink()
    if kind == "link":
        file.symlink_to(tmp_path / "secret")
    else:
        {"pipe": os.mkfifo, "folder": os.mkdir}[kind](file)
    expected = "a link leads to" if kind == "link" else f"a {kind} found; expected a regular file"
    refused(run, path, expected)


@pytest.mark.parametrize("path", ["cnn/seed1/metrics.json", "cnn/seed1", "cross_validation", "biology"])
def test_a_link_that_leads_nowhere_is_refused_and_drops_no_part(path, run):
    shutil.move(run / path, run / "moved")
    (run / path).symlink_to(run / "nowhere")
    with pytest.raises(TableError, match=rf"{path}: a link that leads nowhere; remove it"):
        render(collect(run, dataset=DATA))


@pytest.mark.parametrize("path", FILES)
def test_no_file_that_the_report_reads_is_its_output(path, run):
    before = (run / path).read_bytes()
    with pytest.raises(UsageError, match="output and input are the same file"):
        report(run, run / path, overwrite=True)
    assert (run / path).read_bytes() == before


@pytest.mark.parametrize("path", ["cnn", "cnn/seed1", "cross_validation", "biology", "biology/design"])
def test_a_folder_that_is_a_link_out_of_the_run_is_refused(path, run, tmp_path):
    shutil.move(run / path, tmp_path / "elsewhere")
    (run / path).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(TableError, match=f"{path.split('/')[-1]}.*: a link leads to .*, outside of "):
        render(collect(run, dataset=DATA))


def test_a_run_that_is_a_link_as_a_whole_is_reported(whole, tmp_path):
    (tmp_path / "run").symlink_to(whole)
    run = collect(tmp_path / "run")
    assert len(sections(run.biology, run.dataset)) == len(SECTIONS)
