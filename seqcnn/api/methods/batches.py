"""The method of `Model` that chooses the sequences to measure next."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import pandas as pd
from pydantic import FiniteFloat

from seqcnn.api.frames import has_names, output_folder, read_frame
from seqcnn.api.methods.sequences import SequenceMethods
from seqcnn.api.order_request import order_request
from seqcnn.api.public import public, warns_of_weakness
from seqcnn.design.order.plates import Fill, Plate
from seqcnn.schema import Count, CountOrNone, Seed


class BatchMethods(SequenceMethods):
    """The next batch of a trained model; see `seqcnn.api.model.Model`."""

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
        order_length: str | None = None,
        gc: str | Sequence[FiniteFloat] | None = None,
        gc_window: str | None = None,
        homopolymer: Count | None = None,
        repeat: Count | None = None,
        inverted_repeat: Count | None = None,
        hairpin: Count | None = None,
        forbid: Sequence[str] | None = (),
        flank5: str | None = None,
        flank3: str | None = None,
        with_flanks: bool = False,
        adapter5: str = "",
        adapter3: str = "",
        controls: CountOrNone = 0,
        plate: Plate = "96",
        fill: Fill = "row",
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
        supplier, order_length, gc, gc_window, homopolymer, repeat, inverted_repeat, hairpin, forbid
            Constraints, as of `design`.
        flank5, flank3, with_flanks, adapter5, adapter3, plate, fill
            The construct and the order sheet, as of `design`.
        controls
            Number of controls of each kind, as of `design`; instead of start sequences they are sequences of
            the library, evenly spaced in the order of their predictions.
        seed
            Random seed of the candidates that are made, and of the controls.
        output
            Folder that keeps the order.

        Returns
        -------
        The table of `seqcnn next`, one row per sequence in the order of choice, then the controls; sequences
        in memory are called by their labels.

        Examples
        --------
        >>> import seqcnn
        >>> model = seqcnn.load_model("model.safetensors")
        >>> table = model.next_batch(library="new.fa", make=100, number=3)
        >>> table["rank"].tolist()
        [1, 2, 3]
        """
        from seqcnn.selection.candidates import refuse_measured_ids
        from seqcnn.selection.next_batch import BatchPlan, choose, write_batch

        order = order_request(
            controls, plate=plate, fill=fill, supplier=supplier, order_length=order_length,
            gc=gc, gc_window=gc_window, homopolymer=homopolymer, repeat=repeat,
            inverted_repeat=inverted_repeat, hairpin=hairpin,
            forbid=forbid, flank5=flank5, flank3=flank3, with_flanks=with_flanks,
            adapter5=adapter5, adapter3=adapter3,
        )  # fmt: skip
        plan = BatchPlan(
            number=number, made=make, target=target, min_prediction=min_prediction,
            max_prediction=max_prediction, space=space, seed=seed, order=order,
        )  # fmt: skip
        with output_folder(output) as folder:
            measured = self._sample(library)
            pool = None if candidates is None else self._sample(candidates)
            if pool is not None and has_names(candidates) and has_names(library):
                refuse_measured_ids(self, pool, measured, "candidates")
            write_batch(choose(self, measured, pool, plan), self, plan, folder)
            return read_frame(folder / "batch.tsv")
