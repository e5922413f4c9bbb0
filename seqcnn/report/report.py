"""A run's folder -> one HTML page that opens from disk and loads nothing.

The page's script is static and allowed by its SHA-256.
"""

from __future__ import annotations

import base64
import hashlib
import logging
from importlib.resources import files
from pathlib import Path

from seqcnn.data.audit import verdict
from seqcnn.data.split.splits import PARTS
from seqcnn.errors import UsageError, show
from seqcnn.io.atomic import atomic_path, refuse_output
from seqcnn.model.metrics import METRICS
from seqcnn.plotting.html import render_page
from seqcnn.plotting.svg_logo import glyphs
from seqcnn.report.biology import sections
from seqcnn.report.content.comparison import comparison_tables
from seqcnn.report.content.controls import control_tables
from seqcnn.report.content.coverage import calibration_sentence, coverage_by_stratum, coverage_tables
from seqcnn.report.content.cross_validation import fold_tables
from seqcnn.report.content.figures import FIGURES, draw
from seqcnn.report.content.leakage import leakage_tables
from seqcnn.report.content.score_cards import score_cards
from seqcnn.report.content.strata import stratum_tables
from seqcnn.report.content.summary import summary
from seqcnn.report.content.tables import (
    configurations,
    cost_table,
    data_table,
    error_tables,
    score_tables,
)
from seqcnn.report.run.collect import collect, files_of_run
from seqcnn.report.run.members import Member, Run

logger = logging.getLogger(__name__)


def report(folder: Path, output: Path, *, biology_model: str | None = None, overwrite: bool = False) -> None:
    """Read the folder of a run, and write its report.

    Parameters
    ----------
    folder
        Folder with `dataset.h5` and `<model>/<seed>/` with `predictions.tsv` and `metrics.json`.
    output
        The HTML file; written whole or not at all.
    biology_model
        <model>/<member> that the folder `biology` describes, such as `cnn/ensemble`.
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
    write_report(collect(folder), output, biology_model=biology_model)


def write_report(run: Run, output: Path, *, biology_model: str | None = None) -> None:
    """Write the report of a collected run, whole or not at all."""
    page = render(run, biology_model=biology_model)
    with atomic_path(output) as temporary:
        temporary.write_text(page, encoding="utf-8", newline="\n")
    logger.info("report written to %s", output)


def render(run: Run, *, biology_model: str | None = None) -> str:
    """Return the page; the same run gives the same text."""
    interpreted = _member(run, biology_model) if biology_model else None
    panels = {figure.name: draw(figure, run) for figure in FIGURES.values()}
    script = (files("seqcnn.report") / "sort.js").read_text(encoding="utf-8")
    biology = sections(run.biology, run.dataset) if run.biology else []
    values = {
        "run": run,
        "sentences": summary(run),
        "cards": score_cards(run),
        "figures": [figure for figure in FIGURES.values() if panels[figure.name]],
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
    return render_page("report/report.html.j2", values | _tables(run))


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
