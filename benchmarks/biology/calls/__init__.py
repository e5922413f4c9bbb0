"""Calls of `seqcnn variants` against known effects: simulated truth, and measured mutants of public data."""
