"""Locate motifs in sequences, where the prediction depends on them: hits.tsv, hits.bed, counts and pairs."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from seqcnn.errors import UsageError, place, plural
from seqcnn.interpret.attribution.sample import Sample
from seqcnn.interpret.motif.hit_tables import HIT_FILES, write_hit_tables
from seqcnn.interpret.motif.hits import find_hits
from seqcnn.interpret.motif.motif import LearnedMotif
from seqcnn.interpret.motif.page import MAX_MATCH_Q
from seqcnn.interpret.motif.tomtom import Match
from seqcnn.interpret.seqlet.null import NULLS
from seqcnn.model.network.cautions import weakness
from seqcnn.model.network.header import Header

__all__ = ["HIT_FILES", "HitMotifs", "located_motifs", "refuse_hits", "write_hits"]

logger = logging.getLogger(__name__)

HitMotifs = Literal["patterns", "database"]


def refuse_hits(hits: HitMotifs | None, *, has_patterns: bool, has_database: bool) -> None:
    """Raise `UsageError` if the motifs to locate are not there."""
    if hits == "database" and not has_database:
        raise UsageError("--hits database: no known motifs found; expected --database")
    if hits == "patterns" and not has_patterns:
        raise UsageError("--hits patterns: --no-patterns found; leave it out, or give --hits database")


def located_motifs(
    hits: HitMotifs,
    learned: Sequence[LearnedMotif],
    matches: Sequence[Match | None],
    known: Mapping[str, np.ndarray],
) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Return the motifs to locate, name -> base frequencies, and name -> known motif that it matches.

    Parameters
    ----------
    hits
        Which motifs: the patterns among `learned`, or `known`.
    learned, matches
        Motifs of a model and their best known matches.
    known
        Motifs of a database.
    """
    if hits == "database":
        return dict(known), {name: name for name in known}
    patterns = [(m, match) for m, match in zip(learned, matches, strict=True) if m.kind == "pattern"]
    names = {m.name: match.name for m, match in patterns if match and match.q < MAX_MATCH_Q}
    return {m.name: m.frequencies for m, _ in patterns}, names


def write_hits(
    motifs: Mapping[str, np.ndarray],
    matches: Mapping[str, str],
    sample: Sample,
    hypothetical: np.ndarray,
    output: Path,
    *,
    fdr: float,
    header: Header,
) -> pd.DataFrame:
    """Find the hits of motifs and write `HIT_FILES`; none if the model hardly predicts its validation rows.

    Parameters
    ----------
    motifs
        Name -> base frequencies (4, width).
    matches
        Name -> name of the known motif that it matches.
    sample, hypothetical
        N sequences and their hypothetical attributions (N, 4, L).
    output
        A folder.
    fdr
        Largest q-value of a hit, 0 to 1.
    header
        Header of the model.
    """
    text = weakness(header)
    if text:
        logger.warning("no hits are called, because %s", text)
    hits = find_hits({} if text else motifs, sample, hypothetical, fdr=fdr)
    rate = f"at a false-discovery rate of {fdr:g} {NULLS['other-bases']}"
    write_hit_tables(hits, output, matches=matches, n_sequences=len(sample), header=f"seqcnn hits {rate}")
    count = f"{hits['row'].nunique()} of {plural(len(sample), 'sequence')}"
    where = place(output / HIT_FILES[0])
    logger.info("%s %s, in %s: %s", plural(len(hits), "hit"), rate, count, where)
    return hits
