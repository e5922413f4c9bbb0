"""Published datasets for `seqcnn.data.fetch`.

- `catalog`: names, sources, checksums and citations; the only registry.
- `converters`: published files -> rows of sequences and measurements.

Must not import: other parts of `seqcnn.data`.
"""
