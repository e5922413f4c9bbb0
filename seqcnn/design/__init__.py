"""Design sequences with a wanted prediction that satisfy synthesis and cloning constraints.

- `request`: the station; options -> start sequences, objective, constraints -> an order.
- `design`: one design per start sequence.
- `constraints`: GC content, homopolymers, forbidden sites, edits; how much sequences violate them.
- `objective`: the wanted prediction and the score of candidates.
- `evolution`, `ledidi`: the searches.
- `order_sheet`: FASTA, table and alignments of designs.

Must not import `seqcnn.report`.
"""
