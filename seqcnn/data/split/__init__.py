"""Splits into training, validation and test rows, and their leakage."""
