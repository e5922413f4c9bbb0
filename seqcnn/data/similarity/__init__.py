"""Search for similar sequences on either strand, in time linear in their number.

- `search`: links between similar sequences; the most similar reference of each query.
- `spaced_seeds`: candidate pairs.  `seed_passes`: seeds in sorted blocks, in bounded memory.
- `packed_windows`: fast rejection of chance pairs.  `union_find`: clusters of linked sequences.
- `alignment`: sequences on both strands, pairs of them.  `comparison`: local identity of a pair.
- `local_identity`: segments of at least 80 % identity, and which of them are significant.
- `gaps`: alignments across insertions and deletions.
- `masking`: constant flanks and barcodes, which are not compared.
- `loci`: links between sequences of one locus or variant.

Must not import: other parts of `seqcnn.data`.
"""
