"""From a dataset to a model bundle, and from a bundle to predictions."""
