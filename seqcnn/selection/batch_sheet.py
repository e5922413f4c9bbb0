"""Write a batch and its controls: a table with the reason of each choice, and FASTA."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from seqcnn.data.assay.target_names import OOD_COLUMN
from seqcnn.design.constraints import Constraints
from seqcnn.design.design import Design
from seqcnn.design.order_sheet import decode, fasta_fields, gc_cell, write_fasta
from seqcnn.io.tsv import NA, number_cell, write_table
from seqcnn.selection.lcmd import Batch
from seqcnn.selection.predicted import PredictedCandidates

FILES = ("batch.fa", "batch.tsv")
"""Names of the output files."""

PURPOSES = {
    FILES[0]: "the sequences to order, those of the batch in the order of their choice",
    FILES[1]: "predictions, and why each sequence was chosen, without adapters and flanks",
}
"""Output files -> what they hold, for README.txt."""

COLUMNS = (
    "id", "sequence", "kind", "rank", "length", "gc", "predicted", "predicted_sd", "nearest", "distance",
    "cluster_size", "library_distance", "parents",
)  # fmt: skip
"""Columns of `batch.tsv`; one for the out-of-distribution flag follows if the model has thresholds."""


@dataclass(frozen=True, slots=True)
class BatchSheet:
    """A batch in the order of its choice, and its controls."""

    sequences: Sequence[Design]
    """The batch, then the controls."""
    predicted: PredictedCandidates
    """Predictions of `sequences`."""
    library_ids: Sequence[str]
    batch: Batch
    constraints: Constraints
    target: int
    """Index of the target of the predictions."""

    def write(self, output: Path) -> None:
        """Write `FILES` into a folder, created if missing."""
        columns = [*COLUMNS, *([] if self.predicted.ood is None else [OOD_COLUMN])]
        rows = range(len(self.sequences))
        write_table(output / FILES[1], [columns, *map(self._cells, rows)])
        write_fasta(output / FILES[0], self.sequences, map(self._fields, rows), self.constraints)

    def _cells(self, i: int) -> list[str]:
        """Return the table's cells of a sequence."""
        design, ood = self.sequences[i], self.predicted.ood
        is_chosen = i < len(self.batch.rows)
        chosen = [
            self._nearest(i), number_cell(self.batch.distance[i]), str(self.batch.cluster_size[i]),
            number_cell(self.batch.known_distance[i]),
        ] if is_chosen else [NA] * 4  # fmt: skip
        return [
            design.name, decode(design.codes), design.kind, str(i + 1) if is_chosen else NA,
            str(len(design.codes)), gc_cell(design.codes), number_cell(self.predicted.mean[i]),
            number_cell(self.predicted.sd[i]), *chosen, self.predicted.candidates.parents[i] or NA,
            *([] if ood is None else ["yes" if ood[i] else "no"]),
        ]  # fmt: skip

    def _fields(self, i: int) -> list[str]:
        """Return what the FASTA header tells of a sequence."""
        if i >= len(self.batch.rows):
            return fasta_fields(self.predicted.mean[i], self.predicted.sd[i], self.sequences[i].kind)
        reason = [f"distance={self.batch.distance[i]:.4g}", f"nearest={self._nearest(i)}"]
        return [*fasta_fields(self.predicted.mean[i], self.predicted.sd[i]), *reason]

    def _nearest(self, i: int) -> str:
        """Return the id of the sequence that was nearest when this one was chosen."""
        point, known = int(self.batch.nearest[i]), len(self.library_ids)
        return self.library_ids[point] if point < known else self.sequences[point - known].name
