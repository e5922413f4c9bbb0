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
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from seqcnn.errors import place, plural
from seqcnn.extras import extra
from seqcnn.interpret.attribution.attribution_file import Attributions, load_attributions
from seqcnn.interpret.motif import bed
from seqcnn.interpret.motif.database import read_meme
from seqcnn.interpret.motif.tomtom import best_matches
from seqcnn.interpret.seqlet.null import NULLS, Null, null_attributions
from seqcnn.io.atomic import refuse_outputs
from seqcnn.io.tsv import NA
from seqcnn.model.network.cautions import low_score

logger = logging.getLogger(__name__)

LETTERS = "ACGTN"
"""Letters of the bases of seqlets; N is any ambiguous base."""

MATCH_COLUMNS = ["match", "match_strand", "match_p", "match_q"]
"""Columns of the best known motif of a seqlet."""


def seqlets_file(
    source: Path,
    output: Path,
    *,
    fdr: float = 0.05,
    null: Null = "other-bases",
    database: Path | None = None,
    overwrite: bool = False,
) -> pd.DataFrame:
    """Call the seqlets of an attribution file and write them as BED; motifs of a `database` (MEME) name them.

    Raises
    ------
    SeqcnnError
        If the file cannot be read, the output exists and `overwrite` is False, or tangermeme is not
        installed.
    """
    refuse_outputs((output,), (source, database), overwrite=overwrite)
    known = read_meme(database) if database else None
    return write_seqlets(load_attributions(source), output, fdr=fdr, null=null, known=known)


def write_seqlets(
    attributions: Attributions,
    output: Path,
    *,
    fdr: float = 0.05,
    null: Null = "other-bases",
    known: Mapping[str, np.ndarray] | None = None,
) -> pd.DataFrame:
    """Call the seqlets of attributions and write them as BED; see `call_seqlets` and `name_seqlets`."""
    seqlets = call_seqlets(attributions, fdr=fdr, null=null)
    if known is not None:
        seqlets = name_seqlets(seqlets, known)
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


def name_seqlets(seqlets: pd.DataFrame, known: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """Return seqlets with the best match of their bases among known motifs (Tomtom), as `MATCH_COLUMNS`.

    `match_p` and `match_q` are those of the match, q over all pairs of seqlets and motifs; `match_strand` is
    `-` if the reverse complement matches.  All are NA where `best_matches` reports none.
    """
    shares = np.vstack([np.eye(4), np.full(4, 0.25)])  # of A, C, G, T and any base
    motifs = [shares[[LETTERS.index(base) for base in bases]].T for bases in seqlets["bases"]]
    rows = [
        (NA, NA, np.nan, np.nan) if match is None else (match.name, match.strand, match.p, match.q)
        for match in best_matches(motifs, known)
    ]
    return seqlets.join(pd.DataFrame(rows, columns=MATCH_COLUMNS, index=seqlets.index))


def write_bed(seqlets: pd.DataFrame, output: Path, *, fdr: float, null: Null = "other-bases") -> None:
    """Write record, start, end, bases, score, strand '+' (the one that was given) and attribution as BED.

    The attribution is the sum over the seqlet, the score its size (`motif.bed.bed_scores`).  Named
    seqlets also have the columns of `MATCH_COLUMNS`.  The first line is a comment with the false-discovery
    rate and its null.
    """
    matches: list[list[str]] = [[]] * len(seqlets)
    if "match" in seqlets:
        matches = [[m, s, f"{p:.3g}", f"{q:.3g}"] for m, s, p, q in seqlets[MATCH_COLUMNS].to_numpy()]
    scores = bed.bed_scores(seqlets["score"].to_numpy())
    rows = (
        [str(s.record), f"{s.start}", f"{s.end}", str(s.bases), f"{score}", "+", f"{s.score:.4g}", *match]
        for s, score, match in zip(seqlets.itertuples(index=False), scores, matches, strict=True)
    )
    bed.write_bed(output, f"seqcnn seqlets at a false-discovery rate of {fdr:g} {NULLS[null]}", rows)


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
    letters = np.array(list(LETTERS))
    bases = np.where(attributions.one_hot.any(1), attributions.one_hot.argmax(1), 4)
    rows = [
        (
            row,
            attributions.ids[row],
            int(start - attributions.start[row]),
            int(end - attributions.start[row]),
            "".join(letters[bases[row, start:end]]),
            float(values[row, start:end].sum()),
        )
        for row, start, end in calls
    ]
    return pd.DataFrame(rows, columns=["row", "record", "start", "end", "bases", "score"])
