"""Measure the epistasis of pairs of motif sites in sequences: a table of pairs, and its summary by motifs."""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from seqcnn.data.readers.file_kind import SequenceFormat
from seqcnn.errors import SequenceError, TableError, counted, place, plural, show
from seqcnn.interpret.attribution.sample import Sample, read_sample
from seqcnn.interpret.dependencies import LEFT_OUT
from seqcnn.interpret.dependency.site_pairs import SitePair, site_pairs
from seqcnn.interpret.dependency.sites import Site, hits_file, read_sites
from seqcnn.interpret.motif.insertion import Effect
from seqcnn.io.atomic import refuse_outputs
from seqcnn.io.stream import source_name
from seqcnn.io.table_output import Column, open_table
from seqcnn.model.inference.predictions import too_ambiguous
from seqcnn.model.inference.target import chosen_target
from seqcnn.model.inference.trained_model import LoadedModel
from seqcnn.progress import track

logger = logging.getLogger(__name__)

_OVERLAPPING = "pairs are left out, as their sites overlap"

PAIR_COLUMNS = (
    "record", "motif_1", "start_1", "end_1", "motif_2", "start_2", "end_2", "strands", "gap", "effect_1",
    "effect_2", "effect_both", "epistasis", "background_sd",
)  # fmt: skip
"""Columns of the table of pairs; see `seqcnn.interpret.dependency.site_pairs`.

Positions are bp in the record, 0-based and half-open; `gap` is the bp between the sites.  Several networks
add `epistasis_sd`.
"""

SUMMARY_COLUMNS = ("motif_1", "motif_2", "pairs", "sequences", "epistasis", "sd", "low", "high")
"""Columns of the summary: one row per two motifs; mean over the sequences with its 95 % interval."""


@dataclass(frozen=True, slots=True)
class PairPlan:
    """Which sites are replaced, and how often."""

    hits: Path
    """Table of sites, or the folder of `seqcnn motifs --hits`."""
    target: str | None = None
    """Name of the target; None is the first one."""
    backgrounds: int = 20
    """Number of random replacements of each site."""
    seed: int = 1
    """Random seed of the replacements."""


