"""Compare the motifs of a model trained on the embedded example with the planted motifs.

`python -m benchmarks.biology.example.motifs dataset.h5 model.safetensors` prints the table.
"""

from __future__ import annotations

import sys
from pathlib import Path

from seqcnn.data.simulation.ground_truth import MOTIFS
from seqcnn.interpret.attribution.sample import read_sample
from seqcnn.interpret.motif.page import MAX_MATCH_Q
from seqcnn.interpret.motif.tomtom import best_matches
from seqcnn.interpret.motifs import MotifSearch, find_motifs
from seqcnn.model.inference.trained_model import LoadedModel, load_model


def motifs_against_truth(dataset: Path, model: LoadedModel) -> dict[str, float]:
    """Return the fraction of planted motifs recovered, and the fraction of found motifs without a match."""
    known = {name: motif.pwm for name, motif in MOTIFS.items()}
    found = find_motifs(model, read_sample(dataset, model, number=2000), MotifSearch())
    matches = best_matches([motif.frequencies for motif in found], known)
    alike = {"filter": [], "pattern": []}
    for motif, match in zip(found, matches, strict=True):
        alike[motif.kind].append(match.name if match and match.q < MAX_MATCH_Q else None)
    filters, patterns = alike["filter"], alike["pattern"]
    both = {*filters, *patterns} - {None}
    return {
        "planted motifs recovered (q < 0.01)": len(both) / len(known),
        "by filters": len({*filters} - {None}) / len(known),
        "by patterns": len({*patterns} - {None}) / len(known),
        "filters": len(filters),
        "filters that match no planted motif": filters.count(None) / max(len(filters), 1),
        "patterns": len(patterns),
        "patterns that match no planted motif": patterns.count(None) / max(len(patterns), 1),
    }


if __name__ == "__main__":
    for name, value in motifs_against_truth(Path(sys.argv[1]), load_model(sys.argv[2])).items():
        print(f"| {name} | {value:.3g} |")
