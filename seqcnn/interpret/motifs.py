"""A trained model and sequences -> the motifs it has learned: a table, a MEME file and a page of logos."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from torch import Tensor

from seqcnn.data.readers.file_kind import SequenceFormat
from seqcnn.errors import BundleError, UsageError, place, plural, show
from seqcnn.interpret.attribution.attribution_file import load_attributions
from seqcnn.interpret.attribution.input_gradient import corrected_gradient
from seqcnn.interpret.attribution.sample import Sample, one_hot_rows, read_sample
from seqcnn.interpret.hits import HIT_FILES, HitMotifs, located_motifs, refuse_hits, write_hits
from seqcnn.interpret.motif.ablation import element_effects
from seqcnn.interpret.motif.database import read_meme, write_meme
from seqcnn.interpret.motif.filters import MIN_RELATIVE_EFFECT, MIN_SITES, used_filter_motifs
from seqcnn.interpret.motif.motif import LearnedMotif
from seqcnn.interpret.motif.page import MAX_MATCH_Q, motif_logo, motif_rows, render
from seqcnn.interpret.motif.patterns import find_patterns
from seqcnn.interpret.motif.tomtom import Match, best_matches
from seqcnn.io.atomic import atomic_path, refuse_file, refuse_folder
from seqcnn.io.stream import digest
from seqcnn.io.tsv import write_table
from seqcnn.model.inference.target import chosen_target
from seqcnn.model.inference.trained_model import LoadedModel
from seqcnn.plotting.svg_logo import logo_file

logger = logging.getLogger(__name__)

FILES = ("motifs.tsv", "motifs.meme", "motifs.html")
"""Names of the output files, besides one logo per motif, `logos/<name>.svg`."""


@dataclass(frozen=True, slots=True)
class MotifSearch:
    """Which motifs to search for."""

    target: int = 0
    """Index of the target."""
    filters: bool = True
    patterns: bool = True
    min_sites: int = MIN_SITES
    """Minimum number of sites of the motif of a filter."""
    hits: HitMotifs | None = None
    """Motifs to locate in the sequences; None writes no hits."""
    hit_fdr: float = 0.05
    """Largest q-value of a hit, 0 to 1."""


@dataclass(frozen=True, slots=True)
class MotifSource:
    """Where the sequences of a motif search come from; one of the two files is None."""

    sequences: Path | None = None
    """Dataset (.h5), FASTA or table."""
    attributions: Path | None = None
    """Attributions of `seqcnn attribute`, which hold their sequences."""
    number: int = 2000
    """Sequences sampled from `sequences`."""
    seed: int = 1
    """Random seed of the sample."""
    form: SequenceFormat = field(default_factory=SequenceFormat)
    """How a file of sequences is read."""


def motifs_file(
    source: MotifSource,
    model: LoadedModel,
    output: Path,
    *,
    target: str | None = None,
    search: MotifSearch | None = None,
    database: Path | None = None,
    overwrite: bool = False,
) -> list[LearnedMotif]:
    """Find the motifs of a model in a file of sequences, or in attributions; as `motifs`.

    Parameters
    ----------
    target
        Name of the target; None is that of the attributions, else the first one.
    overwrite
        Whether existing outputs are overwritten; else they are refused.

    Raises
    ------
    UsageError
        If not exactly one of the two files is given, the attributions are of another target, or the folder
        holds files and `overwrite` is False.
    BundleError
        If the attributions are of another model.
    """
    inputs = (source.sequences, source.attributions, database, model.path)
    refuse_folder(output, overwrite=overwrite, names=(*FILES, *HIT_FILES), inputs=inputs)
    hypothetical, search = None, search or MotifSearch()
    refuse_hits(search.hits, has_patterns=search.patterns, has_database=database is not None)
    if source.attributions is not None and source.sequences is None:
        source.form.refuse_unused(source.attributions, "file of attributions")
        sample, hypothetical, target = _attributed(source.attributions, model, target)
    elif source.sequences is not None and source.attributions is None:
        sample = read_sample(
            source.sequences, model, number=source.number, seed=source.seed, form=source.form
        )
    else:
        raise UsageError("give SEQUENCES or --attributions, and not both")
    search = replace(search, target=chosen_target(model, target))
    return motifs(model, sample, output, search, hypothetical=hypothetical, database=database)


def _attributed(path: Path, model: LoadedModel, target: str | None) -> tuple[Sample, np.ndarray, str]:
    """Read the sequences, the hypothetical attributions and the target of an attributions file."""
    attributions = load_attributions(path)
    if model.path is None or attributions.header.get("model_sha256") != digest(model.path):
        raise BundleError(f"{place(path)}: attributions of another model than {place(model.path)}")
    attributed = attributions.header["target"]
    if target not in (None, attributed):
        raise UsageError(f"{place(path)}: attributions of target {show(attributed)}, not {show(target)}")
    return Sample(attributions.ids, attributions.rows()), attributions.hypothetical, attributed


def find_motifs(
    model: LoadedModel, sample: Sample, search: MotifSearch, hypothetical: np.ndarray | None = None
) -> list[LearnedMotif]:
    """Find the motifs of a model.

    Parameters
    ----------
    model, sample
        The model, and sequences to predict.
    search
        Which motifs to search for.
    hypothetical
        Hypothetical attributions of the sample, (N, 4, L); by default the corrected gradient.

    Returns
    -------
    Motifs of filters (`filter01`; in an ensemble `m1_filter01`), then patterns, with their effects.

    Raises
    ------
    UsageError
        If filters are searched and the encoder has none.
    """
    x = one_hot_rows(model, sample.rows)
    motifs = []
    if search.filters:
        motifs = used_filter_motifs(model, x, sample, target=search.target, min_sites=search.min_sites)
    if search.patterns:
        if hypothetical is None:
            hypothetical = corrected_gradient(model, x, target=search.target)
        motifs += [
            _with_element_effects(model, motif, x, sample, search.target)
            for motif in find_patterns(x.numpy(), hypothetical, sample)
        ]
    return motifs


def motifs(
    model: LoadedModel,
    sample: Sample,
    output: Path,
    search: MotifSearch,
    *,
    hypothetical: np.ndarray | None = None,
    database: Path | None = None,
) -> list[LearnedMotif]:
    """Find the motifs of a model and write `FILES`, and hits if wanted, into a folder; as `find_motifs`.

    Parameters
    ----------
    output
        Folder, created if missing; files of an earlier search are replaced.
    database
        Known motifs (MEME format) to compare with.

    Raises
    ------
    UsageError
        If `output` is a file.
    TableError
        If the database cannot be read.
    """
    refuse_file(output)
    known = read_meme(database) if database else {}
    if hypothetical is None and (search.patterns or search.hits):
        hypothetical = corrected_gradient(model, one_hot_rows(model, sample.rows), target=search.target)
    learned = find_motifs(model, sample, search, hypothetical)
    matches: list[Match | None] = [None] * len(learned)
    if known:
        matches = best_matches([motif.frequencies for motif in learned], known)
    # Patterns are the more reliable ones and come first.
    order = sorted(range(len(learned)), key=lambda i: learned[i].kind != "pattern")
    learned, matches = [learned[i] for i in order], [matches[i] for i in order]
    length = int(sample.rows.insert_length.max())
    facts = _facts(len(sample), len(learned), model.targets[search.target], search.min_sites)
    page = render(learned, matches, title=model.header.encoder, facts=facts, length=length)
    write_table(output / FILES[0], motif_rows(learned, matches))
    _write(learned, output, page)
    if search.hits and hypothetical is not None:
        located = located_motifs(search.hits, learned, matches, known)
        write_hits(*located, sample, hypothetical, output, fdr=search.hit_fdr, header=model.header)
    if search.filters or search.patterns:
        summary = plural(len(learned), "motif")
        if known:
            matched = len({match.name for match in matches if match is not None and match.q < MAX_MATCH_Q})
            summary += f"; matches to {matched} of {len(known)} known ones"
        logger.info("%s: %s", place(output), summary)
    return learned


def _with_element_effects(
    model: LoadedModel, motif: LearnedMotif, x: Tensor, sample: Sample, target: int
) -> LearnedMotif:
    """Return a pattern with the effects of its sites."""
    sites = np.stack([motif.row, motif.start + sample.rows.start[motif.row]], axis=1)
    return motif.with_effects(element_effects(model, x, sites, motif.width, target=target))


def _facts(n_sequences: int, n_motifs: int, target: str, min_sites: int) -> list[str]:
    """Return what the page says of the search."""
    return [
        f"{plural(n_sequences, 'sequence')}; {plural(n_motifs, 'motif')}",
        f"effect on {target}: the prediction with the motif minus that without it, mean over the sequences "
        "with a site; below it mean ± SD over all sequences of a filter, or all sites of a pattern",
        "a filter is ablated by setting its activation to the mean, a site by shuffling its bases",
        f"left out: filters of which the SD of the effect is below {MIN_RELATIVE_EFFECT:.0%} of the largest "
        f"in their network, and filters with fewer than {min_sites} sites",
        f"best match: Tomtom, q-value over all pairs (Benjamini-Hochberg) below {MAX_MATCH_Q:g}; "
        "motifs.tsv has weaker ones, too",
    ]


def _write(motifs: list[LearnedMotif], output: Path, page: str) -> None:
    """Write the motifs, the page and the logos."""
    with atomic_path(output / FILES[2]) as temporary:
        temporary.write_text(page, encoding="utf-8", newline="\n")
    write_meme(output / FILES[1], {m.name: (m.frequencies, len(m.row)) for m in motifs})
    for motif in motifs:
        with atomic_path(output / "logos" / f"{motif.name}.svg") as temporary:
            temporary.write_text(logo_file([motif_logo(motif)]), encoding="utf-8", newline="\n")
