"""Values along a genome -> lines of a bedGraph."""

from __future__ import annotations

import numpy as np

from seqcnn.io.table_output import NUMBER


def bedgraph_lines(contig: str, positions: np.ndarray, values: np.ndarray, *, spans: np.ndarray) -> str:
    """Format values that hold from some 0-based positions on for `spans` bp; NaN has no line."""
    rows = zip(positions.tolist(), (positions + spans).tolist(), values.tolist(), strict=True)
    return "".join(f"{contig}\t{start}\t{end}\t{NUMBER % v}\n" for start, end, v in rows if v == v)
