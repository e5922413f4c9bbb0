"""Call seqlets: stretches of bases that raise or lower the prediction, as BED.

Seqlets are called by the recursive caller of tangermeme, with the most permissive threshold at which the
number of seqlets in shuffled sequences, the null, is at most a share `fdr` of that in the sequences.
Seqlets that lower the prediction are called in the same way, with their own threshold.
"""

from __future__ import annotations

import logging
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

from seqcnn.errors import place, plural
from seqcnn.extras import extra
from seqcnn.interpret.attribution.attribution_file import Attributions, load_attributions
from seqcnn.io.atomic import atomic_path, refuse_output

logger = logging.getLogger(__name__)

NULL = "relative to shuffled sequences"
"""The null of the false-discovery rate."""

_LETTERS = np.array(list("ACGTN"))


def seqlets_file(source: Path, output: Path, *, fdr: float = 0.05, overwrite: bool = False) -> pd.DataFrame:
    """Call the seqlets of an attribution file and write them as BED.

    Raises
    ------
    SeqcnnError
        If the file cannot be read, the output exists and `overwrite` is False, or tangermeme is not
        installed.
    """
    refuse_output(output, source, overwrite=overwrite)
    return write_seqlets(load_attributions(source), output, fdr=fdr)


def write_seqlets(attributions: Attributions, output: Path, *, fdr: float = 0.05) -> pd.DataFrame:
    """Call the seqlets of attributions and write them as BED; see `call_seqlets`."""
    seqlets = call_seqlets(attributions, fdr=fdr)
    write_bed(seqlets, output, fdr=fdr)
    count = seqlets["record"].nunique()
    logger.info(
        "%s at a false-discovery rate of %g %s, in %d of %d sequences: %s",
        plural(len(seqlets), "seqlet"), fdr, NULL, count, len(attributions), place(output),
    )  # fmt: skip
    return seqlets


def call_seqlets(attributions: Attributions, *, fdr: float = 0.05) -> pd.DataFrame:
    """Call seqlets at a false-discovery rate against shuffled sequences.

    Parameters
    ----------
    attributions
        Attributions, with those of the shuffled sequences.
    fdr
        False-discovery rate, relative to shuffled sequences, 0 to 1.

    Returns
    -------
    One row per seqlet, by sequence and position: `row` (of the attributions), `record`, `start` and `end`
    (bp in the record, half-open), `bases`, `score` (sum of its attributions, in the units of the target;
    negative if it lowers the prediction).  Those that lower do not overlap those that raise.
    """
    values, control = attributions.by_position, attributions.control
    parts = [_call(sign * values, sign * control, fdr, sign) for sign in (1, -1)]
    calls = np.concatenate(parts)  # (M, 3): row, start, end
    taken, rows = np.zeros(values.shape, bool), []
    stops = attributions.start + attributions.insert_length
    for row, start, end in calls.tolist():
        start, end = max(start, attributions.start[row]), min(end, stops[row])
        if start < end and not taken[row, start:end].any():
            taken[row, start:end] = True
            rows.append((row, start, end))
    return _table(attributions, sorted(rows))


def write_bed(seqlets: pd.DataFrame, output: Path, *, fdr: float) -> None:
    """Write BED6: record, start, end, bases, score, and strand '+', the one that was given.

    The first line is a comment with the false-discovery rate and its null.
    """
    lines = [f"# seqcnn seqlets at a false-discovery rate of {fdr:g} {NULL}\n"]
    lines += [
        f"{s.record}\t{s.start}\t{s.end}\t{s.bases}\t{s.score:.4g}\t+\n"
        for s in seqlets.itertuples(index=False)
    ]
    with atomic_path(output) as path:
        path.write_bytes("".join(lines).encode("utf-8", "surrogateescape"))


def _call(values: np.ndarray, control: np.ndarray, fdr: float, sign: int) -> np.ndarray:
    """Call seqlets of high values (N, L): row, start and end of each, (M, 3), the most significant first."""
    if not len(values) or not values.any():
        return np.empty((0, 3), int)
    recursive_seqlets = extra("tangermeme.seqlet").recursive_seqlets
    with warnings.catch_warnings():  # that no threshold reaches the rate is reported below
        warnings.simplefilter("ignore", extra("tangermeme.utils").TangermemeWarning)
        calls = recursive_seqlets(
            values.astype(np.float64), X_control=control.astype(np.float64), target_fdr=fdr
        )
    if calls.empty:
        what = "raise" if sign > 0 else "lower"
        logger.warning(
            "no seqlets that %s the prediction at a false-discovery rate of %g %s in %d sequences; more "
            "sequences (100 or more) or a larger rate may show some", what, fdr, NULL, len(values),
        )  # fmt: skip
    return np.asarray(calls[["example_idx", "start", "end"]].to_numpy(int))


def _table(attributions: Attributions, calls: list[tuple[int, int, int]]) -> pd.DataFrame:
    """Return the seqlets as a table, in positions of their records."""
    values = attributions.by_position
    bases = np.where(attributions.one_hot.any(1), attributions.one_hot.argmax(1), 4)
    rows = [
        (
            row,
            attributions.ids[row],
            int(start - attributions.start[row]),
            int(end - attributions.start[row]),
            "".join(_LETTERS[bases[row, start:end]]),
            float(values[row, start:end].sum()),
        )
        for row, start, end in calls
    ]
    return pd.DataFrame(rows, columns=["row", "record", "start", "end", "bases", "score"])
