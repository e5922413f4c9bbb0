"""The methods of `Model` that find motifs and measure their effects."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import pandas as pd
from annotated_types import Gt, Le
from pydantic import FiniteFloat

from seqcnn.api.frames import as_file, in_memory, optional_path, output_folder, read_frame
from seqcnn.api.public import public, warns_of_weakness
from seqcnn.model.inference.trained_model import LoadedModel, batch_of
from seqcnn.schema import Count, CountOrNone, Seed


class MotifMethods(LoadedModel):
    """What a trained model tells about motifs; see `seqcnn.api.model.Model`."""

    @warns_of_weakness
    @public
    def motifs(
        self,
        sequences: Any,
        *,
        database: str | Path | None = None,
        target: str | None = None,
        number: Count = 2000,
        filters: bool = True,
        patterns: bool = True,
        seed: Seed = 1,
        output: str | Path | None = None,
    ) -> pd.DataFrame:
        """Find the motifs that the model uses, as `seqcnn motifs`.

        Parameters
        ----------
        sequences
            Sequences or a path, as for `predict`.
        database
            Known motifs (MEME format) to compare with.
        target
            Name of the target; None is the first one.
        number
            Number of sequences to sample.
        filters, patterns
            Whether to search the first layer's filters, and patterns of the attributions (TF-MoDISco).
        seed
            Random seed of the sample.
        output
            Folder that keeps the MEME file, the logos and the page.

        Returns
        -------
        The table of `seqcnn motifs`, one row per motif.

        Examples
        --------
        >>> import seqcnn
        >>> model = seqcnn.load_model("model.safetensors")
        >>> table = model.motifs("new.fa", patterns=False)
        >>> {"name", "consensus"} <= set(table.columns)
        True
        """
        from seqcnn.interpret.motifs import MotifSearch, MotifSource, motifs_file

        search = MotifSearch(filters=filters, patterns=patterns)
        with as_file(self._checked(sequences)) as (path, _), output_folder(output) as folder:
            source = MotifSource(path, None, number, seed)
            known = optional_path(database)
            motifs_file(source, self, folder, target=target, search=search, database=known)
            return read_frame(folder / "motifs.tsv")

    @warns_of_weakness
    @public
    def motif_hits(
        self,
        sequences: Any,
        *,
        motifs: Literal["patterns", "database"] = "patterns",
        database: str | Path | None = None,
        fdr: Annotated[FiniteFloat, Gt(0), Le(1)] = 0.05,
        target: str | None = None,
        number: Count = 2000,
        seed: Seed = 1,
        output: str | Path | None = None,
    ) -> pd.DataFrame:
        """Locate motifs where the prediction depends on them, as `seqcnn motifs --hits`.

        Parameters
        ----------
        sequences
            Sequences or a path, as for `predict`.
        motifs
            `patterns` of the attributions (TF-MoDISco), or all motifs of `database`.
        database
            Known motifs (MEME format).
        fdr
            Largest q-value of a hit, relative to attributions of other bases.
        target
            Name of the target; None is the first one.
        number
            Number of sequences to sample.
        seed
            Random seed of the sample.
        output
            Folder that keeps the tables of hits, counts and pairs, and those of `motifs`.

        Returns
        -------
        One row per hit: record, start and end (0-based, half-open), motif, strand, score of the match in
        bits, match_p, contribution to the prediction in the units of the target, p, q, and match, the known
        motif.

        Examples
        --------
        >>> import seqcnn
        >>> model = seqcnn.load_model("model.safetensors")
        >>> hits = model.motif_hits("new.fa", motifs="database", database="known.meme")
        >>> {"record", "start", "motif", "strand", "contribution", "q"} <= set(hits.columns)
        True
        """
        from seqcnn.interpret.motifs import MotifSearch, MotifSource, motifs_file

        search = MotifSearch(filters=False, patterns=motifs == "patterns", hits=motifs, hit_fdr=fdr)
        with as_file(self._checked(sequences)) as (path, index), output_folder(output) as folder:
            source = MotifSource(path, None, number, seed)
            known = optional_path(database)
            motifs_file(source, self, folder, target=target, search=search, database=known)
            return read_frame(folder / "hits.tsv", index, "record")

    @warns_of_weakness
    @public
    def marginalize(
        self,
        sequences: Any,
        motif: str | Sequence[str],
        *,
        target: str | None = None,
        number: Count = 100,
        max_gap: CountOrNone = 20,
        n_positions: Count = 40,
        seed: Seed = 1,
        output: str | Path | None = None,
    ) -> pd.DataFrame:
        """Insert a motif into shuffled sequences and predict its effect, as `seqcnn marginalize`.

        Parameters
        ----------
        sequences
            Sequences or a path, as for `predict`; `number` of them are shuffled to backgrounds.
        motif
            IUPAC letters; two motifs are also inserted as a pair, at gaps of up to `max_gap` bp.
        target
            Name of the target; None is the first one.
        number
            Number of backgrounds.
        max_gap
            Largest gap between two motifs, bp.
        n_positions
            Maximum number of positions at which a motif is inserted.
        seed
            Random seed of the sample and of the shuffles.
        output
            Folder that keeps the table and its figure.

        Returns
        -------
        The table of `seqcnn marginalize`, one row per insertion: `experiment` (centre, position or pair),
        `motif`, `strand`, `start` (bp), and mean, SD and 95 % interval of the effect.

        Examples
        --------
        >>> import seqcnn
        >>> model = seqcnn.load_model("model.safetensors")
        >>> table = model.marginalize("new.fa", "TGACTCA", n_positions=3)
        >>> sorted(set(table["experiment"]))
        ['centre', 'position']
        """
        from seqcnn.interpret.marginalize import MarginalizePlan, marginalize_file

        motifs = (motif,) if isinstance(motif, str) else tuple(motif)
        plan = MarginalizePlan(target, number, max_gap, n_positions, seed)
        with as_file(self._checked(sequences)) as (path, _), output_folder(output) as folder:
            marginalize_file(path, motifs, self, folder, plan=plan)
            return read_frame(folder / "marginal.tsv")

    def _checked(self, sequences: Any) -> Any:
        """Return sequences; refuse those in memory that the model cannot predict, by their number."""
        if not isinstance(sequences, str | Path):
            self.lay_out(batch_of(in_memory(sequences).items))
        return sequences
