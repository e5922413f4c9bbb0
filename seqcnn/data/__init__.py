"""From files to a dataset: readers, one-hot encoding, splits, the dataset file, batches."""
