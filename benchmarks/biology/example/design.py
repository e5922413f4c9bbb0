"""Compare the true activity of designs with the best sequence of the training library.

`python -m benchmarks.biology.example.design dataset.h5 ensemble.safetensors...` prints the tables.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import numpy as np

from seqcnn.data.simulate import true_activity
from seqcnn.design import evolution
from seqcnn.design.constraints import Constraints
from seqcnn.design.design import best_starts, design
from seqcnn.design.objective import Objective
from seqcnn.design.order_sheet import decode
from seqcnn.design.synthesis.sites import forbidden_sites
from seqcnn.interpret.attribution.sample import Sample, read_sample
from seqcnn.model.inference.trained_model import LoadedModel, load_model
from seqcnn.sequence.onehot import unpack
from seqcnn.sequence.window import Rows

NUMBER = 24
"""Number of designs, one per start sequence with a high prediction."""

TRIALS: dict[str, tuple[dict[str, Any], float]] = {
    "60 generations": ({"GENERATIONS": 60}, 1.0),
    "all children mutated": ({"_MUTATED_SHARE": 1.0}, 1.0),
    "twice the penalty of the SD of the networks": ({"GENERATIONS": evolution.GENERATIONS}, 2.0),
}
"""Search -> settings of `seqcnn.design.evolution`, and risk aversion."""


class Truth:
    """Predicts the true activity; what is in distribution is that of a model."""

    def __init__(self, model: LoadedModel) -> None:
        self.header, self.network = model.header, model.network

    def predict_members(self, rows: Rows, **_: Any) -> Any:
        """Return the true activities of rows as the predictions of one network, (1, N, 1)."""
        letters = [unpack(row.tobytes()).strip("-") for row in rows.bases]
        return SimpleNamespace(members=true_activity(letters)[None, :, None])


def designs_of(model: Any, sample: Sample, risk_aversion: float = 1.0) -> list[str]:
    """Return designs of a model, or of the truth, from the sequences with the highest predictions."""
    demands = Constraints(
        gc=(0.4, 0.6), homopolymer=5, forbidden=forbidden_sites(["BsaI", "EcoRI"]), min_distance=20
    )
    goal = Objective(risk_aversion=risk_aversion)
    found = design(model, best_starts(model, sample, Objective(), NUMBER), goal, demands)
    return [decode(one.codes) for one in found]


def designs_against_truth(dataset: Path, model: LoadedModel) -> dict[str, float]:
    """Return the true activities of the best library sequence and of designs, and their predictions."""
    sample = read_sample(dataset, model)
    library = true_activity([unpack(row.tobytes()).strip("-") for row in sample.rows.bases])
    letters = designs_of(model, sample)
    true, reached = true_activity(letters), true_activity(designs_of(Truth(model), sample))
    resampled = np.random.default_rng(1).choice(true, (10_000, len(true)))
    return {
        "best of the library": float(library.max()),
        "designs": len(letters),
        "best design, true": float(true.max()),
        "median design, true": float(np.median(true)),
        "SE of that median, by bootstrap": float(np.median(resampled, axis=1).std()),
        "median design, predicted": float(np.median(model.predict_array(letters)[:, 0])),
        "best design of the same search on the truth": float(reached.max()),
        "median design of the same search on the truth": float(np.median(reached)),
        "share of designs above the best of the library": float((true > library.max()).mean()),
    }


def trials(dataset: Path, model: LoadedModel) -> Iterator[str]:
    """Yield the lines of a table of searches with other settings."""
    sample = read_sample(dataset, model)
    yield "| search | best, true | median, true | median, predicted | CPU, s |"
    yield "|---|---|---|---|---|"
    for name, (settings, risk_aversion) in TRIALS.items():
        begin = time.process_time()
        with patch.multiple(evolution, **settings):
            letters = designs_of(model, sample, risk_aversion)
        seconds, true = time.process_time() - begin, true_activity(letters)
        values = true.max(), np.median(true), np.median(model.predict_array(letters)[:, 0])
        yield f"| {name} | {' | '.join(f'{value:.3g}' for value in values)} | {seconds:.0f} |"


def designs_page(dataset: Path, models: Sequence[LoadedModel]) -> Iterator[str]:
    """Yield the lines of the tables of all models, and of trials with the first."""
    columns = [designs_against_truth(dataset, model) for model in models]
    yield f"| quantity | {' | '.join(f'ensemble {number}' for number in range(1, len(models) + 1))} |"
    yield f"|---|{'---|' * len(models)}"
    for quantity in columns[0]:
        yield f"| {quantity} | {' | '.join(f'{column[quantity]:.3g}' for column in columns)} |"
    yield "\nDesigns of the first ensemble by searches with other settings.\n"
    yield from trials(dataset, models[0])


if __name__ == "__main__":
    for line in designs_page(Path(sys.argv[1]), [load_model(path) for path in sys.argv[2:]]):
        print(line, flush=True)
