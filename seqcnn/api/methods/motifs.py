"""The methods of `Model` that find motifs and measure their effects."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import pandas as pd
from annotated_types import Gt, Le
from pydantic import FiniteFloat

from seqcnn.api.frames import (
    as_file,
    bed_format,
    named_in_errors,
    optional_path,
    output_folder,
    read_frame,
)
from seqcnn.api.methods.sequences import SequenceMethods
from seqcnn.api.public import public, warns_of_weakness
from seqcnn.data.readers.genome.contigs import ChromosomePrefix
from seqcnn.errors import TableError, listed, show
from seqcnn.io.tsv import write_table
from seqcnn.schema import Count, CountOrNone, Seed


class MotifMethods(SequenceMethods):
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

    @warns_of_weakness
    @public
    def dependencies(
        self,
        sequences: Any,
        *,
        positions: tuple[Count, Count] | str | None = None,
        target: str | None = None,
        max_sequences: Count = 20,
        genome: str | Path | None = None,
        chromosome_prefix: ChromosomePrefix | None = None,
        seed: Seed = 1,
    ) -> pd.DataFrame:
        """Predict every pair of single-base changes, as `seqcnn dependencies`.

        Parameters
        ----------
        sequences
            Sequences or a path, as for `predict`.
        positions
            First and last position to change, bp from 1: (50, 120) or "50-120"; None is all, up to 500.
        target
            Name of the target; None is the first one.
        max_sequences
            Maximum number of sequences: the first ones, of a dataset a random sample.
        genome, chromosome_prefix
            Genome of a BED file; `add` adds `chr` to contigs that it does not have, `remove` removes it.
        seed
            Random seed of that sample.

        Returns
        -------
        One row per pair of positions: id, position_1 and position_2 (1-based), ref_1, alt_1, ref_2, alt_2 of
        the strongest pair of changes, the effects of each alone, epistasis (the effect of both minus these,
        in the units of the target), epistasis_sd if there are several networks, mean_absolute over all pairs
        of changes, and the attributions of both bases (ISM).

        Examples
        --------
        >>> import seqcnn
        >>> model = seqcnn.load_model("model.safetensors")
        >>> table = model.dependencies(["ACGTA" * 6], positions=(1, 4))
        >>> table[["position_1", "position_2"]].values.tolist()
        [[1, 2], [1, 3], [1, 4], [2, 3], [2, 4], [3, 4]]
        """
        from seqcnn.interpret.dependencies import DependencyPlan, dependencies, position_range

        span = position_range(positions) if isinstance(positions, str) else positions
        plan = DependencyPlan(target, span, max_sequences, None, seed)
        with as_file(self._checked(sequences)) as (path, index), output_folder(None) as folder:
            output = folder / "dependencies.tsv"
            form = bed_format(sequences, genome, chromosome_prefix)
            dependencies(path, self, output, form=form, plan=plan)
            return read_frame(output, index)

    @warns_of_weakness
    @public
    def motif_pairs(
        self,
        sequences: Any,
        hits: pd.DataFrame,
        *,
        target: str | None = None,
        backgrounds: Count = 20,
        genome: str | Path | None = None,
        chromosome_prefix: ChromosomePrefix | None = None,
        seed: Seed = 1,
    ) -> pd.DataFrame:
        """Measure the epistasis of each two sites of a sequence, as `seqcnn dependencies --pairs`.

        Parameters
        ----------
        sequences
            Sequences or a path, as for `predict`.
        hits
            Sites: columns record (the label of the sequence in results, or the name of a record), motif,
            start and end (0-based, half-open) and, optionally, strand; such as those of `motif_hits`.
        target
            Name of the target; None is the first one.
        backgrounds
            Number of random replacements of each site.
        genome, chromosome_prefix
            Genome of a BED file; `add` adds `chr` to contigs that it does not have, `remove` removes it.
        seed
            Random seed of the replacements.

        Returns
        -------
        One row per pair of sites that do not overlap: record, motif_1, start_1, end_1, motif_2, start_2,
        end_2, strands, gap (bp between the sites), effect_1, effect_2 and effect_both (what the sites add to
        the prediction), epistasis (effect_1 + effect_2 - effect_both), background_sd over the replacements
        and, of several networks, epistasis_sd.

        Examples
        --------
        >>> import pandas as pd
        >>> import seqcnn
        >>> model = seqcnn.load_model("model.safetensors")
        >>> sites = {"record": [0, 0], "motif": ["A", "B"], "start": [2, 15], "end": [8, 22]}
        >>> table = model.motif_pairs(["ACGTA" * 6], pd.DataFrame(sites))
        >>> table[["motif_1", "motif_2", "gap"]].values.tolist()
        [['A', 'B', 7]]
        """
        from seqcnn.interpret.motif_pairs import PairPlan, motif_pairs

        with as_file(self._checked(sequences)) as (path, index), output_folder(None) as folder:
            output, table = folder / "pairs.tsv", folder / "hits.tsv"
            _write_sites(hits, table, index)
            with named_in_errors(table, "hits"):
                plan = PairPlan(table, target, backgrounds, seed)
                form = bed_format(sequences, genome, chromosome_prefix)
                motif_pairs(path, self, output, plan=plan, form=form)
            return read_frame(output, index, "record")


def _write_sites(hits: pd.DataFrame, path: Path, index: pd.Index | None) -> None:
    """Write sites as a table; with the labels of sequences in memory, records are the numbers of these."""
    columns = ["record", "motif", "start", "end", *(["strand"] if "strand" in hits else [])]
    if missing := [name for name in columns if name not in hits]:
        raise TableError(
            f"hits: no column {listed([show(name) for name in missing])}; expected {', '.join(columns)}"
        )
    table = hits[columns]
    if index is not None:
        if not index.is_unique:
            raise TableError("sequences: a label is there twice; sites are assigned by the labels")
        table = table.assign(record=index.get_indexer(pd.Index(table["record"])))
    write_table(path, [columns, *(list(map(str, row)) for row in table.itertuples(index=False))])
