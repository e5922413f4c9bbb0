"""A run's folder -> one HTML page that opens from disk and loads nothing, and a folder of its figures.

The page is complete without the folder, to which it only has links.  Its script is static and allowed by its
SHA-256.
"""

from __future__ import annotations

import base64
import hashlib
import logging
from importlib.resources import files as package_files
from pathlib import Path
from typing import Any

from seqcnn.data.audit import verdict
from seqcnn.data.split.splits import PARTS
from seqcnn.errors import UsageError, place, show
from seqcnn.io.atomic import atomic_path, refuse_folder, refuse_output
from seqcnn.model.metrics import METRICS
from seqcnn.plotting.html import render_page
from seqcnn.plotting.panel import Panel
from seqcnn.plotting.svg_logo import glyphs
from seqcnn.progress import track
from seqcnn.report.biology import sections
from seqcnn.report.content.comparison import comparison_tables
from seqcnn.report.content.controls import control_tables
from seqcnn.report.content.coverage import calibration_sentence
from seqcnn.report.content.coverage_tables import coverage_by_stratum, coverage_tables
from seqcnn.report.content.cross_validation import fold_tables
from seqcnn.report.content.improvement import improvement_tables
from seqcnn.report.content.leakage import leakage_tables
from seqcnn.report.content.score_cards import score_cards
from seqcnn.report.content.strata import contrast_tables, stratum_tables
from seqcnn.report.content.summary import summary
from seqcnn.report.content.tables import (
    Table,
    cost_table,
    data_table,
    error_tables,
    score_tables,
)
from seqcnn.report.figure_folder import folder_of, has_room, link_of, write_folder
from seqcnn.report.figures import FIGURES
from seqcnn.report.run.collect import collect, files_of_run
from seqcnn.report.run.members import Member, Run
from seqcnn.report.run.settings import configurations

logger = logging.getLogger(__name__)

PREDICTOR = "predictor.html"
"""Page of `seqcnn page` that a report links to if it is beside it."""

_TABLES = (
    "improvements", "comparisons", "leakage", "controls", "folds", "strata", "contrasts", "coverage",
    "coverage_strata", "errors",
)  # fmt: skip
"""Values of the template that are lists of tables, beside the scores."""


def report(
    folder: Path,
    output: Path,
    *,
    biology_model: str | None = None,
    figures: bool = True,
    overwrite: bool = False,
) -> None:
    """Read the folder of a run, and write its report.

    Parameters
    ----------
    folder
        Folder with `dataset.h5` and `<model>/<seed>/` with `predictions.tsv` and `metrics.json`.
    output
        The HTML file; written whole or not at all.
    biology_model
        <model>/<member> that the folder `biology` describes, such as `cnn/ensemble`.
    figures
        Whether figures (SVG, PDF) and tables (CSV) are also written into a folder beside the page:
        `report_figures` for `report.html`.
    overwrite
        Whether existing outputs are overwritten; else they are refused.

    Raises
    ------
    UsageError
        If there is no such folder, no scored model in it, or not `biology_model`, or `output` is a file that
        the report reads.
    TableError
        If a file in it is damaged, or does not belong to the dataset.
    """
    refuse_output(output, *files_of_run(folder), overwrite=overwrite)
    if figures and has_room(output):
        refuse_folder(folder_of(output), overwrite=overwrite)
    write_report(collect(folder), output, biology_model=biology_model, figures=figures)


def write_report(run: Run, output: Path, *, biology_model: str | None = None, figures: bool = True) -> None:
    """Write the report of a collected run: the page and the files of the figures, each whole."""
    figures = figures and has_room(output)
    values = _values(run, biology_model, files=link_of(output) if figures else "")
    page = _page(values | {"has_predictor": output.with_name(PREDICTOR).is_file()})
    with atomic_path(output) as temporary:
        temporary.write_text(page, encoding="utf-8", newline="\n")
        if figures:  # after the page, so that a full disk leaves neither
            write_folder(folder_of(output), *_contents(values))
    logger.info("report written to %s", place(output))


def render(run: Run, *, biology_model: str | None = None) -> str:
    """Return the page without links to files; the same run gives the same text."""
    return _page(_values(run, biology_model))


def _page(values: dict[str, Any]) -> str:
    """Return the page of its values."""
    return render_page("report/report.html.j2", values)


def _contents(values: dict[str, Any]) -> tuple[list[Panel], list[Table]]:
    """Return all panels and tables of a page, in no particular order."""
    contents = [content for _, content in values["biology"]]
    panels = [panel for figure in values["panels_of"].values() for panel in figure]
    panels += [panel for content in contents for panel in (*content.panels, *content.wide)]
    lists = [*(values[name] for name in _TABLES), *values["scores"].values()]
    tables = [table for tables in lists for table in tables]
    tables += [table for content in contents for table in content.tables]
    return panels, [*tables, values["cost"], values["data"]]


def _values(run: Run, biology_model: str | None, files: str = "") -> dict[str, Any]:
    """Return the values of the page's template; `files` is the address of its folder of figures."""
    interpreted = _member(run, biology_model) if biology_model else None
    panels = {figure.name: figure.draw(run) for figure in track(FIGURES, "drawing figures", "figures")}
    script = (package_files("seqcnn.report") / "page.js").read_text(encoding="utf-8")
    biology = sections(run.biology, run.dataset) if run.biology else []
    values = {
        "files": files,
        "predictor": PREDICTOR,
        "has_predictor": False,
        "run": run,
        "sentences": summary(run),
        "cards": score_cards(run),
        "figures": [figure for figure in FIGURES if panels[figure.name]],
        "panels_of": panels,
        "biology": biology,
        "interpreted": interpreted,
        "glyphs": glyphs() if biology else "",
        "configurations": configurations(run),
        "metrics": METRICS.values(),
        "hidden_targets": len(run.dataset.target_names) - len(run.targets),
        "script": script,
        "script_digest": base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    }
    return values | _tables(run)


def _tables(run: Run) -> dict[str, object]:
    """Return the tables of the page, and the verdict on leakage."""
    return {
        "scores": {part: score_tables(run, part) for part in reversed(PARTS)},
        "comparisons": comparison_tables(run) if len(run.members) > 1 else [],
        "leakage": leakage_tables(run),
        "verdict": verdict(run.dataset),
        "controls": control_tables(run),
        "folds": fold_tables(run),
        "strata": stratum_tables(run),
        "contrasts": contrast_tables(run),
        "improvements": improvement_tables(run),
        "coverage": coverage_tables(run),
        "calibrated_on": calibration_sentence(run),
        "coverage_strata": coverage_by_stratum(run),
        "errors": error_tables(run),
        "cost": cost_table(run),
        "data": data_table(run),
    }


def _member(run: Run, name: str) -> Member:
    """Return the member of a name."""
    known = {f"{member.model}/{member.name}": member for member in run.members}
    if name not in known:
        raise UsageError(f"no scored model {show(name)} in this run; known: {', '.join(sorted(known))}")
    return known[name]
