"""Accuracy on public datasets, against published models."""
