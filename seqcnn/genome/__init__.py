"""Predictions on a genome: effects of variants, and tracks along regions.

- `variants`: effects of the variants of a VCF or locus, or of pairs of records; parts in `variant/` and
  `locus/`, the page in `summary/`.  `score_sites`: one chunk of sites after another.
- `haplotypes`: effects of the variants of each haplotype together; parts in `haplotype/`.
- `scan`: predictions of every window of a genome or of regions; parts in `track/`.
- `reference`: an indexed genome.  `window_limits`: which windows a model can predict.

Must not import `seqcnn.design` or `seqcnn.report`.
"""
