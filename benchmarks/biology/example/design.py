"""Compare the true activity of designs with the best sequence of the training library.

`python -m benchmarks.biology.example.design dataset.h5 ensemble.safetensors` prints the table.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from seqcnn.data.simulate import true_activity
from seqcnn.design.constraints import Constraints
from seqcnn.design.design import best_starts, design
from seqcnn.design.objective import Objective
from seqcnn.design.order_sheet import decode
from seqcnn.design.synthesis.sites import forbidden_sites
from seqcnn.interpret.attribution.sample import read_sample
from seqcnn.model.inference.trained_model import LoadedModel, load_model
from seqcnn.sequence.onehot import unpack
from seqcnn.sequence.window import Rows

NUMBER = 10
"""Number of designs, one per start sequence with a high prediction."""

TRIALS = (
    "Trials of the search with one ensemble (r 0.946), on a shared machine.  The third trial predicts more "
    "and reaches less: the errors of the networks limit the median, not the search, which reaches more on "
    "the truth; and the SD of the members (0.01 to 0.07 in the median) does not show these errors."
    "\n\n"
    "| search | best, true | median, true | median, predicted | CPU, s |\n"
    "|---|---|---|---|---|\n"
    "| before: 60 generations, stretches to 20 bp, all mutated, single edits | 8.75 | 6.50 | 7.97 | 203 |\n"
    "| now: 120 generations, to 40 bp, half mutated, joint edits | 9.78 | 7.99 | 8.82 | 114 |\n"
    "| now, but a fifth mutated, half with a stretch | 10.1 | 7.43 | 9.20 | 141 |\n"
    "| now, with `--risk-aversion 2` | 9.45 | 7.73 | 8.61 | 168 |"
)
"""Section on trials of the search; `design` ran with its settings at each trial."""


class Truth:
    """Predicts the true activity; what is in distribution is that of a model."""

    def __init__(self, model: LoadedModel) -> None:
        self.header, self.network = model.header, model.network

    def predict_members(self, rows: Rows, **_: Any) -> Any:
        """Return the true activities of rows as the predictions of one network, (1, N, 1)."""
        letters = [unpack(row.tobytes()).strip("-") for row in rows.bases]
        return SimpleNamespace(members=true_activity(letters)[None, :, None])


def designs_against_truth(dataset: Path, model: LoadedModel) -> dict[str, float]:
    """Return the true activities of the best library sequence and of designs, and their predictions."""
    sample = read_sample(dataset, model)
    library = true_activity([unpack(row.tobytes()).strip("-") for row in sample.rows.bases])
    demands = Constraints(
        gc=(0.4, 0.6), homopolymer=5, forbidden=forbidden_sites(["BsaI", "EcoRI"]), min_distance=20
    )
    found = design(model, best_starts(model, sample, Objective(), NUMBER), Objective(), demands)
    letters = [decode(one.codes) for one in found]
    true = true_activity(letters)
    truth: Any = Truth(model)
    ideal = design(truth, best_starts(model, sample, Objective(), NUMBER), Objective(), demands)
    reached = true_activity([decode(one.codes) for one in ideal])
    return {
        "best of the library": float(library.max()),
        "designs": len(found),
        "best design, true": float(true.max()),
        "median design, true": float(np.median(true)),
        "median design, predicted": float(np.median(model.predict_array(letters)[:, 0])),
        "best design of the same search on the truth": float(reached.max()),
        "median design of the same search on the truth": float(np.median(reached)),
        "share of designs above the best of the library": float((true > library.max()).mean()),
    }


if __name__ == "__main__":
    for name, value in designs_against_truth(Path(sys.argv[1]), load_model(sys.argv[2])).items():
        print(f"| {name} | {value:.3g} |")
