"""Effects of variants -> cells of a table and of a VCF's INFO; what has no score is NA, with its reason."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from seqcnn.genome.variant.alleles import REASONS, SCORED
from seqcnn.genome.variant.effects import Effects, percentiles
from seqcnn.genome.variant.vcf import InfoField
from seqcnn.genome.variant.windows import Pair
from seqcnn.model.inference.prediction_table import NUMBER, UNLIKE
from seqcnn.model.inference.target import target_in_words
from seqcnn.model.inference.trained_model import Model

logger = logging.getLogger(__name__)

NOT_SCORED = "NA"
"""The cell of what was not scored."""

_INFO_CODES = {"yes": "1", "no": "0", NOT_SCORED: ".", SCORED: "."}


@dataclass(frozen=True)
class Form:
    """Which columns there are: it depends on the model, and on whether there is a null."""

    target: str
    """The target in words, with its unit."""
    members: int
    """Networks of the model; the effect's SD is over several."""
    unlike: bool
    """Whether the model can tell unlike sequences."""
    null: np.ndarray | None
    """Effects of random changes, float64 (n,)."""

    @property
    def columns(self) -> list[str]:
        """The columns beside those that say which variant it is."""
        return [
            "ref_prediction", "alt_prediction", "effect",
            *(["effect_sd"] if self.members > 1 else []),
            *(["percentile"] if self.null is not None else []),
            *([UNLIKE] if self.unlike else []),
            "reason",
        ]  # fmt: skip

    def cells(self, answers: Sequence[Pair | str], effects: Effects) -> list[list[str]]:
        """Return the cells of some alleles, of which `effects` holds those that have windows."""
        columns = [effects.ref, effects.alt, effects.effect]
        columns += [effects.sd] if effects.sd is not None else []
        columns += [percentiles(effects.effect, self.null)] if self.null is not None else []
        scored = self._scored(columns, effects.unlike)
        width = len(self.columns) - 1
        return [[NOT_SCORED] * width + [a] if isinstance(a, str) else next(scored) for a in answers]

    def _scored(self, columns: Sequence[np.ndarray], unlike: np.ndarray | None) -> Iterator[list[str]]:
        """Yield the cells of the alleles that were scored."""
        for number, values in enumerate(zip(*columns, strict=True)):
            flag = [] if unlike is None else ["yes" if unlike[number] else "no"]
            yield [*(NUMBER % v if np.isfinite(v) else NOT_SCORED for v in values), *flag, SCORED]

    def info_fields(self) -> list[InfoField]:
        """Return the INFO fields of the same columns."""
        n = 0 if self.null is None else len(self.null)
        words = {
            "ref_prediction": ("REF", "Float", f"Prediction of {self.target} with the reference allele"),
            "alt_prediction": ("ALT", "Float", f"Prediction of {self.target} with the alternative allele"),
            "effect": ("EFFECT", "Float", f"Alternative less reference, {self.target}"),
            "effect_sd": ("EFFECT_SD", "Float", f"SD of the effect over {self.members} networks"),
            "percentile": (
                "PERCENTILE",
                "Float",
                f"Percent of {n} random base changes with less effect, up or down",
            ),
            UNLIKE: ("UNLIKE", "Integer", "1 if a window is unlike the training sequences, else 0"),
            "reason": ("REASON", "String", f"Why there is no score: {'; '.join(REASONS)}"),
        }
        return [InfoField(*words[column]) for column in self.columns]

    def info_values(self, rows: Sequence[Sequence[str]]) -> dict[str, list[str]]:
        """Return INFO field -> values, of the cells of one site's alleles."""
        values = {}
        for field, cells in zip(self.info_fields(), zip(*rows, strict=True), strict=True):
            values[field.name] = [_INFO_CODES.get(cell, cell) for cell in cells]
        return values


def form_of(model: Model, target: int, null: np.ndarray | None) -> Form:
    """Return which columns a table of effects has."""
    words = target_in_words(model, target)
    return Form(words, model.header.members, model.header.novelty is not None, null)


def tell_reasons(counts: Counter[str]) -> None:
    """Say how many alleles were scored, and why others were not."""
    logger.info("%d of %d alleles were scored", counts[SCORED], counts.total())
    for reason, sentence in REASONS.items():
        if counts[reason]:
            logger.warning("%d not scored, %s: %s", counts[reason], reason, sentence)
