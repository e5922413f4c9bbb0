"""Measurements: columns, targets, weights, replicates, tables of laboratories."""