def motif_pairs(
    sequences: Path,
    model: LoadedModel,
    output: Path,
    *,
    plan: PairPlan,
    summary: Path | None = None,
    form: SequenceFormat | None = None,
    overwrite: bool = False,
) -> list[SitePair]:
    """Measure the epistasis of every two sites of a sequence that do not overlap.

    Parameters
    ----------
    sequences
        Dataset, FASTA, table or BED, with the records of the sites.
    model
        A trained model.
    output
        Table of pairs, in the format of its suffix: `PAIR_COLUMNS`.
    plan
        The sites, the target, and the random replacements.
    summary
        Table with a row per two motifs, `SUMMARY_COLUMNS`; None is not written.
    form
        How a file of sequences is read.
    overwrite
        Whether existing outputs are overwritten; else they are refused.

    Raises
    ------
    SeqcnnError
        If an input cannot be read, a site lies outside its sequence, or no sequence has a site.
    """
    hits = hits_file(plan.hits)
    inputs = (sequences, hits, form.genome if form else None, model.path)
    refuse_outputs((output, summary), inputs, overwrite=overwrite)
    target = chosen_target(model, plan.target)
    sites = read_sites(hits)
    sample = read_sample(sequences, model, form=form)
    rows = _rows(sample, sites, sequences, hits)
    _refuse_outside(sample, rows, sites, hits)
    pairs: list[SitePair] = []
    for row in track(rows, "replacing sites", "sequences"):
        name = sample.ids[row]
        pairs += site_pairs(
            model, name, sample.rows.take(np.array([row])), sites[name],
            target=target, backgrounds=plan.backgrounds, seed=plan.seed,
        )  # fmt: skip
    overlapping = sum(len(mine) * (len(mine) - 1) // 2 for mine in (sites[sample.ids[row]] for row in rows))
    if overlapping > len(pairs):
        logger.warning("%s: %s", place(hits), counted(overlapping - len(pairs), _OVERLAPPING))
    tables = {output: _pair_columns(pairs, model.header.members)}
    if summary is not None:
        tables[summary] = _summary_columns(pairs)
    with ExitStack() as stack:
        for path, columns in tables.items():
            stack.enter_context(open_table(path, [*columns], [*columns.values()])).write([*columns.values()])
    where = f"{plural(len(pairs), 'pair')} of sites in {plural(len(rows), 'sequence')}"
    logger.info("%s: epistasis of %s", place(output), where)
    return pairs


def _rows(sample: Sample, sites: Mapping[str, Sequence[Site]], path: Path, hits: Path) -> list[int]:
    """Return the rows of the sample with sites; count those of other records, and ambiguous rows.

    Raises
    ------
    TableError
        If no record has sites.
    SequenceError
        If two records with sites have one name.
    """
    rows = [row for row, name in enumerate(sample.ids) if name in sites]
    names = {sample.ids[row] for row in rows}
    if not rows:
        raise TableError(
            f"{place(hits)}: no record of {source_name(path)} has sites; check the names of records"
        )
    if len(names) < len(rows):
        name, _ = Counter(sample.ids[row] for row in rows).most_common(1)[0]
        raise SequenceError(
            f"{source_name(path)}: several records {show(name)}, which has sites; rename them"
        )
    if other := sum(len(mine) for name, mine in sites.items() if name not in names):
        logger.warning(
            "%s: %s", place(hits), counted(other, f"sites are not of records of {source_name(path)}")
        )
    ambiguous = too_ambiguous(sample.rows)
    if left_out := int(ambiguous[rows].sum()):
        logger.warning("%s: %s", source_name(path), counted(left_out, LEFT_OUT))
    return [row for row in rows if not ambiguous[row]]


def _refuse_outside(
    sample: Sample, rows: Sequence[int], sites: Mapping[str, Sequence[Site]], hits: Path
) -> None:
    """Raise `TableError` for a site that ends after its sequence."""
    for row in rows:
        name, length = sample.ids[row], int(sample.rows.insert_length[row])
        if site := next((site for site in sites[name] if site.end > length), None):
            raise TableError(
                f"{place(hits)}, line {site.line}: end {site.end}; record {show(name)} has {length} bp"
            )


def _pair_columns(pairs: Sequence[SitePair], n_networks: int) -> dict[str, Column]:
    """Return the columns of the table of pairs."""
    values: list[Column] = [[pair.record for pair in pairs]]
    for k in range(2):
        mine = [(pair.first, pair.second)[k] for pair in pairs]
        values += [[site.motif for site in mine], _numbers(site.start for site in mine)]
        values += [_numbers(site.end for site in mine)]
    values += [[pair.strands for pair in pairs], _numbers(pair.gap for pair in pairs)]
    values += [_numbers(pair.effects[k] for pair in pairs) for k in range(2)]
    values += [
        _numbers(getattr(pair, name) for pair in pairs) for name in ("effect", "epistasis", "background_sd")
    ]
    columns = dict(zip(PAIR_COLUMNS, values, strict=True))
    if n_networks > 1:
        columns["epistasis_sd"] = _numbers(pair.sd for pair in pairs)
    return columns


def _summary_columns(pairs: Sequence[SitePair]) -> dict[str, Column]:
    """Return the columns of the summary, the most frequent motifs first."""
    by_motif: dict[tuple[str, ...], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for pair in pairs:
        by_motif[tuple(sorted((pair.first.motif, pair.second.motif)))][pair.record].append(pair.epistasis)
    ranked = sorted(by_motif.items(), key=lambda item: -len(item[1]))
    effects = [Effect.of(np.array([np.mean(values) for values in mine.values()])) for _, mine in ranked]
    values: list[Column] = [[names[k] for names, _ in ranked] for k in range(2)]
    values += [_numbers(sum(map(len, mine.values())) for _, mine in ranked)]
    values += [
        _numbers(getattr(effect, name) for effect in effects) for name in ("n", "mean", "sd", "low", "high")
    ]
    return dict(zip(SUMMARY_COLUMNS, values, strict=True))


def _numbers(values: Iterable[float]) -> np.ndarray:
    """Return numbers as a column."""
    return np.array([*values], float)
