"""Splits into training, validation and test rows.

- `splits`: the split methods.
- `clusters`: groups of rows that a split keeps together.
- `parts`: parts that sequences of a combinatorial library share.
- `units`: whether a split keeps clusters or parts together.
- `leakage`: similarity of held-out rows to the training rows.
- `audited_split`: a split that is repeated until no similar pair is in two parts.

Must not import: readers, `seqcnn.data.assay`, or stations.
"""
