"""Parts of the data module: augmentation, blocks on disk."""
