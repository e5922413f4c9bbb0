"""Write designs as an order sheet: FASTA, a table, and alignments with the start sequences."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from seqcnn.data.assay.target_names import OOD_COLUMN
from seqcnn.design.constraints import Constraints
from seqcnn.design.design import Design, predict_designs
from seqcnn.design.diversity import similarity_clusters
from seqcnn.design.objective import Goals, Objective, rows_of
from seqcnn.errors import show
from seqcnn.io.atomic import atomic_path
from seqcnn.io.tsv import number_cell, write_table
from seqcnn.model.inference.predictions import Predictions
from seqcnn.model.inference.trained_model import LoadedModel
from seqcnn.sequence.onehot import ALPHABET, unpack

logger = logging.getLogger(__name__)

FILES = ("designs.fa", "designs.tsv", "designs.txt")
"""Names of the output files."""

_LINE_BP = 60  # bp per line of an alignment


@dataclass(frozen=True, slots=True)
class OrderSheet:
    """Designs with their predictions."""

    designs: Sequence[Design]
    predictions: Predictions
    quantity: np.ndarray
    """float64 (M, N), the wanted quantity by each member; with several goals, that of the first."""
    start_quantity: Sequence[float]
    """The wanted quantity of each start sequence."""
    clusters: np.ndarray
    """int (N,), cluster of similar sequences of each design, from 0."""

    @property
    def sd(self) -> np.ndarray:
        """SD of the wanted quantity over the members, float64 (N,); NaN for a single network."""
        return self.quantity.std(0, ddof=1) if len(self.quantity) > 1 else self.quantity[0] * np.nan

    def fasta_fields(self, i: int) -> list[str]:
        """Return what the FASTA header tells of a design."""
        design = self.designs[i]
        kind = "" if design.kind == "design" else design.kind
        known = fasta_fields(self.quantity[:, i].mean(), self.sd[i], kind)
        return [*known, f"edits={len(design.edits)}", f"start={design.start.name}"]

    def row(self, i: int) -> list[str]:
        """Return the table's cells of a design."""
        design = self.designs[i]
        cells = [design.name, decode(design.codes), design.kind, design.start.name]
        cells += [f"{self.clusters[i] + 1}", str(len(design.codes)), gc_cell(design.codes)]
        numbers = [self.quantity[:, i].mean(), self.sd[i], self.start_quantity[i], *self.predictions.mean[i]]
        ood = self.predictions.ood
        flag = [] if ood is None else ["yes" if ood[i] else "no"]
        edits = [str(len(design.edits)), *map(number_cell, numbers), *flag, name_edits(design) or "none"]
        return [*cells, *edits]

    def alignment(self, i: int) -> str:
        """Return the alignment of a design with its start sequence, with a title."""
        design, predicted = self.designs[i], self.quantity[:, i].mean()
        title = f"{design.name}, {len(design.edits)} edits of {design.start.name}: predicted"
        return f"{title} {self.start_quantity[i]:.3f} -> {predicted:.3f}\n\n{align(design)}"


def write_order(
    model: LoadedModel,
    designs: Sequence[Design],
    objective: Objective | Goals,
    constraints: Constraints,
    output: Path,
) -> None:
    """Write `FILES` into a folder, created if missing; an earlier order is replaced.

    `designs.fa` holds the sequences to order, with adapters, and with the flanks if they are ordered; its
    header lines hold the wanted quantity.  `designs.tsv` holds all predictions, and sequences without
    adapters and flanks.  `designs.txt` shows the edits.
    """
    predictions = predict_designs(model, designs)
    start_quantity = [_start_quantity(model, design, objective) for design in designs]
    clusters = similarity_clusters([design.codes for design in designs])
    sheet = OrderSheet(
        designs, predictions, objective.quantity(predictions.members), start_quantity, clusters
    )
    rows = range(len(designs))
    columns = _columns(model, predictions.ood is not None)
    write_table(output / FILES[1], [columns, *map(sheet.row, rows)])
    write_fasta(output / FILES[0], designs, map(sheet.fasta_fields, rows), constraints)
    _write_text(output / FILES[2], "\n".join(sheet.alignment(i) for i in rows))


def write_fasta(
    path: Path, designs: Sequence[Design], fields: Iterable[Sequence[str]], constraints: Constraints
) -> None:
    """Write designs between what is ordered 5' and 3' of them; `fields` follow their names."""
    left, right = map(unpack, constraints.ordered_context)
    records = [
        f">{design.name} {' '.join(known)}\n{left}{decode(design.codes)}{right}\n"
        for design, known in zip(designs, fields, strict=True)
    ]
    _write_text(path, "".join(records))


def fasta_fields(predicted: float, sd: float, kind: str = "") -> list[str]:
    """Return the fields on a prediction; without an SD that is NaN, and without a kind that is empty."""
    fields = {"predicted": f"{predicted:.4f}", "sd": "" if np.isnan(sd) else f"{sd:.4f}", "kind": kind}
    return [f"{name}={value}" for name, value in fields.items() if value]


def gc_cell(codes: np.ndarray) -> str:
    """Return the GC fraction of codes as a cell of a table."""
    return f"{np.isin(codes, (1, 2)).mean():.4f}"


def _write_text(path: Path, text: str) -> None:
    """Write text whose names may hold bytes that are no UTF-8."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8", errors="surrogateescape", newline="\n")


def decode(codes: np.ndarray) -> str:
    """Return the letters of codes 0..3."""
    return "".join(ALPHABET[code] for code in codes.tolist())


def name_edits(design: Design) -> str:
    """Return the edits as text such as `A12G,T15C`; positions in bp from 1."""
    pairs = zip(decode(design.start.codes), decode(design.codes), strict=True)
    return ",".join(f"{old}{i}{new}" for i, (old, new) in enumerate(pairs, start=1) if old != new)


def align(design: Design) -> str:
    """Return start sequence, marks of the edits, and design below each other, `_LINE_BP` per line."""
    old, new = decode(design.start.codes), decode(design.codes)
    marks = "".join("|" if a == b else "*" for a, b in zip(old, new, strict=True))
    blocks = []
    for start in range(0, len(old), _LINE_BP):
        columns = slice(start, start + _LINE_BP)
        lines = ((f"{start + 1}", old), ("", marks), ("", new))
        blocks.append("".join(f"{label:>6} {line[columns]}\n" for label, line in lines))
    return "\n".join(blocks)


def _start_quantity(model: LoadedModel, design: Design, objective: Objective | Goals) -> float:
    """Predict the wanted quantity of the start sequence of a design."""
    rows = rows_of(model, design.start.codes[None])
    return float(objective.quantity(model.predict_members(rows, flag_ood=False).members).mean())


def _columns(model: LoadedModel, flagged: bool) -> list[str]:
    """Return the columns of the table."""
    columns = ["id", "sequence", "kind", "start", "cluster", "length", "gc", "edits"]
    columns += ["predicted", "predicted_sd", "predicted_of_start"]
    last = [*([OOD_COLUMN] if flagged else []), "changes"]
    return [*columns, *_target_columns(model.targets, [*columns, *last]), *last]


def _target_columns(targets: Sequence[str], others: Sequence[str]) -> list[str]:
    """Return a column for each target; one that is named like another column becomes `predicted_NAME`."""
    names: list[str] = []
    for target in targets:
        name = target
        while name in {*others, *names} or (name != target and name in targets):
            name = f"predicted_{name}"
        if name != target:
            logger.warning(
                "%s: column %s has the predictions of target %s", FILES[1], show(name), show(target)
            )
        names.append(name)
    return names
