"""Parts of `seqcnn.data.simulate`.

- `ground_truth`: from a sequence to its noiseless activity.
- `oligo_library`: the sequences of a designed library.

Must not import: other parts of `seqcnn.data`.
"""
