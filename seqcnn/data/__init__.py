"""From sequences and measurements to a dataset, and from a dataset to batches.

Stations and shared artefacts:

- `prepare`: files -> dataset.  `from_arrays`: arrays in memory -> dataset.
- `dataset`: the dataset and its file.  `datamodule`: a dataset -> batches for training.
- `audit`: leakage of a split.  `check`: notes for the user, and refusal of unusable data.
- `simulate`: a library with known ground truth.  `fetch`: published datasets.

Parts: `readers` (files), `assay` (measurements), `similarity` (search for similar sequences), `split`,
`batches`, `public` (published datasets), `simulation`.

Must not import: `seqcnn.config`, models, or anything that uses them.
"""
