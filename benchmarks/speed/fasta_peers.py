"""Time the peers of `data.py` in their own environment, which has no seqcnn.

`python -m benchmarks.speed.fasta_peers FILE.fa` prints JSON: name -> median CPU seconds, and their spread.
"""

from __future__ import annotations

import json
import sys
from collections import deque

import numpy as np
import pyfastx
import seqpro

from benchmarks.speed.rows import ENCODED, interleaved


def main() -> None:
    """Time them on one FASTA file of sequences of equal length, two lines each."""
    path = sys.argv[1]
    letters = np.array([list(sequence.encode()) for _, sequence in pyfastx.Fastx(path)], np.uint8).view("S1")

    def encode() -> None:
        for start in range(0, len(letters), ENCODED):
            seqpro.DNA.ohe(letters[start : start + ENCODED])

    found = interleaved({"pyfastx": lambda: deque(pyfastx.Fastx(path), 0), "seqpro": encode}, 5)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
