"""Control sequences of an order, which satisfy the same constraints of synthesis as the designs.

- `start`: the start sequence of a design, as it is.  Of a batch to measure next, it is a measured sequence.
- `shuffle`: a design with its dinucleotides shuffled.
- `scrambled_site`: a design in which the bases of a site are shuffled.
- `knocked_out_site`: a design in which every base of a site is replaced by another one.
- `background`: a start sequence with its dinucleotides shuffled; of `N_BACKGROUNDS`, the one whose prediction
  is nearest to their median: a sequence of this composition without selected sites.

A site is the window of `SITE_BP` bases on which the prediction depends most (in silico mutagenesis: the
prediction minus the mean of those with the three other bases, summed over the window).  Fixed positions stay.
The limits on edits and on out-of-distribution sequences do not apply to controls.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from seqcnn.design.constraints import Constraints
from seqcnn.design.design import Design, StartSequence
from seqcnn.design.objective import Goals, Objective, rows_of
from seqcnn.errors import show
from seqcnn.model.inference.trained_model import LoadedModel
from seqcnn.progress import track
from seqcnn.sequence.shuffle import shuffle_dinucleotides

logger = logging.getLogger(__name__)

SITE_BP = 10
"""Width of a site, bp."""

N_BACKGROUNDS = 100
"""Number of shuffles of a start sequence from which a background is chosen."""

_TRIES = 200  # changed sequences that are checked against the constraints

KINDS = ("start", "shuffle", "scrambled_site", "knocked_out_site", "background")
"""Kinds of controls, in the order of the sheet."""

Change = Callable[[np.ndarray, np.ndarray, np.random.Generator], np.ndarray]
"""Codes (L,), positions to change, ascending, and a random generator -> changed codes (L,)."""


def make_controls(
    model: LoadedModel,
    designs: Sequence[Design],
    objective: Objective | Goals,
    constraints: Constraints,
    *,
    number: int,
    seed: int = 1,
    start_kind: str = "start",
) -> list[Design]:
    """Make `number` controls of each kind from the designs in turn, and log how many there are.

    With fewer designs than controls, further ones come from the next sites, or other shuffles, of the same
    designs.  A control for which no new sequence satisfies all constraints is left out with a warning.

    Parameters
    ----------
    model, objective
        They choose the sites of designs, and the backgrounds.
    designs
        The designs.
    constraints
        Constraints of the designs.
    number
        Number of controls per kind.
    seed
        Random seed.
    start_kind
        Name of the kind `start`.

    Returns
    -------
    Controls by kind, named KIND_NUMBER, with `control_` before it if a design has this name; `start` is the
    sequence from which each was made.
    """
    maker = _Maker(model, objective, constraints, np.random.default_rng([seed, 2**33]))
    labels = {**dict(zip(KINDS, KINDS, strict=True)), KINDS[0]: start_kind}
    used, names = {design.codes.tobytes() for design in designs}, {design.name for design in designs}
    controls: list[Design] = []
    for i in track(range(number), "making controls", "sets") if number else ():
        turn, row = divmod(i, len(designs))
        for kind, origin, variants in maker.variants(designs[row], turn):
            label, new = labels[kind], next((v for v in variants if v.tobytes() not in used), None)
            if new is None:
                logger.warning("%s of %s: %s; left out", label, show(origin.name), maker.reason(kind, origin))
                continue
            used.add(new.tobytes())
            controls.append(Design(origin, new, np.nan, free_name(f"{label}_{i + 1}", names), label))
    controls.sort(key=lambda control: [*labels.values()].index(control.kind))
    if counts := Counter(control.kind for control in controls):
        logger.info("controls: %s", ", ".join(f"{count} {kind}" for kind, count in counts.items()))
    return controls


def free_name(name: str, taken: Container[str]) -> str:
    """Return a name of a control that is not taken, with `control_` before it as often as needed."""
    while name in taken:
        name = f"control_{name}"
    return name


def shuffle_stretches(codes: np.ndarray, positions: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a sequence with the dinucleotides of each stretch of adjacent positions shuffled."""
    shuffled = codes.copy()
    for stretch in np.split(positions, np.flatnonzero(np.diff(positions) > 1) + 1):
        shuffled[stretch] = shuffle_dinucleotides(codes[stretch], rng)
    return shuffled


