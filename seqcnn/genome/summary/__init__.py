"""The page of `variants --html`.

- `largest`: the alleles with the largest effects, kept while the variants are scored.
- `drawings`: effects along a contig, and logos of both alleles.
- `motif_changes`: motifs that an allele makes or breaks.
- `page`: the page.
"""
