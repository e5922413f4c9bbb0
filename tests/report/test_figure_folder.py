"""The folder of figures and tables beside a report."""

from __future__ import annotations

import csv
import json
import logging
import os
import re

import pytest
from support.command_line import cli
from support.fake_run import MEMBERS, dataset, make_run

from seqcnn.errors import EnvironmentFault, TableError
from seqcnn.plotting.panel import Panel, named
from seqcnn.report.content.tables import Cell, Column, Table
from seqcnn.report.figure_folder import link_of, table_rows, write_folder
from seqcnn.report.report import report


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    made = make_run(folder / "example", dataset(60), MEMBERS)
    report(made, folder / "report.html")
    return made


@pytest.fixture(scope="module")
def folder(run):
    return run.parent / "report_figures"


def rows_of(path):
    """Return the lines of a CSV file."""
    with path.open(newline="") as file:
        return list(csv.reader(file))


def test_each_figure_is_an_svg_and_a_pdf_and_each_table_a_csv_with_the_name_of_the_page(run, folder):
    page = run.with_name("report.html").read_text()
    figures = set(re.findall(r'<figure id="([A-Za-z0-9_-]+)"', page))
    tables = set(re.findall(r'<(?:table|dl class="words") id="([a-z0-9-]+)"', page))
    files = {f"{name}{suffix}" for name in figures for suffix in (".svg", ".pdf")}
    files |= {f"{name}.csv" for name in tables}
    assert {path.name for path in folder.iterdir()} == files | {"contents.csv"}
    residuals = "residuals_activity_cnn-ensemble"
    assert {residuals, "predicted-against-measured_activity_ridge"} <= figures
    content = (folder / f"{residuals}.pdf").read_bytes()
    assert content.startswith(b"%PDF")
    assert b"/Title (activity: cnn, ensemble. mean" in content or b"/Title <feff" in content.lower()
    assert "<title>activity: cnn, ensemble. mean" in (folder / f"{residuals}.svg").read_text()


def test_every_link_of_the_page_leads_to_a_file(run, folder):
    page = run.with_name("report.html").read_text()
    links = re.findall(r'href="(report_figures/[^"]+)" download', page)
    assert len(links) == len(list(folder.iterdir())) - 1
    assert all((run.parent / link).is_file() for link in links)


def test_no_table_has_two_columns_of_one_name(folder):
    heads = {path.name: rows_of(path)[0] for path in folder.glob("*.csv")}
    assert heads
    assert {name: head for name, head in heads.items() if len({*head}) < len(head)} == {}


def test_a_table_of_scores_has_all_digits_and_its_intervals_in_columns(run, folder):
    head, *rows = rows_of(folder / "scores-test-0.csv")
    assert head[:7] == [
        "Model", "Pearson r", "Pearson r low", "Pearson r high",
        "Spearman rho", "Spearman rho low", "Spearman rho high",
    ]  # fmt: skip
    assert "R2" in head
    metrics = json.loads((run / "cnn/seed1/metrics.json").read_text())["parts"]["test"]["activity"]
    row = next(row for row in rows if row[0] == "cnn, seed 1")
    expected = [metrics["pearson"][key] for key in ("value", "low", "high")]
    assert [float(cell) for cell in row[1:4]] == pytest.approx(expected, rel=1e-6)
    assert next(row for row in rows if row[0] == "mean")[1:4] == ["NA", "NA", "NA"]


def test_the_list_of_files_has_the_captions_of_the_page(folder):
    captions = {name: title for name, title, _ in rows_of(folder / "contents.csv")}
    assert captions["residuals_activity_cnn-ensemble"] == "activity: cnn, ensemble"
    assert captions["cost"] == "Time to fit and size of every model"


def _place(path, kind):
    """Put a pipe, a folder or a link to a file of another folder in the place of a file."""
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        (path.parent.parent / "outside").write_text("kept")
        path.symlink_to("../outside")


