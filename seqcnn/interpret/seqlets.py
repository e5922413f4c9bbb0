"""Call seqlets: stretches of bases that raise or lower the prediction, as BED.

Seqlets are called by the recursive caller of tangermeme, with the most permissive threshold at which the
expected number of seqlets in a null is at most a share `fdr` of that in the sequences; see
`seqcnn.interpret.seqlet.null`.  Seqlets that lower the prediction are called in the same way, with
their own threshold.
"""

from __future__ import annotations

import logging
import math
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

from seqcnn.errors import place, plural
from seqcnn.extras import extra
from seqcnn.interpret.attribution.attribution_file import Attributions, load_attributions
from seqcnn.interpret.seqlet.null import NULLS, Null, null_attributions
from seqcnn.io.atomic import atomic_path, refuse_output
from seqcnn.model.network.cautions import low_score

logger = logging.getLogger(__name__)

_LETTERS = np.array(list("ACGTN"))


def seqlets_file(
    source: Path, output: Path, *, fdr: float = 0.05, null: Null = "other-bases", overwrite: bool = False
) -> pd.DataFrame:
    """Call the seqlets of an attribution file and write them as BED.

    Raises
    ------
    SeqcnnError
        If the file cannot be read, the output exists and `overwrite` is False, or tangermeme is not
        installed.
    """
    refuse_output(output, source, overwrite=overwrite)
    return write_seqlets(load_attributions(source), output, fdr=fdr, null=null)


def write_seqlets(
    attributions: Attributions, output: Path, *, fdr: float = 0.05, null: Null = "other-bases"
) -> pd.DataFrame:
    """Call the seqlets of attributions and write them as BED; see `call_seqlets`."""
    seqlets = call_seqlets(attributions, fdr=fdr, null=null)
    write_bed(seqlets, output, fdr=fdr, null=null)
    count = seqlets["record"].nunique()
    logger.info(
        "%s at a false-discovery rate of %g %s, in %d of %d sequences: %s",
        plural(len(seqlets), "seqlet"), fdr, NULLS[null], count, len(attributions), place(output),
    )  # fmt: skip
    return seqlets


def call_seqlets(
    attributions: Attributions, *, fdr: float = 0.05, null: Null = "other-bases"
) -> pd.DataFrame:
    """Call seqlets at a false-discovery rate.

    Parameters
    ----------
    attributions
        Attributions, with those of the shuffled sequences.
    fdr
        False-discovery rate, relative to the null, 0 to 1.
    null
        `other-bases` or `shuffled-sequences`; see `seqcnn.interpret.seqlet.null`.

    Returns
    -------
    One row per seqlet, by sequence and position: `row` (of the attributions), `record`, `start` and `end`
    (bp in the record, half-open), `bases`, `score` (sum of its attributions, in the units of the target;
    negative if it lowers the prediction).  Those that lower do not overlap those that raise.  With
    `other-bases` there are none if the model hardly predicts its own validation rows.
    """
    weak = null == "other-bases" and _is_weak(attributions)
    values = np.zeros_like(attributions.by_position) if weak else attributions.by_position
    control = null_attributions(attributions, null)
    parts = [_call(sign * values, sign * control, fdr, sign, NULLS[null]) for sign in (1, -1)]
    calls = np.concatenate(parts)  # (M, 3): row, start, end
    taken, rows = np.zeros(values.shape, bool), []
    stops = attributions.start + attributions.insert_length
    for row, start, end in calls.tolist():
        start, end = max(start, attributions.start[row]), min(end, stops[row])
        if start < end and not taken[row, start:end].any():
            taken[row, start:end] = True
            rows.append((row, start, end))
    return _table(attributions, sorted(rows))


def write_bed(seqlets: pd.DataFrame, output: Path, *, fdr: float, null: Null = "other-bases") -> None:
    """Write BED6: record, start, end, bases, score, and strand '+', the one that was given.

    The first line is a comment with the false-discovery rate and its null.
    """
    lines = [f"# seqcnn seqlets at a false-discovery rate of {fdr:g} {NULLS[null]}\n"]
    lines += [
        f"{s.record}\t{s.start}\t{s.end}\t{s.bases}\t{s.score:.4g}\t+\n"
        for s in seqlets.itertuples(index=False)
    ]
    with atomic_path(output) as path:
        path.write_bytes("".join(lines).encode("utf-8", "surrogateescape"))


def _is_weak(attributions: Attributions) -> bool:
    """Return whether the model hardly predicts its own validation rows; warn if so."""
    header = attributions.header
    text = low_score(header["validation_r"]) if "validation_r" in header else ""
    if text:
        logger.warning(
            "no seqlets are called, because %s; --null shuffled-sequences does not depend on that", text
        )
    return bool(text)


def _call(values: np.ndarray, control: np.ndarray, fdr: float, sign: int, null: str) -> np.ndarray:
    """Call seqlets of high values (N, L): row, start and end of each, (M, 3), the most significant first."""
    if not len(values) or not values.any():
        return np.empty((0, 3), int)
    recursive_seqlets = extra("tangermeme.seqlet").recursive_seqlets
    with warnings.catch_warnings():  # that no threshold reaches the rate is reported below
        warnings.simplefilter("ignore", extra("tangermeme.utils").TangermemeWarning)
        calls, curve = recursive_seqlets(
            values.astype(np.float64), X_control=control.astype(np.float64), target_fdr=fdr, return_fdr=True
        )
    if calls.empty:
        what = "raise" if sign > 0 else "lower"
        logger.warning(
            "no seqlets that %s the prediction at a false-discovery rate of %g %s in %s; %s",
            what, fdr, null, plural(len(values), "sequence"), _smallest_rate(curve),
        )  # fmt: skip
    return np.asarray(calls[["example_idx", "start", "end"]].to_numpy(int))


def _smallest_rate(curve: pd.DataFrame) -> str:
    """Return the text on the smallest rate at which there are seqlets; `curve` is that of tangermeme."""
    reached = curve.loc[curve["fdr"] <= 1].sort_values(["fdr", "threshold"], kind="stable")
    if reached.empty:
        return "there are none at any rate"
    best = reached.iloc[0]
    rate = math.ceil(best["fdr"] * 1000) / 1000  # never below the rate, so that it calls them
    return f"the smallest rate that calls any is {rate:g} ({plural(int(best['n_seqlets']), 'seqlet')})"


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
