"""Write a batch as an order: a table with the reason of each choice, and FASTA."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from seqcnn.data.assay.target_names import OOD_COLUMN
from seqcnn.design.synthesis.oligos import Context
from seqcnn.io.atomic import atomic_path
from seqcnn.io.tsv import NA, number_cell, write_table
from seqcnn.selection.lcmd import Batch
from seqcnn.selection.predicted import PredictedCandidates
from seqcnn.sequence.onehot import UNAMBIGUOUS, unpack

FILES = ("batch.fa", "batch.tsv")
"""Names of the output files."""

COLUMNS = (
    "id", "sequence", "rank", "length", "gc", "predicted", "predicted_sd", "nearest", "distance",
    "cluster_size", "library_distance", "parents",
)  # fmt: skip
"""Columns of `batch.tsv`; one for the out-of-distribution flag follows if the model has thresholds."""


@dataclass(frozen=True, slots=True)
class BatchSheet:
    """A batch in the order of its choice."""

    chosen: PredictedCandidates
    library_ids: Sequence[str]
    batch: Batch
    context: Context
    """What is ordered 5' and 3' of a sequence, packed."""

    def write(self, output: Path) -> None:
        """Write `FILES` into a folder, created if missing."""
        inserts = self.chosen.candidates.sample.rows.inserts()
        columns = [*COLUMNS, *([] if self.chosen.ood is None else [OOD_COLUMN])]
        rows = [self._cells(i, insert) for i, insert in enumerate(inserts)]
        write_table(output / FILES[1], [columns, *rows])
        records = [
            self._record(i, self.context[0] + insert + self.context[1]) for i, insert in enumerate(inserts)
        ]
        with atomic_path(output / FILES[0]) as temporary:
            temporary.write_text("".join(records), encoding="utf-8", errors="surrogateescape", newline="\n")

    def _cells(self, i: int, insert: bytes) -> list[str]:
        """Return the table's cells of a sequence."""
        gc = sum(insert.count(UNAMBIGUOUS[base]) for base in (1, 2)) / len(insert)
        numbers = [self.chosen.mean[i], self.chosen.sd[i]]
        parents, ood = self.chosen.candidates.parents[i] or NA, self.chosen.ood
        return [
            self._id(i), unpack(insert), str(i + 1), str(len(insert)), f"{gc:.4f}",
            *map(number_cell, numbers), self._nearest(i), number_cell(self.batch.distance[i]),
            str(self.batch.cluster_size[i]), number_cell(self.batch.known_distance[i]), parents,
            *([] if ood is None else ["yes" if ood[i] else "no"]),
        ]  # fmt: skip

    def _record(self, i: int, bases: bytes) -> str:
        """Return the FASTA record of a sequence."""
        sd = self.chosen.sd[i]
        fields = [f"predicted={self.chosen.mean[i]:.4f}", *([] if np.isnan(sd) else [f"sd={sd:.4f}"])]
        fields += [f"distance={self.batch.distance[i]:.4g}", f"nearest={self._nearest(i)}"]
        return f">{self._id(i)} {' '.join(fields)}\n{unpack(bases)}\n"

    def _id(self, i: int) -> str:
        """Return the id of a sequence."""
        return self.chosen.candidates.sample.ids[i]

    def _nearest(self, i: int) -> str:
        """Return the id of the sequence that was nearest when this one was chosen."""
        point, known = int(self.batch.nearest[i]), len(self.library_ids)
        return self.library_ids[point] if point < known else self._id(point - known)
