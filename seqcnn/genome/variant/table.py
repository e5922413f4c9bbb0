"""Effects of alleles -> cells of a table and INFO fields of a VCF; alleles without a score have a reason."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from seqcnn.data.assay.target_names import OOD_COLUMN
from seqcnn.genome.variant.alleles import REASONS, SCORED
from seqcnn.genome.variant.effects import Effects, calls, score_pairs
from seqcnn.genome.variant.null_distribution import CHUNK, NullDistributions
from seqcnn.genome.variant.tally import Tally
from seqcnn.genome.variant.vcf import InfoField
from seqcnn.genome.variant.windows import AlleleWindows, WindowsOrReason
from seqcnn.io.shard.part import Part
from seqcnn.io.table_output import NUMBER
from seqcnn.model.inference.target import target_in_words
from seqcnn.model.inference.trained_model import LoadedModel

NOT_SCORED = "NA"
"""Cell of an allele without a score."""

CALL = "call"
"""Column of the call, one of `effects.CALLS`."""

_INFO_CODES = {"yes": "1", "no": "0", NOT_SCORED: ".", SCORED: "."}


@dataclass(frozen=True)
class Columns:
    """Columns of a table of effects; they depend on the model and on the null distributions."""

    target: str
    """Name of the target with its unit."""
    members: int
    """Number of networks of the model; above 1 there is an SD of the effect."""
    ood: bool
    """Whether the model flags out-of-distribution sequences."""
    null: NullDistributions | None
    """Effects of random changes; None leaves the percentile out."""

    @property
    def names(self) -> list[str]:
        """Names of the columns after those that identify the variant."""
        return [
            "ref_prediction", "alt_prediction", "effect",
            *(["effect_sd"] if self.members > 1 else []),
            *(["percentile", CALL] if self.null is not None else []),
            *([OOD_COLUMN] if self.ood else []),
            "reason",
        ]  # fmt: skip

    def rows(self, model: LoadedModel, alleles: Sequence[WindowsOrReason], target: int) -> list[list[str]]:
        """Predict alleles, `CHUNK` at a time, and return one row of cells per allele."""
        rows = []
        for start in range(0, len(alleles), CHUNK):
            chunk = alleles[start : start + CHUNK]
            pairs = [windows for windows in chunk if isinstance(windows, AlleleWindows)]
            rows += self.cells(chunk, score_pairs(model, pairs, target=target))
        return rows

    def cells(self, alleles: Sequence[WindowsOrReason], effects: Effects) -> list[list[str]]:
        """Return one row of cells per allele; `effects` are those of the alleles that have windows."""
        columns = [effects.ref, effects.alt, effects.effect]
        columns += [effects.sd] if effects.sd is not None else []
        called: list[list[str]] = []
        if self.null is not None:
            kinds = [a.kind for a in alleles if isinstance(a, AlleleWindows)]
            columns.append(self.null.percentiles(effects.effect, kinds))
            called = [calls(effects, self.null.thresholds(kinds))]
        texts = [[NUMBER % v if np.isfinite(v) else NOT_SCORED for v in values] for values in columns]
        flags = [["yes" if flag else "no" for flag in effects.ood]] if effects.ood is not None else []
        scored = zip(*texts, *called, *flags, strict=True)
        width = len(self.names) - 1
        return [
            [NOT_SCORED] * width + [a] if isinstance(a, str) else [*next(scored), SCORED] for a in alleles
        ]

    def calls_of(self, rows: Iterable[Sequence[str]]) -> Iterator[str]:
        """Yield the call of each row; nothing if there are no calls."""
        if CALL in self.names:
            yield from (row[self.names.index(CALL)] for row in rows)

    def info_fields(self) -> list[InfoField]:
        """Return the INFO fields of the columns."""
        n, alpha = (0, 0.0) if self.null is None else (self.null.n, self.null.alpha)
        fields = {
            "ref_prediction": ("REF", "Float", f"Prediction of {self.target} with the reference allele"),
            "alt_prediction": ("ALT", "Float", f"Prediction of {self.target} with the alternative allele"),
            "effect": ("EFFECT", "Float", f"Alternative minus reference, {self.target}"),
            "effect_sd": ("EFFECT_SD", "Float", f"SD of the effect over {self.members} networks"),
            "percentile": (
                "PERCENTILE",
                "Float",
                f"Two-sided percentile: percentage of {n} random changes with a smaller absolute effect: "
                "substitutions, insertions or deletions of as many bases, at random places",
            ),
            CALL: (
                "CALL",
                "String",
                f"effect: larger than all but a fraction {alpha:g} of these changes, and the 95% interval "
                "over the networks excludes 0; none: that interval is within; uncertain: neither",
            ),
            OOD_COLUMN: ("OOD", "Integer", "1 if a window is out of distribution, else 0"),
            "reason": ("REASON", "String", f"Why the allele was not scored: {'; '.join(REASONS)}"),
        }
        return [InfoField(*fields[name]) for name in self.names]

    def info_values(self, rows: Sequence[Sequence[str]]) -> dict[str, list[str]]:
        """Return INFO field -> values, one per allele of a site, from the rows of `cells`."""
        values = {}
        for field, cells in zip(self.info_fields(), zip(*rows, strict=True), strict=True):
            values[field.name] = [_INFO_CODES.get(cell, cell) for cell in cells]
        return values


def columns_of(model: LoadedModel, target: int, null: NullDistributions | None) -> Columns:
    """Return the columns of a table of effects."""
    return Columns(target_in_words(model, target), model.header.members, model.header.ood is not None, null)


def record_or_refuse(
    part: Part | None, tally: Tally, null: NullDistributions | None, names: tuple[str, str, Collection[str]]
) -> None:
    """Add the counts of a part to it; of a whole, raise `UsageError` if nothing was scored.

    `names` are those of the file, of the source and of its contigs.
    """
    if part is None:
        tally.refuse_unscored(*names)
    else:
        kinds = {} if null is None else {str(kind): n for kind, n in sorted(null.counts.items())}
        part.counts.update(tally.record(*names), null=None if null is None else [null.n, kinds])
