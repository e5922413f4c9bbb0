"""A run's folder `probe/` -> what the report tells of it: a finding a station."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

from seqcnn.report.finding import (
    MOST_PICTURES,
    Finding,
    Row,
    as_number,
    picture_of,
    read_cells,
    read_rows,
    some_pictures,
    strongest,
)  # fmt: skip
from seqcnn.report.words import count, number

_BED = ("record", "start", "end", "bases", "score", "strand")


def findings(folder: Path) -> list[Finding]:
    """Return the findings of the stations that have a folder in `probe/`.

    Raises
    ------
    TableError
        If a file is missing or damaged.
    """
    return [find(folder / name) for name, find in FINDINGS.items() if (folder / name).is_dir()]


def _attribute(folder: Path) -> Finding:
    cells = read_cells(folder / "seqlets.bed", quoted=False)
    rows = [dict(zip(_BED, row, strict=False)) for row in cells]
    known = len({row["record"] for row in rows})
    columns = {
        "record": "Sequence", "start": "From, bp", "end": "To, bp", "bases": "Bases", "score": "Attribution",
    }  # fmt: skip
    return Finding(
        "attribute",
        "Which bases matter",
        "The attribution of a base is what the prediction would lose, on average, with another base in its "
        "place (in-silico mutagenesis, unless another method was asked for). A seqlet is a stretch of bases "
        "whose attributions stand out from those of shuffled sequences.",
        [f"{count(len(rows))} seqlets in {count(known)} sequences; seqlets.bed has them all."],
        [picture_of("Over all sequences", folder / "logos/summary.svg"), *some_pictures(folder / "logos")],
        strongest("seqlets", "The strongest seqlets", rows, columns, by="score"),
    )


def _motifs(folder: Path) -> Finding:
    rows = read_rows(folder / "motifs.tsv")
    rows.sort(key=lambda row: (row["kind"] != "pattern", -abs(as_number(row["effect_at_sites"]) or 0)))
    columns = {
        "name": "Motif", "consensus": "Consensus", "sites": "Sites", "effect_at_sites": "Effect",
        "position_q1": "Q1, bp", "position_median": "Median, bp",
        "position_q3": "Q3, bp", "match": "Best match", "match_q": "q",
    }  # fmt: skip
    patterns = sum(row["kind"] == "pattern" for row in rows)
    most = 3 * MOST_PICTURES
    logos = folder / "logos"
    return Finding(
        "motifs",
        "Motifs that the model has learnt",
        "Patterns recur in the attributions (TF-MoDISco); filters are what the first layer responds to, "
        "often fragments: rely on the patterns. Effect is the prediction with the motif minus that without "
        "it, where there is a site; q below 0.01 tells that a motif is like a known one. Half of "
        "the sites lie between the quartiles Q1 and Q3.",
        [f"{patterns} patterns and {len(rows) - patterns} filters; motifs.html shows them all."],
        [picture_of(r["name"], logos / f"{r['name']}.svg", _motif(r), wide=False) for r in rows[:most]],
        strongest("motifs", "Motifs, patterns first", rows, columns, most=most),
    )


def _motif(row: Row) -> str:
    """Say in short what a motif is and does."""
    match = "" if row["match"] == "NA" else f", most like {row['match']} (q = {row['match_q']})"
    return f"{row['sites']} sites, effect {number(as_number(row['effect_at_sites']))}{match}"


def _marginalize(folder: Path) -> Finding:
    rows = [row for row in read_rows(folder / "marginal.tsv") if row["experiment"] == "centre"]
    columns = {
        "motif": "Motif", "strand": "Strand", "n": "Backgrounds", "mean": "Effect", "low": "95% from",
        "high": "to",
    }  # fmt: skip
    return Finding(
        "marginalize",
        "What an inserted motif does",
        "A motif is written into shuffled sequences, at every position and, of two motifs, at every gap: "
        "the effect is the prediction with it minus that without it.",
        [],
        [picture_of("By position, and by the gap of a pair", folder / "marginal.svg")],
        strongest("marginal", "In the middle of the backgrounds", rows, columns),
    )


def _variants(folder: Path) -> Finding:
    rows = read_rows(folder / "effects.tsv")
    scored = [row for row in rows if row["effect"] != "NA"]
    reasons = Counter(row["reason"] for row in rows if row["effect"] == "NA")
    names = list(rows[0]) if rows else []
    labels = {"effect": "Effect", "effect_sd": "SD", "percentile": "Percentile", "unlike_training": "Unlike"}
    columns = {name: name for name in names[: names.index("ref_prediction")]} if names else {}
    columns |= {name: label for name, label in labels.items() if name in names}
    return Finding(
        "variants",
        "Variants",
        "The effect is the prediction of the alternative allele minus that of the reference. The percentile "
        "tells how many of 100 random single-base changes do less; SD is the disagreement of the networks.",
        [f"{count(len(scored))} of {count(len(rows))} alleles were scored."]
        + [f"Not scored, {reason}: {count(n)}." for reason, n in reasons.most_common()],
        [],
        strongest("effects", "The strongest effects", scored, columns, by="effect"),
    )


def _saturate(folder: Path) -> Finding:
    rows = read_rows(folder / "saturation.tsv")
    columns = {"id": "Sequence", "position": "Position, bp", "ref": "From", "alt": "To", "effect": "Effect"}
    return Finding(
        "saturate",
        "Every single-base change",
        "Red raises the prediction, blue lowers it; a dot is the base that is there.",
        [f"{count(len(rows))} changes; saturation.tsv has them all."],
        some_pictures(folder / "heat_maps"),
        strongest("saturation", "The strongest changes", rows, columns, by="effect"),
    )


def _scan(folder: Path) -> Finding:
    rows = read_rows(folder / "peaks.tsv")
    columns = {
        "contig": "Contig", "position": "Position, bp", "strand": "Strand", "value": "Prediction",
        "site": "Site, bp",
    }  # fmt: skip
    return Finding(
        "scan",
        "Along long sequences",
        "The prediction of every window stands at the window's middle; peaks are the highest within their "
        "surroundings.",
        [f"{count(len(rows))} peaks; the tracks are there as bedGraph and bigWig."],
        [picture_of("The first regions", folder / "tracks.svg")],
        strongest("peaks", "The highest peaks", rows, columns, by="value", signed=True),
    )


def _design(folder: Path) -> Finding:
    rows = read_rows(folder / "designs.tsv")
    labels = {
        "id": "Design", "seed": "Seed", "edits": "Edits", "wanted_of_seed": "The seed's prediction",
        "wanted": "Prediction", "wanted_sd": "SD", "unlike_training": "Unlike", "gc": "GC",
    }  # fmt: skip
    columns = {name: label for name, label in labels.items() if rows and name in rows[0]}
    return Finding(
        "design",
        "Designs",
        "Sequences that were changed until the model predicts what was wanted. A prediction is no "
        "measurement: the further from the library, the less it is worth.",
        [f"{count(len(rows))} designs; designs.fa can be ordered, designs.txt shows what was edited."],
        [],
        strongest("designs", "Designs", rows, columns),
    )


FINDINGS: dict[str, Callable[[Path], Finding]] = {
    "attribute": _attribute,
    "motifs": _motifs,
    "marginalize": _marginalize,
    "variants": _variants,
    "saturate": _saturate,
    "scan": _scan,
    "design": _design,
}
"""Station -> what reads its folder, in the order of the report."""
