"""A batch as designs, which are ordered with controls.

The start sequences of the controls are sequences of the library: measured again, they put both measurements
on one scale.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from seqcnn.design.constraints import Constraints, base_codes
from seqcnn.design.controls import free_name, make_controls
from seqcnn.design.design import Design, StartSequence
from seqcnn.design.objective import Objective
from seqcnn.design.order_sheet import decode
from seqcnn.errors import UsageError
from seqcnn.interpret.attribution.sample import Sample
from seqcnn.model.inference.trained_model import LoadedModel
from seqcnn.selection.candidates import Candidates, is_ambiguous, violates
from seqcnn.sequence.onehot import pack
from seqcnn.sequence.window import Layout

CHOSEN = "chosen"
"""Kind of the sequences of a batch."""

MEASURED = "library"
"""Kind of the controls that are sequences of the library."""


def ordered_sequences(
    model: LoadedModel,
    chosen: Sample,
    library: Sample,
    constraints: Constraints,
    *,
    target: int,
    number: int,
    seed: int = 1,
) -> list[Design]:
    """Return the sequences of a batch, and `number` controls of each kind.

    Raises
    ------
    UsageError
        If controls are wanted, and no sequence of the library satisfies all constraints.
    """
    sequences = list(map(_sequence, chosen.ids, chosen.rows.inserts()))
    starts = _measured(model, library, constraints, target, min(number, len(chosen))) if number else []
    starts += sequences[len(starts) :]
    batch = [
        Design(start, sequence.codes, np.nan, sequence.name, CHOSEN)
        for start, sequence in zip(starts, sequences, strict=True)
    ]
    objective = Objective(target=target)
    controls = make_controls(
        model, batch, objective, constraints, number=number, seed=seed, start_kind=MEASURED
    )
    taken = {*library.ids, *(design.name for design in batch)}
    return [*batch, *(replace(control, name=free_name(control.name, taken)) for control in controls)]


def with_controls(chosen: Candidates, sequences: Sequence[Design], layout: Layout) -> Candidates:
    """Return the candidates of a batch and its controls, `sequences`; a control has one parent."""
    controls = sequences[len(chosen) :]
    inserts = [*chosen.sample.rows.inserts(), *(pack(decode(control.codes)) for control in controls)]
    sample = Sample([sequence.name for sequence in sequences], layout.rows(inserts))
    return Candidates(sample, [*chosen.parents, *(control.start.name for control in controls)])


def _measured(
    model: LoadedModel, library: Sample, constraints: Constraints, target: int, number: int
) -> list[StartSequence]:
    """Return sequences of the library that can be ordered, evenly spaced by rank of prediction."""
    usable = ~is_ambiguous(library.rows)
    usable[usable] = ~violates(library.rows.take(usable), constraints)
    if not usable.any():
        raise UsageError(
            "--controls: no sequence of the library satisfies all constraints; relax one, or leave it out"
        )
    library = library.take(np.flatnonzero(usable))
    order = np.argsort(model.predict_rows(library.rows)[:, target], kind="stable")
    spaced = order[((np.arange(number) + 0.5) * len(order) / number).astype(int)]
    inserts = library.rows.take(spaced).inserts()
    return [_sequence(library.ids[i], insert) for i, insert in zip(spaced, inserts, strict=True)]


def _sequence(name: str, insert: bytes) -> StartSequence:
    """Return a sequence by its packed bases."""
    return StartSequence(name, base_codes(insert))
