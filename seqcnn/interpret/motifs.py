"""A trained model and sequences -> the motifs it has learned: a table, a MEME file and a page of logos."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from torch import Tensor

from seqcnn.errors import BundleError, UsageError, place, show
from seqcnn.interpret.attribution.attribution_file import load_attributions
from seqcnn.interpret.attribution.input_gradient import gradient_contributions
from seqcnn.interpret.attribution.sample import Sample, one_hot_rows, read_sample
from seqcnn.interpret.motif.ablation import element_effects, filter_effects
from seqcnn.interpret.motif.filters import LEAST_SITES, filter_motifs, first_layer
from seqcnn.interpret.motif.meme import read_meme, write_meme
from seqcnn.interpret.motif.motif import FoundMotif
from seqcnn.interpret.motif.page import motif_logo, render, table_lines
from seqcnn.interpret.motif.patterns import find_patterns
from seqcnn.interpret.motif.tomtom import Match, best_matches
from seqcnn.io.atomic import atomic_path, refuse_file
from seqcnn.io.stream import digest
from seqcnn.model.inference.target import chosen_target
from seqcnn.model.inference.trained_model import Model
from seqcnn.plotting.svg_logo import logo_file

logger = logging.getLogger(__name__)

FILES = ("motifs.tsv", "motifs.meme", "motifs.html")
"""The files of one search, beside a logo a motif, `logos/<name>.svg`."""

ALIKE = 0.01
"""q-value below which a motif is said to be a known one."""

IDLE = 1e-3
"""A filter has no motif if its effects are all below this part of its network's largest: it is not used."""


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for."""

    target: int = 0
    """Column of the prediction."""
    filters: bool = True
    patterns: bool = True
    least: int = LEAST_SITES
    """Fewest sites of a filter's motif."""


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


def motifs_file(
    source: MotifSource,
    model: Model,
    output: Path,
    *,
    target: str | None = None,
    search: Search | None = None,
    database: Path | None = None,
) -> list[FoundMotif]:
    """Find the motifs of a model in a file of sequences, or in attributions; as `motifs`.

    Parameters
    ----------
    target
        Name of the target; None is that of the attributions, else the first one.

    Raises
    ------
    UsageError
        If not exactly one of the two files is given, or the attributions are of another target.
    BundleError
        If the attributions are of another model.
    """
    hypothetical = None
    if source.attributions is not None and source.sequences is None:
        sample, hypothetical, target = _attributed(source.attributions, model, target)
    elif source.sequences is not None and source.attributions is None:
        sample = read_sample(source.sequences, model, number=source.number, seed=source.seed)
    else:
        raise UsageError("give SEQUENCES or --attributions, and not both")
    search = replace(search or Search(), target=chosen_target(model, target))
    return motifs(model, sample, output, search, hypothetical=hypothetical, database=database)


def _attributed(path: Path, model: Model, target: str | None) -> tuple[Sample, np.ndarray, str]:
    """Read the sequences, the hypothetical attributions and the target of an attributions file."""
    found = load_attributions(path)
    if model.path is None or found.header["model_sha256"] != digest(model.path):
        raise BundleError(f"{place(path)}: attributions of another model than {place(model.path)}")
    of_file = found.header["target"]
    if target not in (None, of_file):
        raise UsageError(f"{place(path)}: of target {show(of_file)}, not {show(target)}")
    return Sample(found.ids, found.rows()), found.hypothetical, of_file


def find_motifs(
    model: Model, sample: Sample, search: Search, hypothetical: np.ndarray | None = None
) -> list[FoundMotif]:
    """Find the motifs of a model.

    Parameters
    ----------
    model, sample
        The model, and the sequences that are shown to it.
    search
        What is looked for.
    hypothetical
        Hypothetical attributions of the sample, (N, 4, L); by default those of the gradient.

    Returns
    -------
    Those of filters (`filter01`; of an ensemble `m1_filter01`), then patterns, with their effects.

    Raises
    ------
    UsageError
        If filters are asked for, and the encoder has none.
    """
    x = one_hot_rows(model, sample.rows)
    found = _filters(model, x, sample, search) if search.filters else []
    if search.patterns:
        if hypothetical is None:
            hypothetical = gradient_contributions(model, x, target=search.target)
        found += [
            _with_effects(model, motif, x, sample, search.target)
            for motif in find_patterns(x.numpy(), hypothetical, sample)
        ]
    return found


