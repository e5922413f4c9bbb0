"""Published datasets for `seqcnn.data.fetch`.

- `catalog`: names, sources, checksums and citations; the only registry.
- `converters`: published files -> rows of sequences and measurements.
- `enhancers`: the same, of enhancer assays: FASTA files with tables of activities.

Must not import: other parts of `seqcnn.data`, except the FASTA reader.
"""