def scramble(codes: np.ndarray, positions: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a sequence with the bases of some positions in random order."""
    scrambled = codes.copy()
    scrambled[positions] = rng.permutation(codes[positions])
    return scrambled


def knock_out(codes: np.ndarray, positions: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a sequence with another base at each of some positions."""
    changed = codes.copy()
    changed[positions] = (codes[positions] + rng.integers(1, 4, len(positions))) % 4
    return changed


@dataclass(frozen=True, slots=True)
class _Maker:
    """What controls are made with."""

    model: LoadedModel
    objective: Objective | Goals
    constraints: Constraints
    rng: np.random.Generator

    def variants(self, design: Design, turn: int) -> Iterator[tuple[str, StartSequence, np.ndarray]]:
        """Yield kind, origin and possible sequences, best first, (n, L), of each control of a design.

        `turn` counts how often controls were made of the design: its sites are taken in turn.
        """
        origin = StartSequence(design.name, design.codes)
        editable = self.constraints.editable(len(design.codes))
        site = self._site(design.codes, editable, turn)
        if turn == 0:
            yield "start", design.start, self._valid(design.start.codes[None])
        yield "shuffle", origin, self._tries(shuffle_stretches, design.codes, editable)
        scrambled = self._tries(scramble, design.codes, site)
        n_changed = (scrambled != design.codes).sum(1)
        yield "scrambled_site", origin, scrambled[np.argsort(-n_changed, kind="stable")]
        yield "knocked_out_site", origin, self._tries(knock_out, design.codes, site)
        start = design.start.codes
        backgrounds = self._tries(shuffle_stretches, start, self.constraints.editable(len(start)))
        backgrounds = backgrounds[:N_BACKGROUNDS]
        predicted = self._predict(backgrounds)
        distance = np.abs(predicted - np.median(predicted)) if len(predicted) else predicted
        yield "background", design.start, backgrounds[np.argsort(distance, kind="stable")]

    def reason(self, kind: str, origin: StartSequence) -> str:
        """Return why there is no control of a kind."""
        if kind != "start":
            return "no new sequence satisfies all constraints"
        violations = self.constraints.violations(origin.codes[None])
        violated = [name for name, amount in violations.items() if amount[0] > 0]
        return f"it violates {', '.join(violated)}" if violated else "it is a design already"

    def _site(self, codes: np.ndarray, editable: np.ndarray, turn: int) -> np.ndarray:
        """Return the editable positions of the next site, in turn."""
        mutants = np.repeat(codes[None], 3 * len(codes), axis=0)
        position = np.repeat(np.arange(len(codes)), 3)
        mutants[np.arange(len(mutants)), position] += np.tile(np.array([1, 2, 3], np.uint8), len(codes))
        predicted = self._predict(np.concatenate([codes[None], mutants % 4]))
        contributions = predicted[0] - predicted[1:].reshape(-1, 3).mean(1)  # (L,)
        contributions = np.where(np.isin(np.arange(len(codes)), editable), contributions, 0)
        width = min(SITE_BP, len(codes))
        windows = np.abs(np.convolve(contributions, np.ones(width), "valid"))  # (L - width + 1,)
        n_editable = np.convolve(np.isin(np.arange(len(codes)), editable), np.ones(width), "valid")
        windows[n_editable < n_editable.max()] = 0  # whole windows may change, if there are such
        for _ in range(turn):
            best = int(windows.argmax())
            windows[max(best - width + 1, 0) : best + width] = 0
        best = int(windows.argmax())
        return np.asarray(editable[(editable >= best) & (editable < best + width)])

    def _tries(self, change: Change, codes: np.ndarray, positions: np.ndarray) -> np.ndarray:
        """Return changed sequences that satisfy all constraints, (n, L)."""
        return self._valid(np.stack([change(codes, positions, self.rng) for _ in range(_TRIES)]))

    def _valid(self, codes: np.ndarray) -> np.ndarray:
        """Return the sequences that satisfy the constraints of synthesis, (n, L)."""
        violations = list(self.constraints.violations(codes).values())
        return codes[np.sum(violations, axis=0) == 0] if violations else codes

    def _predict(self, codes: np.ndarray) -> np.ndarray:
        """Predict the wanted quantity of sequences, float64 (N,)."""
        if not len(codes):
            return np.empty(0)
        members = self.model.predict_members(rows_of(self.model, codes), flag_ood=False).members
        return np.asarray(self.objective.quantity(members).mean(0))
