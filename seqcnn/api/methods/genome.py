"""The methods of `Model` that score variants and scan genomes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

import pandas as pd
from annotated_types import Gt, Le, Lt
from pydantic import FiniteFloat

from seqcnn.api.frames import (
    optional_path,
    output_folder,
    read_bedgraph,
    read_frame,
)
from seqcnn.api.public import public, warns_of_weakness
from seqcnn.api.variant_frame import variant_input
from seqcnn.data.readers.genome.contigs import ChromosomePrefix
from seqcnn.model.inference.trained_model import LoadedModel
from seqcnn.schema import Count, CountOrNone, Seed


class GenomeMethods(LoadedModel):
    """What a trained model tells about variants and genomes; see `seqcnn.api.model.Model`."""

    @warns_of_weakness
    @public
    def variants(
        self,
        variants: str | Path | pd.DataFrame | None = None,
        *,
        genome: str | Path | None = None,
        sequences: str | Path | None = None,
        chromosome_prefix: ChromosomePrefix | None = None,
        target: str | None = None,
        windows: Count = 1,
        strand: Literal["+", "-"] = "+",
        window_bp: Count | None = None,
        null: CountOrNone = 1000,
        seed: Seed = 1,
        alpha: Annotated[FiniteFloat, Gt(0), Lt(1)] = 0.05,
        regions: str | Path | None = None,
        saturate: str | None = None,
        phased: bool = False,
        samples: Sequence[str] = (),
        html: str | Path | None = None,
        database: str | Path | None = None,
        top: Count = 10,
    ) -> pd.DataFrame:
        """Predict the effects of variants, as `seqcnn variants`.

        Parameters
        ----------
        variants
            A VCF, or a DataFrame with the columns contig, position (1-based), ref, alt and, optionally, id;
            or a DataFrame with a column `hgvs` (chr1:g.100A>G), `spdi` or `variant` (chr1:100:A:G); or a
            DataFrame with two columns, ref and alt, of names of records of `sequences`.
        genome, sequences
            The genome of the positions, or the library whose records are the contigs or the pairs; one of
            them.
        chromosome_prefix
            `add` adds `chr` to contigs that the genome does not have, `remove` removes it.
        target
            Name of the target; None is the first one.
        windows
            Number of shifted windows to average.
        strand
            Strand of the genome.
        window_bp
            Genomic window size, bp; None is the model's.
        null
            Number of random changes per null distribution; 0 leaves the percentile out.
        seed
            Random seed of these changes.
        alpha
            False-positive rate, among these changes, of the call that a variant has an effect.
        regions
            A region such as chr1:1,000-2,000, counted from 1, or a BED file: only variants there.
        saturate
            A region of which all single-base changes are the variants, instead of `variants`.
        phased, samples
            Whether the variants of each haplotype of a VCF are applied together; names of its samples, all by
            default.  The table is that of `seqcnn variants --phased`.
        html, database, top
            Page with the largest effects, known motifs (MEME format) that it names as gained or lost, and
            number of variants with logos on it.

        Returns
        -------
        The table of `seqcnn variants`, one row per alternative allele in its given notation; alleles are
        trimmed and left-aligned for scoring.  The percentile is two-sided: the percentage of random
        substitutions, insertions or deletions of as many bases with a smaller absolute effect.  The call is
        `effect`, `none` or `uncertain`.

        Examples
        --------
        >>> import seqcnn
        >>> model = seqcnn.load_model("model.safetensors")
        >>> import pandas as pd
        >>> table = pd.DataFrame({"contig": ["chr1"], "position": [40], "ref": ["A"], "alt": ["C"]})
        >>> model.variants(table, genome="genome.fa")["reason"].tolist()
        ['-']
        """
        from seqcnn.genome.variant.outputs import VariantOutputs
        from seqcnn.genome.variant.sources import SequenceSource, VariantPlan
        from seqcnn.genome.variants import variant_effects

        region = None if regions is None else str(regions)
        plan = VariantPlan(target, windows, strand, window_bp, null, seed, alpha=alpha, regions=region)
        also = VariantOutputs(html=optional_path(html), database=optional_path(database), top=top)
        source = SequenceSource(
            optional_path(genome), optional_path(sequences), chromosome_prefix=chromosome_prefix
        )
        with variant_input(variants) as given, output_folder(None) as folder:
            chosen = replace(given, saturate=saturate or "", phased=phased, samples=tuple(samples))
            output = folder / "effects.tsv"
            variant_effects(self, output, variants=chosen, source=source, also=also, plan=plan)
            return read_frame(output)

    @warns_of_weakness
    @public
    def scan(
        self,
        genome: str | Path,
        *,
        bed: str | Path | None = None,
        chromosome_prefix: ChromosomePrefix | None = None,
        target: str | None = None,
        stride: Count = 1,
        window_bp: Count | None = None,
        output: str | Path | None = None,
    ) -> pd.DataFrame:
        """Predict every window of a genome or of long sequences, as `seqcnn scan`.

        Parameters
        ----------
        genome
            FASTA of sequences of any length.
        bed
            Regions to scan; None is the whole genome.
        chromosome_prefix
            `add` adds `chr` to contigs of `bed` that the genome does not have, `remove` removes it.
        target
            Name of the target; None is the first one.
        stride
            Step between windows, bp.
        window_bp
            Genomic window size, bp; None is the model's.
        output
            Folder that keeps bedGraph, bigWig and peaks.

        Returns
        -------
        Columns contig, start, end (0-based, half-open), value and track (`both`, or `plus` and `minus`).

        Examples
        --------
        >>> import seqcnn
        >>> model = seqcnn.load_model("model.safetensors")
        >>> model.scan("genome.fa", stride=5).columns.tolist()
        ['contig', 'start', 'end', 'value', 'track']
        """
        from seqcnn.genome.scan import ScanPlan, scan

        plan = ScanPlan(target, stride, window_bp, chromosome_prefix=chromosome_prefix)
        with output_folder(output) as folder:
            scan(Path(genome), self, folder, bed=optional_path(bed), plan=plan)
            tracks = [read_bedgraph(path) for path in sorted(folder.glob("*.bedgraph"))]
        return pd.concat(tracks, ignore_index=True)

    @warns_of_weakness
    @public
    def scan_hits(
        self,
        genome: str | Path,
        motifs: str | Path,
        *,
        bed: str | Path | None = None,
        chromosome_prefix: ChromosomePrefix | None = None,
        fdr: Annotated[FiniteFloat, Gt(0), Le(1)] = 0.05,
        target: str | None = None,
        window_bp: Count | None = None,
    ) -> pd.DataFrame:
        """Locate motifs in regions of a genome where the prediction depends on them, as `seqcnn scan --hits`.

        Parameters
        ----------
        genome
            FASTA of sequences of any length.
        motifs
            Motifs in the MEME format: of a database, or `motifs.meme` of `seqcnn motifs`.
        bed
            Regions; None is the whole genome.
        chromosome_prefix
            `add` adds `chr` to contigs of `bed` that the genome does not have, `remove` removes it.
        fdr
            Largest q-value of a hit, relative to attributions of other bases.
        target
            Name of the target; None is the first one.
        window_bp
            Genomic window size, bp; None is the model's.

        Returns
        -------
        One row per hit: contig, start and end (0-based, half-open), motif, strand, score of the match in
        bits, match_p, contribution to the prediction in the units of the target, p, q, and track: the strand
        that is predicted, `plus` or `minus`, or `both`.

        Examples
        --------
        >>> import seqcnn
        >>> model = seqcnn.load_model("model.safetensors")
        >>> hits = model.scan_hits("genome.fa", "known.meme")
        >>> {"contig", "start", "motif", "strand", "contribution", "q"} <= set(hits.columns)
        True
        """
        from seqcnn.genome.hits import HitPlan, genome_hits
        from seqcnn.genome.reference import open_reference
        from seqcnn.genome.track.regions import regions
        from seqcnn.genome.window_limits import window_size
        from seqcnn.model.inference.target import chosen_target

        plan, size = HitPlan(Path(motifs), fdr), window_size(self, window_bp)
        with open_reference(Path(genome)) as contigs:
            places = regions(contigs.sizes, optional_path(bed), min_length=size, prefix=chromosome_prefix)
            hits = genome_hits(self, plan, contigs, places, size=size, target=chosen_target(self, target))
        return hits.drop(columns="row").rename(columns={"record": "contig"})
