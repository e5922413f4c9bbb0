"""Designs -> an order sheet: FASTA, a table, and what was edited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from seqcnn.design.constraints import Constraints
from seqcnn.design.design import Design, predict_designs
from seqcnn.design.objective import Objective, rows_of
from seqcnn.io.atomic import atomic_path
from seqcnn.io.tsv import number_cell
from seqcnn.model.inference.predictions import Predictions
from seqcnn.model.inference.trained_model import Model
from seqcnn.sequence.onehot import ALPHABET, unpack

FILES = ("designs.fa", "designs.tsv", "designs.txt")
"""The files of one order."""

_LINE = 60  # bp of a line of the alignment


@dataclass(frozen=True, slots=True)
class Sheet:
    """Designs and what the model says of them."""

    designs: Sequence[Design]
    found: Predictions
    value: np.ndarray
    """float64 (M, N), the wanted quantity, by each network."""
    before: Sequence[float]
    """The wanted quantity of each seed."""

    @property
    def doubt(self) -> np.ndarray:
        """SD of the wanted quantity over the networks, (N,); NaN of a single one."""
        spread: np.ndarray = self.value.std(0, ddof=1) if len(self.value) > 1 else self.value[0] * np.nan
        return spread

    def name(self, i: int) -> str:
        """Return the name of a design."""
        return f"design_{i + 1:0{len(str(len(self.designs)))}d}"

    def record(self, i: int, sides: tuple[str, str]) -> str:
        """Return the FASTA record of a design between flanks."""
        design, doubt = self.designs[i], self.doubt[i]
        facts = [f"predicted={self.value[:, i].mean():.4f}"]
        facts += [] if np.isnan(doubt) else [f"sd={doubt:.4f}"]
        facts += [f"edits={len(design.edits)}", f"seed={design.seed.name}"]
        return f">{self.name(i)} {' '.join(facts)}\n{sides[0]}{letters_of(design.codes)}{sides[1]}\n"

    def row(self, i: int) -> str:
        """Return the table's line of a design."""
        design = self.designs[i]
        gc = float(np.isin(design.codes, (1, 2)).mean())
        cells = [
            self.name(i),
            letters_of(design.codes),
            design.seed.name,
            str(len(design.codes)),
            f"{gc:.4f}",
        ]
        numbers = [self.value[:, i].mean(), self.doubt[i], self.before[i], *self.found.mean[i]]
        flag = [] if self.found.ood is None else ["yes" if self.found.ood[i] else "no"]
        edits = [str(len(design.edits)), *map(number_cell, numbers), *flag, changes(design) or "none"]
        return "\t".join([*cells, *edits]) + "\n"

    def picture(self, i: int) -> str:
        """Return what was edited, as text."""
        design, value = self.designs[i], self.value[:, i].mean()
        head = f"{self.name(i)}, {len(design.edits)} edits of {design.seed.name}: predicted"
        return f"{head} {self.before[i]:.3f} -> {value:.3f}\n\n{alignment(design)}"


def write_order(
    model: Model,
    designs: Sequence[Design],
    objective: Objective,
    constraints: Constraints,
    output: Path,
    *,
    flanks: bool = False,
) -> None:
    """Write `FILES` into a folder, made if missing; an earlier order is replaced.

    `designs.fa` has the sequence to order, with the flanks if asked for; its header lines hold the wanted
    quantity.  `designs.tsv` has every prediction, without flanks.  `designs.txt` shows what was edited.
    """
    found = predict_designs(model, designs)
    before = [_seed_value(model, design, objective) for design in designs]
    sheet = Sheet(designs, found, objective.quantity(found.members), before)
    sides = (unpack(constraints.flank5), unpack(constraints.flank3)) if flanks else ("", "")
    numbers = range(len(designs))
    head = "\t".join(_columns(model, found.ood is not None)) + "\n"
    texts = (
        "".join(sheet.record(i, sides) for i in numbers),
        head + "".join(sheet.row(i) for i in numbers),
        "\n".join(sheet.picture(i) for i in numbers),
    )
    for name, content in zip(FILES, texts, strict=True):
        with atomic_path(output / name) as temporary:
            temporary.write_text(content, encoding="utf-8", errors="surrogateescape", newline="\n")


def letters_of(codes: np.ndarray) -> str:
    """Return the letters of codes 0..3."""
    return "".join(ALPHABET[code] for code in codes.tolist())


def changes(design: Design) -> str:
    """Name the edits, such as `A12G,T15C`; positions in bp from 1."""
    pairs = zip(letters_of(design.seed.codes), letters_of(design.codes), strict=True)
    return ",".join(f"{old}{i}{new}" for i, (old, new) in enumerate(pairs, start=1) if old != new)


def alignment(design: Design) -> str:
    """Return seed, marks of the edits, and design below each other, `_LINE` bp a line."""
    old, new = letters_of(design.seed.codes), letters_of(design.codes)
    marks = "".join("|" if a == b else "*" for a, b in zip(old, new, strict=True))
    blocks = []
    for start in range(0, len(old), _LINE):
        part = slice(start, start + _LINE)
        rows = ((f"{start + 1}", old), ("", marks), ("", new))
        blocks.append("".join(f"{label:>6} {row[part]}\n" for label, row in rows))
    return "\n".join(blocks)


def _seed_value(model: Model, design: Design, objective: Objective) -> float:
    """Predict the wanted quantity of a design's seed."""
    rows = rows_of(model, design.seed.codes[None])
    return float(objective.quantity(model.predict_members(rows, flag_ood=False).members).mean())


def _columns(model: Model, flagged: bool) -> list[str]:
    """Return the columns of the table."""
    columns = ["id", "sequence", "seed", "length", "gc", "edits"]
    columns += ["predicted", "predicted_sd", "predicted_of_seed"]
    return [*columns, *model.targets, *(["out_of_distribution"] if flagged else []), "changes"]
