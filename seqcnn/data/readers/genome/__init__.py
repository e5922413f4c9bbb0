"""Intervals of a BED file, and the genome FASTA of their positions with random access.

- `bed_lines`: lines of a BED file.  `peak_lines`: those of HOMER's peak files and of SAF tables.
- `contigs`: names of contigs with and without `chr`.
- `indexed_fasta`: opens a genome, and returns bases of intervals.
- `index_check`: does an index fit its genome?
"""