@pytest.mark.parametrize(
    ("kind", "said"), [("pipe", "a pipe found"), ("folder", "a folder found"), ("link", "a link leads to")]
)
def test_what_is_no_file_of_the_folder_is_refused_before_anything_is_written(kind, said, tmp_path):
    folder = tmp_path / "report_figures"
    folder.mkdir()
    _place(folder / "contents.csv", kind)
    tables = [Table("cost", "c", [Column("Name", "text")], [[Cell("a")]])]
    with pytest.raises(TableError, match=said):
        write_folder(folder, [], tables)
    assert [path.name for path in folder.iterdir()] == ["contents.csv"]
    if kind == "link":
        assert (tmp_path / "outside").read_text() == "kept"


def test_a_folder_that_is_a_link_elsewhere_is_refused(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "run").mkdir()
    (tmp_path / "run/report_figures").symlink_to("../out")
    with pytest.raises(TableError, match="a link leads to"):
        write_folder(tmp_path / "run/report_figures", [], [])
    assert list((tmp_path / "out").iterdir()) == []


def test_a_new_folder_is_removed_if_a_file_cannot_be_written(tmp_path, monkeypatch):
    def full(*_):
        raise EnvironmentFault("No space left on device")

    monkeypatch.setattr("seqcnn.report.figure_folder._contents", full)
    tables = [Table("cost", "c", [Column("Name", "text")], [[Cell("a")]])]
    with pytest.raises(EnvironmentFault):
        write_folder(tmp_path / "report_figures", [], tables)
    assert list(tmp_path.iterdir()) == []


def test_rows_of_a_table_are_texts_numbers_and_intervals():
    columns = [Column("Name", "text"), Column("R² ↑"), Column("n")]
    table = Table("t", "t", columns, [
        [Cell("=1+1"), Cell("0.5 (0.2 to 0.9)", 0.5, bounds=(0.25, 0.875)), Cell("1,000", 1000)],
        [Cell("a\tb"), Cell("0.5 (no interval)", 0.5), Cell("–")],
    ])  # fmt: skip
    assert list(table_rows(table)) == [
        ["Name", "R2", "R2 low", "R2 high", "n"],
        ["'=1+1", "0.5", "0.25", "0.875", "1000"],
        ["a\\tb", "0.5", "NA", "NA", "NA"],
    ]


def test_the_address_of_a_folder_is_quoted(tmp_path):
    assert link_of(tmp_path / "my #1 page.html") == "my%20%231%20page_figures"
    assert link_of(tmp_path / "\udcff.html") == "%FF_figures"


def test_other_files_in_the_folder_are_kept_and_reported(tmp_path, caplog):
    (tmp_path / "own.svg").write_text("mine")
    with caplog.at_level(logging.INFO):
        write_folder(tmp_path, [], [Table("t", "t", [Column("a", "text")], [])])
    assert (tmp_path / "own.svg").read_text() == "mine"
    assert "holds other files than those of this report: 'own.svg'" in caplog.text
    assert (tmp_path / "t.csv").read_text() == "a\n"


def test_a_folder_with_files_is_refused_without_overwrite(run, tmp_path, capsys):
    (tmp_path / "page_figures").mkdir()
    (tmp_path / "page_figures/own.svg").write_text("mine")
    page = tmp_path / "page.html"
    assert cli("report", run, "-o", page) == 2
    assert "page_figures: folder holds files; give another name, or --overwrite" in capsys.readouterr().err
    assert not page.exists()


def test_without_figures_there_is_no_folder_and_no_link(run, tmp_path):
    report(run, tmp_path / "page.html", figures=False)
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]
    assert "download" not in (tmp_path / "page.html").read_text().lower()


def test_a_panel_has_the_prefix_of_its_name():
    class Drawing:
        def inline(self, prefix):
            return prefix

    assert Panel("title", "text", Drawing(), "name-1").inline == "name-1-"


def test_names_of_files_hold_the_title_and_are_unique_without_case_and_safe():
    titles = ["K562: cnn, seed 1", "k562: CNN, seed 1", "../../<script>", "名前", "x" * 300, "a_b: c"]
    names = [panel.name for panel in named([Panel(title, "", None) for title in titles], "scatter")]
    assert names == [
        "scatter_K562_cnn-seed-1", "scatter_k562_CNN-seed-1-2", "scatter_script", "scatter-4",
        f"scatter_{'x' * 79}", "scatter_a_b_c",
    ]  # fmt: skip
