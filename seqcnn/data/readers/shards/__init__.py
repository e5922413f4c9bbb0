"""The records of one shard of a file of sequences.

- `sharded`: batches of the records, of any kind of file.
- `fasta_index`: where a `.fai` lets a shard of a FASTA read its own records only.
"""
