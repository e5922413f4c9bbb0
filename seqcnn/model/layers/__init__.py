"""Layers of networks in the memory format that a CPU computes fastest."""
