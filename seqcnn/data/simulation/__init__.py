"""Simulated libraries of known truth."""
