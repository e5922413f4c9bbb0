"""The null of seqlets: attributions without signal, which count as false calls.

- `other-bases`: the attributions, at the same positions, of bases that the sequence does not have, one of
  the other three drawn at random at each position.  If the bases of a span had nothing to do with what the
  model scores there, their attributions would be like these.  A span is a true call if the prediction depends
  on its bases, however often they occur by chance.  The model itself is taken as it is.
- `shuffled-sequences`: the attributions of dinucleotide-shuffled sequences.  A span is a true call if spans
  of such attributions are more frequent than in random sequences of the same composition.  Short motifs occur
  in shuffled sequences too, where the model uses them: they are called at high rates only.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from seqcnn.interpret.attribution.attribution_file import Attributions

Null = Literal["other-bases", "shuffled-sequences"]

NULLS: dict[Null, str] = {
    "other-bases": "relative to attributions of other bases",
    "shuffled-sequences": "relative to shuffled sequences",
}
"""Null -> its name in messages and outputs."""

_DRAWS = 10  # per sequence; more give a steadier estimate of the rate


def null_attributions(attributions: Attributions, null: Null) -> np.ndarray:
    """Return the attributions of a null, float32 (M, L)."""
    if null == "shuffled-sequences":
        return attributions.control
    return other_bases(attributions.hypothetical, attributions.one_hot)


def other_bases(hypothetical: np.ndarray, one_hot: np.ndarray, *, seed: int = 1) -> np.ndarray:
    """Return the attributions of other bases, float32 (M, L): all N sequences, `_DRAWS` times.

    Parameters
    ----------
    hypothetical, one_hot
        (N, 4, L), the attributions of all bases and the bases of the sequences.
    """
    rng = np.random.default_rng(seed)
    present, known = one_hot.argmax(1), one_hot.any(1)  # (N, L)
    draws = []
    for _ in range(_DRAWS):
        other = (present + rng.integers(1, 4, present.shape)) % 4
        values = np.take_along_axis(hypothetical, other[:, None], axis=1)[:, 0]
        draws.append(np.where(known, values, 0))  # ambiguous bases and padding have none
    return np.concatenate(draws)
