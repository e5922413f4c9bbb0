"""The methods of `Model` that attribute predictions to bases."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import pandas as pd
from annotated_types import Gt, Le
from pydantic import FiniteFloat

from seqcnn.api.frames import (
    as_file,
    bed_format,
    output_folder,
    read_frame,
)
from seqcnn.api.methods.sequences import SequenceMethods
from seqcnn.api.public import public, warns_of_weakness
from seqcnn.api.tables.saturation import SaturationTable
from seqcnn.data.readers.genome.contigs import ChromosomePrefix
from seqcnn.interpret.attribution.attribution import Method
from seqcnn.interpret.attribution.attribution_file import Attributions
from seqcnn.interpret.seqlet.null import Null
from seqcnn.model.inference.target import chosen_target, target_in_words
from seqcnn.schema import Count, Seed


class AttributionMethods(SequenceMethods):
    """What a trained model tells about the bases of sequences; see `seqcnn.api.model.Model`."""

    @warns_of_weakness
    @public
    def attribute(
        self,
        sequences: Any,
        *,
        method: Method = "ism",
        target: str | None = None,
        max_sequences: Count = 1000,
        genome: str | Path | None = None,
        chromosome_prefix: ChromosomePrefix | None = None,
        seed: Seed = 1,
    ) -> Attributions:
        """Attribute predictions to bases, as `seqcnn attribute`.

        Parameters
        ----------
        sequences
            Sequences or a path, as for `predict`.
        method
            `ism`; `deepshap`, whose attributions sum to the difference of the predictions of a sequence and
            its shuffles; or, for cnn and mlp models, `integrated-gradients`.
        target
            Name of the target; None is the first one.
        max_sequences
            Maximum number of sequences, the first ones.
        genome, chromosome_prefix
            Genome of a BED file; `add` adds `chr` to contigs that it does not have, `remove` removes it.
        seed
            Random seed of the shuffled control.

        Returns
        -------
        `ids`, `by_position` (N, L), `hypothetical` (N, 4, L); `logo(id)` and `plot()`, which notebooks draw;
        `seqlets()`; and `save(path)`.

        Examples
        --------
        >>> import seqcnn
        >>> model = seqcnn.load_model("model.safetensors")
        >>> model.attribute("new.fa").by_position.shape
        (5, 30)
        """
        from seqcnn.interpret.attribute import AttributionPlan, attribute_file

        plan = AttributionPlan(method, target, max_sequences, None, seed)
        with as_file(self._checked(sequences)) as (path, index), output_folder(None) as folder:
            output = folder / "attributions.h5"
            chosen = bed_format(sequences, genome, chromosome_prefix)
            attributions = attribute_file(path, self, output, plan=plan, form=chosen)
        if index is not None:
            attributions.ids[:] = [str(index[int(number)]) for number in attributions.ids]
        return attributions

    @public
    def seqlets(
        self,
        sequences: Any,
        *,
        fdr: Annotated[FiniteFloat, Gt(0), Le(1)] = 0.05,
        null: Null = "other-bases",
        database: str | Path | None = None,
        **attribution: Any,
    ) -> pd.DataFrame:
        """Find seqlets, spans of high attribution, as `seqcnn attribute --seqlets`.

        Parameters
        ----------
        sequences
            Sequences or a path, as for `predict`.
        fdr
            False-discovery rate, relative to the null, 0 to 1.
        null
            `other-bases` of the same positions, or `shuffled-sequences`.
        database
            Known motifs (MEME format) that name the seqlets, in columns match, match_strand, match_p and
            match_q.
        **attribution
            Keywords of `attribute`, such as `method` and `target`.

        Returns
        -------
        One row per seqlet: record, start and end (0-based, half-open), bases, and score, the sum of its
        attributions in the units of the target; `row` is the number of the sequence.

        Examples
        --------
        >>> import seqcnn
        >>> model = seqcnn.load_model("model.safetensors")
        >>> model.seqlets("new.fa", fdr=0.2).columns.tolist()
        ['row', 'record', 'start', 'end', 'bases', 'score']
        """
        attributions = self.attribute(sequences, **attribution)
        return attributions.seqlets(fdr=fdr, null=null, database=database)

    @warns_of_weakness
    @public
    def saturate(
        self,
        sequences: Any,
        *,
        target: str | None = None,
        genome: str | Path | None = None,
        chromosome_prefix: ChromosomePrefix | None = None,
    ) -> SaturationTable:
        """Predict every single-base change, as `seqcnn saturate`.

        Parameters
        ----------
        sequences
            Sequences or a path, as for `predict`.
        target
            Name of the target; None is the first one.
        genome, chromosome_prefix
            Genome of a BED file; `add` adds `chr` to contigs that it does not have, `remove` removes it.

        Returns
        -------
        Columns id, position (1-based), ref, alt, prediction, and effect: the prediction with alt minus that
        of the sequence.  `heat_map(id)` draws those of one sequence.

        Examples
        --------
        >>> import seqcnn
        >>> model = seqcnn.load_model("model.safetensors")
        >>> table = model.saturate(["ACGTA" * 6])
        >>> len(table), table.columns.tolist()
        (90, ['id', 'position', 'ref', 'alt', 'prediction', 'effect'])
        >>> table.heat_map().save("saturation.pdf")
        """
        from seqcnn.interpret.saturate import SaturationPlan, saturate

        with as_file(self._checked(sequences)) as (path, index), output_folder(None) as folder:
            output = folder / "saturation.tsv"
            form = bed_format(sequences, genome, chromosome_prefix)
            saturate(path, self, output, form=form, plan=SaturationPlan(target))
            table = SaturationTable(read_frame(output, index))
        table.attrs["target"] = target_in_words(self, chosen_target(self, target))
        return table
