"""Catalog of the public datasets of `seqcnn fetch`: files, columns, licences and citations.

`CATALOG` is the only registry.  To add a dataset: an entry here, a converter in `converters.py`,
and a file in `configs/`.  Files are pinned twice: by the commit or the record in the URL, and by their
SHA-256, or by their MD5 where the repository states nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from seqcnn.data.public import converters, enhancers
from seqcnn.errors import UsageError, did_you_mean, show


@dataclass(frozen=True, slots=True)
class PublicFile:
    """One file of a public dataset; without a `url` it exists in a local copy only."""

    name: str
    digest: str
    """Checksum of the content, hexadecimal."""
    url: str = ""
    algorithm: Literal["sha256", "md5"] = "sha256"
    """Algorithm of `digest`; MD5 only where the source states no SHA-256 and the file was not at hand."""

    @property
    def digest_label(self) -> str:
        """Name of the algorithm in messages: SHA-256 or MD5."""
        return {"sha256": "SHA-256", "md5": "MD5"}[self.algorithm]


@dataclass(frozen=True, slots=True)
class PublicDataset:
    """One public dataset."""

    name: str
    title: str
    folder: str
    """Sub-folder of a local copy, and of the download cache."""
    files: tuple[PublicFile, ...]
    """Files of the source, each with its URL."""
    joined: PublicFile | None
    """The tables of the source joined into one; used instead of `files` if a local copy has it."""
    columns: dict[str, str]
    """Column of the targets table -> meaning and unit."""
    licence: str
    citation: str
    doi: str
    convert: Callable[[converters.Files], converters.Published]


_TERMINATORS = (
    "https://raw.githubusercontent.com/lampoona/Terminators-Plant-STARR-seq/"
    "4bfba3afe6982dff12d387e969049abbc2493aa6/CNN"
)
_YEAST = (
    "https://raw.githubusercontent.com/Seeliglab/2017---Deep-learning-yeast-UTRs/"
    "8a4d0c5a3dcc48bb19edb808d93d1a5e0680598d/Data"
)
_SPLICING = (
    "https://raw.githubusercontent.com/martinmikl/splicing_mpra/"
    "9d6b5d0be8a3fda36077e4a26fcf5fb01e89867b/code/tables"
)
_DEEPSTARR = "https://zenodo.org/records/5502060/files"
# as listed for this record in huggingface.co/datasets/MurrellLab/GenBench, DeepSTARR/processed/metadata.json;
# not yet compared with a download
_DEEPSTARR_MD5 = {
    "Sequences_Train.fa": "fe474a31c23db2daf7dc4d1fc49a8e5a",
    "Sequences_Val.fa": "9d1a0e5c9228aa033378af93074109e6",
    "Sequences_Test.fa": "c2d831a6e2cfb9345fa5e52de76bb453",
    "Sequences_activity_Train.txt": "4e65afa021fd426c74dbf24c31b8bbf9",
    "Sequences_activity_Val.txt": "5f30e863b2239e4f9ade6e7b81b3ff3c",
    "Sequences_activity_Test.txt": "011690ca80cf967d56fefd0c1386419f",
}
_SPLICING_LICENCE = (
    "none stated in the repository; the article is in an open-access journal whose usual licence is "
    "CC BY 4.0 (not verified for this article)"
)
_SPLICING_CITATION = (
    "Mikl M, Hamburg A, Pilpel Y, Segal E. Dissecting splicing decisions and cell-to-cell variability with "
    "designed sequence libraries. Nature Communications 2019;10:4572."
)
_SPLICING_COLUMNS = {
    "replicate_1": "splicing_ratio in the first replicate, log2; NA without reads of both forms",
    "replicate_2": "splicing_ratio in the second replicate, log2; NA without reads of both forms",
    "gene": "native context that the variant belongs to; 'unnamed' if the authors give none",
    "subset": "part of the authors' design; ir_filtered and cassette_filtered are native sequences",
    "published_set": "the authors' random split: train, test, or NA (not used by them)",
    "gene_set": "train, val, test: whole genes, in the order of the SHA-256 of their names",
}

_DATASETS = (
    PublicDataset(
        name="plant_terminators",
        title="Plant terminators: 170 bp around poly(A) sites of Arabidopsis and maize, Plant STARR-seq",
        folder="plant_terminators",
        files=(
            PublicFile(
                "data_seq.Rdata",
                "3020c0e049ed2175bcf691067cc1b6f1f3b1424fd85f0626bbec3b4864ab87bb",
                f"{_TERMINATORS}/data_seq.Rdata",
            ),
            PublicFile(
                "data_seq_proto.Rdata",
                "5c0d7d25056fc4a1c916d2f11cc1246eb27911af67b4c8b9749c5d970ef5120e",
                f"{_TERMINATORS}/data_seq_proto.Rdata",
            ),
            PublicFile(
                "terminator_data_predictions.tsv",
                "c93f9bc5836246c52fa4f4d1f858b980e06b760ff52c0a5750eba97d7eaf266d",
                f"{_TERMINATORS}/terminator_data_predictions.tsv",
            ),
        ),
        joined=PublicFile(
            "terminators.tsv.gz", "82c85f7b6014a5f240db768dd6b63a2e57adf0ba965bbd1f563657b0aabb6aa0"
        ),
        columns={
            "enrichment_tobacco": "log2 enrichment in tobacco leaves, mean of replicates",
            "enrichment_maize": "log2 enrichment in maize protoplasts, mean of replicates",
            "tobacco_rep1": "enrichment_tobacco in the first replicate, log2",
            "tobacco_rep2": "enrichment_tobacco in the second replicate, log2",
            "published_set": "the authors' random split: train or test",
            "class": "Gene, CDS, Positional_random, GC, ACGT_random or one of four G4 designs",
            "species": "Arabidopsis, Maize, or GC (random sequences)",
        },
        licence="none stated in the repository: evaluate and cite, do not redistribute",
        citation="Gorjifard S, Jores T, Tonnies J, Mueth NA, Bubb K, Wrightsman T, Buckler ES, Fields S, "
        "Cuperus JT, Queitsch C. Arabidopsis and maize terminator strength is determined by GC content, "
        "polyadenylation motifs and cleavage probability. bioRxiv 2023.",
        doi="10.1101/2023.06.16.545379",
        convert=converters.terminators,
    ),
    PublicDataset(
        name="yeast_5utr",
        title="Yeast 5' UTRs: native pieces of 2 to 50 nt (the last base is next to the start codon), "
        "growth selection",
        folder="yeast_5utr_native",
        files=(
            PublicFile(
                "Native_UTRs.csv.gz",
                "9be8af1b8dc458c36f7ddb2b0bf5e2a0abdea6682751331df34d30b3677a465e",
                f"{_YEAST}/Native_UTRs.csv.gz",
            ),
        ),
        joined=None,
        columns={
            "growth_rate": "ln((t1 + 1) / (t0 + 1)) + 0.161 of the reads; NA of pieces without a read",
            "t0": "reads before growth; the noise of growth_rate grows as they fall",
            "reads": "t0_over_100 or t0_up_to_100: whether t0 passes the authors' limit of 100",
            "orf": "open reading frame that the piece belongs to",
            "gene_set": "train, val, test: whole ORFs, in the order of the SHA-256 of their names",
            "gene_set_t0_100": "as gene_set, but NA for test rows with 100 reads or fewer in t0",
        },
        licence="MIT",
        citation="Cuperus JT, Groves B, Kuchina A, Rosenberg AB, Jojic N, Fields S, Seelig G. Deep learning "
        "of the regulatory grammar of yeast 5' untranslated regions from 500,000 random sequences. "
        "Genome Research 2017;27:2015-2024.",
        doi="10.1101/gr.224964.117",
        convert=converters.yeast_5utr,
    ),
    PublicDataset(
        name="human_splicing_introns",
        title="Human splicing reporters, retained introns: variable 162 nt of designed oligos, K562 cells",
        folder="human_splicing_segal",
        files=(
            PublicFile(
                "TableS5.xlsx",
                "37e958b71d83d7318df1ad9e85fcc31fef882d9891e52bd7685cfa7302aa2082",
                f"{_SPLICING}/TableS5.xlsx",
            ),
        ),
        joined=PublicFile(
            "retained_introns.tsv.gz", "dbdc98d447b6347ac28a6f142f4504030b190f9516dea466e4cda7ec7ee6ed6c"
        ),
        columns={"splicing_ratio": "log2(spliced / retained)"} | _SPLICING_COLUMNS,
        licence=_SPLICING_LICENCE,
        citation=_SPLICING_CITATION,
        doi="10.1038/s41467-019-12642-3",
        convert=converters.splicing_introns,
    ),
    PublicDataset(
        name="human_splicing_exons",
        title="Human splicing reporters, cassette exons: variable 162 nt of designed oligos (the first 15 "
        "are the same in all), K562 cells",
        folder="human_splicing_segal",
        files=(
            PublicFile(
                "TableS6.xlsx",
                "df6709ef66ab45635c1333104dc07c5fa01c1ad93f8cc3c76ba1052c3f5f1734",
                f"{_SPLICING}/TableS6.xlsx",
            ),
        ),
        joined=PublicFile(
            "cassette_exons.tsv.gz", "877322fc9a56eb0a5604f33519958efd80f9257f0ed61a8c2997cb8ebc60c53b"
        ),
        columns={"splicing_ratio": "log2(included / skipped)"} | _SPLICING_COLUMNS,
        licence=_SPLICING_LICENCE,
        citation=_SPLICING_CITATION,
        doi="10.1038/s41467-019-12642-3",
        convert=converters.splicing_exons,
    ),
    PublicDataset(
        name="fly_enhancers",
        title="Fly enhancers (DeepSTARR): 249 bp of the Drosophila genome, each in both orientations, "
        "UMI-STARR-seq in S2 cells",
        folder="fly_enhancers_deepstarr",
        files=tuple(
            PublicFile(name, md5, f"{_DEEPSTARR}/{name}", "md5") for name, md5 in _DEEPSTARR_MD5.items()
        ),
        joined=None,
        columns={
            "Dev_log2_enrichment": "log2 enrichment with a developmental core promoter",
            "Hk_log2_enrichment": "log2 enrichment with a housekeeping core promoter",
            "region": "chromosome, first and last position; the same for both orientations",
            "strand": "orientation, + or -",
            "class": "why the authors chose the region: positive_peaks, negative, ...",
            "published_set": "the authors' split: val and test are the first and second half of chr2R, "
            "train is the other chromosomes",
        },
        licence="as stated in the Zenodo record 10.5281/zenodo.5502060; read it before you redistribute",
        citation="de Almeida BP, Reiter F, Pagani M, Stark A. DeepSTARR predicts enhancer activity from DNA "
        "sequence and enables the de novo design of synthetic enhancers. Nature Genetics 2022;54:613-624.",
        doi="10.1038/s41588-022-01048-5",
        convert=enhancers.fly_enhancers,
    ),
)

CATALOG: dict[str, PublicDataset] = {dataset.name: dataset for dataset in _DATASETS}
"""Name on the command line -> dataset."""


def find_dataset(name: str) -> PublicDataset:
    """Return an entry of `CATALOG`, or raise `UsageError` with the most similar name."""
    if name in CATALOG:
        return CATALOG[name]
    raise UsageError(
        f"unknown dataset {show(name)}; known: {', '.join(CATALOG)}{did_you_mean(name, CATALOG)}"
    )
