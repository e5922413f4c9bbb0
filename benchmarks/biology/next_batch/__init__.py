"""Batches of `seqcnn next` against random batches, on simulated truth and on public data."""
