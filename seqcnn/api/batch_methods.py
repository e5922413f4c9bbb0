"""The method of `Model` that chooses the sequences to measure next."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import pandas as pd
from pydantic import FiniteFloat

from seqcnn.api.frames import as_file, output_folder, read_frame
from seqcnn.api.motif_methods import MotifMethods
from seqcnn.api.public import public, warns_of_weakness
from seqcnn.interpret.attribution.sample import Sample, read_sample
from seqcnn.schema import Count, Seed


class BatchMethods(MotifMethods):
    """Choice of new measurements; see `seqcnn.api.model.Model`."""

    @warns_of_weakness
    @public
    def next_batch(
        self,
        candidates: Any = None,
        *,
        library: Any,
        number: Count = 96,
        make: Count | None = None,
        target: str | None = None,
        min_prediction: FiniteFloat | None = None,
        max_prediction: FiniteFloat | None = None,
        space: Literal["network", "kmers"] = "network",
        supplier: str | None = None,
        gc: str | Sequence[FiniteFloat] | None = None,
        homopolymer: Count | None = None,
        forbid: Sequence[str] | None = (),
        seed: Seed = 1,
        output: str | Path | None = None,
    ) -> pd.DataFrame:
        """Choose the sequences whose measurement teaches the model most, as `seqcnn next`.

        Parameters
        ----------
        candidates
            Sequences to choose from, or a path, as for `predict`; None makes mutants and recombinants of the
            library.
        library
            Measured sequences, or a path: a dataset (.h5), FASTA or table.
        number
            Number of sequences to choose.
        make
            Number of candidates to make, by default 10,000.
        target
            Name of the target; None is the first one.
        min_prediction, max_prediction
            Range of the predictions of the batch.
        space
            Where distances are measured: `network`, the last hidden layer, or `kmers`, 4-mer frequencies.
        supplier, gc, homopolymer, forbid
            Constraints, as of `design`.
        seed
            Random seed of the candidates that are made.
        output
            Folder that keeps the order.

        Returns
        -------
        The table of `seqcnn next`, one row per sequence in the order of choice; sequences in memory are
        called by their labels.

        Examples
        --------
        >>> import seqcnn
        >>> model = seqcnn.load_model("model.safetensors")
        >>> table = model.next_batch(library="new.fa", make=100, number=3)
        >>> table["rank"].tolist()
        [1, 2, 3]
        """
        from seqcnn.design.requests.constraints import ConstraintRequest
        from seqcnn.selection.next_batch import BatchPlan, choose

        constraints = ConstraintRequest(
            supplier=supplier, gc=gc_text(gc), homopolymer=homopolymer, forbid=tuple(forbid or ())
        )
        plan = BatchPlan(
            number=number, made=make, target=target, min_prediction=min_prediction,
            max_prediction=max_prediction, space=space, seed=seed,
            constraints=constraints,
        )  # fmt: skip
        with output_folder(output) as folder:
            pool = None if candidates is None else self._sample(candidates)
            choose(self, self._sample(library), pool, plan).write(folder)
            return read_frame(folder / "batch.tsv")

    def _sample(self, sequences: Any) -> Sample:
        """Return sequences in the window of the model; those in memory are called by their labels."""
        with as_file(self._checked(sequences)) as (path, index):
            sample = read_sample(path, self)
        if index is None:
            return sample
        return Sample([str(index[int(number)]) for number in sample.ids], sample.rows)


def gc_text(gc: str | Sequence[float] | None) -> str | None:
    """Return a range of GC fractions as the text that a request has."""
    return gc if gc is None or isinstance(gc, str) else "-".join(f"{limit:.6f}" for limit in gc)
