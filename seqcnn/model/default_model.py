"""Choose the bundle when none is named: $SEQCNN_MODEL, else the best one of the last run."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np

from seqcnn.errors import SeqcnnError, UsageError, place
from seqcnn.io.json_file import read_json
from seqcnn.model.metrics import mean_over_targets

logger = logging.getLogger(__name__)

MODEL_VARIABLE = "SEQCNN_MODEL"
"""Environment variable that names the bundle to predict with."""

BASELINE_MEMBER = "fit"
"""Name of the folder of a fitted baseline in a run."""


def default_model(*, network: bool = False) -> Path:
    """Return the bundle to use when none is named, and log its path; with `network` no baseline is chosen."""
    from seqcnn.model.network.bundle import validation_score

    if named := os.environ.get(MODEL_VARIABLE):
        logger.warning("model: %s (from $%s)", place(named), MODEL_VARIABLE)
        return Path(named)
    runs = [path.parent for path in Path().glob("results/*/report.html")]
    runs += [path.parent for path in Path().glob("*/report.html")]
    for run in sorted(runs, key=lambda run: (run / "report.html").stat().st_mtime, reverse=True):
        bundles = sorted(run.glob("*/*/model.safetensors"))
        if candidates := [path for path in bundles if not (network and path.parent.name == BASELINE_MEMBER)]:
            best = max(candidates, key=validation_score)
            what = "network" if network else "model"
            logger.warning("model: %s (the best %s on validation rows of the last run)", place(best), what)
            for warning in _warnings(best, run):
                logger.warning("%s", warning)
            return best
    raise UsageError(
        f"no model given; name one with --model or ${MODEL_VARIABLE}, or train one with `seqcnn fit`"
    )


def _warnings(best: Path, run: Path) -> Iterator[str]:
    """Yield warnings about the chosen model of a run: a better baseline."""
    from seqcnn.model.network.bundle import validation_score

    r, others = validation_score(best), {}
    for path in filter(Path.is_file, run.glob(f"*/{BASELINE_MEMBER}/metrics.json")):  # pipes never end
        with suppress(SeqcnnError, KeyError, TypeError, AttributeError):
            scores = read_json(path)["parts"]["val"].values()
            r_of_baseline = mean_over_targets(score["pearson"]["value"] for score in scores)
            others[-np.inf if r_of_baseline is None else r_of_baseline] = path.parent
    if others and (best_r := max(others)) > r and best.parent != others[best_r]:
        folder = others[best_r]
        has_bundle = (folder / best.name).is_file()
        why = "only a network is of use here" if has_bundle else "cannot predict new sequences"
        yield f"{place(folder.parent.name)} was better on these rows (r {best_r:.2f}), but {why}"
