"""The methods of `Model` that attribute, score variants, scan and design."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

import pandas as pd
from annotated_types import Ge, Gt, Le, Lt
from pydantic import FiniteFloat

from seqcnn.api.frames import (
    as_file,
    bed_format,
    optional_path,
    output_folder,
    read_bedgraph,
    read_frame,
)
from seqcnn.api.motif_methods import MotifMethods
from seqcnn.api.public import public, warns_of_weakness
from seqcnn.api.tables.saturation import SaturationTable
from seqcnn.api.variant_frame import variant_input
from seqcnn.data.readers.genome.contigs import ChromosomePrefix
from seqcnn.design.design import Method as SearchMethod
from seqcnn.interpret.attribution.attribution import Method
from seqcnn.interpret.attribution.attribution_file import Attributions
from seqcnn.interpret.attribution.sample import Sample, read_sample
from seqcnn.interpret.seqlet.null import Null
from seqcnn.model.inference.target import chosen_target, target_in_words
from seqcnn.schema import Count, CountOrNone, Seed


class BiologyMethods(MotifMethods):
    """What a trained model tells about sequences; see `seqcnn.api.model.Model`."""

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
        adapter5: str = "",
        adapter3: str = "",
        controls: CountOrNone = 0,
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
        adapter5, adapter3
            Sequences to order 5' and 3' of each design.
        controls
            Number of controls of each kind: start sequences, dinucleotide shuffles, scrambled and
            knocked-out sites, neutral backgrounds.
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
        from seqcnn.design.requests.constraints import ConstraintRequest
        from seqcnn.design.requests.objective import ObjectiveRequest
        from seqcnn.design.requests.starts import StartRequest

        objective = ObjectiveRequest(
            maximize=_targets(maximize, goal == "maximize"), minimize=_targets(minimize, goal == "minimize"),
            value=to, target=target, difference=difference,
            risk_aversion=risk_aversion, allow_ood=allow_ood,
        )  # fmt: skip
        constraints = ConstraintRequest(
            supplier=supplier, fix=fix, order_length=order_length, gc=_gc_text(gc), gc_window=gc_window,
            homopolymer=homopolymer, repeat=repeat, inverted_repeat=inverted_repeat, hairpin=hairpin,
            forbid=tuple(forbid or ()), max_edits=max_edits, min_distance=min_distance,
            max_per_cluster=max_per_cluster, adapter5=adapter5,
            adapter3=adapter3,
        )  # fmt: skip
        with as_file([] if start is None else self._checked(start)) as given, output_folder(output) as folder:
            path, index = (None, None) if start is None else given
            request = DesignRequest(
                start=StartRequest(file=path, random=random, number=number, length=length),
                objective=objective, constraints=constraints, method=method, seed=seed,
                controls=controls or 0,
            )  # fmt: skip
            design_order(request, self, folder)
            table = read_frame(folder / "designs.tsv")
            return table if index is None else table.assign(start=_labels(table["start"], index))

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
            supplier=supplier, gc=_gc_text(gc), homopolymer=homopolymer, forbid=tuple(forbid or ())
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


def _labels(names: pd.Series, index: pd.Index) -> list[Any]:
    """Return the labels of sequences that are named by their number; other names, of designs, stay."""
    labels = {f"{number}": label for number, label in enumerate(index)}
    return [labels.get(name, name) for name in names.astype(str)]


def _gc_text(gc: str | Sequence[float] | None) -> str | None:
    """Return a range of GC fractions as the text that a request has."""
    return gc if gc is None or isinstance(gc, str) else "-".join(f"{limit:.6f}" for limit in gc)


def _targets(names: str | Sequence[str], is_goal: bool) -> tuple[str, ...]:
    """Return the targets of a direction; '' for the default one if the direction is the goal."""
    return (*([names] if isinstance(names, str) else names), *([""] if is_goal else []))
