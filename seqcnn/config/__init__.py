"""The pipeline's configuration and a model's configuration, checked before anything runs."""
