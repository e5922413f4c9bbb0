"""The outputs of `seqcnn dependencies`: maps of single-base changes, and pairs of motif sites."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from seqcnn.data.readers.file_kind import SequenceFormat
from seqcnn.errors import UsageError
from seqcnn.interpret.dependencies import DependencyPlan, dependencies
from seqcnn.interpret.dependency.sites import hits_file
from seqcnn.interpret.motif_pairs import PairPlan, motif_pairs
from seqcnn.io.atomic import refuse_outputs
from seqcnn.io.stream import STDIN
from seqcnn.model.inference.trained_model import LoadedModel


@dataclass(frozen=True, slots=True)
class DependencyOutputs:
    """Outputs of `seqcnn dependencies`; None is not written."""

    table: Path | None = None
    """Table of pairs of positions."""
    html: Path | None = None
    """Page of maps."""
    pairs: Path | None = None
    """Table of pairs of sites."""
    pair_summary: Path | None = None
    """Its summary."""

    def refuse(self, sequences: Path, hits: Path | None) -> None:
        """Raise `UsageError` if nothing is to be written, or an output needs another option."""
        if not (self.table or self.pairs):
            raise UsageError(
                "no output: give -o FILE for maps, or --hits and --pairs for pairs of motif sites"
            )
        if self.html and not self.table:
            raise UsageError("--html: expected -o FILE too, the table of the maps")
        if (self.pairs is None) != (hits is None):
            raise UsageError(
                "--hits and --pairs: expected both, a table of sites and the output of their pairs"
            )
        if self.pair_summary and not self.pairs:
            raise UsageError("--pair-summary: expected --hits and --pairs too")
        if sequences == STDIN and self.table and self.pairs:
            raise UsageError("standard input: read twice with -o and --pairs; give the name of a file")


def dependency_files(
    sequences: Path,
    model: LoadedModel,
    outputs: DependencyOutputs,
    *,
    plan: DependencyPlan,
    sites: PairPlan | None = None,
    form: SequenceFormat | None = None,
    overwrite: bool = False,
) -> None:
    """Write maps of single-base changes (`dependencies`), pairs of sites (`motif_pairs`), or both.

    Raises
    ------
    SeqcnnError
        As these functions, or if the outputs do not fit each other.
    """
    outputs.refuse(sequences, sites.hits if sites else None)
    every = (outputs.table, outputs.html, outputs.pairs, outputs.pair_summary)
    hits = hits_file(sites.hits) if sites else None
    inputs = (sequences, hits, form.genome if form else None, model.path)
    refuse_outputs(every, inputs, overwrite=overwrite)
    if outputs.pairs and sites:
        motif_pairs(
            sequences, model, outputs.pairs,
            plan=sites, summary=outputs.pair_summary, form=form, overwrite=overwrite,
        )  # fmt: skip
    if outputs.table:
        dependencies(
            sequences, model, outputs.table, form=form, html=outputs.html, plan=plan, overwrite=overwrite
        )
