"""DNA in memory: one-hot encoding, windows, strands, k-mers, shuffles. Knows no files."""