def motifs(
    model: Model,
    sample: Sample,
    output: Path,
    search: Search,
    *,
    hypothetical: np.ndarray | None = None,
    database: Path | None = None,
) -> list[FoundMotif]:
    """Find the motifs of a model and write `FILES` into a folder; as `find_motifs`.

    Parameters
    ----------
    output
        Folder, made if missing; files of an earlier search are replaced.
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
    found = find_motifs(model, sample, search, hypothetical)
    matches: list[Match | None] = [None] * len(found)
    if known:
        matches = best_matches([motif.frequencies for motif in found], known)
    _write(model, sample, output, search, found, matches)
    alike = len({match.name for match in matches if match is not None and match.q < ALIKE})
    logger.info("%s: %d motifs, like %d of %d known ones", place(output), len(found), alike, len(known))
    return found


def _filters(model: Model, x: Tensor, sample: Sample, search: Search) -> list[FoundMotif]:
    """Find the motifs of the filters of every network of a bundle, but those that no prediction needs."""
    members = model.regressor.members
    found = []
    for number, member in enumerate(members, start=1):
        layer = first_layer(model, member)
        prefix = f"m{number}_" if len(members) > 1 else ""
        count = len(layer.zero)
        effects = filter_effects(member, layer.activation, x, filters=count, target=search.target)
        for motif in filter_motifs(layer, x, sample, prefix=prefix, least=search.least):
            at = int(motif.name.removeprefix(f"{prefix}filter")) - 1
            if np.abs(effects[at]).max() >= IDLE * np.abs(effects).max():
                found.append(motif.with_effects(effects[at]))
    return found


def _with_effects(model: Model, motif: FoundMotif, x: Tensor, sample: Sample, target: int) -> FoundMotif:
    """Return a pattern with the effects of its elements."""
    sites = np.stack([motif.row, motif.start + sample.rows.start[motif.row]], axis=1)
    return motif.with_effects(element_effects(model, x, sites, motif.width, target=target))


def _write(
    model: Model,
    sample: Sample,
    output: Path,
    search: Search,
    found: list[FoundMotif],
    matches: list[Match | None],
) -> None:
    """Write `FILES` and the logos."""
    facts = [
        f"{len(sample):,} sequences; {len(found)} motifs",
        f"effect on {model.targets[search.target]}: the prediction with the motif minus that without it, "
        "mean where there is a site; below it mean ± SD over all that was looked at",
        "a filter is without its say when its activation is its mean, an element when its bases are "
        "shuffled; filters that no prediction needs are left out",
        "best match: Tomtom, q-value over all pairs (Benjamini-Hochberg)",
    ]
    order = sorted(range(len(found)), key=lambda i: found[i].kind != "pattern")  # what to rely on comes first
    found, matches = [found[i] for i in order], [matches[i] for i in order]
    length = int(sample.rows.insert_length.max())
    page = render(found, matches, title=model.header.encoder, facts=facts, length=length)
    for name, text in zip((FILES[0], FILES[2]), (table_lines(found, matches), page), strict=True):
        with atomic_path(output / name) as temporary:
            temporary.write_text(text, encoding="utf-8", newline="\n")
    write_meme(output / FILES[1], {m.name: (m.frequencies, len(m.row)) for m in found})
    for motif in found:
        with atomic_path(output / "logos" / f"{motif.name}.svg") as temporary:
            temporary.write_text(logo_file([motif_logo(motif)]), encoding="utf-8", newline="\n")
