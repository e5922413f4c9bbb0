"""Genome FASTA with random access.

- `indexed_fasta`: opens a genome, and returns bases of intervals.
- `index_check`: does an index fit its genome?
"""
