"""The folder `biology` of a run, with made-up findings of every station."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from seqcnn.genome.track.bigwig import write_bigwig
from seqcnn.interpret.attribution.attribution_file import Attributions
from seqcnn.interpret.motif.database import write_meme
from seqcnn.interpret.motif.motif import frequencies

MOTIFS = """name kind consensus width sites sequences bits effect_mean effect_sd effect_n effect_at_sites \
position_q1 position_median position_q3 match match_p match_q match_strand
filter01 filter TG 2 40 30 4.0 0.1 0.3 99 0.2 10 20 30 {name} 0.5 0.6 +
pattern+1 pattern TG 2 20 20 4.0 0.5 0.2 20 0.5 15 30 45 {name} 1e-9 1e-8 -
"""
MARGINAL = """experiment motif strand start gap n mean sd low high interaction interaction_sd \
interaction_low interaction_high
centre TGA + 20 NA 9 0.5 0.1 0.4 0.6 NA NA NA NA
position TGA + 1 NA 9 0.4 0.1 0.3 0.5 NA NA NA NA
position TGA + 40 NA 9 0.6 0.1 0.5 0.7 NA NA NA NA
pair TGA+CCC ++ 20 0 9 0.6 0.1 0.5 0.7 0.1 0.1 0.0 0.2
pair TGA+CCC ++ 20 5 9 0.6 0.1 0.5 0.7 -0.1 0.1 -0.2 0.0
"""
EFFECTS = """contig position id ref alt ref_prediction alt_prediction effect effect_sd percentile call \
out_of_distribution reason
{name} 7 v1 A C 1.0 1.25 0.25 0.1 60.0 none no -
{name} 9 v2 G T 1.0 0.5 -0.5 0.1 99.5 effect no -
{name} 11 v3 G <DEL> NA NA NA NA NA NA NA symbolic
{name} 12 v4 G * NA NA NA NA NA NA NA star
"""
SATURATION = """id position ref alt prediction effect
{name} 1 A C 1.5 0.5
{name} 1 A G 0.25 -0.75
{name} 1 A T 1.0 0.0
{name} 2 T A 1.0 0.0
{name} 2 T C 1.0 0.0
{name} 2 T G 1.0 0.0
"""
DEPENDENCIES = """id position_1 position_2 ref_1 alt_1 ref_2 alt_2 effect_1 effect_2 epistasis mean_absolute \
attribution_1 attribution_2
{name} 5 6 A C C G -0.5 0.25 0.75 0.5 0.5 0.25
{name} 5 7 A G N T -0.25 0.0 -1.5 0.25 0.5 NA
{name} 6 7 C T N A 0.25 0.0 0.0 0.0 0.25 NA
"""
PAIR_SUMMARY = """motif_1 motif_2 pairs sequences epistasis sd low high
{name} {name} 4 3 0.5 0.25 0.125 0.875
A B 1 1 -0.25 NA NA NA
"""
HIT_COUNTS = """motif match hits plus_strand sequences contribution_mean contribution_sd
{name} AP1 1200 700 900 0.5 0.25
B NA 1 0 1 -0.25 NA
"""
HIT_PAIRS = """motif_a motif_b sequences expected p pairs same_strand gap_q1 gap_median gap_q3 \
gap_mode gap_mode_pairs
{name} B 30 12.5 0.001 40 25 4 8 12 7 9
B B 1 NA NA 1 1 3 3 3 3 1
"""
PEAKS = """contig position strand value site out_of_distribution
{name} 30 + 1.25 35 no
{name} 60 - 2.5 NA yes
"""
DESIGNS = """id sequence start length gc edits predicted predicted_sd predicted_of_start activity changes
design_1 ACGT {name} 4 0.5 2 3.5 0.1 1.5 3.5 A1C,T4G
"""
FRONT = """kind maximize:activity minimize:other
start 1.5 2.5
candidate 2.5 2.0
design 3.5 1.5
"""
BATCH = """id sequence rank length gc predicted predicted_sd nearest distance cluster_size library_distance \
parents out_of_distribution
mutant_1 ACGT 1 4 0.5 2.5 0.25 {name} 1.5 40 1.5 {name} no
mutant_2 ACGA 2 4 0.5 1.5 0.5 mutant_1 1.25 30 2.0 {name},{name} yes
"""
TABLES = {
    "motifs/motifs.tsv": MOTIFS,
    "scan/hit_counts.tsv": HIT_COUNTS,
    "scan/hit_pairs.tsv": HIT_PAIRS,
    "marginalize/marginal.tsv": MARGINAL,
    "dependencies/dependencies.tsv": DEPENDENCIES,
    "dependencies/pair_summary.tsv": PAIR_SUMMARY,
    "variants/effects.tsv": EFFECTS,
    "saturate/saturation.tsv": SATURATION,
    "scan/peaks.tsv": PEAKS,
    "design/designs.tsv": DESIGNS,
    "design/front.tsv": FRONT,
    "next/batch.tsv": BATCH,
}


OPTIONAL = {"dependencies/pair_summary.tsv", "design/front.tsv", "scan/hit_counts.tsv"}
"""Tables of options that the stations may not have."""


def add_biology(run: Path, name: str = "chr1") -> None:
    """Write all stations' files; `name`, without blanks, stands wherever a user's name can."""
    for path, table in TABLES.items():
        (run / "biology" / path).parent.mkdir(parents=True, exist_ok=True)
        text = table.replace(" ", "\t").replace("{name}", name)
        (run / "biology" / path).write_text(text, errors="surrogateescape")
    shares = frequencies(np.array([[0, 0], [0, 0], [0, 9], [9, 0]]))
    write_meme(run / "biology/motifs/motifs.meme", {"filter01": (shares, 40), "pattern+1": (shares, 20)})
    (run / "biology/design/designs.fa").write_text(
        f">design_1 start={name}\nACGT\n", errors="surrogateescape"
    )
    for strand in ("plus", "minus"):
        (run / "biology/scan" / f"{strand}.bedgraph").write_text(
            f"{name}\t20\t80\t1.5\n", errors="surrogateescape"
        )
        bedgraph = run / "biology/scan" / f"{strand}.bedgraph"
        write_bigwig(bedgraph, run / "biology/scan" / f"{strand}.bw", sizes={name: 100})
    (run / "biology/attribute").mkdir()
    fake_attributions(name).save(run / "biology/attribute/attributions.h5")
    lines = [
        "# seqcnn seqlets at a false-discovery rate of 0.05 relative to attributions of other bases",
        f"{name}\t0\t2\tAC\t1000\t+\t0.5",
    ]
    (run / "biology/attribute/seqlets.bed").write_text("\n".join(lines) + "\n", errors="surrogateescape")


def fake_attributions(name: str, n: int = 2) -> Attributions:
    """Attributions of n sequences of 30 bp of A, C, G and T in turn, of 0.5 and of -0.25 in turn."""
    one_hot = np.eye(4, dtype=np.uint8)[np.arange(30) % 4].T[None].repeat(n, axis=0)
    values = (np.where(np.arange(30) % 2, -0.25, 0.5) * one_hot).astype(np.float32)
    header = {
        "target": name, "unit": name, "method": "deepshap", "encoder": "cnn", "strand": "single",
        "completeness": {"max_error": 1e-7, "prediction_sd": 0.5}, "seqcnn_version": "0.1.0",
    }  # fmt: skip
    return Attributions(
        [f"{name}{i}" for i in range(n)], one_hot, values, values, values.sum(1) / 5, np.zeros(n, np.int32),
        np.full(n, 30, np.int32), np.arange(n, dtype=np.float32), header,
    )  # fmt: skip
