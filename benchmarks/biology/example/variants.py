"""Compare predicted and true effects of single-base variants of the simulated example."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from seqcnn.data.dataset import Dataset, load_dataset
from seqcnn.data.simulate import true_activity
from seqcnn.genome.variant.effects import score_pairs
from seqcnn.genome.variant.windows import AlleleWindows
from seqcnn.model.inference.trained_model import load_model
from seqcnn.sequence.onehot import UNAMBIGUOUS, unpack


def variant_effects(bundle: Path, dataset: Path, *, n: int = 5000, seed: int = 1) -> dict[str, float]:
    """Correlate predicted and true effects of random single-base changes of the test rows."""
    changes = random_changes(load_dataset(dataset), n, seed=seed)
    found = score_pairs(load_model(bundle), changes)
    letters = [[unpack(pair[side][0]) for pair in changes] for side in (0, 1)]
    true = true_activity(letters[1]) - true_activity(letters[0])
    strong = np.abs(true) >= 0.1
    return {
        "n": len(changes),
        "r": float(np.corrcoef(found.effect, true)[0, 1]),
        "n, true effect of 0.1 or more": int(strong.sum()),
        "r, true effect of 0.1 or more": float(np.corrcoef(found.effect[strong], true[strong])[0, 1]),
        "slope, true effect of 0.1 or more": float(np.polyfit(true[strong], found.effect[strong], 1)[0]),
        "same sign, true effect of 0.1 or more": float(
            (np.sign(found.effect[strong]) == np.sign(true[strong])).mean()
        ),
    }


def random_changes(dataset: Dataset, n: int, *, seed: int) -> list[AlleleWindows]:
    """Return random single-base changes of the test rows, one per row in turn."""
    inserts = [_insert(dataset.rows, i) for i, part in enumerate(dataset.split) if part == "test"]
    rng = np.random.default_rng(seed)
    return [_substitution(inserts[i % len(inserts)], rng) for i in range(n)]


def _substitution(insert: bytes, rng: np.random.Generator) -> AlleleWindows:
    """Substitute one unambiguous base of an insert."""
    candidates = [i for i, base in enumerate(insert) if base in UNAMBIGUOUS]
    position = candidates[int(rng.integers(len(candidates)))]
    base = [b for b in UNAMBIGUOUS if b != insert[position]][int(rng.integers(3))]
    return AlleleWindows([insert], [insert[:position] + bytes([base]) + insert[position + 1 :]])


def _insert(rows, i):
    """Return the packed insert of one row."""
    return rows.bases[i, rows.start[i] : rows.start[i] + rows.insert_length[i]].tobytes()


if __name__ == "__main__":
    import sys

    for name, value in variant_effects(Path(sys.argv[1]), Path(sys.argv[2])).items():
        print(f"{name}\t{value:.4g}")
