"""Candidates of a batch: those of a file, or mutants and recombinants of the measured library."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np

from seqcnn.design.constraints import Constraints, base_codes
from seqcnn.design.evolution import crossover, mutate
from seqcnn.errors import SequenceError, UsageError, counted, show
from seqcnn.interpret.attribution.sample import Sample
from seqcnn.model.inference.trained_model import LoadedModel
from seqcnn.model.network.training_hashes import are_training_rows
from seqcnn.sequence.complement import reverse_complement
from seqcnn.sequence.onehot import UNAMBIGUOUS
from seqcnn.sequence.window import Layout, Rows

AMBIGUOUS = "with ambiguous bases"
MEASURED = "in the library"
TRAINED = "of the model's training"
REPEATED = "that repeat another one"
CONSTRAINED = "that violate a limit of synthesis or have a forbidden site"
"""Why candidates are left out; each is left out for the first reason that holds."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """Sequences of which some will be measured."""

    sample: Sample
    parents: list[str]
    """Ids of the sequences of the library that a candidate was made of, '' for those of a file."""

    def __len__(self) -> int:
        return len(self.sample)

    def take(self, selected: np.ndarray) -> Candidates:
        """Return some of the candidates."""
        return Candidates(self.sample.take(selected), [self.parents[i] for i in selected])


def make_candidates(library: Sample, layout: Layout, number: int, *, seed: int = 1) -> Candidates:
    """Make candidates from the sequences of a library: half mutants, half recombinants.

    A mutant is a random sequence of the library with random substitutions, two on average; a recombinant has
    a random stretch of another sequence of the same length, and then substitutions.

    Parameters
    ----------
    library
        Measured sequences in the window of a model; those with ambiguous bases are not used.
    layout
        The window.
    number
        Number of candidates; they may be equal to one another or to sequences of the library.
    seed
        Random seed.

    Raises
    ------
    SequenceError
        If all sequences of the library have ambiguous bases.
    """
    rng = np.random.default_rng([seed, 2**32 + 1])
    usable = np.flatnonzero(~is_ambiguous(library.rows))
    if not len(usable):
        raise SequenceError("library: every sequence has ambiguous bases; give --candidates")
    first = rng.choice(usable, number)
    length = library.rows.insert_length
    inserts, parents = [b""] * number, [""] * number
    is_recombinant = np.arange(number) % 2 == 1
    for size in np.unique(length[first]).tolist():
        index = np.flatnonzero(length[first] == size)
        second = rng.choice(usable[length[usable] == size], len(index))
        second = np.where(is_recombinant[index], second, first[index])
        a, b = (_codes(library.rows.take(rows)) for rows in (first[index], second))  # (n, size)
        made = mutate(crossover(a, b, rng), np.arange(size), rng)
        for i, codes, mother, father in zip(index, made, first[index], second, strict=True):
            inserts[i] = np.left_shift(1, codes).astype(np.uint8).tobytes()
            parents[i] = ",".join(dict.fromkeys([library.ids[mother], library.ids[father]]))
    names = {kind: _new_names(kind, library.ids) for kind in ("mutant", "recombinant")}
    ids = [next(names["recombinant" if flag else "mutant"]) for flag in is_recombinant]
    return Candidates(Sample(ids, layout.rows(inserts)), parents)


def left_out(
    model: LoadedModel, candidates: Rows, library: Rows, constraints: Constraints
) -> tuple[np.ndarray, dict[str, int]]:
    """Find candidates that cannot be measured, need not be, or are there twice.

    For models of double-stranded assays a sequence equals its reverse complement.

    Returns
    -------
    bool (N,), which candidates are left out; reason -> number of them.
    """
    double = model.header.strand == "double"
    keys, measured = _keys(candidates, double=double), _are_in(library, candidates, double=double)
    _, first = np.unique(np.array(keys, object), return_index=True)
    repeated = ~np.isin(np.arange(len(keys)), first)
    ambiguous = is_ambiguous(candidates)
    violating = np.zeros(len(keys), bool)
    violating[~ambiguous] = violates(candidates.take(~ambiguous), constraints)
    trained = _were_trained_on(model, candidates)
    reasons = {
        AMBIGUOUS: ambiguous, MEASURED: measured, TRAINED: trained, REPEATED: repeated,
        CONSTRAINED: violating,
    }  # fmt: skip
    out, counts = np.zeros(len(keys), bool), {}
    for reason, mask in reasons.items():
        counts[reason] = int((mask & ~out).sum())
        out |= mask
    return out, counts


def _are_in(library: Rows, candidates: Rows, *, double: bool) -> np.ndarray:
    """Return which candidates are in the library, bool (N,)."""
    known = set(_keys(library, double=double))
    return np.array([key in known for key in _keys(candidates, double=double)], bool)


def _were_trained_on(model: LoadedModel, candidates: Rows) -> np.ndarray:
    """Return which candidates were used for training, bool (N,); none if the model does not know."""
    if (hashes := model.network.profile.hashes) is None:
        return np.zeros(len(candidates), bool)
    return are_training_rows(candidates, hashes, double=model.header.strand == "double")


def refuse_measured_ids(model: LoadedModel, candidates: Sample, library: Sample, where: str) -> None:
    """Raise `UsageError` for candidates with the id of another sequence of the library.

    Such ids would be ambiguous in a table of both measurements.  Sequences of the library may be among the
    candidates.
    """
    known = set(library.ids)
    taken = np.array([name in known for name in candidates.ids], bool)
    named = candidates.rows.take(np.flatnonzero(taken))
    double = model.header.strand == "double"
    taken[taken] = ~(_are_in(library.rows, named, double=double) | _were_trained_on(model, named))
    if taken.any():
        rows = np.flatnonzero(taken)
        number = counted(len(rows), "candidates have the id of another, measured sequence")
        example = f"such as {show(candidates.ids[rows[0]], 40)}"
        raise UsageError(f"{where}: {number}, {example}; rename them: a table of both needs distinct ids")


def is_ambiguous(rows: Rows) -> np.ndarray:
    """Return which inserts have an ambiguous base, bool (N,)."""
    return np.array([bool(insert.translate(None, UNAMBIGUOUS)) for insert in rows.inserts()], bool)


def violates(rows: Rows, constraints: Constraints) -> np.ndarray:
    """Return which inserts violate a constraint, bool (N,)."""
    violates = np.zeros(len(rows), bool)
    for size in np.unique(rows.insert_length).tolist():
        index = np.flatnonzero(rows.insert_length == size)
        violations = constraints.violations(_codes(rows.take(index)))
        violates[index] = sum(violations.values()) > 0
    return violates


def _keys(rows: Rows, *, double: bool) -> Sequence[bytes]:
    """Return the inserts; with `double` the strand that is first in alphabetical order."""
    inserts = rows.inserts()
    return [min(insert, reverse_complement(insert)) for insert in inserts] if double else inserts


def _codes(rows: Rows) -> np.ndarray:
    """Return the bases of inserts of one length, uint8 (n, length), 0..3."""
    return np.stack([base_codes(insert) for insert in rows.inserts()])


def _new_names(kind: str, taken: Iterable[str]) -> Iterator[str]:
    """Yield names such as mutant_1 that are not taken."""
    known = set(taken)
    return (name for name in (f"{kind}_{number}" for number in count(1)) if name not in known)
