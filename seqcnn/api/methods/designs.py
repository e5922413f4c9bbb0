"""The method of `Model` that designs sequences."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import pandas as pd
from annotated_types import Ge
from pydantic import FiniteFloat

from seqcnn.api.frames import as_file, output_folder, read_frame
from seqcnn.api.methods.sequences import SequenceMethods
from seqcnn.api.order_request import order_request
from seqcnn.api.public import public, warns_of_weakness
from seqcnn.design.design import Method as SearchMethod
from seqcnn.design.order.plates import Fill, Plate
from seqcnn.schema import Count, CountOrNone, Seed


class DesignMethods(SequenceMethods):
    """Designs of a trained model; see `seqcnn.api.model.Model`."""

    @warns_of_weakness
    @public
    def design(
        self,
        start: Any = None,
        *,
        random: Count | None = None,
        number: Count | None = None,
        length: Count | None = None,
        goal: Literal["maximize", "minimize"] | None = None,
        maximize: str | Sequence[str] = (),
        minimize: str | Sequence[str] = (),
        to: FiniteFloat | None = None,
        target: str | None = None,
        difference: str | None = None,
        method: SearchMethod = "evolve",
        supplier: str | None = None,
        fix: str = "",
        order_length: str | None = None,
        gc: str | Sequence[FiniteFloat] | None = None,
        gc_window: str | None = None,
        homopolymer: Count | None = None,
        repeat: Count | None = None,
        inverted_repeat: Count | None = None,
        hairpin: Count | None = None,
        forbid: Sequence[str] | None = (),
        max_edits: CountOrNone | None = None,
        min_distance: CountOrNone = 1,
        max_per_cluster: Count | None = None,
        flank5: str | None = None,
        flank3: str | None = None,
        with_flanks: bool = False,
        adapter5: str = "",
        adapter3: str = "",
        controls: CountOrNone = 0,
        plate: Plate = "96",
        fill: Fill = "row",
        risk_aversion: Annotated[FiniteFloat, Ge(0)] = 1.0,
        allow_ood: bool = False,
        seed: Seed = 1,
        output: str | Path | None = None,
    ) -> pd.DataFrame:
        """Design sequences with a wanted prediction, as `seqcnn design`, whose options these are.

        Parameters
        ----------
        start
            Sequences to start from; the `number` best, by default 10, are used.
        random
            Number of random sequences to start from instead, of `length` bp.
        goal, to
            `maximize` (default) or `minimize`; or a prediction to reach, in the units of the target.
        maximize, minimize
            Names of targets to maximize and to minimize instead; two or more give a Pareto set.
        target, difference
            Target to predict, the first one by default; or two targets, `a,b` for a minus b.
        method
            Search: `evolve`, `greedy` or `ledidi`.
        supplier
            Name of a synthesis company's product, such as `twist-oligo-pool`, whose published limits apply
            unless others are given.
        fix, gc, homopolymer, forbid, max_edits, min_distance
            Constraints: positions to keep (`1-20,151-170`), GC fractions (`0.35-0.6` or (0.35, 0.6)),
            longest run of one base in bp, restriction enzymes or sequences, edits per start sequence and
            between designs.
        max_per_cluster
            Maximum number of designs of one cluster of similar sequences, as the split of a dataset has them.
        order_length, gc_window, repeat, inverted_repeat, hairpin
            Constraints of the ordered sequence: its length (`20-300`), GC fractions of windows
            (`50:0.25-0.75`), and the longest repeat, inverted repeat and stem of a hairpin in bp.
        flank5, flank3, with_flanks
            Construct sequences beside each design, those of the model by default, and whether they are
            ordered, and so are part of what the constraints apply to.
        adapter5, adapter3
            Sequences to order 5' and 3' of each design and its flanks.
        controls
            Number of controls of each kind: start sequences, dinucleotide shuffles, scrambled and
            knocked-out sites, neutral backgrounds.
        plate, fill
            Wells per plate, or `none`, and whether wells are filled by `row` or `column`, in the order sheet.
        risk_aversion
            Ensemble SDs to subtract from the score.
        allow_ood
            Whether out-of-distribution sequences may be designed.
        seed
            Random seed.
        output
            Folder that keeps the order sheet.

        Returns
        -------
        The table of designs and controls, one row per sequence.

        Examples
        --------
        >>> import seqcnn
        >>> model = seqcnn.load_model("model.safetensors")
        >>> designs = model.design("new.fa", number=1, max_edits=2, allow_ood=True)
        >>> bool((designs["edits"] <= 2).all())
        True
        """
        from seqcnn.design.request import DesignRequest, design_order
        from seqcnn.design.requests.objective import ObjectiveRequest
        from seqcnn.design.requests.starts import StartRequest

        objective = ObjectiveRequest(
            maximize=_targets(maximize, goal == "maximize"), minimize=_targets(minimize, goal == "minimize"),
            value=to, target=target, difference=difference,
            risk_aversion=risk_aversion, allow_ood=allow_ood,
        )  # fmt: skip
        order = order_request(
            controls, plate=plate, fill=fill, supplier=supplier, fix=fix, order_length=order_length,
            gc=gc, gc_window=gc_window, homopolymer=homopolymer, repeat=repeat,
            inverted_repeat=inverted_repeat, hairpin=hairpin,
            forbid=forbid, max_edits=max_edits, min_distance=min_distance,
            max_per_cluster=max_per_cluster, flank5=flank5, flank3=flank3, with_flanks=with_flanks,
            adapter5=adapter5, adapter3=adapter3,
        )  # fmt: skip
        with as_file([] if start is None else self._checked(start)) as given, output_folder(output) as folder:
            path, index = (None, None) if start is None else given
            request = DesignRequest(
                start=StartRequest(file=path, random=random, number=number, length=length),
                objective=objective, order=order, method=method, seed=seed,
            )  # fmt: skip
            design_order(request, self, folder)
            table = read_frame(folder / "designs.tsv")
            return table if index is None else table.assign(start=_labels(table["start"], index))


def _labels(names: pd.Series, index: pd.Index) -> list[Any]:
    """Return the labels of sequences that are named by their number; other names, of designs, stay."""
    labels = {f"{number}": label for number, label in enumerate(index)}
    return [labels.get(name, name) for name in names.astype(str)]


def _targets(names: str | Sequence[str], is_goal: bool) -> tuple[str, ...]:
    """Return the targets of a direction; '' for the default one if the direction is the goal."""
    return (*([names] if isinstance(names, str) else names), *([""] if is_goal else []))
