"""DNA in memory, as arrays of packed bases.

- `onehot`: packed bases (the only definition), one-hot encoding.  `complement`: reverse complement.
- `window`: layout of inserts of any length in windows of one length, with the real flanks.
- `strands`: mask of the inserts, their reverse complements, averages over both strands.
- `kmers`: k-mer counts and GC content.
- `random_changes`: random deletions, insertions, translocations and mutations.
- `shuffle`: shuffled sequences that keep mononucleotide or dinucleotide counts.

Must not import: anything that reads files (`seqcnn.io`, `seqcnn.data`), encoders or models.
"""
