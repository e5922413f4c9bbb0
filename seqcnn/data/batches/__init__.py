"""Parts of `seqcnn.data.datamodule`.

- `epoch_sampler`: order of the rows of an epoch; seeds.
- `augmentation`: random shifts, strands and mutations.
- `disk_blocks`: shuffling of sequences that stay on disk.

Must not import: readers, or other parts of `seqcnn.data`.
"""
