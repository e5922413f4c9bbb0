"""Motifs as text in the minimal MEME format, version 4."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from seqcnn.sequence.onehot import ALPHABET


def meme_text(motifs: Mapping[str, tuple[np.ndarray, int]], *, decimals: int = 6) -> str:
    """Return motifs in the MEME format: name -> base frequencies (4, width) and number of sites."""
    lines = ["MEME version 4", "", f"ALPHABET= {ALPHABET}", "", "strands: + -", ""]
    lines += ["Background letter frequencies", " ".join(f"{base} 0.25" for base in ALPHABET)]
    for name, (shares, sites) in motifs.items():
        lines += ["", f"MOTIF {name}"]
        lines += [f"letter-probability matrix: alength= 4 w= {shares.shape[1]} nsites= {sites} E= 0"]
        lines += [" ".join(f"{share:.{decimals}f}" for share in column) for column in shares.T]
    return "\n".join(lines) + "\n"
