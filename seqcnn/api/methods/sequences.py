"""Sequences of the methods of `Model`: checked, and in the window of the model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from seqcnn.api.frames import as_file, in_memory
from seqcnn.interpret.attribution.sample import Sample, read_sample
from seqcnn.model.inference.trained_model import LoadedModel, batch_of


class SequenceMethods(LoadedModel):
    """What several methods do with sequences; see `seqcnn.api.model.Model`."""

    def _checked(self, sequences: Any) -> Any:
        """Return sequences; refuse those in memory that the model cannot predict, by their number."""
        if not isinstance(sequences, str | Path):
            self.lay_out(batch_of(in_memory(sequences).items))
        return sequences

    def _sample(self, sequences: Any) -> Sample:
        """Return sequences in the window of the model; those in memory are called by their labels."""
        with as_file(self._checked(sequences)) as (path, index):
            sample = read_sample(path, self)
        if index is None:
            return sample
        return Sample([str(index[int(number)]) for number in sample.ids], sample.rows)
