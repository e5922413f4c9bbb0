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
from seqcnn.report.content import checks, evidence, summary, tables
from seqcnn.report.content.figures import FIGURES, draw
from seqcnn.report.content.score_cards import cards
from seqcnn.report.run.collect import Experiment, Member, collect

logger = logging.getLogger(__name__)


def report(run: Path, output: Path, *, biology_model: str | None = None) -> None:
    """Write the report of a run.

    Parameters
    ----------
    run
        Folder with `dataset.h5` and `<model>/<seed>/` with `predictions.tsv` and `metrics.json`.
    output
        The HTML file; written whole or not at all.
    biology_model
        <model>/<member> that the folder `biology` describes, such as `cnn/ensemble`.

    Raises
    ------
    UsageError
        If there is no such folder, no scored model in it, or not `biology_model`.
    TableError
        If a file in it is damaged, or does not belong to the dataset.
    """
    refuse_output(output, run / "dataset.h5")
    write_report(collect(run), output, biology_model=biology_model)


def write_report(experiment: Experiment, output: Path, *, biology_model: str | None = None) -> None:
    """Write the report of a run that is in memory; as `report`."""
    page = render(experiment, biology_model=biology_model)
    with atomic_path(output) as temporary:
        temporary.write_text(page, encoding="utf-8", newline="\n")
    logger.info("report written to %s", output)


def render(experiment: Experiment, *, biology_model: str | None = None) -> str:
    """Return the page; the same experiment gives the same text."""
    asked = _named(experiment, biology_model) if biology_model else None
    drawn = {figure.name: draw(figure, experiment) for figure in FIGURES.values()}
    script = (files("seqcnn.report") / "sort.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    biology = sections(experiment.biology, experiment.dataset) if experiment.biology else []
    hidden = len(experiment.dataset.target_names) - len(experiment.targets)
    values = {
        "experiment": experiment,
        "sentences": summary.sentences(experiment),
        "cards": cards(experiment),
        "figures": [figure for figure in FIGURES.values() if drawn[figure.name]],
        "drawn": drawn,
        "biology": biology,
        "asked": asked,
        "glyphs": glyphs() if biology else "",
        "configurations": tables.configurations(experiment),
        "metrics": METRICS.values(),
        "hidden_targets": hidden,
        "script": script,
        "script_digest": digest,
    }
    return render_page("report/report.html.j2", values | _tables(experiment))


def _tables(experiment: Experiment) -> dict[str, object]:
    """Return the tables of the page, and the verdict on leakage."""
    return {
        "scores": {part: tables.score_tables(experiment, part) for part in reversed(PARTS)},
        "comparisons": evidence.comparison_tables(experiment) if len(experiment.members) > 1 else [],
        "leakage": evidence.leakage_tables(experiment),
        "verdict": verdict(experiment.dataset),
        "controls": checks.control_tables(experiment),
        "folds": checks.fold_tables(experiment),
        "strata": checks.stratum_tables(experiment),
        "coverage": evidence.coverage_tables(experiment),
        "coverage_strata": evidence.coverage_by_stratum(experiment),
        "worst": tables.worst_tables(experiment),
        "cost": tables.cost_table(experiment),
        "data": tables.data_table(experiment),
    }


def _named(experiment: Experiment, name: str) -> Member:
    """Return the member of a name."""
    known = {f"{member.model}/{member.name}": member for member in experiment.members}
    if name not in known:
        raise UsageError(f"no scored model {show(name)} in this run; known: {', '.join(sorted(known))}")
    return known[name]
